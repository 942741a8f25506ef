// The app: one window over one core, which sleeps and wakes with it.

import KapprumCore
import KapprumKit
import KapprumUI
import SwiftUI

@main
struct KapprumApp: App {
    @State private var core = CoreModel(start: HomeFolder.open)

    var body: some Scene {
        WindowGroup { Window(core: core) }
            .backgroundTask(.appRefresh(Refresh.identifier)) {
                Refresh.ask()
                await core.refresh()
            }
    }
}

/// Tells the core whether somebody looks.
private struct Window: View {
    let core: CoreModel
    @Environment(\.scenePhase) private var phase

    var body: some View {
        RootScreen(core: core)
            .onChange(of: phase, initial: true) { _, phase in
                switch phase {
                case .active: Task { await core.comeForward() }
                case .background:
                    Refresh.ask()
                    Respite.take { await core.rest() }
                default: break
                }
            }
    }
}
