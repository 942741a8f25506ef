// One view of the core, followed: each snapshot takes the place of the one before, until its screen is left.

import KapprumCore
import Observation

@Observable @MainActor public final class FeedModel<Value: Sendable> {
    /// The last snapshot. It stays while new data is on its way.
    public private(set) var value: Value?
    /// Why there is nothing to show, and the words for it.
    public private(set) var missing: (why: Missing, text: String)?
    /// Why the core has stopped telling.
    public private(set) var failure: String?

    private let core: (any KapprumProtocol)?
    private let profile: ProfileId
    private var ask: Ask
    /// Grows with each new question: whoever follows begins anew.
    public private(set) var asked = 0
    private let pick: @Sendable (Screen) -> Value?

    init(core: (any KapprumProtocol)?, profile: ProfileId, ask: Ask, pick: @escaping @Sendable (Screen) -> Value?) {
        (self.core, self.profile, self.ask, self.pick) = (core, profile, ask, pick)
    }

    /// Asks for another of the same kind: another day. What is shown stays until it comes.
    public func ask(_ new: Ask) {
        ask = new
        asked += 1
    }

    /// Follows until the task is cancelled, which is when the screen is left, or the core ends.
    public func follow() async {
        guard let core else { return }
        failure = nil
        let feed: Feed
        do {
            feed = try core.feed(profile: profile, ask: ask)
        } catch {
            failure = reason(error)
            return
        }
        await withTaskCancellationHandler {
            do {
                while !Task.isCancelled, let screen = try await feed.next() { take(screen) }
            } catch {
                if !Task.isCancelled { failure = reason(error) }
            }
        } onCancel: {
            // A cancelled Swift task leaves the core's own future running; this ends it.
            feed.end()
        }
        feed.end()
    }

    private func take(_ screen: Screen) {
        if let picked = pick(screen) {
            (value, missing) = (picked, nil)
        } else if case .nothing(let why, let text) = screen {
            // What one may no longer see goes at once; what is merely being fetched stays.
            if why != .loading { value = nil }
            missing = (why, text)
        }
    }
}
