// What the core's words look like: each state, tone and mark has a colour, an icon and a word, never a colour alone.

import KapprumCore
import KapprumDesign
import SwiftUI

/// The core's tabs, not SwiftUI's; the design's tones, not the core's.
typealias Tab = KapprumCore.Tab
typealias Tone = KapprumDesign.Tone

extension EnvironmentValues {
    /// The colours of the theme in use.
    var palette: Palette { Palette.of(colorScheme) }
}

extension ChildState {
    var look: StateLook {
        switch self {
        case .expected: .expected
        case .here: .here
        case .gone: .gone
        case .absent: .absent
        case .school: .school
        case .off: .off
        case .unknown: .unknown
        }
    }
}

extension KapprumCore.Tone {
    var tone: Tone {
        switch self {
        case .neutral: .neutral
        case .attention: .attention
        case .critical: .critical
        }
    }
    var icon: Icon {
        switch self {
        case .neutral: .info
        case .attention: .warning
        case .critical: .refused
        }
    }
}

extension Help {
    var phrase: LocalizedStringKey {
        switch self {
        case .signIn: Phrase.signInAgain
        case .update: Phrase.updateApp
        case .dismissLost: Phrase.dismiss
        case .sync: Phrase.tryAgain
        }
    }
}

extension Mark {
    var tone: Tone {
        switch self {
        case .waiting: .info
        case .done: .good
        case .withdrawn: .neutral
        case .refused: .critical
        }
    }
    var icon: Icon {
        switch self {
        case .waiting: .waiting
        case .done: .check
        case .withdrawn: .undo
        case .refused: .refused
        }
    }
}

extension TabKind {
    var icon: Icon {
        switch self {
        case .home: .home
        case .groups: .group
        case .wall: .board
        case .outbox: .sent
        case .settings: .settings
        }
    }
}

extension Role {
    var phrase: LocalizedStringKey {
        switch self {
        case .guardian: Phrase.roleGuardian
        case .student: Phrase.roleStudent
        case .staff: Phrase.roleStaff
        case .tablet: Phrase.roleTablet
        case .board: Phrase.roleBoard
        }
    }
}

extension Icon {
    /// For a tab, which takes pictures only.
    @MainActor func image(_ direction: LayoutDirection) -> Image {
        let side = Tokens.IconSize.medium
        var path = IconShape(self).path(in: CGRect(x: 0, y: 0, width: side, height: side))
        if isMirrored && direction == .rightToLeft { path = path.applying(CGAffineTransform(translationX: side, y: 0).scaledBy(x: -1, y: 1)) }
        return Image(size: CGSize(width: side, height: side)) { context in
            context.stroke(path, with: .color(.primary), style: StrokeStyle(lineWidth: side / 12, lineCap: .round, lineJoin: .round))
        }
        .renderingMode(.template)
    }
}
