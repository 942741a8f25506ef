// Report absence: preset to the child and today, so that "Send" is the second tap. What is chosen outlives the app.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct ReportAbsenceScreen: View {
    let core: CoreModel
    @State private var feed: FeedModel<ReportAbsence>
    @State private var form: AbsenceForm
    @Environment(\.palette) private var palette
    @Environment(\.dismiss) private var dismiss

    init(core: CoreModel, child: ChildId?) {
        self.core = core
        _feed = State(initialValue: core.feed(.reportAbsence) { if case .reportAbsence(let report) = $0 { report } else { nil } })
        _form = State(initialValue: AbsenceForm(core: core, child: child))
    }

    var body: some View {
        NavigationStack {
            FeedView(core, feed) { report in
                Form {
                    if form.restored { Section { ToneLine(icon: .info, tone: .info, phrase: Phrase.draftKept) } }
                    Section(Phrase.reportChildren) {
                        ForEach(report.children, id: \.child) { ChildChoice(choice: $0, form: form) }
                    }
                    DaysSection(form: form, question: report.question, days: report.days)
                    Section {
                        if let refused = form.refused { RefusedLine(reason: refused) }
                        Button(action: { Task { if await form.send() { dismiss() } } }) { Text(Phrase.reportSend) }
                            .buttonStyle(FilledButton())
                            .disabled(!form.canSend)
                    } footer: {
                        VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                            if form.ready && form.children.isEmpty { Text(Phrase.reportChooseChild) }
                            Text(report.health)
                        }
                    }
                }
                .scrollContentBackground(.hidden)
                .navigationTitle(report.title)
                .task { await form.fill(report) }
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
}

/// A child one may choose, or why not and what to do instead.
private struct ChildChoice: View {
    let choice: Choice
    let form: AbsenceForm
    @Environment(\.palette) private var palette

    var body: some View {
        if let instead = choice.instead {
            VStack(alignment: .leading, spacing: Tokens.Space.tiny) {
                Text(choice.name).font(Tokens.Typeface.body).foregroundStyle(palette.inkMuted)
                Text(instead).font(Tokens.Typeface.caption).foregroundStyle(palette.ink)
            }
            .accessibilityElement(children: .combine)
        } else {
            Toggle(choice.name, isOn: Binding(get: { form.children.contains(choice.child) }, set: { _ in form.toggle(choice.child) }))
        }
    }
}

private struct DaysSection: View {
    @Bindable var form: AbsenceForm
    let question: String
    let days: [DayChoice]

    var body: some View {
        Section(question) {
            Picker(form.moreDays ? Phrase.reportFrom : Phrase.chooseDay, selection: $form.from) { options(days) }
            Toggle(Phrase.reportMoreDays, isOn: $form.moreDays)
            if form.moreDays {
                Picker(Phrase.reportUntil, selection: $form.until) {
                    options(days.filter { $0.day >= form.from })
                    Text(Phrase.reportUntilFurther).tag(AbsenceForm.open)
                }
            } else {
                Toggle(Phrase.reportWholeDay, isOn: $form.wholeDay)
                if !form.wholeDay {
                    DatePicker(Phrase.reportFromTime, selection: $form.start, displayedComponents: .hourAndMinute)
                    DatePicker(Phrase.reportUntilTime, selection: $form.end, displayedComponents: .hourAndMinute)
                }
            }
        }
    }

    private func options(_ days: [DayChoice]) -> some View {
        ForEach(days, id: \.day) { Text($0.label).tag($0.day) }
    }
}
