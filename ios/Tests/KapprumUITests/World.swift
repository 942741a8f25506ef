// A sample municipality with its server, in a process of its own: five to eight on 24 November 2026 at Blåklinten. It is
// told to lose its network and to find it, and gives out invitations.

import Foundation
import KapprumCore
import KapprumKit
import Testing

@testable import KapprumUI

final class World: @unchecked Sendable {
    private let process = Process()
    private let told = Pipe()
    private let answers = Pipe()
    private let queue = DispatchQueue(label: "world")
    private var rest = Data()
    let folder: URL

    struct Silent: Error, CustomStringConvertible { let description: String }

    private init(_ arguments: [String]) throws {
        let library = ProcessInfo.processInfo.environment["KAPPRUM_LIBRARY"] ?? "../target/debug"
        let program = URL(fileURLWithPath: library).appendingPathComponent("kapprum-world")
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("kapprum-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = told
        process.standardOutput = answers
        try process.run()
    }

    /// Starts a small municipality; it ends with the test, or with this process.
    @MainActor static func with(_ arguments: String..., story: @MainActor (World) async throws -> Void) async throws {
        let world = try World(["--pupils", "60"] + arguments)
        _ = try await world.answer()
        do { try await story(world) } catch {
            await world.end()
            throw error
        }
        await world.end()
    }

    /// An invitation's link, good for one sign-in.
    func invite(_ who: String) async throws -> String {
        let answer = try await say("invite \(who)")
        guard let link = answer["invite"] else { throw Silent(description: "no invitation for \(who): \(answer)") }
        return link
    }
    func offline() async throws { _ = try await say("offline") }
    func online() async throws { _ = try await say("online") }

    /// A device's core with its own folder. Opening the same name again opens the same files, as after the app has died.
    func device(_ name: String, language: Language = .swedish) -> @Sendable () throws -> any KapprumProtocol {
        let home = folder.appendingPathComponent(name)
        return {
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            return try Kapprum.open(home: home.path, language: language, device: SystemDevice())
        }
    }

    private func say(_ line: String) async throws -> [String: String] {
        try told.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        return try await answer()
    }
    private func answer() async throws -> [String: String] {
        let line = await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: self.line()) } }
        guard let line, let answer = try JSONSerialization.jsonObject(with: line) as? [String: Any] else { throw Silent(description: "the world is silent") }
        return answer.compactMapValues { $0 as? String }
    }
    private func line() -> Data? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest = Data(rest[rest.index(after: end)...]) }
                return Data(rest[..<end])
            }
            let more = answers.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            rest.append(more)
        }
    }
    private func end() async {
        // Said, not only closed: a world that was started meanwhile holds this one's input open too.
        try? told.fileHandleForWriting.write(contentsOf: Data("end\n".utf8))
        try? told.fileHandleForWriting.close()
        await withCheckedContinuation { continuation in
            queue.async {
                self.process.waitUntilExit()
                continuation.resume()
            }
        }
        try? FileManager.default.removeItem(at: folder)
    }
}

extension Shown {
    /// Opens a device's app and signs in by an invitation, as people do.
    @MainActor static func signedIn(_ world: World, _ who: String, locale: String = "sv", wide: Bool = false, showing words: String) async throws -> Shown {
        let language: Language = locale == "en" ? .english : .swedish
        let app = Shown(CoreModel(start: world.device(who, language: language)), locale: locale, wide: wide)
        let field = locale == "en" ? "Link from the invitation" : "Länk från inbjudan"
        try await app.screen.wait(for: field)
        try app.screen.type(try await world.invite(who), into: field)
        try app.screen.tap(locale == "en" ? "Continue" : "Fortsätt")
        try await app.screen.wait(for: words, seconds: 30)
        return app
    }
    /// Ends it all: what was followed is no longer, and the files are closed.
    @MainActor func end() async {
        await screen.leave()
        let open = core.openFeeds
        #expect(open == 0, "feeds are followed by nobody")
        await core.shutDown()
    }
}
