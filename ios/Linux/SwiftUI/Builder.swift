// How several views become one.

@resultBuilder public struct ViewBuilder {
    public static func buildExpression<C: View>(_ content: C) -> C { content }
    public static func buildBlock() -> EmptyView { EmptyView() }
    public static func buildBlock<C: View>(_ content: C) -> C { content }
    @MainActor public static func buildBlock<each C: View>(_ content: repeat each C) -> TupleView<(repeat each C)> {
        var parts: [@MainActor (Context) -> [Node]] = []
        func add<V: View>(_ view: V) {
            let view = Unchecked(view)
            parts.append { resolve(view.value, $0) }
        }
        repeat add(each content)
        return TupleView(parts: parts)
    }
    public static func buildIf<C: View>(_ content: C?) -> C? { content }
    @MainActor public static func buildEither<A: View, B: View>(first: A) -> _ConditionalContent<A, B> { .init(side: .a(first)) }
    @MainActor public static func buildEither<A: View, B: View>(second: B) -> _ConditionalContent<A, B> { .init(side: .b(second)) }
}

public struct TupleView<T>: View, Primitive {
    let parts: [@MainActor (Context) -> [Node]]
    func nodes(_ c: Context) -> [Node] { parts.enumerated().flatMap { $1(c.at("\($0)")) } }
}
public struct _ConditionalContent<A: View, B: View>: View, Primitive {
    enum Side {
        case a(A)
        case b(B)
    }
    let side: Side
    func nodes(_ c: Context) -> [Node] {
        switch side {
        case .a(let view): resolve(view, c.at("a"))
        case .b(let view): resolve(view, c.at("b"))
        }
    }
}
extension Optional: View where Wrapped: View { public typealias Body = Never }
extension Optional: Primitive where Wrapped: View {
    func nodes(_ c: Context) -> [Node] { map { resolve($0, c) } ?? [] }
}
public struct EmptyView: View, Primitive {
    public nonisolated init() {}
    func nodes(_ c: Context) -> [Node] { [] }
}
public struct AnyView: View, Primitive {
    let make: @MainActor (Context) -> [Node]
    public init<V: View>(_ view: V) { make = { resolve(view, $0) } }
    func nodes(_ c: Context) -> [Node] { make(c) }
}

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: View, Primitive {
    let data: Data
    let id: (Data.Element) -> ID
    let content: (Data.Element) -> Content
    public init(_ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content) {
        (self.data, self.id, self.content) = (data, { $0[keyPath: id] }, content)
    }
    public init(_ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content) where Data.Element: Identifiable, ID == Data.Element.ID {
        (self.data, id, self.content) = (data, { $0.id }, content)
    }
    func nodes(_ c: Context) -> [Node] {
        data.flatMap { element in
            let key = id(element)
            let nodes = resolve(content(element), c.at("[\(key)]"))
            for node in nodes where node.tag == nil { node.tag = AnyHashable(key) }
            return nodes
        }
    }
}

@resultBuilder public struct ToolbarContentBuilder {
    public static func buildExpression<C: ToolbarContent>(_ content: C) -> C { content }
    @MainActor public static func buildBlock<C: ToolbarContent>(_ content: C) -> C { content }
    @MainActor public static func buildBlock<each C: ToolbarContent>(_ content: repeat each C) -> _TupleToolbarContent {
        var parts: [@MainActor (Context) -> [Node]] = []
        func add<T: ToolbarContent>(_ item: T) {
            let item = Unchecked(item)
            parts.append { item.value.nodes($0) }
        }
        repeat add(each content)
        return _TupleToolbarContent(parts: parts)
    }
    @MainActor public static func buildIf<C: ToolbarContent>(_ content: C?) -> _TupleToolbarContent {
        _TupleToolbarContent(parts: content.map { item in [{ item.nodes($0) }] } ?? [])
    }
}
@MainActor @preconcurrency public protocol ToolbarContent { func nodes(_ c: _ToolbarPlace) -> [Node] }
/// Where a toolbar is drawn; of no use to the app.
public struct _ToolbarPlace { let c: Context }
extension ToolbarContent {
    func nodes(_ c: Context) -> [Node] { nodes(_ToolbarPlace(c: c)) }
}
public struct _TupleToolbarContent: ToolbarContent {
    let parts: [@MainActor (Context) -> [Node]]
    public func nodes(_ c: _ToolbarPlace) -> [Node] { parts.enumerated().flatMap { $1(c.c.at("\($0)")) } }
}
public struct ToolbarItemPlacement: Sendable {
    let name: String
    public static let automatic = ToolbarItemPlacement(name: "automatic")
    public static let cancellationAction = ToolbarItemPlacement(name: "cancellation")
}
public struct ToolbarItem<Content: View>: ToolbarContent {
    let content: Content
    public init(placement: ToolbarItemPlacement = .automatic, @ViewBuilder content: () -> Content) { self.content = content() }
    public func nodes(_ c: _ToolbarPlace) -> [Node] { resolve(content, c.c) }
}
