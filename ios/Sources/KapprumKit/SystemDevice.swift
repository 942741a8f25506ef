// The clock that runs while the device sleeps and that nobody can set: by it the core knows how old its data is, and what
// time it is at the server.

import Foundation
import KapprumCore

public final class SystemDevice: Device {
    public init() {}

    public func bootTime() throws -> BootTime {
        var now = timespec()
        clock_gettime(Self.clock, &now)
        return BootTime(boot: Self.boot, elapsed: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }

    #if canImport(Darwin)
        /// On Apple's systems this one goes on while the device sleeps.
        private static let clock = CLOCK_MONOTONIC_RAW
        private static let boot: String = {
            var size = 0
            sysctlbyname("kern.bootsessionuuid", nil, &size, nil, 0)
            var bytes = [UInt8](repeating: 0, count: size)
            guard size > 1, sysctlbyname("kern.bootsessionuuid", &bytes, &size, nil, 0) == 0 else { return UUID().uuidString }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }()
    #else
        private static let clock = CLOCK_BOOTTIME
        private static let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? UUID().uuidString
    #endif
}
