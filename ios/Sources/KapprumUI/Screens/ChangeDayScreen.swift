// Change one day: as in the week, other times, or not coming; and a word to the staff. What is typed outlives the app.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct ChangeDayScreen: View {
    let core: CoreModel
    @State private var feed: FeedModel<ChangeDay>
    @State private var form: DayForm
    @Environment(\.palette) private var palette
    @Environment(\.dismiss) private var dismiss

    init(core: CoreModel, child: ChildId, placement: PlacementId, day: Day) {
        self.core = core
        let form = DayForm(core: core, child: child, placement: placement, day: day)
        _form = State(initialValue: form)
        _feed = State(initialValue: core.feed(form.ask) { if case .changeDay(let change) = $0 { change } else { nil } })
    }

    var body: some View {
        NavigationStack {
            FeedView(core, feed) { change in
                Form {
                    heading(change)
                    if let instead = change.instead {
                        Section { ToneLine(icon: .info, tone: .attention, text: instead) }
                    } else {
                        if form.restored { Section { ToneLine(icon: .info, tone: .info, phrase: Phrase.draftKept) } }
                        TimesSection(form: form, ordinary: change.ordinary)
                        if change.comments { CommentSection(form: form, most: Int(change.most), hint: change.hint) }
                        save
                    }
                }
                .scrollContentBackground(.hidden)
                .navigationTitle(Phrase.dayTitle)
                .task { await form.fill(change) }
            }
            .background(palette.background)
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) {
                    Button(Phrase.cancel) {
                        form.throwAway()
                        dismiss()
                    }
                }
            }
        }
    }

    private func heading(_ change: ChangeDay) -> some View {
        Section {
            VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                Text(change.name).font(Tokens.Typeface.heading).foregroundStyle(palette.ink)
                Text(change.heading).font(Tokens.Typeface.body).foregroundStyle(palette.ink)
                Text(change.place).font(Tokens.Typeface.caption).foregroundStyle(palette.inkMuted)
            }
            .accessibilityElement(children: .combine)
            .accessibilityAddTraits(.isHeader)
        }
    }

    private var save: some View {
        Section {
            if let refused = form.refused { RefusedLine(reason: refused) }
            Button(action: { Task { if await form.send() { dismiss() } } }) { Text(Phrase.save) }
                .buttonStyle(FilledButton())
                .disabled(!form.canSend)
        }
    }
}

private struct TimesSection: View {
    @Bindable var form: DayForm
    let ordinary: String
    @Environment(\.palette) private var palette

    var body: some View {
        Section {
            choice(.asInWeek, Text(ordinary))
            choice(.otherTimes, Text(Phrase.dayOtherTimes))
            if form.choice == .otherTimes { times }
            choice(.comesNot, Text(Phrase.dayComesNot))
        }
    }

    private func choice(_ choice: DayForm.Choice, _ words: Text) -> some View {
        Button(action: { form.choice = choice }) {
            HStack(spacing: Tokens.Space.medium) {
                words.font(Tokens.Typeface.bodyStrong).foregroundStyle(palette.ink)
                Spacer()
                if form.choice == choice { ScaledIcon(.check).foregroundStyle(palette.accent) }
            }
            .frame(minHeight: Tokens.Target.touch)
            .contentShape(Rectangle())
        }
        .buttonStyle(.plain)
        .accessibilityAddTraits(form.choice == choice ? [.isButton, .isSelected] : .isButton)
    }

    @ViewBuilder private var times: some View {
        ForEach(form.spans) { span in
            VStack(alignment: .leading, spacing: Tokens.Space.small) {
                DatePicker(Phrase.dayComesAt, selection: bind(span, \.start), displayedComponents: .hourAndMinute)
                DatePicker(Phrase.dayGoesAt, selection: bind(span, \.end), displayedComponents: .hourAndMinute)
                if form.spans.count > 1 {
                    Button(Phrase.dayRemoveInterval, role: .destructive) { form.remove(span.id) }
                        .frame(minHeight: Tokens.Target.touch)
                        .buttonStyle(.borderless)
                }
            }
        }
        Button(action: { form.addSpan() }) {
            HStack(spacing: Tokens.Space.small) {
                ScaledIcon(.plus)
                Text(Phrase.dayAddInterval)
            }
            .frame(minHeight: Tokens.Target.touch)
        }
        .buttonStyle(.borderless)
    }

    private func bind(_ span: DayForm.Span, _ end: WritableKeyPath<DayForm.Span, Date>) -> Binding<Date> {
        Binding(
            get: { span[keyPath: end] },
            set: { date in
                guard let index = form.spans.firstIndex(where: { $0.id == span.id }) else { return }
                form.spans[index][keyPath: end] = date
            })
    }
}

private struct CommentSection: View {
    @Bindable var form: DayForm
    let most: Int
    let hint: String?

    var body: some View {
        Section {
            TextField(Phrase.dayComment, text: limited, axis: .vertical).accessibilityHint(Phrase.dayCommentHint)
        } header: {
            Text(Phrase.dayComment)
        } footer: {
            VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                if form.comment.count * 5 > most * 4 { Text(verbatim: "\(form.comment.count)/\(most)").monospacedDigit() }
                if let hint { Text(hint) }
            }
        }
    }

    private var limited: Binding<String> {
        Binding(get: { form.comment }, set: { form.comment = String($0.prefix(most)) })
    }
}
