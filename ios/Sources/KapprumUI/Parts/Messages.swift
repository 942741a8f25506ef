// What lies at the foot of every screen: what was just done and can be taken back, what waits, how the data stands.
// At the foot, so that nothing jumps when it comes.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct Messages: View {
    let core: CoreModel
    let frame: Frame
    let showOutbox: @MainActor () -> Void
    let signIn: @MainActor () -> Void
    /// What is said instead of "saved".
    var saved: Said?

    var body: some View {
        VStack(spacing: Tokens.Space.small) {
            if let note = core.note { NoteBar(core: core, note: note, words: words(note)) }
            if let waiting = frame.waiting {
                Button(action: showOutbox) { WaitingLine(text: waiting) }.buttonStyle(QuietButton())
            }
            if let notice = frame.notice { NoticeBar(core: core, notice: notice, signIn: signIn) }
        }
        .padding(.horizontal, Tokens.Space.medium)
        .padding(.bottom, Tokens.Space.small)
    }

    private func words(_ note: CoreModel.Note) -> Said {
        switch note.words {
        case .saved: saved ?? (offline ? .savedOffline : .saved)
        case .undone: .undone
        case .tooLate: .undoTooLate
        }
    }
    private var offline: Bool { frame.waiting != nil && frame.notice?.help == .sync }
}

/// "Saved", with its undo; said aloud as well.
struct NoteBar: View {
    let core: CoreModel
    let note: CoreModel.Note
    let words: Said
    @Environment(\.palette) private var palette

    var body: some View {
        HStack(spacing: Tokens.Space.medium) {
            ScaledIcon(note.words == .tooLate ? .warning : .check)
            Text(words.phrase).font(Tokens.Typeface.body).frame(maxWidth: .infinity, alignment: .leading)
            if !note.undo.isEmpty {
                Button(Phrase.undo) { Task { await core.undo() } }
                    .accessibilityIdentifier("note.undo")
                    .font(Tokens.Typeface.label)
                    .foregroundStyle(palette.inverseAccent)
                    .frame(minWidth: Tokens.Target.touch, minHeight: Tokens.Target.touch)
                    .buttonStyle(.plain)
            }
        }
        .foregroundStyle(palette.onInverse)
        .padding(.horizontal, Tokens.Space.large)
        .padding(.vertical, Tokens.Space.small)
        .background(palette.inverse, in: RoundedRectangle(cornerRadius: Tokens.Corner.small))
        .onChange(of: note, initial: true) { _, _ in AccessibilityNotification.Announcement(words.spoken).post() }
    }
}

/// How the data stands, and what one can do about it.
struct NoticeBar: View {
    let core: CoreModel
    let notice: Notice
    let signIn: @MainActor () -> Void
    @Environment(\.palette) private var palette
    @Environment(\.openURL) private var openURL

    var body: some View {
        let colors = palette[notice.tone.tone]
        ViewThatFits {
            HStack(spacing: Tokens.Space.medium) {
                line
                help
            }
            VStack(alignment: .leading, spacing: Tokens.Space.small) {
                line
                help
            }
        }
        .padding(Tokens.Space.medium)
        .frame(maxWidth: .infinity, alignment: .leading)
        .background(colors.container, in: RoundedRectangle(cornerRadius: Tokens.Corner.small))
    }

    private var line: some View {
        HStack(alignment: .top, spacing: Tokens.Space.small) {
            ScaledIcon(notice.help == .sync ? .offline : notice.tone.icon).foregroundStyle(palette[notice.tone.tone].strong)
            Text(notice.text).font(Tokens.Typeface.caption).foregroundStyle(palette[notice.tone.tone].ink)
                .frame(maxWidth: .infinity, alignment: .leading)
        }
        .accessibilityElement(children: .combine)
    }

    @ViewBuilder private var help: some View {
        if let help = notice.help {
            Button(help.phrase) { act(help) }.buttonStyle(QuietButton())
        }
    }

    private func act(_ help: Help) {
        switch help {
        case .signIn: signIn()
        case .update: openURL(Places.store)
        case .dismissLost: Task { await core.dismissLost() }
        case .sync: Task { await core.sync() }
        }
    }
}
