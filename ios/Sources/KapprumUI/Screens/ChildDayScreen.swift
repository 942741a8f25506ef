// One child's day: its places and times, what is reported, and the days to go to.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct ChildDayScreen: View {
    let core: CoreModel
    let child: ChildId
    @State private var feed: FeedModel<ChildDay>
    @State private var changed: Changed?
    @Environment(\.palette) private var palette

    init(core: CoreModel, child: ChildId) {
        (self.core, self.child) = (core, child)
        _feed = State(initialValue: core.feed(.childDay(child: child, day: nil)) { if case .childDay(let day) = $0 { day } else { nil } })
    }

    /// The placement and day that is about to be changed.
    struct Changed: Identifiable {
        let placement: PlacementId
        let day: Day
        var id: String { placement + day }
    }

    var body: some View {
        FeedView(core, feed) { day in
            ScrollView {
                VStack(alignment: .leading, spacing: Tokens.Space.large) {
                    days(day)
                    summary(day)
                    ForEach(day.placements, id: \.placement) { placement in
                        PlacementCard(placement: placement, change: { changed = Changed(placement: placement.placement, day: day.day) })
                    }
                    ForEach(day.absences, id: \.absence) { absence in
                        AbsenceCard(core: core, child: day.child, absence: absence)
                    }
                }
                .column()
            }
            .navigationTitle(day.name)
        }
        .background(palette.background)
        .navigationBarTitleDisplayMode(.inline)
        .sheet(item: $changed) { ChangeDayScreen(core: core, child: child, placement: $0.placement, day: $0.day).covered() }
    }

    private func days(_ day: ChildDay) -> some View {
        ScrollView(.horizontal, showsIndicators: false) {
            HStack(spacing: Tokens.Space.small) {
                ForEach(day.days, id: \.day) { choice in
                    ChoiceChip(label: choice.label, chosen: choice.day == day.day) { feed.ask(.childDay(child: child, day: choice.day)) }
                }
            }
        }
        .accessibilityElement(children: .contain)
        .accessibilityLabel(Phrase.chooseDay)
    }

    private func summary(_ day: ChildDay) -> some View {
        HStack(alignment: .top, spacing: Tokens.Space.medium) {
            StateBadge(state: day.state)
            VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                Text(day.heading).font(Tokens.Typeface.title).foregroundStyle(palette.ink)
                Text(day.line).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
            }
        }
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(.isHeader)
    }
}

struct PlacementCard: View {
    let placement: PlacementDay
    let change: @MainActor () -> Void
    @Environment(\.palette) private var palette

    var body: some View {
        VStack(alignment: .leading, spacing: Tokens.Space.small) {
            VStack(alignment: .leading, spacing: Tokens.Space.small) {
                Text(placement.place).font(Tokens.Typeface.caption).foregroundStyle(palette.inkMuted)
                Text(placement.times).font(Tokens.Typeface.heading).foregroundStyle(palette.ink)
                if let clash = placement.clash { ToneLine(icon: .warning, tone: .attention, text: clash) }
                if let comment = placement.comment { ToneLine(icon: .comment, tone: .neutral, text: comment) }
                ForEach(placement.events, id: \.self) { ToneLine(icon: .check, tone: .good, text: $0) }
                if let hint = placement.hint { ToneLine(icon: .info, tone: .neutral, text: hint) }
                if let waiting = placement.waiting { WaitingLine(text: waiting) }
            }
            .accessibilityElement(children: .combine)
            if placement.change {
                Button(action: change) {
                    HStack(spacing: Tokens.Space.small) {
                        ScaledIcon(.edit)
                        Text(Phrase.dayTitle)
                    }
                }
                .buttonStyle(QuietButton())
                .accessibilityHint(placement.place)
            }
        }
        .card()
    }
}

struct AbsenceCard: View {
    let core: CoreModel
    let child: ChildId
    let absence: AbsenceLine
    @State private var asking = false
    @Environment(\.palette) private var palette

    var body: some View {
        VStack(alignment: .leading, spacing: Tokens.Space.small) {
            VStack(alignment: .leading, spacing: Tokens.Space.small) {
                ToneLine(icon: .absent, tone: .attention, text: absence.line)
                Text(absence.by).font(Tokens.Typeface.caption).foregroundStyle(palette.inkMuted)
                if let waiting = absence.waiting { WaitingLine(text: waiting) }
            }
            .accessibilityElement(children: .combine)
            if absence.change {
                Button(Phrase.reportWithdraw) { asking = true }.buttonStyle(QuietButton()).accessibilityHint(absence.line)
            }
        }
        .card()
        .confirmationDialog(Phrase.reportWithdrawQuestion, isPresented: $asking, titleVisibility: .visible) {
            Button(Phrase.reportWithdraw) { Task { await core.tap(.withdrawAbsence(child: child, absence: absence.absence)) } }
            Button(Phrase.cancel, role: .cancel) {}
        } message: {
            Text(absence.line)
        }
    }
}
