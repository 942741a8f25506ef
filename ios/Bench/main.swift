// What a tap costs in Swift, over the real core and a server: 150 children on a board. Prints "key value" lines.
//
// usage: KapprumBench LIBRARY_DIR      (verify.sh --bench builds and runs it)

import Foundation
import KapprumCore
import KapprumKit

@MainActor enum Bench {
    static func run(_ library: String) async throws {
        let world = Process()
        let (told, answers) = (Pipe(), Pipe())
        world.executableURL = URL(fileURLWithPath: library).appendingPathComponent("kapprum-world")
        world.arguments = ["--quiet", "--pupils", "60", "--crowd", "150"]
        (world.standardInput, world.standardOutput) = (told, answers)
        try world.run()
        defer {
            try? told.fileHandleForWriting.close()
            world.waitUntilExit()
        }
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("kapprum-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }

        let first = answers.fileHandleForReading.availableData
        guard let line = try JSONSerialization.jsonObject(with: first) as? [String: Any], let invites = line["invites"] as? [String: String],
            let link = invites["maja"]
        else { fatalError("the world is silent") }

        let core = try Kapprum.open(home: home.path, language: .swedish, device: SystemDevice())
        let profile = try await core.signIn(link: link, join: nil).profile
        try await core.sync(reason: .asked)
        let group = try await group(core, profile)
        let rows = try await boards(core, profile, group)
        try await taps(core, profile, group, rows)
        core.shutDown()
        try await start(home, group)
    }

    private static func group(_ core: Kapprum, _ profile: ProfileId) async throws -> GroupId {
        let feed = try core.feed(profile: profile, ask: .frame)
        defer { feed.end() }
        while let screen = try await feed.next() {
            if case .frame(let frame) = screen, let group = frame.groups.first { return group.group }
        }
        fatalError("maja has no group")
    }

    /// A whole board through the border: asked for, computed, turned into Swift values.
    private static func boards(_ core: Kapprum, _ profile: ProfileId, _ group: GroupId) async throws -> [BoardRow] {
        var rows: [BoardRow] = []
        let once = {
            let feed = try core.feed(profile: profile, ask: .groupBoard(group: group, day: nil))
            if case .groupBoard(let board)? = try await feed.next() { rows = board.rows }
            feed.end()
        }
        // The first ones fill caches, and the sync after sign-in still writes.
        _ = try await measured(20, once)
        let times = try await measured(200, once)
        guard rows.count >= 150 else { fatalError("only \(rows.count) children") }
        print("ffi_board_p99_ms", percentile(times))
        return rows
    }

    /// From a tap to the changed board in hand.
    private static func taps(_ core: Kapprum, _ profile: ProfileId, _ group: GroupId, _ rows: [BoardRow]) async throws {
        let feed = try core.feed(profile: profile, ask: .groupBoard(group: group, day: nil))
        defer { feed.end() }
        _ = try await feed.next()
        var number = 0
        let times = try await measured(100) {
            let row = rows[number]
            number += 1
            guard let placement = row.placement else { return }
            _ = try await core.send(profile: profile, commands: [.checkIn(AtPlacement(child: row.child, placement: placement, group: nil))], tapped: nil)
            while case .groupBoard(let board)? = try await feed.next() {
                if board.rows.first(where: { $0.child == row.child })?.state == .here { break }
            }
        }
        print("ffi_tap_p99_ms", percentile(times))
    }

    /// From opening the files to the first board.
    private static func start(_ home: URL, _ group: GroupId) async throws {
        let times = try await measured(20) {
            let core = try Kapprum.open(home: home.path, language: .swedish, device: SystemDevice())
            let feed = try core.feed(profile: try core.profiles()[0], ask: .groupBoard(group: group, day: nil))
            _ = try await feed.next()
            feed.end()
            core.shutDown()
        }
        print("start_to_first_view_ms", percentile(times))
    }

    private static func measured(_ count: Int, _ work: () async throws -> Void) async rethrows -> [Double] {
        var times: [Double] = []
        for _ in 0..<count {
            let begin = ContinuousClock.now
            try await work()
            let time = (ContinuousClock.now - begin).components
            times.append(Double(time.seconds) * 1000 + Double(time.attoseconds) / 1e15)
        }
        return times
    }
    private static func percentile(_ times: [Double]) -> String {
        let sorted = times.sorted()
        return String(format: "%.2f", sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
    }
}

guard CommandLine.arguments.count == 2 else {
    print("usage: KapprumBench LIBRARY_DIR")
    exit(2)
}
try await Bench.run(CommandLine.arguments[1])
