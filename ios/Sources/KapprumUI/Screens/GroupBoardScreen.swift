// A group's board: forty children at 07:55, each a row with one button.

import KapprumCore
import KapprumKit
import SwiftUI

struct GroupBoardScreen: View {
    let core: CoreModel
    @State private var feed: FeedModel<GroupBoard>
    /// On a department's tablet: who taps.
    @State private var who: PersonId?
    @Environment(\.palette) private var palette

    init(core: CoreModel, group: GroupId) {
        self.core = core
        _feed = State(initialValue: core.feed(.groupBoard(group: group, day: nil)) { if case .groupBoard(let board) = $0 { board } else { nil } })
    }

    var body: some View {
        FeedView(core, feed) { board in
            List {
                Section {
                    Text(board.count).font(Tokens.Typeface.bodyStrong).foregroundStyle(palette.ink).accessibilityAddTraits(.isHeader)
                    if !board.who.isEmpty { person(board.who) }
                }
                Section {
                    ForEach(board.rows, id: \.child) { row in
                        BoardLine(row: row, check: { check(row, $0) }, undo: { undo(row, $0) }).disabled(!board.who.isEmpty && acting(board.who) == nil)
                    }
                    if let empty = board.empty { Instead(icon: .group, text: empty) }
                }
            }
            .scrollContentBackground(.hidden)
            .navigationTitle(board.title)
        }
        .background(palette.background)
        .navigationBarTitleDisplayMode(.inline)
    }

    @ViewBuilder private func person(_ people: [StaffChoice]) -> some View {
        Picker(Phrase.groupWho, selection: $who) {
            if acting(people) == nil { Text(verbatim: "–").tag(PersonId?.none) }
            ForEach(people, id: \.person) { Text($0.name).tag(PersonId?.some($0.person)) }
        }
        .pickerStyle(.menu)
        if acting(people) == nil { Text(Phrase.groupWhoExplanation).font(Tokens.Typeface.caption).foregroundStyle(palette.ink) }
    }

    private func acting(_ people: [StaffChoice]) -> PersonId? { people.first { $0.person == who }?.person }

    private func check(_ row: BoardRow, _ direction: Direction) {
        guard let placement = row.placement else { return }
        let at = AtPlacement(child: row.child, placement: placement, group: nil)
        Task { await core.tap(direction == .in ? .checkIn(at) : .checkOut(at), tapped: who) }
    }
    private func undo(_ row: BoardRow, _ event: RecordId) {
        guard let placement = row.placement else { return }
        Task { await core.tap(.undoCheck(at: AtPlacement(child: row.child, placement: placement, group: nil), event: event), tapped: who) }
    }
}

/// A child on the board. The words are one element; its button says whom it is for.
private struct BoardLine: View {
    let row: BoardRow
    let check: @MainActor (Direction) -> Void
    let undo: @MainActor (RecordId) -> Void
    @Environment(\.palette) private var palette

    var body: some View {
        ViewThatFits(in: .horizontal) {
            HStack(spacing: Tokens.Space.medium) {
                words
                Spacer(minLength: Tokens.Space.small)
                buttons
            }
            VStack(alignment: .leading, spacing: Tokens.Space.small) {
                words
                buttons
            }
        }
    }

    private var words: some View {
        HStack(alignment: .top, spacing: Tokens.Space.medium) {
            StateBadge(state: row.state)
            VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                Text(row.name).font(Tokens.Typeface.bodyStrong).foregroundStyle(palette.ink)
                Text(row.line).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                if let comment = row.comment { ToneLine(icon: .comment, tone: .info, text: comment) }
                if let waiting = row.waiting { WaitingLine(text: waiting) }
            }
        }
        .accessibilityElement(children: .combine)
    }

    @ViewBuilder private var buttons: some View {
        HStack(spacing: Tokens.Space.small) {
            if let event = row.undo {
                Button(action: { undo(event) }) { ScaledIcon(.undo) }
                    .buttonStyle(QuietButton())
                    .accessibilityLabel(Text(Phrase.undo))
                    .accessibilityHint(row.name)
            }
            if let tap = row.action {
                Button(tap.label) { check(tap.direction) }
                    .buttonStyle(QuietButton())
                    .accessibilityLabel("\(tap.label), \(row.name)" as String)
            }
        }
    }
}
