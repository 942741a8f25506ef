// The board in the hall: a grid of large tiles, read and pressed from a child's height. A tile asks before it does.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct HallBoardScreen: View {
    let core: CoreModel
    let frame: Frame
    let group: GroupId
    let signIn: @MainActor () -> Void
    @State private var feed: FeedModel<HallBoard>
    @State private var touched: Touched?
    @State private var showsSettings = false
    @State private var last: (name: String, direction: Direction)?
    @Environment(\.palette) private var palette

    init(core: CoreModel, frame: Frame, group: GroupId, signIn: @escaping @MainActor () -> Void) {
        (self.core, self.frame, self.group, self.signIn) = (core, frame, group, signIn)
        _feed = State(initialValue: core.feed(.hallBoard(group: group)) { if case .hallBoard(let board) = $0 { board } else { nil } })
    }

    struct Touched: Identifiable {
        let tile: Tile
        var id: String { tile.child + tile.placement }
    }

    var body: some View {
        FeedView(core, feed) { board in
            ScrollView {
                VStack(alignment: .leading, spacing: Tokens.Space.large) {
                    Text(board.title).font(Tokens.Typeface.boardTitle).foregroundStyle(palette.ink).accessibilityAddTraits(.isHeader)
                    if let empty = board.empty {
                        Instead(icon: .group, text: empty)
                    } else {
                        Text(Phrase.hallExplanation).font(Tokens.Typeface.boardLine).foregroundStyle(palette.inkMuted)
                    }
                    LazyVGrid(columns: [GridItem(.adaptive(minimum: 240), spacing: Tokens.Space.large)], spacing: Tokens.Space.large) {
                        ForEach(board.tiles, id: \.placement) { tile in
                            TileView(tile: tile) { touched = Touched(tile: tile) }
                        }
                    }
                    // At the foot, out of children's way; signing out asks first.
                    Button(Phrase.settingsTitle) { showsSettings = true }.buttonStyle(QuietButton())
                }
                .padding(Tokens.Space.wide)
            }
        }
        .background(palette.background)
        .safeAreaInset(edge: .bottom) {
            Messages(core: core, frame: frame, showOutbox: {}, signIn: signIn, saved: greeting)
        }
        .sheet(isPresented: $showsSettings) { BoardSettings(core: core, frame: frame, signIn: signIn).covered() }
        .sheet(item: $touched) { TileSheet(tile: $0.tile, act: act).covered() }
    }

    private var greeting: Said? {
        last.map { $0.direction == .in ? .came($0.name) : .wentHome($0.name) }
    }

    private func act(_ tile: Tile, _ done: TileSheet.Done) {
        let at = AtPlacement(child: tile.child, placement: tile.placement, group: group)
        switch done {
        case .check(let direction):
            last = (tile.name, direction)
            Task { await core.tap(direction == .in ? .checkIn(at) : .checkOut(at)) }
        case .undo(let event):
            last = nil
            Task { await core.tap(.undoCheck(at: at, event: event)) }
        }
    }
}

private struct BoardSettings: View {
    let core: CoreModel
    let frame: Frame
    let signIn: @MainActor () -> Void
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        VStack {
            Button(Phrase.close) { dismiss() }.buttonStyle(QuietButton()).padding(Tokens.Space.large)
            SettingsScreen(
                core: core, frame: frame,
                addAccount: {
                    dismiss()
                    signIn()
                })
        }
    }
}

private struct TileView: View {
    let tile: Tile
    let touch: @MainActor () -> Void
    @Environment(\.palette) private var palette

    var body: some View {
        let colors = palette[tile.state.look.tone]
        Button(action: touch) {
            HStack(alignment: .top, spacing: Tokens.Space.medium) {
                IconView(tile.state.look.icon, side: Tokens.IconSize.board).foregroundStyle(colors.strong)
                VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                    Text(tile.name).font(Tokens.Typeface.boardName).foregroundStyle(colors.ink)
                    Text(tile.line).font(Tokens.Typeface.boardLine).foregroundStyle(colors.ink)
                }
                Spacer(minLength: 0)
            }
            .multilineTextAlignment(.leading)
            .padding(Tokens.Space.large)
            .frame(maxWidth: .infinity, minHeight: Tokens.Target.board, alignment: .topLeading)
            .background(colors.container, in: RoundedRectangle(cornerRadius: Tokens.Corner.large))
            .overlay { RoundedRectangle(cornerRadius: Tokens.Corner.large).strokeBorder(colors.strong, lineWidth: 2) }
            .contentShape(Rectangle())
        }
        .buttonStyle(.plain)
        .disabled(tile.action == nil && tile.undo == nil)
    }
}

/// What a child does: one large button, and the way back. Closes by itself when nobody answers.
struct TileSheet: View {
    enum Done {
        case check(Direction)
        case undo(RecordId)
    }
    let tile: Tile
    let act: @MainActor (Tile, Done) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        ScrollView {
            VStack(spacing: Tokens.Space.large) {
                Text(Phrase.hallQuestion(name: tile.name)).font(Tokens.Typeface.boardName).foregroundStyle(palette.ink).accessibilityAddTraits(.isHeader)
                if let tap = tile.action {
                    large(tap.label, tap.direction == .in ? .check : .out, palette.accent, palette.onAccent) { act(tile, .check(tap.direction)) }
                }
                if let event = tile.undo {
                    Button(action: { close { act(tile, .undo(event)) } }) {
                        Text(Phrase.undo).font(Tokens.Typeface.boardLine).frame(maxWidth: .infinity, minHeight: Tokens.Target.board)
                    }
                    .buttonStyle(QuietButton())
                }
                Button(action: { dismiss() }) {
                    Text(Phrase.cancel).font(Tokens.Typeface.boardLine).frame(maxWidth: .infinity, minHeight: Tokens.Target.board)
                }
                .buttonStyle(QuietButton())
            }
            .padding(Tokens.Space.wide)
        }
        .background(palette.background)
        .presentationDetents([.medium, .large])
        .task {
            try? await Task.sleep(for: .seconds(30))
            if !Task.isCancelled { dismiss() }
        }
    }

    private func large(_ label: String, _ icon: Icon, _ color: Color, _ ink: Color, _ act: @escaping @MainActor () -> Void) -> some View {
        Button(action: { close(act) }) {
            HStack(spacing: Tokens.Space.large) {
                IconView(icon, side: Tokens.IconSize.board)
                Text(label).font(Tokens.Typeface.boardAction)
            }
            .foregroundStyle(ink)
            .frame(maxWidth: .infinity, minHeight: Tokens.Target.board)
            .background(color, in: RoundedRectangle(cornerRadius: Tokens.Corner.large))
        }
        .buttonStyle(.plain)
    }

    private func close(_ then: @MainActor () -> Void) {
        dismiss()
        then()
    }
}
