// The frame around the screens: tabs by role, what waits, how the data stands, what can be taken back.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct FrameScreen: View {
    @Bindable var core: CoreModel
    @State private var feed: FeedModel<Frame>
    @State private var tab: TabKind?
    @State private var signingIn = false
    @Environment(\.layoutDirection) private var direction

    init(core: CoreModel) {
        self.core = core
        _feed = State(initialValue: core.feed(.frame) { if case .frame(let frame) = $0 { frame } else { nil } })
    }

    var body: some View {
        FeedView(core, feed) { frame in
            if let group = wall(frame) {
                HallBoardScreen(core: core, frame: frame, group: group, signIn: { signingIn = true })
            } else {
                tabs(frame)
            }
        }
        .sheet(isPresented: $signingIn) { AddAccountSheet(core: core).covered() }
        .alert(Phrase.appName, isPresented: failing) {
            Button(Phrase.close, role: .cancel) {}
        } message: {
            Text(core.failure ?? "")
        }
        .onAppear { if core.invitation != nil { signingIn = true } }
        .onChange(of: core.invitation) { _, invitation in if invitation != nil { signingIn = true } }
    }

    /// A hall board stands alone on its screen.
    private func wall(_ frame: Frame) -> GroupId? {
        frame.tabs.contains { $0.kind == .wall } ? frame.groups.first?.group : nil
    }

    private func tabs(_ frame: Frame) -> some View {
        let chosen = Binding(get: { tab ?? frame.tabs.first?.kind ?? .settings }, set: { tab = $0 })
        return TabView(selection: chosen) {
            ForEach(frame.tabs, id: \.kind) { one in
                page(one.kind, frame)
                    .safeAreaInset(edge: .bottom) {
                        Messages(core: core, frame: frame, showOutbox: { tab = .outbox }, signIn: { signingIn = true })
                    }
                    .tabItem { Label(title: { Text(one.label) }, icon: { one.kind.icon.image(direction) }) }
                    .badge(one.badge)
                    .tag(one.kind)
            }
        }
    }

    @ViewBuilder private func page(_ kind: TabKind, _ frame: Frame) -> some View {
        switch kind {
        case .home: HomeScreen(core: core)
        case .groups: GroupsScreen(core: core, groups: frame.groups, fetching: frame.notice != nil)
        case .outbox: OutboxScreen(core: core)
        case .settings: SettingsScreen(core: core, frame: frame, addAccount: { signingIn = true })
        // Shown alone, above, unless it has lost its group.
        case .wall: ScrollView { Instead(icon: .board, phrase: Phrase.groupNone) }
        }
    }

    private var failing: Binding<Bool> {
        Binding(get: { core.failure != nil }, set: { if !$0 { core.failure = nil } })
    }
}

struct AddAccountSheet: View {
    let core: CoreModel
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            SignInScreen(core: core, done: { dismiss() })
                .toolbar {
                    ToolbarItem(placement: .cancellationAction) {
                        Button(Phrase.cancel) {
                            core.invitation = nil
                            dismiss()
                        }
                    }
                }
        }
    }
}
