// The boards: a group's in a teacher's hand, on a department's tablet, and the one in the hall.

import KapprumCore
import KapprumKit
import Samples
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.timeLimit(.minutes(1))) struct BoardTests {
    @Test func aTeacherChecksInWithOneTapAndUndoes() async throws {
        let script = ScriptedCore([.frame: Samples.frame(.groups, groups: 1), .groupBoard(group: "g0", day: nil): Samples.groupBoard()])
        let app = Shown(script)
        try await app.screen.wait(for: "1 här, 2 väntas")
        try app.screen.tap("Kom, Barn 1")
        try await app.screen.wait(for: "Sparat")
        let at = AtPlacement(child: "k1", placement: "p1", group: nil)
        #expect(script.sent == [.checkIn(at)])
        #expect(app.screen.find("Ångra", "button")?.hint == "Barn 0")
        try app.screen.tap("Ångra")
        try await script.wait { script.sent.count == 2 }
        #expect(script.sent.last == .undoCheck(at: AtPlacement(child: "k0", placement: "p0", group: nil), event: "e0"))
        try app.screen.tap("Gick hem, Barn 0")
        try await script.wait { script.sent.count == 3 }
        await app.leave()
    }

    @Test func aRefusedCheckIsToldAndTheBoardStays() async throws {
        let script = ScriptedCore([.frame: Samples.frame(.groups, groups: 1), .groupBoard(group: "g0", day: nil): Samples.groupBoard()])
        let app = Shown(script)
        try await app.screen.wait(for: "Barn 1")
        script.refuse(.Refused(reason: "Du har inte rätt till det här."))
        try app.screen.tap("Kom, Barn 1")
        try await app.screen.wait(for: "Du har inte rätt till det här.")
        try app.screen.tap("Stäng")
        #expect(app.screen.shows("Barn 1") && !app.screen.shows("Du har inte rätt"))
        await app.leave()
    }

    @Test func onATabletOneSaysWhoOneIsFirst() async throws {
        let who = [StaffChoice(person: "maja", name: "Maja"), StaffChoice(person: "petra", name: "Petra")]
        let script = ScriptedCore([.frame: Samples.frame(.groups, groups: 1), .groupBoard(group: "g0", day: nil): Samples.groupBoard(who: who)])
        let app = Shown(script)
        try await app.screen.wait(for: "Vem är du?")
        try app.screen.tap("Kom, Barn 1")
        #expect(script.sent.isEmpty)
        // Thought better of it: nothing is done, not even when somebody says later who they are.
        try app.screen.tap("Avbryt")
        try app.screen.tap("Vem är du?")
        try app.screen.tap("Petra")
        #expect(script.sent.isEmpty)
        try app.screen.tap("Byt person")
        try app.screen.tap("Maja")
        try app.screen.tap("Kom, Barn 1")
        try await script.wait { !script.sent.isEmpty }
        #expect(script.asked.contains("send as maja"))
        try await app.screen.wait(for: "Du är Maja")
        #expect(script.sent == [.checkIn(AtPlacement(child: "k1", placement: "p1", group: nil))])
        try app.screen.tap("Byt person")
        try app.screen.tap("Petra")
        try app.screen.tap("Gick hem, Barn 0")
        try await script.wait { script.asked.contains("send as petra") }
        try await app.screen.wait(for: "Sparat")
        try app.screen.tap(app.screen.noteUndo)
        try await script.wait { script.asked.contains("undo c1 as petra") }
        await app.leave()
    }

    @Test func groupsAreChosenAboveTheBoardOrBesideIt() async throws {
        let script = ScriptedCore([
            .frame: Samples.frame(.groups, groups: 2), .groupBoard(group: "g0", day: nil): Samples.groupBoard(),
            .groupBoard(group: "g1", day: nil): Samples.groupBoard([Samples.row(1, name: "Saga")]),
        ])
        let phone = Shown(script)
        try await phone.screen.wait(for: "Barn 1")
        try phone.screen.choose("Vitsippan, Solrosens förskola", in: "Välj grupp")
        try await phone.screen.wait(for: "Saga")
        await phone.leave()

        let tablet = Shown(script, wide: true)
        try await tablet.screen.wait(for: "Barn 1")
        try tablet.screen.tap(starting: "Vitsippan")
        try await tablet.screen.wait(for: "Saga")
        #expect(tablet.screen.nameless == [])
        await tablet.leave()
        #expect(script.openFeeds() == 0)
    }

    @Test func theHallBoardAsksGreetsAndUndoes() async throws {
        let script = ScriptedCore([.frame: Samples.frame(.wall, groups: 1), .hallBoard(group: "g0"): Samples.hallBoard()])
        let app = Shown(script)
        try await app.screen.wait(for: "Barn 1")
        #expect(!app.screen.shows("tab \"Inställningar\""))
        try app.screen.tap(starting: "Barn 1")
        #expect(app.screen.shows("Vad ska Barn 1 göra?"))
        try app.screen.tap("Kom")
        try await app.screen.wait(for: "Välkommen, Barn 1!")
        #expect(script.sent == [.checkIn(AtPlacement(child: "k1", placement: "p1", group: "g0"))])
        try app.screen.tap("Ångra")
        try await app.screen.wait(for: "Ångrat")
        #expect(script.asked.contains("undo c0"))

        try app.screen.tap(starting: "Barn 0")
        try app.screen.tap("Ångra")
        try await script.wait { script.sent.count == 2 }
        #expect(script.sent.last == .undoCheck(at: AtPlacement(child: "k0", placement: "p0", group: "g0"), event: "e0"))
        try app.screen.tap(starting: "Barn 0")
        try app.screen.tap("Avbryt")
        #expect(app.screen.shows("Barn 2"))
        await app.leave()
    }

    @Test(arguments: [TabKind.groups, .wall]) func whoHasNoGroupIsToldSoAndNotWhileGroupsAreOnTheirWay(kind: TabKind) async throws {
        let loading = Notice(tone: .neutral, text: "Hämtar just nu", help: nil)
        let script = ScriptedCore([.frame: Samples.frame(kind, notice: loading)])
        let app = Shown(script)
        try await app.screen.wait(for: "Hämtar just nu")
        if kind == .groups { #expect(!app.screen.shows("Du har inga grupper än.")) }
        script.show(.frame, Samples.frame(kind))
        try await app.screen.wait(for: "Du har inga grupper än.")
        #expect(app.screen.nameless == [])
        await app.leave()
    }

    @Test func theBoardReachesItsSettings() async throws {
        let script = ScriptedCore([.frame: Samples.frame(.wall, groups: 1), .hallBoard(group: "g0"): Samples.hallBoard()])
        let app = Shown(script)
        try await app.screen.wait(for: "Barn 1")
        try app.screen.tap("Inställningar")
        #expect(app.screen.shows("Logga ut"))
        try app.screen.tap("Stäng")
        #expect(app.screen.shows("Barn 1"))
        await app.leave()
    }
}
