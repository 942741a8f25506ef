// What a guardian is about to report: whom, which days, which part of the day. Preset so that two taps are enough.

import Foundation
import KapprumCore
import Observation

@Observable @MainActor public final class AbsenceForm {
    public var children: Set<ChildId> = [] { didSet { changed() } }
    public var from: Day = "" { didSet { if until < from { until = from } else { changed() } } }
    /// The last day; `open` is until further notice.
    public var until: Day = "" { didSet { changed() } }
    public var moreDays = false { didSet { changed() } }
    public var wholeDay = true { didSet { changed() } }
    public var start: Date = ClockTime.date("08:00") { didSet { changed() } }
    public var end: Date = ClockTime.date("12:00") { didSet { changed() } }
    public private(set) var ready = false
    /// It had been begun before: what was typed is here again.
    public private(set) var restored = false
    public private(set) var sending = false
    public private(set) var refused: String?

    /// Sorts after every day.
    public static let open: Day = "open"

    private let core: CoreModel
    private let child: ChildId?
    private var taking = false

    public init(core: CoreModel, child: ChildId?) { (self.core, self.child) = (core, child) }

    /// Fills the form the first time there is something to choose from: from the draft, else with today.
    public func fill(_ screen: ReportAbsence) async {
        guard !ready, let today = screen.days.first?.day else { return }
        let draft = await core.draft(.reportAbsence)
        guard !ready else { return }
        taking = true
        (from, until) = (today, today)
        let possible = screen.children.filter { $0.instead == nil }.map(\.child)
        if let child { children = [child] } else if possible.count == 1 { children = Set(possible) }
        if case .reportAbsence(let drafted, let days) = draft, child == nil || child == drafted, possible.contains(drafted) {
            take(drafted, days, today)
            restored = true
        }
        (taking, ready) = (false, true)
    }

    public func toggle(_ child: ChildId) { children.formSymmetricDifference([child]) }

    public var commands: [Command] {
        let last = moreDays ? (until == Self.open ? nil : until) : from
        let part = wholeDay || moreDays ? nil : Interval(start: ClockTime.time(start), end: ClockTime.time(end))
        return children.sorted().map { .reportAbsence(child: $0, days: Days(from: from, until: last, part: part)) }
    }
    public var canSend: Bool { ready && !sending && !children.isEmpty }

    /// True when it is saved, and the form may go.
    public func send() async -> Bool {
        guard canSend else { return false }
        (sending, refused) = (true, nil)
        refused = await core.send(commands)
        sending = false
        if refused == nil { throwAway() }
        return refused == nil
    }
    public func throwAway() { core.keepDraft(.reportAbsence, nil) }

    private func take(_ child: ChildId, _ days: Days, _ today: Day) {
        children = [child]
        from = max(days.from, today)
        moreDays = days.until != days.from
        until = days.until.map { max($0, from) } ?? Self.open
        wholeDay = days.part == nil
        if let part = days.part { (start, end) = (ClockTime.date(part.start), ClockTime.date(part.end)) }
    }
    private func changed() {
        refused = nil
        if ready && !taking { core.keepDraft(.reportAbsence, commands.first) }
    }
}
