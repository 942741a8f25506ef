// Sign-in by an invitation's link. What was pasted stays until it has worked.

import KapprumDesign
import KapprumKit
import SwiftUI

struct SignInScreen: View {
    let core: CoreModel
    var done: (@MainActor () -> Void)?
    @State private var link = ""
    @State private var working = false
    @State private var refused: String?
    @Environment(\.palette) private var palette

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: Tokens.Space.wide) {
                IconView(.mark, side: Tokens.Target.touch).foregroundStyle(palette.accent)
                Text(Phrase.signInTitle).font(Tokens.Typeface.display).foregroundStyle(palette.ink).accessibilityAddTraits(.isHeader)
                Text(Phrase.signInExplanation).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                field
                if let refused { RefusedLine(reason: refused) }
                Button(action: { Task { await signIn() } }) {
                    if working { ProgressView(Phrase.signInWorking) } else { Text(Phrase.signInContinue) }
                }
                .buttonStyle(FilledButton())
                .disabled(working || link.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty)
                Text(Phrase.signInNoInvitation).font(Tokens.Typeface.caption).foregroundStyle(palette.inkMuted)
            }
            .column()
        }
        .background(palette.background)
        .onAppear { if let invitation = core.invitation { link = invitation } }
        .onChange(of: core.invitation) { _, invitation in if let invitation { link = invitation } }
        .onChange(of: link) { _, _ in refused = nil }
    }

    private var field: some View {
        VStack(alignment: .leading, spacing: Tokens.Space.small) {
            TextField(Phrase.signInLink, text: $link, axis: .vertical)
                .textInputAutocapitalization(.never)
                .autocorrectionDisabled()
                .padding(Tokens.Space.medium)
                .frame(minHeight: Tokens.Target.touch)
                .background(palette.surfaceRaised, in: RoundedRectangle(cornerRadius: Tokens.Corner.small))
                .overlay { RoundedRectangle(cornerRadius: Tokens.Corner.small).strokeBorder(palette.outline) }
            HStack(spacing: Tokens.Space.small) {
                PasteButton(payloadType: String.self) { link = $0.first ?? link }
                if !link.isEmpty { Button(Phrase.signInClear) { link = "" }.buttonStyle(QuietButton()) }
            }
        }
    }

    private func signIn() async {
        working = true
        refused = await core.signIn(link)
        working = false
        if refused == nil { done?() }
    }
}
