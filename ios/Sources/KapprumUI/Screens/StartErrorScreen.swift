// The core could not be opened: why, and what to do.

import KapprumDesign
import KapprumKit
import SwiftUI

struct StartErrorScreen: View {
    let core: CoreModel
    let reason: String
    let update: Bool
    @Environment(\.palette) private var palette
    @Environment(\.openURL) private var openURL

    var body: some View {
        ScrollView {
            VStack(spacing: Tokens.Space.wide) {
                IconView(.mark, side: Tokens.Target.touch).foregroundStyle(palette.accent)
                Text(Phrase.startTitle).font(Tokens.Typeface.title).foregroundStyle(palette.ink).accessibilityAddTraits(.isHeader)
                Text(reason).font(Tokens.Typeface.body).foregroundStyle(palette.ink).multilineTextAlignment(.center)
                if update { Button(Phrase.updateApp) { openURL(Places.store) }.buttonStyle(FilledButton()) }
                Button(Phrase.tryAgain) { Task { await core.open() } }.buttonStyle(QuietButton())
            }
            .padding(Tokens.Space.wide)
        }
    }
}
