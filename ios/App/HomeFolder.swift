// Where the core's files lie: readable from the first unlock after a start, so that the morning's background work finds
// them, and never in a backup, since their keys do not leave the device.

import Foundation
import KapprumCore
import KapprumKit

enum HomeFolder {
    @Sendable static func open() throws -> any KapprumProtocol {
        try Kapprum.open(home: folder().path, language: language(), device: SystemDevice())
    }

    private static func folder() throws -> URL {
        let support = try FileManager.default.url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        var folder = support.appendingPathComponent("Kapprum", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: protection)
        #if canImport(UIKit)
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            try folder.setResourceValues(values)
        #endif
        return folder
    }

    private static var protection: [FileAttributeKey: Any]? {
        #if canImport(UIKit)
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication]
        #else
            nil
        #endif
    }

    /// The language that the system chose for the app, so that the core and the labels speak the same.
    private static func language() -> Language {
        switch Bundle.main.preferredLocalizations.first?.prefix(2) {
        case "ar": .arabic
        case "en": .english
        default: .swedish
        }
    }
}
