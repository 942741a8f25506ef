// The story through the real core against one real server over HTTP.

import Foundation
import KapprumCore
import KapprumKit
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.serialized, .timeLimit(.minutes(2))) struct StoryTests {
    @Test func annaReportsWithoutNetworkAndTheTeachersTabletShowsItWhenItIsBack() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Anmäl att Ebba inte kommer")
            let maja = try await Shown.signedIn(world, "maja", wide: true, showing: "Ebba")
            try await world.offline()

            try anna.screen.tap("Anmäl att Ebba inte kommer")
            try await anna.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
            try anna.screen.tap("Skicka")
            try await anna.screen.wait(for: "Sparat")
            try await anna.screen.wait(for: "1 väntar")
            #expect(anna.screen.nameless == [])

            // The app dies and is opened again: what was sent still waits.
            await anna.end()
            let again = Shown(CoreModel(start: world.device("anna")))
            try await again.screen.wait(for: "1 väntar")
            try await again.screen.wait(for: "Väntar på nät")

            try await world.online()
            await again.core.sync()
            try await again.screen.wait(until: "1 väntar")
            await maja.core.sync()
            try await maja.screen.wait(what: "Ebba away on the teacher's tablet") { screen in
                screen.tree.flatMap(\.all).contains { $0.name.hasPrefix("Ebba") && $0.name.contains("Kommer inte i dag") }
            }
            await again.end()
            await maja.end()
        }
    }

    @Test func aFormOutlivesTheApp() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Love")
            try anna.screen.tap(starting: "Love")
            try await anna.screen.wait(for: "Ändra dagen")
            try anna.screen.tap("Ändra dagen")
            try await anna.screen.wait(what: "the form") { $0.find("Spara", "button")?.on == true }
            try anna.screen.tap("Andra tider")
            try anna.screen.type("14:30", into: "Går")
            try anna.screen.type("Mormor hämtar", into: "Till personalen")
            await anna.core.draftsKept()
            await anna.end()

            let again = Shown(CoreModel(start: world.device("anna")))
            try await again.screen.wait(for: "Love")
            try again.screen.tap(starting: "Love")
            try await again.screen.wait(for: "Ändra dagen")
            try again.screen.tap("Ändra dagen")
            try await again.screen.wait(what: "what was typed") { $0.find("Till personalen", "field")?.value == "Mormor hämtar" }
            #expect(again.screen.find("Går", "time")?.value == "14:30")
            #expect(again.screen.shows("Det du skrev är kvar."))
            try again.screen.tap("Spara")
            try await again.screen.wait(for: "14.30")
            await again.core.draftsKept()

            // Sent: the next time the form is as the day stands.
            try again.screen.tap("Ändra dagen")
            try await again.screen.wait(what: "the day as it stands") { $0.find("Går", "time")?.value == "14:30" }
            #expect(!again.screen.shows("Det du skrev är kvar."))
            try again.screen.tap("Avbryt")
            await again.end()
        }
    }

    @Test func aReportInTheMakingOutlivesTheAppToo() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            try anna.screen.tap("Anmäl att Ebba inte kommer")
            try await anna.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
            try anna.screen.tap("Hela dagen")
            try anna.screen.type("13:00", into: "Borta till")
            await anna.core.draftsKept()
            await anna.end()
            let again = Shown(CoreModel(start: world.device("anna")))
            try await again.screen.wait(for: "Ebba")
            try again.screen.tap("Anmäl att Ebba inte kommer")
            try await again.screen.wait(what: "what was chosen") { $0.find("Borta till", "time")?.value == "13:00" }
            try again.screen.tap("Avbryt")
            await again.core.draftsKept()
            try again.screen.tap("Anmäl att Ebba inte kommer")
            try await again.screen.wait(what: "the form anew") { $0.find("Skicka", "button")?.on == true }
            #expect(again.screen.find("Borta till", "time") == nil)
            await again.end()
        }
    }

    @Test func theHallBoardChecksInAndTheTeacherSeesIt() async throws {
        try await World.with("--quiet") { world in
            let board = try await Shown.signedIn(world, "board", wide: true, showing: "Love")
            let maja = try await Shown.signedIn(world, "maja", showing: "Love")
            try board.screen.tap(starting: "Love")
            try board.screen.tap("Kom")
            try await board.screen.wait(what: "here") { $0.text.contains("Här sedan") }
            await board.core.sync()
            await maja.core.sync()
            try await maja.screen.wait(what: "here at the teacher's") { $0.text.contains("Här sedan") }
            try board.screen.tap("Ångra")
            try await board.screen.wait(what: "undone") { !$0.text.contains("Här sedan") }
            #expect(board.screen.nameless == [])
            await board.end()
            await maja.end()
        }
    }

    @Test func signingOutWithWhatIsNotSentAsks() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Anmäl att Ebba inte kommer")
            try await world.offline()
            try anna.screen.tap("Anmäl att Ebba inte kommer")
            try await anna.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
            try anna.screen.tap("Skicka")
            try await anna.screen.wait(for: "1 väntar")
            try anna.screen.tap("Inställningar")
            try anna.screen.tap("Logga ut")
            try anna.screen.tap("Logga ut")
            try await anna.screen.wait(for: "En sak är inte skickad")
            try anna.screen.tap("Vänta")
            try anna.screen.tap("Logga ut")
            try anna.screen.tap("Logga ut")
            try await anna.screen.wait(for: "En sak är inte skickad")
            try anna.screen.tap("Logga ut ändå")
            try await anna.screen.wait(for: "Länk från inbjudan")
            await anna.end()
        }
    }
}
