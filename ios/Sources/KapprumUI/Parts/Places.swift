// Where the app leads outside itself.

import Foundation

enum Places {
    /// The app's own page among the device's settings: there its language is chosen.
    static let settings = URL(string: "app-settings:")!
    static let store = URL(string: "itms-apps://apps.apple.com/se/search?term=Kapprum")!
}
