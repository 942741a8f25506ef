// What stands on the screen as a whole: the core is opened, nobody is signed in, or the frame.

import KapprumCore
import KapprumKit
import SwiftUI

public struct RootScreen: View {
    let core: CoreModel
    @Environment(\.palette) private var palette
    @Environment(\.locale) private var locale
    @Environment(\.scenePhase) private var phase

    public init(core: CoreModel) { self.core = core }

    public var body: some View {
        Group {
            switch core.state {
            case .opening: ProgressView().accessibilityLabel(Phrase.loading)
            case .failed(let reason, let update): StartErrorScreen(core: core, reason: reason, update: update)
            case .open:
                if let profile = core.profile {
                    FrameScreen(core: core).id(profile)
                } else {
                    NavigationStack { SignInScreen(core: core) }
                }
            }
        }
        .frame(maxWidth: .infinity, maxHeight: .infinity)
        .background(palette.background)
        .tint(palette.accent)
        .environment(\.locale, locale.withLatinDigits)
        .overlay { if phase != .active { PrivacyCover() } }
        .task { await core.open() }
        .onOpenURL { core.invitation = $0.absoluteString }
    }
}

/// What the list of open apps shows instead of children's names.
struct PrivacyCover: View {
    @Environment(\.palette) private var palette

    var body: some View {
        VStack {
            IconView(.mark, side: Tokens.Target.board).foregroundStyle(palette.accent)
        }
        .frame(maxWidth: .infinity, maxHeight: .infinity)
        .background(palette.background)
        .ignoresSafeArea()
        .accessibilityElement()
        .accessibilityLabel(Phrase.privacyCover)
    }
}
