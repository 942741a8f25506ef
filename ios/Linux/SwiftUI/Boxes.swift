// What holds other views.

public struct HorizontalAlignment: Sendable {
    public static let leading = HorizontalAlignment()
    public static let center = HorizontalAlignment()
    public static let trailing = HorizontalAlignment()
}
public struct VerticalAlignment: Sendable {
    public static let top = VerticalAlignment()
    public static let center = VerticalAlignment()
    public static let bottom = VerticalAlignment()
    public static let firstTextBaseline = VerticalAlignment()
    public static let lastTextBaseline = VerticalAlignment()
}
public struct Alignment: Sendable {
    public static let center = Alignment()
    public static let leading = Alignment()
    public static let trailing = Alignment()
    public static let top = Alignment()
    public static let bottom = Alignment()
    public static let topLeading = Alignment()
    public static let topTrailing = Alignment()
}
public struct Axis: Sendable {
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int8
        public init(rawValue: Int8) { self.rawValue = rawValue }
        public static let horizontal = Set(rawValue: 1)
        public static let vertical = Set(rawValue: 2)
    }
    let set: Set
    public static let horizontal = Axis(set: .horizontal)
    public static let vertical = Axis(set: .vertical)
}
public enum Edge: Int8, CaseIterable, Sendable {
    case top, leading, bottom, trailing
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int8
        public init(rawValue: Int8) { self.rawValue = rawValue }
        public static let top = Set(rawValue: 1)
        public static let leading = Set(rawValue: 2)
        public static let bottom = Set(rawValue: 4)
        public static let trailing = Set(rawValue: 8)
        public static let horizontal = Set(rawValue: 10)
        public static let vertical = Set(rawValue: 5)
        public static let all = Set(rawValue: 15)
    }
}
public enum VerticalEdge: Int8, CaseIterable, Sendable { case top, bottom }

@MainActor @preconcurrency public protocol _Box: View {
    associatedtype Content: View
    var content: Content { get }
    static var kind: String? { get }
}
extension _Box {
    public static var kind: String? { nil }
    public var body: some View { _BoxNode(kind: Self.kind, content: content) }
}
public struct _BoxNode<C: View>: View, Primitive {
    let kind: String?
    let content: C
    func nodes(_ c: Context) -> [Node] {
        let nodes = resolve(content, c)
        return kind.map { [Node($0, nodes)] } ?? nodes
    }
}
public struct VStack<Content: View>: _Box {
    public let content: Content
    public init(alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) { self.content = content() }
}
public struct HStack<Content: View>: _Box {
    public let content: Content
    public init(alignment: VerticalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) { self.content = content() }
}
public struct LazyVStack<Content: View>: _Box {
    public let content: Content
    public init(alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) { self.content = content() }
}
public struct GridItem: Sendable {
    public enum Size: Sendable {
        case fixed(CGFloat)
        case flexible(minimum: CGFloat = 10, maximum: CGFloat = .infinity)
        case adaptive(minimum: CGFloat, maximum: CGFloat = .infinity)
    }
    public init(_ size: Size = .flexible(), spacing: CGFloat? = nil, alignment: Alignment? = nil) {}
}
public struct LazyVGrid<Content: View>: _Box {
    public let content: Content
    public static var kind: String? { "grid" }
    public init(columns: [GridItem], alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) {
        self.content = content()
    }
}
public struct Group<Content: View>: _Box {
    public let content: Content
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
}
public struct ScrollView<Content: View>: _Box {
    public let content: Content
    public static var kind: String? { "scroll" }
    public init(_ axes: Axis.Set = .vertical, showsIndicators: Bool = true, @ViewBuilder content: () -> Content) { self.content = content() }
}
public struct Form<Content: View>: _Box {
    public let content: Content
    public static var kind: String? { "form" }
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
}
public struct List<Content: View>: _Box {
    public let content: Content
    public static var kind: String? { "list" }
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
}
/// The first that fits; what a reader of the screen meets is the same in each, so the first is met here.
public struct ViewThatFits<Content: View>: View, Primitive {
    let content: Content
    public init(in axes: Axis.Set = [.horizontal, .vertical], @ViewBuilder content: () -> Content) { self.content = content() }
    func nodes(_ c: Context) -> [Node] {
        guard let tuple = content as? any Choices else { return resolve(content, c) }
        return tuple.first.map { $0(c) } ?? []
    }
}
@MainActor protocol Choices { var first: (@MainActor (Context) -> [Node])? { get } }
extension TupleView: Choices { var first: (@MainActor (Context) -> [Node])? { parts.first } }

public struct Section<Parent, Content, Footer> {
    let parent: Parent
    let content: Content
    let footer: Footer
}
extension Section: View, Primitive where Parent: View, Content: View, Footer: View {
    public typealias Body = Never
    public init(@ViewBuilder content: () -> Content, @ViewBuilder header: () -> Parent, @ViewBuilder footer: () -> Footer) {
        (self.content, parent, self.footer) = (content(), header(), footer())
    }
    func nodes(_ c: Context) -> [Node] {
        let heading = resolve(parent, c.at("header"))
        for node in heading { node.traits.insert("header") }
        return [Node("section", heading + resolve(content, c) + resolve(footer, c.at("footer")))]
    }
}
extension Section where Parent == Text, Content: View, Footer == EmptyView {
    @MainActor public init(_ key: LocalizedStringKey, @ViewBuilder content: () -> Content) {
        self.init(parent: Text(key), content: content(), footer: EmptyView())
    }
    @_disfavoredOverload @MainActor public init<S: StringProtocol>(_ title: S, @ViewBuilder content: () -> Content) {
        self.init(parent: Text(title), content: content(), footer: EmptyView())
    }
}
extension Section where Parent == EmptyView, Content: View, Footer == EmptyView {
    @MainActor public init(@ViewBuilder content: () -> Content) { self.init(parent: EmptyView(), content: content(), footer: EmptyView()) }
}
extension Section where Parent: View, Content: View, Footer == EmptyView {
    @MainActor public init(@ViewBuilder content: () -> Content, @ViewBuilder header: () -> Parent) {
        self.init(parent: header(), content: content(), footer: EmptyView())
    }
}
extension Section where Parent == EmptyView, Content: View, Footer: View {
    @MainActor public init(@ViewBuilder content: () -> Content, @ViewBuilder footer: () -> Footer) {
        self.init(parent: EmptyView(), content: content(), footer: footer())
    }
}
public struct Spacer: View, Primitive {
    public init(minLength: CGFloat? = nil) {}
    func nodes(_ c: Context) -> [Node] { [] }
}
