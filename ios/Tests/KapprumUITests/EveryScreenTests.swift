// Every screen of this slice, drawn from the real core in every language: whatever one can act on has a name, and no text
// is missing from the String Catalog.

import Foundation
import KapprumCore
import KapprumKit
import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite(.serialized, .timeLimit(.minutes(2))) struct EveryScreenTests {
    @Test(arguments: ["sv", "en", "ar"]) func everyScreenCanBeUsedByThoseWhoListen(locale: String) async throws {
        try await World.with { world in
            var met: Set<String> = []
            @MainActor func look(_ app: Shown, _ name: String) {
                #expect(app.screen.nameless == [], "\(name)")
                met.insert(name)
                // KAPPRUM_SHOW=1 prints what each screen says.
                if ProcessInfo.processInfo.environment["KAPPRUM_SHOW"] != nil { print("── \(name) \(locale)\n\(app.screen.text)\n") }
            }
            @MainActor func word(_ key: String, _ arguments: String...) -> String { catalog.text(key, arguments, Locale(identifier: locale)) }

            let anna = Shown(CoreModel(start: world.device("anna", language: World.language(locale))), locale: locale)
            try await anna.screen.wait(for: word("sign_in_title"))
            look(anna, "sign in")
            try anna.screen.type(try await world.invite("anna"), into: word("sign_in_link"))
            try anna.screen.tap(word("sign_in_continue"))
            try await anna.screen.wait(for: "Ebba", seconds: 30)
            look(anna, "home")
            try anna.screen.tap(word("report_absence_for %@", "Ebba"))
            try await anna.screen.wait(what: "the form") { $0.find(word("report_send"), "button")?.on == true }
            try anna.screen.tap(word("report_whole_day"))
            look(anna, "report absence, part of a day")
            try anna.screen.tap(word("report_more_days"))
            look(anna, "report absence, more days")
            try anna.screen.tap(word("report_send"))
            try await anna.screen.wait(for: word("saved"))
            look(anna, "home, saved")
            try anna.screen.tap(starting: "Ebba")
            try await anna.screen.wait(for: word("report_withdraw"))
            look(anna, "a child's day")
            try anna.screen.tap(word("report_withdraw"))
            look(anna, "withdraw")
            try anna.screen.tap(word("cancel"))
            try anna.screen.tap("Back")
            try anna.screen.tap(starting: "Love")
            try await anna.screen.wait(for: word("day_title"))
            try anna.screen.tap(word("day_title"))
            try await anna.screen.wait(what: "the form") { $0.find(word("save"), "button")?.on == true }
            try anna.screen.tap(word("day_other_times"))
            try anna.screen.tap(word("day_add_interval"))
            look(anna, "change a day")
            try anna.screen.tap(word("cancel"))
            try anna.screen.tap(anna.screen.tabs[1])
            try await anna.screen.wait(what: "the outbox") { !$0.shows("progress") }
            look(anna, "outbox")
            try anna.screen.tap(anna.screen.tabs[2])
            look(anna, "settings")
            try anna.screen.tap(word("settings_add_account"))
            look(anna, "add account")
            try anna.screen.tap(word("cancel"))
            try anna.screen.tap(word("sign_out"))
            look(anna, "sign out")
            try anna.screen.tap(word("cancel"))
            anna.screen.phase = .inactive
            look(anna, "privacy cover")
            await anna.end()

            for (who, wide) in [("maja", false), ("maja", true), ("tablet", true), ("board", true), ("elin", false), ("bo", false)] {
                let name = "\(who)\(wide)"
                let app = Shown(CoreModel(start: world.device(name, language: World.language(locale))), locale: locale, wide: wide)
                try await app.screen.wait(for: word("sign_in_title"))
                try app.screen.type(try await world.invite(who), into: word("sign_in_link"))
                try app.screen.tap(word("sign_in_continue"))
                try await app.screen.wait(seconds: 30, what: name) { $0.shows(who == "elin" ? "Elin" : "Love") }
                look(app, name)
                await app.end()
            }
            #expect(met.count == 19)
        }
        #expect(catalog.missing == [])
    }

    /// Board after board and day after day: what is left is followed no longer.
    @Test func leavingEndsWhatWasFollowed() async throws {
        try await World.with { world in
            let anna = try await Shown.signedIn(world, "anna", showing: "Ebba")
            for _ in 0..<5 {
                try anna.screen.tap(starting: "Ebba")
                try await anna.screen.wait(for: "Ändra dagen")
                try anna.screen.tap("Back")
                try anna.screen.tap("Anmäl att Ebba inte kommer")
                try await anna.screen.wait(what: "the form") { $0.find("Skicka", "button")?.on == true }
                try anna.screen.tap("Avbryt")
                try anna.screen.tap("Skickat")
                try await anna.screen.wait(for: "Inget väntar")
                try anna.screen.tap("Hem")
            }
            _ = anna.screen.tree
            try await anna.screen.wait(for: "Ebba")
            await anna.screen.settle()
            // The frame and home, which are looked at.
            #expect(anna.core.openFeeds == 2)
            await anna.end()
        }
    }
}

extension World {
    static func language(_ locale: String) -> Language { ["en": .english, "ar": .arabic][locale] ?? .swedish }
}
extension TestScreen {
    var tabs: [String] { tree.flatMap(\.all).filter { $0.kind == "tab" }.map(\.name) }
}
