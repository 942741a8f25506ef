// The core's model: opened once, woken again, what is typed kept in order.

import Foundation
import KapprumCore
import Samples
import Testing

@testable import KapprumKit

@MainActor @Suite(.timeLimit(.minutes(1))) struct CoreModelTests {
    final class Count: @unchecked Sendable {
        private let lock = NSLock()
        private var value = 0
        func up() -> Int {
            lock.withLock {
                value += 1
                return value
            }
        }
    }

    @Test func whoeverOpensMeanwhileWaitsForTheSame() async {
        let (count, script) = (Count(), ScriptedCore())
        let model = CoreModel(start: {
            _ = count.up()
            return script
        })
        async let first: Void = model.open()
        async let second: Void = model.refresh()
        async let third: Void = model.open()
        _ = await (first, second, third)
        #expect(count.up() == 2)
        #expect(model.state == .open)
        #expect(script.asked == ["sync background", "left", "suspend"])
    }

    @Test func aCoreThatWouldNotWakeIsTriedAgain() async {
        let script = ScriptedCore()
        let model = CoreModel(start: { script })
        await model.open()
        await model.rest()
        script.refuse(.Storage(code: .key, reason: "Lås upp telefonen och försök igen."))
        await model.comeForward()
        #expect(model.state == .failed("Lås upp telefonen och försök igen.", update: false))
        script.refuse(nil)
        await model.open()
        #expect(model.state == .open)
        #expect(model.awakened == 1)
    }

    @Test func anAppThatIsLeftBeforeItIsOpenSleepsAllTheSame() async {
        let script = ScriptedCore()
        let model = CoreModel(start: { script })
        await model.rest()
        await model.open()
        #expect(script.asked == ["left", "suspend"])
        await model.comeForward()
        #expect(script.asked == ["left", "suspend", "resume", "looked at"])
    }

    @Test func filesOfANewerAppAskForAnUpdate() async {
        let model = CoreModel(start: { throw KapprumError.Outdated(reason: "Appen är för gammal. Uppdatera den.") })
        await model.open()
        #expect(model.state == .failed("Appen är för gammal. Uppdatera den.", update: true))
    }

    @Test func theLastThatWasTypedIsKept() async {
        let script = ScriptedCore()
        let model = CoreModel(start: { script })
        await model.open()
        for number in 0..<100 {
            model.keepDraft(Samples.changeAsk, .changeDay(child: "ebba", placement: "p", day: Samples.today, times: nil, comment: "\(number)"))
        }
        await model.draftsKept()
        #expect(script.draft(of: Samples.changeAsk) == .changeDay(child: "ebba", placement: "p", day: Samples.today, times: nil, comment: "99"))
    }

    @Test func whatIsBeingTypedIsKeptBeforeTheAppMayBeFrozen() async {
        let script = ScriptedCore()
        let model = CoreModel(start: { script })
        await model.open()
        model.keepDraft(.reportAbsence, .withdrawAbsence(child: "ebba", absence: "r"))
        await model.rest()
        #expect(script.draft(of: .reportAbsence) != nil)
        #expect(script.asked.last == "suspend")
    }

    @Test func aFeedEndsWithItsTask() async throws {
        let script = ScriptedCore([.home: Samples.home()])
        let model = CoreModel(start: { script })
        await model.open()
        let feed: FeedModel<Home> = model.feed(.home) { if case .home(let home) = $0 { home } else { nil } }
        let following = Task { await feed.follow() }
        try await script.wait { script.openFeeds() == 1 }
        following.cancel()
        await following.value
        #expect(script.openFeeds() == 0)
        #expect(feed.failure == nil)
    }

    @Test(arguments: [
        ("kapprum://kapprum.example/#invite=a.b", "https://kapprum.example/#invite=a.b"),
        ("https://kapprum.example/#invite=a.b", "https://kapprum.example/#invite=a.b"),
    ])
    func theAppsOwnSchemeStandsForTheWebs(opened: String, link: String) {
        let model = CoreModel(start: { ScriptedCore() })
        model.opened(URL(string: opened)!)
        #expect(model.invitation == link)
    }
}
