// What is said aloud is what is seen, in every language.

import SwiftUI
import Testing

@testable import KapprumUI

@MainActor @Suite struct SaidTests {
    @Test(arguments: ["sv", "en", "ar"]) func whatIsSaidIsWhatIsSeen(locale: String) {
        let catalog = catalog
        for said in [Said.saved, .savedOffline, .undone, .undoTooLate, .came("Love"), .wentHome("Love")] {
            let screen = TestScreen(Text(said.phrase), locale: locale)
            #expect(screen.text == "text \"\(catalog.text(said.key, ["Love"], Locale(identifier: locale)))\"")
            #expect(!screen.shows(said.key))
        }
    }
}
