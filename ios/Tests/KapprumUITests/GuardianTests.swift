// A guardian's screens, acted on by name.

import KapprumCore
import KapprumKit
import Samples
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.timeLimit(.minutes(1))) struct GuardianTests {
    let script = ScriptedCore([
        .frame: Samples.frame(), .home: Samples.home(), .reportAbsence: Samples.reportAbsence, .childDay(child: "ebba", day: nil): Samples.childDay(),
        .childDay(child: "ebba", day: "2026-11-25"): Samples.childDay("2026-11-25"), Samples.changeAsk: Samples.changeDay(), .outbox: Samples.outbox,
    ])

    @Test func absenceIsReportedInTwoTapsAndCanBeUndone() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        try app.screen.tap("Skicka")
        try await app.screen.wait(for: "Sparat")
        #expect(!app.screen.shows("Vilka dagar?"))
        let today = Days(from: Samples.today, until: Samples.today, part: nil)
        #expect(script.sent == [.reportAbsence(child: "ebba", days: today)])
        try app.screen.tap("Ångra")
        try await app.screen.wait(for: "Ångrat")
        #expect(script.asked.contains("undo c0"))
        await app.leave()
    }

    @Test func severalDaysSeveralChildrenAndPartOfADay() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        try app.screen.tap("Love")
        try app.screen.choose("i morgon", in: "Välj dag")
        try app.screen.tap("Flera dagar")
        try app.screen.choose("Tills vidare", in: "Till och med")
        try app.screen.tap("Skicka")
        try await app.screen.wait(for: "Sparat")
        let open = Days(from: "2026-11-25", until: nil, part: nil)
        #expect(script.sent == [.reportAbsence(child: "ebba", days: open), .reportAbsence(child: "love", days: open)])

        try app.screen.tap("Anmäl att Love inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        try app.screen.tap("Hela dagen")
        try app.screen.type("09:15", into: "Borta från")
        try app.screen.type("11:00", into: "Borta till")
        try app.screen.tap("Skicka")
        try await script.wait { script.sent.count == 3 }
        let part = Days(from: Samples.today, until: Samples.today, part: Interval(start: "09:15", end: "11:00"))
        #expect(script.sent.last == .reportAbsence(child: "love", days: part))
        await app.leave()
    }

    @Test func aChildThatMayNotIsToldWhyAndNobodyIsNotSent() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        #expect(app.screen.shows("när du har fyllt 18"))
        #expect(app.screen.find("Nils", "switch") == nil)
        try app.screen.tap("Ebba")
        #expect(app.screen.shows("Välj minst ett barn."))
        #expect(throws: TestScreen.Absent.self) { try app.screen.tap("Skicka") }
        await app.leave()
    }

    @Test func aRefusalStandsInTheFormAndWhatWasChosenStays() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        try app.screen.choose("i morgon", in: "Välj dag")
        script.refuse(.Refused(reason: "Det är för långt fram. Välj i dag eller tidigare."))
        try app.screen.tap("Skicka")
        try await app.screen.wait(for: "Det är för långt fram.")
        #expect(app.screen.find("Välj dag")?.value == "i morgon")
        script.refuse(nil)
        try app.screen.choose("i dag", in: "Välj dag")
        #expect(!app.screen.shows("Det är för långt fram."))
        try app.screen.tap("Skicka")
        try await app.screen.wait(for: "Sparat")
        await app.leave()
    }

    @Test func theDayShowsAllAndOtherDaysDoNotJump() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap(starting: "Ebba")
        try await app.screen.wait(for: "Kommer inte i dag")
        for words in ["Blåklinten", "07.30–16.00", "Ni har lagt olika tider", "Mormor hämtar", "Kom 07.41", "senast i dag", "Anmält av dig"] {
            #expect(app.screen.shows(words), "\(words)")
        }
        try app.screen.tap("i morgon")
        #expect(app.screen.shows("Blåklinten"))
        try await app.screen.wait(what: "tomorrow") { $0.find("i morgon", "button")?.traits.contains("selected") == true }
        try app.screen.tap("Back")
        #expect(app.screen.shows("Love"))
        await app.leave()
    }

    @Test func anAbsenceIsWithdrawnAfterAQuestion() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap(starting: "Ebba")
        try await app.screen.wait(for: "Kommer ändå")
        try app.screen.tap("Kommer ändå")
        #expect(app.screen.shows("Vill du ta tillbaka anmälan?"))
        try app.screen.tap("Avbryt")
        #expect(script.sent.isEmpty)
        try app.screen.tap("Kommer ändå")
        try app.screen.tap("Kommer ändå")
        try await app.screen.wait(for: "Sparat")
        #expect(script.sent == [.withdrawAbsence(child: "ebba", absence: "r1")])
        await app.leave()
    }

    @Test func aDayIsChangedWithTimesAndAWordToTheStaff() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap(starting: "Ebba")
        try await app.screen.wait(for: "Ändra dagen")
        try app.screen.tap("Ändra dagen")
        try await app.screen.wait(what: "the form") { $0.find("Spara", "button")?.on == true }
        #expect(app.screen.shows("Som i veckan: 07.30–16.00"))
        try app.screen.tap("Andra tider")
        try app.screen.type("15:00", into: "Går")
        try app.screen.tap("Lägg till en tid")
        #expect(app.screen.controls.filter { $0 == "Ta bort tiden" }.count == 2)
        try app.screen.tap("Ta bort tiden")
        try app.screen.type("Mormor hämtar", into: "Till personalen")
        try app.screen.tap("Spara")
        try await app.screen.wait(for: "Sparat")
        let times = [Interval(start: "15:00", end: "16:00")]
        #expect(script.sent == [.changeDay(child: "ebba", placement: "p", day: Samples.today, times: times, comment: "Mormor hämtar")])
        await app.core.draftsKept()
        #expect(script.draft(of: Samples.changeAsk) == nil)
        await app.leave()
    }

    @Test func aDayThatCannotBeChangedSaysWhatToDo() async throws {
        script.show(Samples.changeAsk, Samples.changeDay(instead: "Tiderna är låsta. Ring 0521-72 10 00."))
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap(starting: "Ebba")
        try await app.screen.wait(for: "Ändra dagen")
        try app.screen.tap("Ändra dagen")
        try await app.screen.wait(for: "Tiderna är låsta.")
        #expect(app.screen.find("Spara", "button") == nil)
        try app.screen.tap("Avbryt")
        #expect(app.screen.shows("Kommer inte i dag"))
        await app.leave()
    }

    /// The device is turned, or the window made wider, in mid-form.
    @Test func whatIsChosenOutlivesARotation() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        try app.screen.choose("i morgon", in: "Välj dag")
        app.screen.isWide = true
        #expect(app.screen.find("Välj dag")?.value == "i morgon")
        app.screen.isWide = false
        #expect(app.screen.find("Välj dag")?.value == "i morgon")
        await app.leave()
    }

    @Test func aRefusalIsSaidAloud() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        script.refuse(.Refused(reason: "Det gick inte just i det här provet."))
        try app.screen.tap("Skicka")
        try await app.screen.wait(for: "Det gick inte just i det här provet.")
        #expect(Announcements.shared.all.contains("Det gick inte just i det här provet."))
        await app.leave()
    }

    @Test func theOutboxTellsWhatCameOfEachAndLetsGo() async throws {
        script.show(.frame, Samples.frame(waiting: "2 väntar"))
        let app = Shown(script)
        try await app.screen.wait(for: "2 väntar")
        try app.screen.tap("2 väntar")
        try await app.screen.wait(for: "Nekat: Tiderna är låsta.")
        try app.screen.tap("Ta bort")
        try await script.wait { script.asked.contains("dismiss d") }
        try app.screen.tap("Ångra")
        try await app.screen.wait(for: "Ångrat")
        #expect(script.asked.contains("undo w"))
        await app.leave()
    }

    @Test func tooLateToUndoSaysWhatToDo() async throws {
        script.beLate()
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba, Väntas")
        await app.core.tap(.withdrawAbsence(child: "ebba", absence: "r1"))
        try app.screen.tap("Ångra")
        try await app.screen.wait(for: "Gör en ny ändring i stället.")
        await app.leave()
    }

    @Test func theMessageGoesByItself() async throws {
        let app = Shown(script, noteLasts: .milliseconds(20))
        try await app.screen.wait(for: "Ebba, Väntas")
        await app.core.tap(.withdrawAbsence(child: "ebba", absence: "r1"))
        try await app.screen.wait(until: "Sparat")
        await app.leave()
    }
}
