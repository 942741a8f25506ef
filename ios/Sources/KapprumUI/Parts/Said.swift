// The short messages over everything: seen, and said aloud to those who listen.

import KapprumDesign
import SwiftUI

enum Said: Equatable {
    case saved, savedOffline, undone, undoTooLate
    case came(String)
    case wentHome(String)

    var phrase: LocalizedStringKey {
        switch self {
        case .saved: Phrase.saved
        case .savedOffline: Phrase.savedOffline
        case .undone: Phrase.undone
        case .undoTooLate: Phrase.undoTooLate
        case .came(let name): Phrase.hallCame(name: name)
        case .wentHome(let name): Phrase.hallWentHome(name: name)
        }
    }

    /// The same text as a string, since announcements take no keys.
    var spoken: String {
        switch self {
        case .came(let name), .wentHome(let name): String(format: text, name)
        default: text
        }
    }
    /// The catalogue's key of the same phrase.
    var key: String {
        switch self {
        case .saved: "saved"
        case .savedOffline: "saved_offline"
        case .undone: "undone"
        case .undoTooLate: "undo_too_late"
        case .came: "hall_came %@"
        case .wentHome: "hall_went_home %@"
        }
    }
    private var text: String { Bundle.main.localizedString(forKey: key, value: nil, table: nil) }
}
