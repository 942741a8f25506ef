// The app's one way to the core: opens it, knows who is signed in, sends, takes back, and keeps what is being typed.

import Foundation
import KapprumCore
import Observation

@Observable @MainActor public final class CoreModel {
    public enum State: Equatable, Sendable {
        case opening
        case open
        /// Why it could not be opened: a finished sentence that says what to do. Perhaps a newer app helps.
        case failed(String, update: Bool)
    }
    /// A short message over everything, for a while; with what can be taken back.
    public struct Note: Equatable, Sendable {
        public enum Words: Equatable, Sendable { case saved, undone, tooLate }
        public let words: Words
        public let undo: [CommandId]
        /// On a shared device: who did it.
        public var tapped: PersonId?
    }

    public private(set) var state = State.opening
    public private(set) var accounts: [SignedIn] = []
    /// Whose views are shown; none: nobody is signed in. One whose data was lost is still told so.
    public private(set) var profile: ProfileId?
    public private(set) var note: Note?
    /// What could not be done and why, in a finished sentence.
    public var failure: String?
    /// An invitation that was opened outside the app.
    public var invitation: String?
    /// Grows each time the core awakes: feeds begin anew.
    public private(set) var awakened = 0

    private(set) var core: (any KapprumProtocol)?
    private let start: @Sendable () throws -> any KapprumProtocol
    private let noteLasts: Duration
    private var noteEnds: Task<Void, Never>?
    private var opening: Task<Void, Never>?
    private var keeping: Task<Void, Never>?
    private var lifecycle: Task<Void, Never>?
    private var asleep = false
    private var looking = false
    private var left = false

    /// - Parameter start: opens the core. It reads files and keys, so it runs beside the main thread.
    public init(noteLasts: Duration = .seconds(10), start: @escaping @Sendable () throws -> any KapprumProtocol) {
        self.noteLasts = noteLasts
        self.start = start
    }

    /// Opens the core, or wakes it if that failed before. Whoever asks meanwhile waits for the same.
    public func open() async {
        if core != nil {
            if case .failed = state { await comeForward() }
            return
        }
        let task = opening ?? Task { await openFiles() }
        opening = task
        await task.value
        opening = nil
    }

    private func openFiles() async {
        state = .opening
        let start = start
        do {
            core = try await Task.detached { try start() }.value
            try lookWho()
            state = .open
            if looking { try core?.foreground(looking: true) }
            // Left before it was open.
            if left { await fallAsleep() }
        } catch {
            state = .failed(reason(error), update: isOutdated(error))
        }
    }

    private func lookWho() throws {
        accounts = try core?.accounts() ?? []
        profile = try core?.profiles().first
    }

    /// A model of one view; nothing is asked before it is followed.
    public func feed<Value: Sendable>(_ ask: Ask, _ pick: @escaping @Sendable (Screen) -> Value?) -> FeedModel<Value> {
        FeedModel(core: core, profile: profile ?? 0, ask: ask, pick: pick)
    }
}

// MARK: what people do

extension CoreModel {
    /// Saves what people ask for. Nil: it is on disk; else why not.
    public func send(_ commands: [Command], tapped: PersonId? = nil) async -> String? {
        guard let core, let profile else { return nil }
        do {
            let parts = try await core.send(profile: profile, commands: commands, tapped: tapped)
            let saved = parts.flatMap(\.commands)
            if !saved.isEmpty { show(Note(words: .saved, undo: saved, tapped: tapped)) }
            let reasons = parts.compactMap(\.reason)
            if !reasons.isEmpty { failure = reasons.joined(separator: "\n") }
            return nil
        } catch {
            return reason(error)
        }
    }

    /// Sends what one tap means; a refusal is told at once.
    public func tap(_ command: Command, tapped: PersonId? = nil) async {
        if let refused = await send([command], tapped: tapped) { failure = refused }
    }

    /// Takes back what the message offers.
    public func undo() async {
        guard let core, let profile, let note, !note.undo.isEmpty else { return }
        hideNote()
        await told {
            var all = true
            for id in note.undo where try await !core.undo(profile: profile, id: id, tapped: note.tapped) { all = false }
            show(Note(words: all ? .undone : .tooLate, undo: []))
        }
    }
    public func undo(_ id: CommandId) async {
        show(Note(words: .saved, undo: [id]))
        await undo()
    }
    public func dismiss(_ id: CommandId) async {
        guard let core, let profile else { return }
        await told { _ = try await core.dismiss(profile: profile, id: id) }
    }
    public func dismissLost() async {
        guard let core, let profile else { return }
        await told { try await core.dismissLost(profile: profile) }
    }
    public func sync() async {
        guard let core else { return }
        await told { try await core.sync(reason: .asked) }
    }
    public func hideNote() {
        noteEnds?.cancel()
        note = nil
    }

