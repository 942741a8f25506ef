// Sleep, background, faults of the device: with the real core.

import Foundation
import KapprumCore
import KapprumKit
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.serialized, .timeLimit(.minutes(2))) struct LifeTests {
    @Test func whatCameInTheBackgroundIsThereWhenOneLooks() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            let maja = try await Shown.signedIn(world, "maja", showing: "Ebba")
            await maja.core.comeForward()
            await maja.core.rest()
            #expect(maja.screen.shows("Ebba"), "what was shown stays")

            try await report(anna)
            await anna.core.sync()
            await maja.core.refresh()
            await maja.core.comeForward()
            try await maja.screen.wait(what: "Ebba away") { $0.shows("Kommer inte i dag") }

            // Sleeping and waking over and over, in whatever order the system says so.
            async let first: Void = maja.core.rest()
            async let second: Void = maja.core.refresh()
            async let third: Void = maja.core.comeForward()
            _ = await (first, second, third)
            try await maja.screen.wait(for: "Ebba")
            #expect(maja.core.failure == nil)
            await anna.end()
            await maja.end()
        }
    }

    @Test func aSecondWindowOnTheSameFilesIsToldSo() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            let second = Shown(CoreModel(start: world.device("anna")))
            try await second.screen.wait(for: "Kapprum är redan öppet.")
            #expect(second.screen.nameless == [])
            await anna.end()
            try second.screen.tap("Försök igen")
            try await second.screen.wait(for: "Ebba")
            await second.end()
        }
    }

    @Test func wipedKeysAreToldAndSigningInAgainHelps() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            try await world.offline()
            try await report(anna)
            try await anna.screen.wait(for: "1 väntar")
            await anna.end()
            for key in try FileManager.default.contentsOfDirectory(at: world.folder.appendingPathComponent("anna/keys"), includingPropertiesForKeys: nil) {
                try FileManager.default.removeItem(at: key)
            }
            try await world.online()
            let again = Shown(CoreModel(start: world.device("anna")))
            try await again.screen.wait(for: "gick inte att läsa")
            try again.screen.tap("Logga in igen")
            try again.screen.type(try await world.invite("anna"), into: "Länk från inbjudan")
            try again.screen.tap("Fortsätt")
            try await again.screen.wait(for: "Anmäl att Ebba inte kommer", seconds: 30)
            await again.end()
        }
    }

    @Test func damagedFilesDoNotStopTheApp() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            await anna.end()
            let files = FileManager.default.enumerator(at: world.folder.appendingPathComponent("anna"), includingPropertiesForKeys: nil)
            for case let file as URL in files! where file.lastPathComponent == "store.db" { try Data("nothing".utf8).write(to: file) }
            let again = Shown(CoreModel(start: world.device("anna")))
            try await again.screen.wait(for: "gick inte att läsa")
            #expect(again.screen.nameless == [])
            await again.end()
        }
    }

    @Test func whatOneMayNotSeeIsSaidInWords() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            let other = TestScreen(ChildDayScreen(core: anna.core, child: "00000000-0000-4000-8000-000000000001"))
            try await other.wait(for: "Det här visas inte för dig.")
            let board = TestScreen(GroupBoardScreen(core: anna.core, group: "00000000-0000-4000-8000-000000000002"))
            try await board.wait(for: "Det här visas inte för dig.")
            let nonsense = TestScreen(ChildDayScreen(core: anna.core, child: "../../etc"))
            try await nonsense.wait(what: "a sentence") { $0.find("Försök igen", "button") != nil }
            for screen in [other, board, nonsense] {
                #expect(screen.nameless == [])
                await screen.leave()
            }
            await anna.end()
        }
    }

    @Test func invitationsThatDoNotWorkSayWhatToDo() async throws {
        try await World.with { world in
            let app = Shown(CoreModel(start: world.device("anna")))
            try await app.screen.wait(for: "Länk från inbjudan")
            let link = try await world.invite("anna")
            for (typed, told) in [("hej", "Kopiera hela länken"), (link + "x", "Be om en ny."), ("http://127.0.0.1:1/#invite=a.b", "Inget nät.")] {
                try app.screen.type(typed, into: "Länk från inbjudan")
                try app.screen.tap("Fortsätt")
                try await app.screen.wait(seconds: 30, what: told) { $0.find("Fortsätt", "button")?.on == true && $0.shows(told) }
                #expect(app.screen.find("Länk från inbjudan")?.value == typed)
            }
            try await world.offline()
            try app.screen.type(link, into: "Länk från inbjudan")
            try app.screen.tap("Fortsätt")
            try await app.screen.wait(for: "Inget nät. Försök igen när det finns.", seconds: 30)
            try await world.online()
            try app.screen.tap("Fortsätt")
            try await app.screen.wait(for: "Ebba", seconds: 30)
            await app.end()
        }
    }

    @Test func aLargeGroupIsAllThere() async throws {
        try await World.with("--crowd", "40") { world in
            let maja = try await Shown.signedIn(world, "maja", showing: "Folke H")
            #expect(maja.screen.nameless == [])
            #expect(maja.screen.controls.filter { $0.hasPrefix("Kom, ") || $0.hasPrefix("Gick hem, ") }.count >= 40)
            await maja.end()
        }
    }

    @Test func aClosedCoreSaysSo() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            let core = try #require(try? world.device("other")())
            let model = CoreModel(start: { core })
            await model.open()
            core.shutDown()
            #expect(await model.signIn("https://kapprum.example/#invite=a.b") == "Kapprum är stängt. Öppna appen igen.")
            await anna.end()
        }
    }

    private func report(_ anna: Shown) async throws {
        try anna.screen.tap("Anmäl att Ebba inte kommer")
        try await anna.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
        try anna.screen.tap("Skicka")
        try await anna.screen.wait(for: "Sparat")
    }
}
