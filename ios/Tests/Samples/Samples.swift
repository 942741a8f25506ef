// What the core may show, as values: anna's family, maja's group, the board in the hall.

import KapprumCore

public enum Samples {
    public static let account = Account(tenant: "t", holder: "anna", role: .guardian)
    public static let anna = SignedIn(id: "a1", account: account, profile: 1, server: "https://kapprum.example", device: "d")
    public static let today = "2026-11-24"

    public static func frame(
        _ first: TabKind = .home, groups: Int = 0, notice: Notice? = nil, waiting: String? = nil, accounts: [AccountLine]? = nil
    ) -> Screen {
        let labels: [TabKind: String] = [.home: "Hem", .groups: "Grupper", .wall: "Tavlan"]
        return .frame(
            Frame(
                tabs: [
                    Tab(kind: first, label: labels[first] ?? "", badge: nil), Tab(kind: .outbox, label: "Skickat", badge: waiting.map { _ in "2" }),
                    Tab(kind: .settings, label: "Inställningar", badge: nil),
                ],
                groups: (0..<groups).map { GroupChoice(group: "g\($0)", name: ["Blåklinten", "Vitsippan"][$0 % 2], unit: "Solrosens förskola") },
                notice: notice, waiting: waiting, accounts: accounts ?? [AccountLine(account: account, name: "Vänersborg")]))
    }
    public static let offline = Notice(tone: .neutral, text: "Inget nät. Det du gör sparas och skickas sedan.", help: .sync)

    public static func child(_ name: String, _ state: ChildState = .expected, waiting: String? = nil, report: Bool = true) -> ChildLine {
        ChildLine(child: name.lowercased(), name: name, state: state, line: "Väntas 07.30–16.00", report: report, waiting: waiting)
    }
    public static func home(_ children: [ChildLine] = [child("Ebba"), child("Love")], empty: String? = nil) -> Screen {
        .home(Home(title: "Hem", children: children, empty: empty))
    }
    public static let days = [
        DayChoice(day: today, label: "i dag"), DayChoice(day: "2026-11-25", label: "i morgon"), DayChoice(day: "2026-11-26", label: "torsdag 26 november"),
    ]
    public static func childDay(_ day: Day = today, waiting: String? = nil) -> Screen {
        .childDay(
            ChildDay(
                child: "ebba", name: "Ebba", day: day, heading: days.first { $0.day == day }?.label ?? day, state: .absent, line: "Kommer inte i dag",
                days: days,
                placements: [
                    PlacementDay(
                        placement: "p", place: "Blåklinten, Solrosens förskola", times: "07.30–16.00", clash: "Ni har lagt olika tider: 07.30–15.00",
                        comment: "Till personalen: Mormor hämtar", events: ["Kom 07.41"], hint: "Ändringen måste ha kommit fram senast i dag kl. 23.59.",
                        change: true, waiting: waiting)
                ],
                absences: [AbsenceLine(absence: "r1", line: "Borta i dag", by: "Anmält av dig i dag 06.40", change: true, waiting: waiting)]))
    }
    public static let reportAbsence = Screen.reportAbsence(
        ReportAbsence(
            title: "Kommer inte", health: "Skriv inget om hälsa. Att barnet är borta räcker.", question: "Vilka dagar?",
            children: [
                Choice(child: "ebba", name: "Ebba", instead: nil), Choice(child: "love", name: "Love", instead: nil),
                Choice(child: "nils", name: "Nils", instead: "Be din vårdnadshavare. Du kan göra det själv när du har fyllt 18."),
            ], days: days))
    public static let changeAsk = Ask.changeDay(child: "ebba", placement: "p", day: today)
    public static func changeDay(times: [Interval]? = nil, comment: String = "", instead: String? = nil) -> Screen {
        .changeDay(
            ChangeDay(
                child: "ebba", placement: "p", day: today, name: "Ebba", heading: "i dag", place: "Blåklinten, Solrosens förskola",
                ordinary: "Som i veckan: 07.30–16.00", usual: [Interval(start: "07:30", end: "16:00")], times: times,
                open: Interval(start: "06:30", end: "18:00"), comment: comment, comments: true, most: 200, hint: nil, instead: instead))
    }
    public static let outbox = Screen.outbox(
        Outbox(
            title: "Skickat",
            lines: [
                OutboxLine(id: "w", what: "Ebba borta i dag", state: "Väntar på nät", mark: .waiting, undo: true, dismiss: false),
                OutboxLine(id: "d", what: "Ändrad dag för Love i dag", state: "Mottaget i dag 06.41", mark: .done, undo: false, dismiss: true),
                OutboxLine(
                    id: "n", what: "Nya tider för Love", state: "Nekat: Tiderna är låsta. Välj måndag 30 november eller senare.", mark: .refused, undo: false,
                    dismiss: true),
            ], empty: nil))
    public static func row(_ number: Int, name: String? = nil) -> BoardRow {
        let here = number % 3 == 0
        return BoardRow(
            child: "k\(number)", placement: "p\(number)", name: name ?? "Barn \(number)", state: here ? .here : .expected,
            line: here ? "Här sedan 07.41" : "Väntas 07.30–16.00", comment: number % 7 == 2 ? "Mormor hämtar" : nil, waiting: nil,
            action: here ? Tap(direction: .out, label: "Gick hem") : Tap(direction: .in, label: "Kom"), undo: here ? "e\(number)" : nil)
    }
    public static func groupBoard(_ rows: [BoardRow] = (0..<3).map { row($0) }, who: [StaffChoice] = [], empty: String? = nil) -> Screen {
        .groupBoard(GroupBoard(title: "Blåklinten, Solrosens förskola", count: "1 här, 2 väntas", rows: rows, who: who, empty: empty))
    }
    public static func hallBoard(_ tiles: Int = 3, empty: String? = nil) -> Screen {
        .hallBoard(
            HallBoard(
                title: "Blåklinten, Solrosens förskola",
                tiles: (0..<tiles).map { number in
                    let row = row(number)
                    return Tile(
                        child: row.child, placement: "p\(number)", name: row.name, state: row.state, line: row.line, action: row.action, undo: row.undo)
                }, empty: empty))
    }
}
