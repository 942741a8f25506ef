// The small pieces that screens are put together from.

import KapprumCore
import KapprumDesign
import SwiftUI

/// An icon that grows with the text beside it.
struct ScaledIcon: View {
    let icon: Icon
    @ScaledMetric private var side = Tokens.IconSize.medium

    init(_ icon: Icon) { self.icon = icon }

    var body: some View { IconView(icon, side: side) }
}

/// An icon and a line, in the colours of a tone.
struct ToneLine: View {
    let icon: Icon
    let tone: Tone
    let words: Text
    @Environment(\.palette) private var palette

    init(icon: Icon, tone: Tone, text: String) { (self.icon, self.tone, words) = (icon, tone, Text(text)) }
    init(icon: Icon, tone: Tone, phrase: LocalizedStringKey) { (self.icon, self.tone, words) = (icon, tone, Text(phrase)) }

    var body: some View {
        HStack(alignment: .top, spacing: Tokens.Space.small) {
            ScaledIcon(icon).foregroundStyle(palette[tone].strong)
            words.font(Tokens.Typeface.caption).foregroundStyle(palette.ink)
        }
    }
}

/// How a child's day stands: icon on the colour of its tone. The line beside it says it in words.
struct StateBadge: View {
    let state: ChildState
    @Environment(\.palette) private var palette

    var body: some View {
        ScaledIcon(state.look.icon)
            .foregroundStyle(palette[state.look.tone].strong)
            .padding(Tokens.Space.small)
            .background(palette[state.look.tone].container, in: Circle())
    }
}

/// Something is not received yet.
struct WaitingLine: View {
    let text: String
    var body: some View { ToneLine(icon: .waiting, tone: .info, text: text) }
}

/// A raised surface around what belongs together.
struct Card: ViewModifier {
    @Environment(\.palette) private var palette

    func body(content: Content) -> some View {
        content
            .padding(Tokens.Space.large)
            .frame(maxWidth: .infinity, alignment: .leading)
            .background(palette.surfaceRaised, in: RoundedRectangle(cornerRadius: Tokens.Corner.medium))
            .overlay { RoundedRectangle(cornerRadius: Tokens.Corner.medium).strokeBorder(palette.divider) }
    }
}
extension View {
    /// Text is read in a column, also on a wide screen.
    func column() -> some View {
        padding(Tokens.Space.large).frame(maxWidth: 640).frame(maxWidth: .infinity)
    }
    func card() -> some View { modifier(Card()) }
}

/// The most important button of a screen.
struct FilledButton: ButtonStyle {
    @Environment(\.palette) private var palette
    @Environment(\.isEnabled) private var isEnabled

    func makeBody(configuration: Configuration) -> some View {
        configuration.label
            .font(Tokens.Typeface.label)
            .foregroundStyle(isEnabled ? palette.onAccent : palette.inkMuted)
            .padding(.horizontal, Tokens.Space.large)
            .padding(.vertical, Tokens.Space.small)
            .frame(maxWidth: .infinity, minHeight: Tokens.Target.touch)
            .background(isEnabled ? palette.accent : palette.divider, in: RoundedRectangle(cornerRadius: Tokens.Corner.small))
            .opacity(configuration.isPressed ? 0.7 : 1)
            .contentShape(Rectangle())
    }
}

/// Every other button that stands by itself.
struct QuietButton: ButtonStyle {
    @Environment(\.palette) private var palette
    @Environment(\.isEnabled) private var isEnabled

    func makeBody(configuration: Configuration) -> some View {
        configuration.label
            .font(Tokens.Typeface.label)
            .foregroundStyle(isEnabled ? palette.accent : palette.inkMuted)
            .padding(.horizontal, Tokens.Space.large)
            .padding(.vertical, Tokens.Space.small)
            .frame(minWidth: Tokens.Target.touch, minHeight: Tokens.Target.touch)
            .background(palette.surface, in: RoundedRectangle(cornerRadius: Tokens.Corner.small))
            .overlay { RoundedRectangle(cornerRadius: Tokens.Corner.small).strokeBorder(palette.outline) }
            .opacity(configuration.isPressed ? 0.7 : 1)
            .contentShape(Rectangle())
    }
}

/// One of several to choose from; chosen is told by colour, icon and trait.
struct ChoiceChip: View {
    let label: String
    let chosen: Bool
    let choose: @MainActor () -> Void
    @Environment(\.palette) private var palette

    var body: some View {
        Button(action: choose) {
            HStack(spacing: Tokens.Space.tiny) {
                if chosen { ScaledIcon(.check) }
                Text(label).font(Tokens.Typeface.label)
            }
            .foregroundStyle(chosen ? palette.onAccentContainer : palette.ink)
            .padding(.horizontal, Tokens.Space.large)
            .frame(minWidth: Tokens.Target.touch, minHeight: Tokens.Target.touch)
            .background(chosen ? palette.accentContainer : palette.surfaceRaised, in: Capsule())
            .overlay { Capsule().strokeBorder(chosen ? palette.accent : palette.outline) }
        }
        .buttonStyle(.plain)
        .accessibilityAddTraits(chosen ? [.isButton, .isSelected] : .isButton)
    }
}

/// Instead of content: an icon and a sentence, in the middle.
struct Instead: View {
    let icon: Icon
    let words: Text
    @Environment(\.palette) private var palette

    init(icon: Icon, text: String) { (self.icon, words) = (icon, Text(text)) }
    init(icon: Icon, phrase: LocalizedStringKey) { (self.icon, words) = (icon, Text(phrase)) }

    var body: some View {
        VStack(spacing: Tokens.Space.large) {
            ScaledIcon(icon).foregroundStyle(palette.inkMuted)
            words.font(Tokens.Typeface.body).foregroundStyle(palette.ink).multilineTextAlignment(.center)
        }
        .padding(Tokens.Space.vast)
        .frame(maxWidth: .infinity)
    }
}

/// Why something was not saved. What was typed stays above it.
struct RefusedLine: View {
    let reason: String
    @Environment(\.palette) private var palette

    var body: some View {
        HStack(alignment: .top, spacing: Tokens.Space.small) {
            ScaledIcon(.refused).foregroundStyle(palette.critical.strong)
            Text(reason).font(Tokens.Typeface.body).foregroundStyle(palette.critical.ink)
        }
        .padding(Tokens.Space.medium)
        .frame(maxWidth: .infinity, alignment: .leading)
        .background(palette.critical.container, in: RoundedRectangle(cornerRadius: Tokens.Corner.small))
        .accessibilityElement(children: .combine)
        .onChange(of: reason, initial: true) { _, reason in AccessibilityNotification.Announcement(reason).post() }
    }
}
