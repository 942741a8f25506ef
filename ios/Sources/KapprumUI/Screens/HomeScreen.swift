// Home: one's children today. From here an absence is two taps away.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

enum Route: Hashable {
    case child(ChildId)
}

struct HomeScreen: View {
    let core: CoreModel
    @State private var feed: FeedModel<Home>
    @State private var path: [Route] = []
    @State private var reported: Reported?
    @Environment(\.palette) private var palette

    init(core: CoreModel) {
        self.core = core
        _feed = State(initialValue: core.feed(.home) { if case .home(let home) = $0 { home } else { nil } })
    }

    /// Whose absence is about to be reported.
    struct Reported: Identifiable { let id: ChildId }

    var body: some View {
        NavigationStack(path: $path) {
            FeedView(core, feed) { home in
                ScrollView {
                    LazyVStack(spacing: Tokens.Space.medium) {
                        ForEach(home.children, id: \.child) { line in
                            ChildCard(line: line, report: { reported = Reported(id: line.child) })
                        }
                        if let empty = home.empty { Instead(icon: .home, text: empty) }
                    }
                    .column()
                }
                .refreshable { await core.sync() }
                .navigationTitle(home.title)
            }
            .background(palette.background)
            .navigationDestination(for: Route.self) { route in
                switch route {
                case .child(let child): ChildDayScreen(core: core, child: child)
                }
            }
        }
        .sheet(item: $reported) { ReportAbsenceScreen(core: core, child: $0.id).covered() }
    }
}

/// A child today: the card opens its day, its button reports it absent.
struct ChildCard: View {
    let line: ChildLine
    let report: @MainActor () -> Void
    @Environment(\.palette) private var palette

    var body: some View {
        VStack(alignment: .leading, spacing: Tokens.Space.medium) {
            NavigationLink(value: Route.child(line.child)) {
                HStack(alignment: .top, spacing: Tokens.Space.medium) {
                    StateBadge(state: line.state)
                    VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                        Text(line.name).font(Tokens.Typeface.heading).foregroundStyle(palette.ink)
                        Text(line.line).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                        if let waiting = line.waiting { WaitingLine(text: waiting) }
                    }
                    .frame(maxWidth: .infinity, alignment: .leading)
                    ScaledIcon(.forward).foregroundStyle(palette.inkMuted)
                }
                .multilineTextAlignment(.leading)
                .contentShape(Rectangle())
            }
            .buttonStyle(.plain)
            .accessibilityHint(Phrase.openDayFor(name: line.name))
            if line.report {
                Button(action: report) {
                    HStack(spacing: Tokens.Space.small) {
                        ScaledIcon(.absent)
                        Text(Phrase.reportAbsence)
                    }
                }
                .buttonStyle(QuietButton())
                .accessibilityLabel(Phrase.reportAbsenceFor(name: line.name))
            }
        }
        .card()
    }
}
