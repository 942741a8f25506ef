// A view of the core on the screen: followed while it is looked at, with what stands there when there is nothing to show.

import KapprumCore
import KapprumDesign
import KapprumKit
import SwiftUI

struct FeedView<Value: Sendable, Content: View>: View {
    let core: CoreModel
    let feed: FeedModel<Value>
    let content: (Value) -> Content
    @State private var attempt = 0

    init(_ core: CoreModel, _ feed: FeedModel<Value>, @ViewBuilder content: @escaping (Value) -> Content) {
        (self.core, self.feed, self.content) = (core, feed, content)
    }

    var body: some View {
        Group {
            if let value = feed.value {
                content(value)
            } else if let missing = feed.missing {
                ScrollView { Instead(icon: missing.why == .loading ? .waiting : .lock, text: missing.text) }
            } else if let failure = feed.failure {
                ScrollView {
                    Instead(icon: .warning, text: failure)
                    Button(Phrase.tryAgain) { attempt += 1 }.buttonStyle(QuietButton())
                }
            } else {
                ProgressView().accessibilityLabel(Phrase.loading).frame(maxWidth: .infinity, maxHeight: .infinity)
            }
        }
        .task(id: [core.awakened, attempt, feed.asked]) { await feed.follow() }
    }
}
