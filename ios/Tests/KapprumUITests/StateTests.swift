// Every screen when there is nothing, too much, old data, no right, a fault: it says what stands, and what to do.

import Foundation
import KapprumCore
import KapprumKit
import Samples
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.timeLimit(.minutes(1))) struct StateTests {
    @Test func whileNothingIsHereItSaysSo() async throws {
        let script = ScriptedCore([.frame: Samples.frame()])
        let app = Shown(script)
        try await app.screen.wait(for: "tab \"Hem\"")
        #expect(app.screen.find("Hämtar …", "progress") != nil)
        script.show(.home, .nothing(why: .loading, text: "Hämtar …"))
        try await app.screen.wait(what: "the words") { $0.find("Hämtar …", "text") != nil }
        script.show(.home, Samples.home())
        try await app.screen.wait(for: "Ebba")
        await app.leave()
    }

    @Test(arguments: [
        (TabKind.home, Ask.home, Samples.home([], empty: "Här visas dina barn.")),
        (.groups, .groupBoard(group: "g0", day: nil), Samples.groupBoard([], empty: "Inga barn i gruppen.")),
        (.wall, .hallBoard(group: "g0"), Samples.hallBoard(0, empty: "Inga barn i gruppen.")),
    ])
    func emptyScreensSaySo(kind: TabKind, ask: Ask, screen: Screen) async throws {
        let script = ScriptedCore([.frame: Samples.frame(kind, groups: 1), ask: screen])
        let app = Shown(script)
        try await app.screen.wait(what: "the words") { $0.shows("Inga barn i gruppen.") || $0.shows("Här visas dina barn.") }
        #expect(app.screen.nameless == [])
        await app.leave()
    }

    @Test func whatOneMayNoLongerSeeGoesAtOnceButWhatIsFetchedStays() async throws {
        let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba")
        script.show(.home, .nothing(why: .loading, text: "Hämtar …"))
        script.show(.frame, Samples.frame(notice: Notice(tone: .neutral, text: "Senast hämtat i dag 10.30", help: .sync)))
        try await app.screen.wait(for: "Senast hämtat i dag 10.30")
        #expect(app.screen.shows("Ebba"))
        script.show(.home, .nothing(why: .noRight, text: "Det här visas inte för dig."))
        try await app.screen.wait(for: "Det här visas inte för dig.")
        #expect(!app.screen.shows("Ebba"))
        script.show(.home, .nothing(why: .locked, text: "Låst för att det var länge sedan."))
        try await app.screen.wait(for: "Låst för att")
        await app.leave()
    }

    @Test func aFeedThatBreaksCanBeTriedAgain() async throws {
        let script = ScriptedCore([.frame: Samples.frame()])
        let app = Shown(script)
        try await app.screen.wait(for: "tab \"Hem\"")
        try await script.wait { script.openFeeds() == 2 }
        script.fail(.home, .Storage(code: .other, reason: "Telefonen kan inte spara. Starta om den och försök igen."))
        try await app.screen.wait(for: "Starta om den")
        script.show(.home, Samples.home())
        try app.screen.tap("Försök igen")
        try await app.screen.wait(for: "Ebba")
        await app.leave()
    }

    @Test(arguments: [
        (Help.sync, "Försök igen", "sync asked"), (.dismissLost, "Ta bort", "dismiss lost"),
    ])
    func theNoticeHelps(help: Help, button: String, asked: String) async throws {
        let script = ScriptedCore([.frame: Samples.frame(notice: Notice(tone: .critical, text: "Så står det till.", help: help)), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Så står det till.")
        try app.screen.tap(button)
        try await script.wait { script.asked.contains(asked) }
        await app.leave()
    }

    @Test func theNoticeLeadsToSignInAndToTheStore() async throws {
        let script = ScriptedCore([.frame: Samples.frame(notice: Notice(tone: .critical, text: "Du är utloggad.", help: .signIn)), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Du är utloggad.")
        try app.screen.tap("Logga in igen")
        #expect(app.screen.shows("Länk från inbjudan"))
        try app.screen.tap("Avbryt")
        script.show(.frame, Samples.frame(notice: Notice(tone: .critical, text: "Appen är för gammal.", help: .update)))
        try await app.screen.wait(for: "Appen är för gammal.")
        try app.screen.tap("Uppdatera appen")
        #expect(app.screen.opened.map(\.scheme) == ["itms-apps"])
        await app.leave()
    }

    @Test func offlineIsSaidWhereItIsSaved() async throws {
        let script = ScriptedCore([.frame: Samples.frame(notice: Samples.offline, waiting: "1 väntar"), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Inget nät.")
        await app.core.tap(.withdrawAbsence(child: "ebba", absence: "r"))
        try await app.screen.wait(for: "Ring om det är bråttom.")
        await app.leave()
    }

    @Test func hugeNamesAndFortyChildrenAreAllThere() async throws {
        let name = String(repeating: "Wolfeschlegelsteinhausen ", count: 40)
        let rows = (0..<40).map { Samples.row($0, name: "\(name)\($0)") }
        let script = ScriptedCore([.frame: Samples.frame(.groups, groups: 1), .groupBoard(group: "g0", day: nil): Samples.groupBoard(rows)])
        let app = Shown(script)
        try await app.screen.wait(for: "\(name)39")
        try app.screen.tap("Kom, \(name)37")
        try await script.wait { script.sent.count == 1 }
        #expect(app.screen.controls.filter { $0.hasPrefix("Kom, ") || $0.hasPrefix("Gick hem, ") }.count == 40)
        await app.leave()
    }

    @Test func aCoreThatDoesNotOpenSaysWhyAndIsTriedAgain() async throws {
        let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()])
        let full = Gate()
        let app = Shown(
            CoreModel(start: {
                if full.isShut { throw KapprumError.Storage(code: .full, reason: "Telefonen är full. Ta bort något annat och försök igen.") }
                return script
            }))
        try await app.screen.wait(for: "Telefonen är full.")
        #expect(app.screen.shows("Kapprum kunde inte starta"))
        full.open()
        try app.screen.tap("Försök igen")
        try await app.screen.wait(for: "Ebba")
        await app.leave()
    }

    @Test func theListOfOpenAppsShowsNobodysName() async throws {
        let script = ScriptedCore([.frame: Samples.frame(), .home: Samples.home()])
        let app = Shown(script)
        try await app.screen.wait(for: "Ebba")
        #expect(app.screen.find("Kapprum är dolt") == nil)
        app.screen.phase = .inactive
        #expect(app.screen.find("Kapprum är dolt") != nil)
        app.screen.phase = .active
        #expect(app.screen.find("Kapprum är dolt") == nil)
        // A sheet lies above the cover of what is under it.
        script.show(.reportAbsence, Samples.reportAbsence)
        try app.screen.tap("Anmäl att Ebba inte kommer")
        try await app.screen.wait(for: "Skicka")
        app.screen.phase = .inactive
        #expect(app.screen.find("Kapprum är dolt") != nil)
        await app.leave()
    }
}

final class Gate: @unchecked Sendable {
    private let lock = NSLock()
    private var shut = true
    var isShut: Bool { lock.withLock { shut } }
    func open() { lock.withLock { shut = false } }
}
