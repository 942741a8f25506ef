// The outbox: what is sent, what waits, what was refused and why.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct OutboxScreen: View {
    let core: CoreModel
    @State private var feed: FeedModel<Outbox>
    @Environment(\.palette) private var palette

    init(core: CoreModel) {
        self.core = core
        _feed = State(initialValue: core.feed(.outbox) { if case .outbox(let outbox) = $0 { outbox } else { nil } })
    }

    var body: some View {
        NavigationStack {
            FeedView(core, feed) { outbox in
                ScrollView {
                    LazyVStack(spacing: Tokens.Space.medium) {
                        ForEach(outbox.lines, id: \.id) { OutboxCard(core: core, line: $0) }
                        if let empty = outbox.empty { Instead(icon: .sent, text: empty) }
                    }
                    .column()
                }
                .refreshable { await core.sync() }
                .navigationTitle(outbox.title)
            }
            .background(palette.background)
        }
    }
}

private struct OutboxCard: View {
    let core: CoreModel
    let line: OutboxLine
    @Environment(\.palette) private var palette

    var body: some View {
        VStack(alignment: .leading, spacing: Tokens.Space.small) {
            HStack(alignment: .top, spacing: Tokens.Space.medium) {
                ScaledIcon(line.mark.icon)
                    .foregroundStyle(palette[line.mark.tone].strong)
                    .padding(Tokens.Space.small)
                    .background(palette[line.mark.tone].container, in: Circle())
                VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                    Text(line.what).font(Tokens.Typeface.bodyStrong).foregroundStyle(palette.ink)
                    Text(line.state).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                }
            }
            .accessibilityElement(children: .combine)
            if line.undo || line.dismiss {
                HStack(spacing: Tokens.Space.small) {
                    if line.undo { Button(Phrase.undo) { Task { await core.undo(line.id) } }.buttonStyle(QuietButton()).accessibilityHint(line.what) }
                    if line.dismiss { Button(Phrase.dismiss) { Task { await core.dismiss(line.id) } }.buttonStyle(QuietButton()).accessibilityHint(line.what) }
                }
            }
        }
        .card()
    }
}