    private func show(_ new: Note) {
        noteEnds?.cancel()
        note = new
        noteEnds = Task { [noteLasts] in
            try? await Task.sleep(for: noteLasts)
            if !Task.isCancelled { note = nil }
        }
    }
    private func told(_ work: () async throws -> Void) async {
        do { try await work() } catch { failure = reason(error) }
    }
}

// MARK: who is signed in

extension CoreModel {
    /// An invitation's link that was opened outside the app. The app's own scheme stands for the web's.
    public func opened(_ url: URL) {
        var parts = URLComponents(url: url, resolvingAgainstBaseURL: false)
        if parts?.scheme == "kapprum" { parts?.scheme = "https" }
        invitation = parts?.string
    }

    /// Signs in by an invitation's link, into the profile that is shown if there is one. Nil: done; else why not.
    public func signIn(_ link: String) async -> String? {
        guard let core else { return nil }
        do {
            _ = try await core.signIn(link: link.trimmingCharacters(in: .whitespacesAndNewlines), join: profile)
            try lookWho()
            invitation = nil
            return nil
        } catch {
            return reason(error)
        }
    }

    /// Signs an account out. More than zero: so many things are not sent, and nothing was done.
    public func signOut(_ account: Account, dropUnsent: Bool) async -> UInt64 {
        guard let core, let signedIn = accounts.first(where: { $0.account == account }) else { return 0 }
        do {
            try await core.signOut(account: signedIn.id, dropUnsent: dropUnsent)
        } catch KapprumError.Unsent(let count, _) {
            return count
        } catch {
            failure = reason(error)
        }
        try? lookWho()
        return 0
    }

    public var openFeeds: Int { Int(core?.openFeeds() ?? 0) }
}

// MARK: what is being typed

extension CoreModel {
    /// What a form had when the app was closed.
    public func draft(_ ask: Ask) async -> Command? {
        guard let core, let profile else { return nil }
        return try? await core.draft(profile: profile, ask: ask)
    }
    /// Keeps what a form has; nil: nothing more. One after the other, so that the last wins.
    public func keepDraft(_ ask: Ask, _ command: Command?) {
        guard let core, let profile else { return }
        keeping = Task { [keeping] in
            await keeping?.value
            // A full disk is told by the frame; what is on the screen stays there.
            try? await core.keepDraft(profile: profile, ask: ask, command: command)
        }
    }
    public func draftsKept() async { await keeping?.value }
}

// MARK: sleeping and waking

extension CoreModel {
    /// Somebody looks at the app.
    public func comeForward() async {
        await inOrder {
            (self.looking, self.left) = (true, false)
            await self.awake()
            try? self.core?.foreground(looking: true)
        }
    }
    /// The system may freeze the app as soon as this returns.
    public func rest() async {
        await inOrder {
            (self.looking, self.left) = (false, true)
            await self.fallAsleep()
        }
    }
    /// The system gives the app a moment in the background.
    public func refresh() async {
        await inOrder {
            if self.core == nil { await self.open() }
            await self.awake()
            try? await self.core?.sync(reason: .background)
            if !self.looking { await self.fallAsleep() }
        }
    }
    public func shutDown() async {
        await draftsKept()
        let ending = core
        core = nil
        await Task.detached { ending?.shutDown() }.value
        state = .opening
    }

    private func awake() async {
        guard asleep, let core else { return }
        do {
            try await core.resume()
            asleep = false
            awakened += 1
            state = .open
        } catch {
            state = .failed(reason(error), update: isOutdated(error))
        }
    }
    private func fallAsleep() async {
        guard let core, !asleep else { return }
        await draftsKept()
        try? core.foreground(looking: false)
        try? await core.suspend()
        asleep = true
    }
    private func inOrder(_ work: @escaping @MainActor () async -> Void) async {
        let task = Task { [lifecycle] in
            await lifecycle?.value
            await work()
        }
        lifecycle = task
        await task.value
    }
}
