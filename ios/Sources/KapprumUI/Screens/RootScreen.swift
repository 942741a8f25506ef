// What stands on the screen as a whole: the core is opened, nobody is signed in, or the frame.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

public struct RootScreen: View {
    let core: CoreModel
    @Environment(\.palette) private var palette
    @Environment(\.locale) private var locale

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
        .covered()
        .task { await core.open() }
        .onOpenURL { core.opened($0) }
    }
}

/// Hides children's names from the list of open apps. A sheet lies above what is under it, so each has its own cover.
private struct Covered: ViewModifier {
    @Environment(\.scenePhase) private var phase

    func body(content: Content) -> some View {
        content.overlay { if phase != .active { PrivacyCover() } }
    }
}
extension View {
    func covered() -> some View { modifier(Covered()) }
}

/// What the list of open apps shows instead.
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
