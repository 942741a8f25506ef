// Coming and going: invitations, what goes wrong with them, and leaving with what is not sent.

import Foundation
import KapprumCore
import KapprumKit
import Samples
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.serialized, .timeLimit(.minutes(2))) struct SignInTests {
    let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()], signedIn: [])

    @Test func aLinkIsPastedAndLetsIn() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Välkommen")
        #expect(throws: TestScreen.Absent.self) { try app.screen.tap("Fortsätt") }
        PasteButton.board = "https://kapprum.example/#invite=abc"
        try app.screen.tap("Paste")
        #expect(app.screen.find("Länk från inbjudan")?.value == "https://kapprum.example/#invite=abc")
        try app.screen.tap("Fortsätt")
        try await app.screen.wait(for: "Ebba")
        #expect(script.asked.contains("sign in https://kapprum.example/#invite=abc"))
        await app.leave()
    }

    @Test(arguments: [
        KapprumError.Refused(reason: "Det är inte en länk från Kapprum. Kopiera hela länken i inbjudan."),
        .SignedOut(reason: "Länken är använd eller för gammal. Be om en ny."), .Offline(reason: "Inget nät. Försök igen när det finns."),
        .Outdated(reason: "Appen är för gammal. Uppdatera den."), .Storage(code: .full, reason: "Telefonen är full."),
        .Storage(code: .key, reason: "Telefonens nyckelring svarar inte."), .Closed(reason: "Kapprum är stängt. Öppna appen igen."),
    ])
    func whatGoesWrongIsSaidAndTheLinkStays(error: KapprumError) async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Välkommen")
        try app.screen.type("https://kapprum.example/#invite=abc", into: "Länk från inbjudan")
        script.refuse(error)
        try app.screen.tap("Fortsätt")
        try await app.screen.wait(for: error.told)
        #expect(app.screen.find("Länk från inbjudan")?.value == "https://kapprum.example/#invite=abc")
        script.refuse(nil)
        try app.screen.tap("Fortsätt")
        try await app.screen.wait(for: "Ebba")
        await app.leave()
    }

    @Test func anInvitationOpenedElsewhereIsInTheField() async throws {
        let app = Shown(script)
        try await app.screen.wait(for: "Välkommen")
        try app.screen.open(URL(string: "https://kapprum.example/#invite=xyz")!)
        #expect(app.screen.find("Länk från inbjudan")?.value == "https://kapprum.example/#invite=xyz")
        await app.leave()
    }

    @Test func aSecondAccountComesBesideTheFirst() async throws {
        let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba")
        try app.screen.open(URL(string: "https://kapprum.example/#invite=two")!)
        try app.screen.tap("Fortsätt")
        try await script.wait { script.asked.contains("sign in https://kapprum.example/#invite=two beside 1") }
        try await app.screen.wait(until: "Länk från inbjudan")
        await app.leave()
    }

    @Test func signingOutAsksAndAsksAgainAboutWhatIsNotSent() async throws {
        let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()])
        script.hold(unsent: 2)
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba")
        try app.screen.tap("Inställningar")
        #expect(app.screen.shows("Vänersborg, Vårdnadshavare"))
        try app.screen.tap("Logga ut")
        #expect(app.screen.shows("Vill du logga ut?"))
        try app.screen.tap("Logga ut")
        try await app.screen.wait(for: "2 saker är inte skickade")
        try app.screen.tap("Vänta")
        #expect(app.screen.shows("Vänersborg"))
        #expect(!script.asked.contains("sign out and drop"))
        try app.screen.tap("Logga ut")
        try app.screen.tap("Logga ut")
        try await app.screen.wait(for: "2 saker är inte skickade")
        try app.screen.tap("Logga ut ändå")
        try await app.screen.wait(for: "Välkommen")
        await app.leave()
    }

    @Test func theLanguageIsChosenInTheDevicesSettings() async throws {
        let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba")
        try app.screen.tap("Inställningar")
        try app.screen.tap("Svenska")
        #expect(app.screen.opened.map(\.absoluteString) == ["app-settings:"])
        await app.leave()
    }
}

extension KapprumError {
    var told: String {
        switch self {
        case .Refused(let reason), .Offline(let reason), .SignedOut(let reason), .Outdated(let reason), .Storage(_, let reason), .Closed(let reason),
            .Unsent(_, let reason):
            reason
        }
    }
}
