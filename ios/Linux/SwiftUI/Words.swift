// Texts, and the String Catalog they come from.

public struct LocalizedStringKey: ExpressibleByStringInterpolation, Equatable {
    let key: String
    let arguments: [String]
    public init(_ value: String) { (key, arguments) = (value, []) }
    public init(stringLiteral value: String) { (key, arguments) = (value, []) }
    public init(stringInterpolation: StringInterpolation) { (key, arguments) = (stringInterpolation.key, stringInterpolation.arguments) }
    public struct StringInterpolation: StringInterpolationProtocol {
        var key = ""
        var arguments: [String] = []
        public init(literalCapacity: Int, interpolationCount: Int) {}
        public mutating func appendLiteral(_ literal: String) { key += literal.replacingOccurrences(of: "%", with: "%%") }
        public mutating func appendInterpolation(_ string: String) {
            key += "%@"
            arguments.append(string)
        }
        public mutating func appendInterpolation(_ number: Int) {
            key += "%lld"
            arguments.append("\(number)")
        }
    }
    @MainActor func text(_ locale: Locale) -> String { Catalog.shared.text(key, arguments, locale) }
}
// Apple's key is Sendable too.
extension LocalizedStringKey: Sendable {}

/// Reads Localizable.xcstrings, the app's own catalogue, and notes every key it could not find.
@MainActor public final class Catalog {
    public static let shared = Catalog()
    public private(set) var missing: Set<String> = []
    private var strings: [String: Any] = [:]
    private var source = "sv"
    public init() {}

    public func load(_ path: String) throws {
        let top = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any]
        strings = top?["strings"] as? [String: Any] ?? [:]
        source = top?["sourceLanguage"] as? String ?? "sv"
    }

    public func text(_ key: String, _ arguments: [String], _ locale: Locale) -> String {
        let language = locale.language.languageCode?.identifier ?? source
        let all = (strings[key] as? [String: Any])?["localizations"] as? [String: Any]
        let one = all?[language] as? [String: Any]
        var unit = one?["stringUnit"] as? [String: Any]
        if let plural = (one?["variations"] as? [String: Any])?["plural"] as? [String: Any] {
            let form = arguments.first.flatMap { Int($0) }.map { Self.plural($0, language) } ?? "other"
            unit = ((plural[form] ?? plural["other"]) as? [String: Any])?["stringUnit"] as? [String: Any]
        }
        if unit == nil { missing.insert("\(language): \(key)") }
        var out = unit?["value"] as? String ?? key
        for (index, argument) in arguments.enumerated() {
            let place = out.range(of: "%\(index + 1)\\$(@|lld)", options: .regularExpression) ?? out.range(of: "%(@|lld|arg)", options: .regularExpression)
            if let place { out.replaceSubrange(place, with: argument) }
        }
        return out.replacingOccurrences(of: "%%", with: "%")
    }

    private static func plural(_ n: Int, _ language: String) -> String {
        guard language == "ar" else { return n == 1 ? "one" : "other" }
        switch (n, n % 100) {
        case (0, _): return "zero"
        case (1, _): return "one"
        case (2, _): return "two"
        case (_, 3...10): return "few"
        case (_, 11...99): return "many"
        default: return "other"
        }
    }
}

enum Words: Equatable {
    case key(LocalizedStringKey)
    case plain(String)
    @MainActor func text(_ c: Context) -> String {
        switch self {
        case .key(let key): key.text(c.env.locale)
        case .plain(let string): string
        }
    }
}

public struct Text: View, Primitive, Equatable {
    let words: Words
    public init(_ key: LocalizedStringKey) { words = .key(key) }
    @_disfavoredOverload public init<S: StringProtocol>(_ content: S) { words = .plain(String(content)) }
    public init(verbatim content: String) { words = .plain(content) }
    func nodes(_ c: Context) -> [Node] { [Node("text", label: words.text(c))] }
}
extension Text {
    public func font(_ font: Font?) -> Text { self }
    public func fontWeight(_ weight: Font.Weight?) -> Text { self }
    public func bold() -> Text { self }
    public func monospacedDigit() -> Text { self }
}

public struct Image: View, Primitive {
    let decorative: Bool
    public init(_ name: String) { decorative = false }
    public init(systemName: String) { decorative = false }
    public init(decorative name: String) { decorative = true }
    public init(size: CGSize, label: Text? = nil, opaque: Bool = false, renderer: @escaping (inout GraphicsContext) -> Void) { decorative = label == nil }
    public enum TemplateRenderingMode: Sendable { case template, original }
    public func renderingMode(_ mode: TemplateRenderingMode?) -> Image { self }
    func nodes(_ c: Context) -> [Node] {
        let node = Node("image", label: "")
        node.hidden = decorative
        return [node]
    }
}

public struct Label<Title: View, Icon: View>: View {
    let title: Title
    let icon: Icon
    public init(@ViewBuilder title: () -> Title, @ViewBuilder icon: () -> Icon) { (self.title, self.icon) = (title(), icon()) }
    public var body: some View { title }
}

/// What is said aloud, once, to those who listen.
public enum AccessibilityNotification {
    public struct Announcement {
        let words: String
        public init(_ announcement: String) { words = announcement }
        public func post() { Announcements.shared.add(words) }
    }
}
public final class Announcements: @unchecked Sendable {
    public static let shared = Announcements()
    private let lock = NSLock()
    private var said: [String] = []
    func add(_ words: String) { lock.withLock { said.append(words) } }
    public var all: [String] { lock.withLock { said } }
}
