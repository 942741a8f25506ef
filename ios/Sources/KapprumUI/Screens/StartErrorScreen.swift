// The core could not be opened: why, and what to do.

import KapprumKit
import SwiftUI

struct StartErrorScreen: View {
    let core: CoreModel
    let reason: String
    @Environment(\.palette) private var palette

    var body: some View {
        ScrollView {
            VStack(spacing: Tokens.Space.wide) {
                IconView(.mark, side: Tokens.Target.touch).foregroundStyle(palette.accent)
                Text(Phrase.startTitle).font(Tokens.Typeface.title).foregroundStyle(palette.ink).accessibilityAddTraits(.isHeader)
                Text(reason).font(Tokens.Typeface.body).foregroundStyle(palette.ink).multilineTextAlignment(.center)
                Button(Phrase.tryAgain) { Task { await core.open() } }.buttonStyle(FilledButton())
            }
            .padding(Tokens.Space.wide)
        }
    }
}
