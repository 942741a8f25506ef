// Settings: language, accounts and how to leave, what this app is.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct SettingsScreen: View {
    let core: CoreModel
    let frame: Frame
    let addAccount: @MainActor () -> Void
    @Environment(\.palette) private var palette
    @Environment(\.openURL) private var openURL
    @Environment(\.locale) private var locale

    var body: some View {
        NavigationStack {
            List {
                Section(Phrase.settingsAccounts) {
                    ForEach(frame.accounts, id: \.account) { AccountRow(core: core, line: $0) }
                    Button(action: addAccount) { IconLine(icon: .plus, phrase: Phrase.settingsAddAccount) }.buttonStyle(.plain)
                }
                Section(Phrase.settingsLanguage) {
                    Button(action: { openURL(Places.settings) }) { IconLine(icon: .language, phrase: language) }
                        .buttonStyle(.plain)
                        .accessibilityHint(Phrase.settingsOpen)
                }
                Section(Phrase.settingsAbout) {
                    HStack(spacing: Tokens.Space.medium) {
                        ScaledIcon(.mark).foregroundStyle(palette.accent)
                        Text(Phrase.settingsVersion(version: version)).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                    }
                }
            }
            .scrollContentBackground(.hidden)
            .background(palette.background)
            .navigationTitle(Phrase.settingsTitle)
        }
    }

    /// The system chooses it, and the app's page in the device's settings changes it.
    private var language: LocalizedStringKey {
        switch locale.language.languageCode?.identifier {
        case "ar": Phrase.languageArabic
        case "en": Phrase.languageEnglish
        default: Phrase.languageSwedish
        }
    }
    private var version: String { Bundle.main.infoDictionary?["CFBundleShortVersionString"] as? String ?? "0" }
}

private struct IconLine: View {
    let icon: Icon
    let phrase: LocalizedStringKey
    @Environment(\.palette) private var palette

    var body: some View {
        HStack(spacing: Tokens.Space.medium) {
            ScaledIcon(icon).foregroundStyle(palette.accent)
            Text(phrase).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
            Spacer()
        }
        .frame(minHeight: Tokens.Target.touch)
        .contentShape(Rectangle())
    }
}

/// An account and its sign-out, which asks first, and once more if something is not sent.
private struct AccountRow: View {
    let core: CoreModel
    let line: AccountLine
    @State private var asking = false
    @State private var unsent = 0
    @State private var askingUnsent = false
    @Environment(\.palette) private var palette

    var body: some View {
        ViewThatFits(in: .horizontal) {
            HStack(spacing: Tokens.Space.medium) {
                words
                Spacer()
                button
            }
            VStack(alignment: .leading, spacing: Tokens.Space.small) {
                words
                button
            }
        }
        .confirmationDialog(Phrase.signOutQuestion, isPresented: $asking, titleVisibility: .visible) {
            Button(Phrase.signOut, role: .destructive) { signOut(dropUnsent: false) }
            Button(Phrase.cancel, role: .cancel) {}
        } message: {
            Text(Phrase.signOutExplanation)
        }
        .confirmationDialog(Phrase.signOutQuestion, isPresented: $askingUnsent, titleVisibility: .visible) {
            Button(Phrase.signOutDrop, role: .destructive) { signOut(dropUnsent: true) }
            Button(Phrase.signOutWait, role: .cancel) {}
        } message: {
            Text(Phrase.signOutUnsent(count: unsent))
        }
    }

    private var words: some View {
        VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
            Text(line.name).font(Tokens.Typeface.bodyStrong).foregroundStyle(palette.ink)
            Text(line.account.role.phrase).font(Tokens.Typeface.caption).foregroundStyle(palette.inkMuted)
        }
        .accessibilityElement(children: .combine)
    }

    private var button: some View {
        Button(Phrase.signOut) { asking = true }.buttonStyle(QuietButton()).accessibilityHint(line.name)
    }

    private func signOut(dropUnsent: Bool) {
        Task {
            unsent = Int(await core.signOut(line.account, dropUnsent: dropUnsent))
            askingUnsent = unsent > 0
        }
    }
}
