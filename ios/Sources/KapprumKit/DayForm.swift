// What a guardian is about to change on one day: as in the week, other times, or not coming; and a word to the staff.

import Foundation
import KapprumCore
import Observation

@Observable @MainActor public final class DayForm {
    public enum Choice: Hashable, Sendable { case asInWeek, otherTimes, comesNot }
    public struct Span: Identifiable, Equatable, Sendable {
        public let id: Int
        public var start: Date
        public var end: Date
    }

    public var choice = Choice.asInWeek { didSet { chosen() } }
    public var spans: [Span] = [] { didSet { changed() } }
    public var comment = "" { didSet { changed() } }
    public private(set) var ready = false
    /// It had been begun before: what was typed is here again.
    public private(set) var restored = false
    public private(set) var sending = false
    public private(set) var refused: String?

    private let core: CoreModel
    private let child: ChildId
    private let placement: PlacementId
    private let day: Day
    private var usual: [Interval] = []
    private var lastSpan = 0

    public init(core: CoreModel, child: ChildId, placement: PlacementId, day: Day) {
        (self.core, self.child, self.placement, self.day) = (core, child, placement, day)
    }
    public var ask: Ask { .changeDay(child: child, placement: placement, day: day) }

    /// Fills the form the first time there is a day to change: from the draft, else as the day stands.
    public func fill(_ screen: ChangeDay) async {
        guard !ready else { return }
        let draft = await core.draft(ask)
        guard !ready else { return }
        usual = screen.usual
        if case .changeDay(_, _, _, let times, let comment) = draft {
            take(times, comment)
            restored = true
        } else {
            take(screen.times, screen.comment)
        }
        ready = true
    }

    public func addSpan() {
        let begin = spans.last?.end ?? ClockTime.date(usual.first?.start ?? "08:00")
        spans.append(span(begin, begin.addingTimeInterval(3600)))
    }
    public func remove(_ id: Int) { spans.removeAll { $0.id == id } }

    public var command: Command {
        let times: [Interval]? =
            switch choice {
            case .asInWeek: nil
            case .comesNot: []
            case .otherTimes: spans.map { Interval(start: ClockTime.time($0.start), end: ClockTime.time($0.end)) }
            }
        return .changeDay(child: child, placement: placement, day: day, times: times, comment: comment.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    public var canSend: Bool { ready && !sending && !(choice == .otherTimes && spans.isEmpty) }

    /// True when it is saved, and the form may go.
    public func send() async -> Bool {
        guard canSend else { return false }
        (sending, refused) = (true, nil)
        refused = await core.send([command])
        sending = false
        if refused == nil { throwAway() }
        return refused == nil
    }
    public func throwAway() { core.keepDraft(ask, nil) }

    private func take(_ times: [Interval]?, _ comment: String) {
        self.comment = comment
        spans = (times ?? []).map { span(ClockTime.date($0.start), ClockTime.date($0.end)) }
        choice = times.map { $0.isEmpty ? .comesNot : .otherTimes } ?? .asInWeek
    }
    private func chosen() {
        if choice == .otherTimes, spans.isEmpty {
            spans = usual.map { span(ClockTime.date($0.start), ClockTime.date($0.end)) }
            if spans.isEmpty { addSpan() }
        }
        changed()
    }
    private func span(_ start: Date, _ end: Date) -> Span {
        lastSpan += 1
        return Span(id: lastSpan, start: start, end: end)
    }
    private func changed() {
        refused = nil
        if ready { core.keepDraft(ask, command) }
    }
}
