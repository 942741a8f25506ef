// The stand-in itself: it finds the faults it is there to find.

import SwiftUI
import Testing

@MainActor @Suite(.timeLimit(.minutes(1))) struct StandInTests {
    @Test func aControlWithoutANameIsFound() {
        let bad = TestScreen(Button(action: {}, label: { Image(systemName: "gear") }))
        #expect(bad.nameless.count == 1)
        let good = TestScreen(Button(action: {}, label: { Image(systemName: "gear") }).accessibilityLabel("Inställningar" as String))
        #expect(good.nameless == [])
    }
    @Test func aTextThatIsNotInTheCatalogueIsNoted() {
        let catalog = Catalog()
        #expect(catalog.text("nothing_like_it", [], Locale(identifier: "sv")) == "nothing_like_it")
        #expect(catalog.missing == ["sv: nothing_like_it"])
    }
    @Test func whatDoesNotTellIsNotDrawnAnew() {
        final class Silent { var words = "före" }
        let silent = Silent()
        let screen = TestScreen(Group { Text(verbatim: silent.words) })
        #expect(screen.shows("före"))
        silent.words = "efter"
        #expect(screen.shows("före"))
    }
    @Test func whatIsOffOrBehindASheetCannotBePressed() throws {
        struct Sheet: View {
            @State private var shown = false
            var body: some View {
                VStack {
                    Button("öppna" as String) { shown = true }
                    Button("av" as String) {}.disabled(true)
                }
                .sheet(isPresented: $shown) { Text(verbatim: "framme") }
            }
        }
        let screen = TestScreen(Sheet())
        #expect(throws: TestScreen.Absent.self) { try screen.tap("av") }
        try screen.tap("öppna")
        #expect(screen.shows("framme"))
        #expect(throws: TestScreen.Absent.self) { try screen.tap("öppna") }
    }
    @Test func aTabThatIsNotShownRestsButKeepsItsState() async throws {
        struct Counter: View {
            let name: String
            @State private var count = 0
            var body: some View {
                Button("\(name) \(count)" as String) { count += 1 }.task { Started.all.append(name) }
            }
        }
        struct Tabs: View {
            @State private var tab = 1
            var body: some View {
                TabView(selection: $tab) {
                    ForEach([1, 2], id: \.self) { number in
                        Counter(name: "räknare \(number)").tabItem { Text(verbatim: "flik \(number)") }.tag(number)
                    }
                }
            }
        }
        let screen = TestScreen(Tabs())
        try screen.tap("räknare 1 0")
        try screen.tap("flik 2")
        #expect(screen.shows("räknare 2 0") && !screen.shows("räknare 1"))
        try screen.tap("flik 1")
        #expect(screen.shows("räknare 1 1"))
        await screen.settle()
        #expect(Started.all == ["räknare 1", "räknare 2", "räknare 1"])
        await screen.leave()
    }
}
@MainActor private enum Started { static var all: [String] = [] }
