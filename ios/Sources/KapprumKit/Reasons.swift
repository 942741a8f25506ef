// What the core says of a failure: always a finished sentence in the reader's language.

import KapprumCore

func reason(_ error: any Error) -> String {
    switch error {
    case let error as KapprumError: error.reason
    // Nothing of the system's own: it may name files and people.
    default: "Kapprum"
    }
}

func isOutdated(_ error: any Error) -> Bool {
    if case KapprumError.Outdated = error { true } else { false }
}

extension KapprumError {
    var reason: String {
        switch self {
        case .Refused(let reason), .Offline(let reason), .SignedOut(let reason), .Outdated(let reason), .Storage(_, let reason), .Closed(let reason),
            .Unsent(_, let reason):
            reason
        }
    }
}
