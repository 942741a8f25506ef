// The groups one works with: beside their board on a wide screen, above it on a narrow one.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct GroupsScreen: View {
    let core: CoreModel
    let groups: [GroupChoice]
    /// Groups may still be on their way.
    let fetching: Bool
    @State private var chosen: GroupId?
    @Environment(\.horizontalSizeClass) private var width
    @Environment(\.palette) private var palette

    var body: some View {
        if width == .regular && groups.count > 1 {
            NavigationSplitView {
                List {
                    ForEach(groups, id: \.group) { group in
                        Button(action: { chosen = group.group }) { GroupLine(group: group, chosen: group.group == shown) }.buttonStyle(.plain)
                    }
                }
                .navigationTitle(Phrase.groupChoose)
            } detail: {
                NavigationStack { board }
            }
        } else {
            NavigationStack {
                board.safeAreaInset(edge: .top) {
                    if groups.count > 1 {
                        Picker(Phrase.groupChoose, selection: Binding(get: { shown ?? "" }, set: { chosen = $0 })) {
                            ForEach(groups, id: \.group) { Text("\($0.name), \($0.unit)" as String).tag($0.group) }
                        }
                        .pickerStyle(.menu)
                        .frame(maxWidth: .infinity, minHeight: Tokens.Target.touch)
                        .background(palette.surface)
                    }
                }
            }
        }
    }

    private var shown: GroupId? { groups.first { $0.group == chosen }?.group ?? groups.first?.group }

    @ViewBuilder private var board: some View {
        if let shown {
            GroupBoardScreen(core: core, group: shown).id(shown)
        } else if fetching {
            ProgressView().accessibilityLabel(Phrase.loading).frame(maxWidth: .infinity, maxHeight: .infinity)
        } else {
            ScrollView { Instead(icon: .group, phrase: Phrase.groupNone) }.background(palette.background)
        }
    }
}

private struct GroupLine: View {
    let group: GroupChoice
    let chosen: Bool
    @Environment(\.palette) private var palette

    var body: some View {
        HStack {
            VStack(alignment: .leading) {
                Text(group.name).font(Tokens.Typeface.bodyStrong).foregroundStyle(palette.ink)
                Text(group.unit).font(Tokens.Typeface.caption).foregroundStyle(palette.inkMuted)
            }
            Spacer()
            if chosen { ScaledIcon(.check).foregroundStyle(palette.accent) }
        }
        .frame(minHeight: Tokens.Target.touch)
        .contentShape(Rectangle())
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(chosen ? .isSelected : [])
    }
}
