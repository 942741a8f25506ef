// What the system lends the app in the background: a moment to finish, and now and then a moment to fetch.

import Foundation

#if canImport(BackgroundTasks)
    import BackgroundTasks
#endif
#if canImport(UIKit)
    import UIKit
#endif

enum Refresh {
    static let identifier = "se.kapprum.app.refresh"

    /// Asks for the next moment; the system decides when. It may refuse, then there is the next time the app is opened.
    static func ask() {
        #if canImport(BackgroundTasks)
            let request = BGAppRefreshTaskRequest(identifier: identifier)
            request.earliestBeginDate = Date(timeIntervalSinceNow: 15 * 60)
            try? BGTaskScheduler.shared.submit(request)
        #endif
    }
}

/// The moment that the system grants an app which is left.
@MainActor final class Respite {
    #if canImport(UIKit)
        private var granted = UIBackgroundTaskIdentifier.invalid

        private func end() {
            guard granted != .invalid else { return }
            UIApplication.shared.endBackgroundTask(granted)
            granted = .invalid
        }
    #endif

    /// Does what must be done before the app may be frozen.
    static func take(_ work: @escaping @MainActor () async -> Void) {
        #if canImport(UIKit)
            let respite = Respite()
            respite.granted = UIApplication.shared.beginBackgroundTask(withName: "se.kapprum.app.rest") { respite.end() }
            Task {
                await work()
                respite.end()
            }
        #else
            Task { await work() }
        #endif
    }
}
