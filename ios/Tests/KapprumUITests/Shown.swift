// Opens the app on a test's screen, over a scripted core or the real one.

import Foundation
import KapprumCore
import KapprumKit
import Samples
import SwiftUI

@testable import KapprumUI

/// The String Catalog that both platforms' texts come from; loaded before anything is drawn.
@MainActor let catalog: Catalog = {
    let ios = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    do {
        try Catalog.shared.load(ios.appendingPathComponent("Generated/Resources/Localizable.xcstrings").path)
    } catch {
        fatalError("no String Catalog: \(error). cargo xtask bindings writes it.")
    }
    return Catalog.shared
}()

@MainActor struct Shown {
    let core: CoreModel
    let screen: TestScreen

    init(_ core: CoreModel, locale: String = "sv", wide: Bool = false) {
        _ = catalog
        self.core = core
        screen = TestScreen(RootScreen(core: core), locale: locale, wide: wide)
        _ = screen.tree
    }
    init(_ script: ScriptedCore, locale: String = "sv", wide: Bool = false, noteLasts: Duration = .seconds(60)) {
        self.init(CoreModel(noteLasts: noteLasts, start: { script }), locale: locale, wide: wide)
    }

    /// Leaves the app: nothing may be followed any more.
    func leave() async { await screen.leave() }
}

extension TestScreen {
    /// The undo of the message at the foot, where rows have one of their own.
    var noteUndo: String { "note.undo" }
}
