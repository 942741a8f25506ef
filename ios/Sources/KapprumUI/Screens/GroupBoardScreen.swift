// A group's board: forty children at 07:55, each a row with one button.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct GroupBoardScreen: View {
    let core: CoreModel
    @State private var feed: FeedModel<GroupBoard>
    /// On a department's tablet: who taps. Forgotten when nobody has tapped for a while.
    @State private var who: PersonId?
    @State private var asking = false
    @State private var wanted: Command?
    @State private var taps = 0
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
                        BoardLine(row: row, check: { check(row, $0, board.who) }, undo: { undo(row, $0, board.who) })
                    }
                    if let empty = board.empty { Instead(icon: .group, text: empty) }
                }
            }
            .scrollContentBackground(.hidden)
            .refreshable { await core.sync() }
            .navigationTitle(board.title)
            .sheet(isPresented: $asking) { WhoSheet(people: board.who, choose: chosen).covered() }
        }
        .task(id: taps) {
            try? await Task.sleep(for: .seconds(120))
            if !Task.isCancelled { who = nil }
        }
        .background(palette.background)
        .navigationBarTitleDisplayMode(.inline)
    }

    private func person(_ people: [StaffChoice]) -> some View {
        VStack(alignment: .leading, spacing: Tokens.Space.small) {
            if let acting = people.first(where: { $0.person == who }) {
                Text(Phrase.groupActingAs(name: acting.name)).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                Button(Phrase.groupChangePerson) { (wanted, asking) = (nil, true) }.buttonStyle(QuietButton())
            } else {
                Text(Phrase.groupWhoExplanation).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                Button(Phrase.groupWho) { (wanted, asking) = (nil, true) }.buttonStyle(QuietButton())
            }
        }
    }

    private func check(_ row: BoardRow, _ direction: Direction, _ people: [StaffChoice]) {
        guard let placement = row.placement else { return }
        let at = AtPlacement(child: row.child, placement: placement, group: nil)
        tap(direction == .in ? .checkIn(at) : .checkOut(at), people)
    }
    private func undo(_ row: BoardRow, _ event: RecordId, _ people: [StaffChoice]) {
        guard let placement = row.placement else { return }
        tap(.undoCheck(at: AtPlacement(child: row.child, placement: placement, group: nil), event: event), people)
    }

    /// Where nobody has said who taps, that is asked first, and the tap is done then.
    private func tap(_ command: Command, _ people: [StaffChoice]) {
        if !people.isEmpty && !people.contains(where: { $0.person == who }) {
            (wanted, asking) = (command, true)
        } else {
            taps += 1
            Task { [who] in await core.tap(command, tapped: who) }
        }
    }
    private func chosen(_ person: PersonId) {
        (who, asking, taps) = (person, false, taps + 1)
        if let wanted { Task { await core.tap(wanted, tapped: person) } }
        wanted = nil
    }
}

/// Who taps, of those who work here.
private struct WhoSheet: View {
    let people: [StaffChoice]
    let choose: @MainActor (PersonId) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            List {
                ForEach(people, id: \.person) { one in
                    Button(action: { choose(one.person) }) {
                        Text(one.name)
                            .font(Tokens.Typeface.bodyStrong)
                            .foregroundStyle(palette.ink)
                            .frame(maxWidth: .infinity, minHeight: Tokens.Target.touch, alignment: .leading)
                            .contentShape(Rectangle())
                    }
                    .buttonStyle(.plain)
                }
            }
            .navigationTitle(Phrase.groupWho)
            .toolbar { ToolbarItem(placement: .cancellationAction) { Button(Phrase.cancel) { dismiss() } } }
        }
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
