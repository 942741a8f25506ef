// A core that says what a test tells it to: for what the real one can hardly be brought to say, and for previews. Whatever
// the shells do with the real core is tested with the real core.

import Foundation
import KapprumCore

public final class ScriptedCore: KapprumProtocol, @unchecked Sendable {
    private let lock = NSLock()
    private var screens: [Ask: Screen] = [:]
    private var feeds: [(ask: Ask, feed: ScriptedFeed)] = []
    private var kept: [Ask: Command] = [:]
    private var said: [String] = []
    private var commands: [Command] = []
    private var refusal: KapprumError?
    private var signedIn: [SignedIn]
    private var unsent: UInt64 = 0
    private var late = false
    private var waiting: [UUID: (condition: @Sendable () -> Bool, woken: CheckedContinuation<Bool, Never>)] = [:]

    public init(_ screens: [Ask: Screen] = [:], signedIn: [SignedIn] = [Samples.anna]) {
        self.screens = screens
        self.signedIn = signedIn
    }

    /// Shows another screen; whoever follows it is told.
    public func show(_ ask: Ask, _ screen: Screen) {
        let told = lock.withLock {
            screens[ask] = screen
            return feeds.filter { $0.ask == ask }.map(\.feed)
        }
        for feed in told { feed.tell(screen) }
    }
    /// From now on every request fails so; nil: none does.
    public func refuse(_ error: KapprumError?) { lock.withLock { refusal = error } }
    public func hold(unsent: UInt64) { lock.withLock { self.unsent = unsent } }
    /// From now on it is too late to undo.
    public func beLate() { lock.withLock { late = true } }
    /// What was sent, in order.
    public var sent: [Command] { lock.withLock { commands } }
    /// What else was asked, in order.
    public var asked: [String] { lock.withLock { said } }
    public func draft(of ask: Ask) -> Command? { lock.withLock { kept[ask] } }

    private func note(_ words: String) throws {
        defer { wake() }
        try lock.withLock {
            said.append(words)
            if let refusal { throw refusal }
        }
    }

    public struct Unheard: Error {}

    /// Waits until the core has been asked what a test expects; the clock only ends a wait that is in vain.
    public func wait(until condition: @escaping @Sendable () -> Bool) async throws {
        let id = UUID()
        let alarm = Task {
            try await Task.sleep(for: .seconds(10))
            let late = lock.withLock { waiting.removeValue(forKey: id) }
            late?.woken.resume(returning: false)
        }
        defer { alarm.cancel() }
        let heard = await withCheckedContinuation { continuation in
            lock.withLock { waiting[id] = (condition, continuation) }
            wake()
        }
        if !heard { throw Unheard() }
    }
    private func wake() {
        // Outside the lock: a condition asks this core.
        for (id, one) in lock.withLock({ waiting }) where one.condition() {
            lock.withLock { waiting.removeValue(forKey: id) }?.woken.resume(returning: true)
        }
    }

    public func accounts() throws -> [SignedIn] { lock.withLock { signedIn } }
    public func profiles() throws -> [ProfileId] { lock.withLock { Array(Set(signedIn.map(\.profile))).sorted() } }
    public func dismiss(profile: ProfileId, id: CommandId) async throws -> Bool {
        try note("dismiss \(id)")
        return true
    }
    public func dismissLost(profile: ProfileId) async throws { try note("dismiss lost") }
    public func draft(profile: ProfileId, ask: Ask) async throws -> Command? { lock.withLock { kept[ask] } }
    public func keepDraft(profile: ProfileId, ask: Ask, command: Command?) async throws { lock.withLock { kept[ask] = command } }
    public func feed(profile: ProfileId, ask: Ask) throws -> Feed {
        defer { wake() }
        return lock.withLock {
            let feed = ScriptedFeed { [weak self] ended in self?.forget(ended) }
            if let screen = screens[ask] { feed.tell(screen) }
            feeds.append((ask, feed))
            return feed
        }
    }
    private func forget(_ feed: ScriptedFeed) { lock.withLock { feeds.removeAll { $0.feed === feed } } }
    /// The feeds of one view break, as when the core can't read.
    public func fail(_ ask: Ask, _ error: KapprumError) {
        for one in lock.withLock({ feeds.filter { $0.ask == ask } }) { one.feed.fail(error) }
    }
    public func foreground(looking: Bool) throws { try note(looking ? "looked at" : "left") }
    public func openFeeds() -> UInt32 { lock.withLock { UInt32(feeds.count) } }
    public func resume() async throws { try note("resume") }
    public func send(profile: ProfileId, commands new: [Command], tapped: PersonId?) async throws -> [Part] {
        try note("send" + (tapped.map { " as \($0)" } ?? ""))
        defer { wake() }
        return lock.withLock {
            commands += new
            return [Part(account: signedIn[0].id, commands: new.indices.map { "c\(commands.count - new.count + $0)" }, reason: nil)]
        }
    }
    public func shutDown() {
        for feed in lock.withLock({ feeds.map(\.feed) }) { feed.end() }
    }
    public func signIn(link: String, join: ProfileId?) async throws -> SignedIn {
        try note("sign in " + link + (join.map { " beside \($0)" } ?? ""))
        return lock.withLock {
            signedIn.append(Samples.anna)
            return Samples.anna
        }
    }
    public func signOut(account: Uuid, dropUnsent: Bool) async throws {
        try note("sign out" + (dropUnsent ? " and drop" : ""))
        try lock.withLock {
            if unsent > 0 && !dropUnsent { throw KapprumError.Unsent(count: unsent, reason: "\(unsent)") }
            signedIn.removeAll { $0.id == account }
        }
    }
    public func speak(language: Language) throws { try note("speak \(language)") }
    public func suspend() async throws { try note("suspend") }
    public func sync(reason: Reason) async throws { try note("sync \(reason)") }
    public func undo(profile: ProfileId, id: CommandId, tapped: PersonId?) async throws -> Bool {
        try note("undo \(id)" + (tapped.map { " as \($0)" } ?? ""))
        return lock.withLock { !late }
    }
}

/// Snapshots as they are told, then nothing until the next, or the end.
private final class ScriptedFeed: Feed, @unchecked Sendable {
    private let stream: AsyncThrowingStream<Screen, any Error>
    private let told: AsyncThrowingStream<Screen, any Error>.Continuation
    private let ended: @Sendable (ScriptedFeed) -> Void

    init(ended: @escaping @Sendable (ScriptedFeed) -> Void) {
        (stream, told) = AsyncThrowingStream.makeStream(of: Screen.self)
        self.ended = ended
        super.init(noHandle: NoHandle())
    }
    required init(unsafeFromHandle handle: UInt64) { fatalError("a script has no handle") }

    func tell(_ screen: Screen) { told.yield(screen) }
    func fail(_ error: KapprumError) { told.finish(throwing: error) }
    override func next() async throws -> Screen? {
        var iterator = stream.makeAsyncIterator()
        return try await iterator.next()
    }
    override func end() {
        told.finish()
        ended(self)
    }
}
