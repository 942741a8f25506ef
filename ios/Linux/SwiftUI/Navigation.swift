// Moving about: stacks, tabs, sheets, questions.

public struct NavigationLink<Label: View, Destination: View>: View, Primitive {
    let label: Label
    let value: AnyHashable
    func nodes(_ c: Context) -> [Node] {
        let node = Node("link", resolve(label, c), action: { c.env.push(value) })
        node.on = c.env.isEnabled
        return [node]
    }
}
extension NavigationLink where Destination == Never {
    public init<V: Hashable>(value: V, @ViewBuilder label: () -> Label) { (self.label, self.value) = (label(), AnyHashable(value)) }
}
extension EnvironmentValues {
    var push: @MainActor (AnyHashable) -> Void {
        get { self[Push.self] }
        set { self[Push.self] = newValue }
    }
    struct Push: EnvironmentKey {
        static var defaultValue: @MainActor (AnyHashable) -> Void { { _ in fatalError("a NavigationLink outside a NavigationStack") } }
    }
}
public struct NavigationStack<Data, Root: View>: View, Primitive {
    let path: Binding<Data>?
    let count: @MainActor (Data) -> Int
    let item: @MainActor (Data, Int) -> AnyHashable
    let pushed: @MainActor (Data, AnyHashable) -> Data
    let popped: @MainActor (Data) -> Data
    let root: Root
    public init<E: Hashable>(path: Binding<[E]>, @ViewBuilder root: () -> Root) where Data == [E] {
        self.path = path
        count = { $0.count }
        item = { AnyHashable($0[$1]) }
        pushed = { path, value in
            guard let element = value.base as? E else { fatalError("\(value) does not fit the path") }
            return path + [element]
        }
        popped = { $0.dropLast() }
        self.root = root()
    }
    func nodes(_ c: Context) -> [Node] {
        guard let path else { return resolve(root, c) }
        var c = c
        c.env.push = { path.wrappedValue = pushed(path.wrappedValue, $0) }
        let data = path.wrappedValue
        let depth = count(data)
        let base = depth == 0 ? resolve(root, c.at("root")) : c.runtime.covered { resolve(root, c.at("root")) }
        guard depth > 0 else { return [Node("stack", base)] }
        let makers = base.flatMap(\.all).map(\.destinations)
        let back: @MainActor () -> Void = { path.wrappedValue = popped(path.wrappedValue) }
        var top: [Node] = []
        for index in 0..<depth {
            let value = item(data, index)
            guard let make = makers.lazy.compactMap({ $0[ObjectIdentifier(Swift.type(of: value.base))] }).first else {
                fatalError("no navigationDestination for \(value)")
            }
            top = index == depth - 1 ? make(value) : c.runtime.covered { make(value) }
        }
        return [Node("stack", [Node("button", label: "Back", action: back)] + top)]
    }
}
extension NavigationStack where Data == NavigationPath {
    public init(@ViewBuilder root: () -> Root) {
        path = nil
        count = { _ in 0 }
        item = { _, _ in AnyHashable(0) }
        pushed = { path, _ in path }
        popped = { $0 }
        self.root = root()
    }
}
public struct NavigationPath { public init() {} }

public struct NavigationSplitView<Sidebar: View, Content: View, Detail: View>: View, Primitive {
    let sidebar: Sidebar
    let detail: Detail
    func nodes(_ c: Context) -> [Node] {
        [Node("sidebar", resolve(sidebar, c.at("sidebar"))), Node("detail", resolve(detail, c.at("detail")))]
    }
}
extension NavigationSplitView where Content == EmptyView {
    public init(@ViewBuilder sidebar: () -> Sidebar, @ViewBuilder detail: () -> Detail) { (self.sidebar, self.detail) = (sidebar(), detail()) }
}

public struct TabView<SelectionValue: Hashable, Content: View>: View, Primitive {
    let selection: Binding<SelectionValue>
    let content: Content
    public init(selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content) { (self.selection, self.content) = (selection, content()) }
    func nodes(_ c: Context) -> [Node] {
        let selection = selection
        var inside = c
        inside.env[OnlyTab.self] = AnyHashable(selection.wrappedValue)
        let pages = resolve(content, inside)
        let bar = pages.map { page in
            let value = page.tag?.base as? SelectionValue
            let node = Node("tab", label: page.tab, value: page.badge, action: { if let value { selection.wrappedValue = value } })
            if value == selection.wrappedValue { node.traits.insert("selected") }
            return node
        }
        return pages.filter { $0.tag == AnyHashable(selection.wrappedValue) } + [Node("tabs", bar)]
    }
}
/// The tab that is on the screen: the others stay alive, but their tasks rest.
struct OnlyTab: EnvironmentKey { static var defaultValue: AnyHashable? { nil } }

extension View {
    public func tabItem<V: View>(@ViewBuilder _ label: () -> V) -> some View {
        let label = label()
        return one { $0.tab = resolve(label, $1.at("tabItem")).map(\.name).joined(separator: " ") }
    }
    public func badge(_ count: Int) -> some View { one { node, _ in node.badge = count == 0 ? nil : "\(count)" } }
    @_disfavoredOverload public func badge<S: StringProtocol>(_ label: S?) -> some View { one { node, _ in node.badge = label.map { String($0) } } }

    public func navigationTitle(_ key: LocalizedStringKey) -> some View { mod { [Node("title", label: key.text($1.env.locale))] + $0 } }
    @_disfavoredOverload public func navigationTitle<S: StringProtocol>(_ title: S) -> some View {
        mod { nodes, _ in [Node("title", label: String(title))] + nodes }
    }
    public func navigationBarTitleDisplayMode(_ mode: NavigationBarItem.TitleDisplayMode) -> some View { self }
    public func toolbar<C: ToolbarContent>(@ToolbarContentBuilder content: () -> C) -> some View {
        let content = content()
        return mod { [Node("toolbar", content.nodes($1.at("toolbar")))] + $0 }
    }
    public func navigationDestination<D: Hashable, V: View>(for data: D.Type, @ViewBuilder destination: @escaping (D) -> V) -> some View {
        one { node, c in
            node.destinations[ObjectIdentifier(data)] = { value in
                guard let value = value.base as? D else { return [] }
                return resolve(destination(value), c.at("\(value)"))
            }
        }
    }
    public func sheet<V: View>(isPresented: Binding<Bool>, onDismiss: (() -> Void)? = nil, @ViewBuilder content: @escaping () -> V) -> some View {
        mod { nodes, c in
            guard isPresented.wrappedValue else { return nodes }
            return [
                sheetNode(content(), c) {
                    isPresented.wrappedValue = false
                    onDismiss?()
                }
            ]
        }
    }
    public func sheet<I: Identifiable, V: View>(item: Binding<I?>, onDismiss: (() -> Void)? = nil, @ViewBuilder content: @escaping (I) -> V) -> some View {
        mod { nodes, c in
            guard let shown = item.wrappedValue else { return nodes }
            return [
                sheetNode(content(shown), c.at("\(shown.id)")) {
                    item.wrappedValue = nil
                    onDismiss?()
                }
            ]
        }
    }
    public func alert<A: View, M: View>(
        _ key: LocalizedStringKey, isPresented: Binding<Bool>, @ViewBuilder actions: () -> A, @ViewBuilder message: () -> M
    ) -> some View { asking("alert", key, isPresented, actions(), message()) }
    public func confirmationDialog<A: View, M: View>(
        _ key: LocalizedStringKey, isPresented: Binding<Bool>, titleVisibility: Visibility = .automatic, @ViewBuilder actions: () -> A,
        @ViewBuilder message: () -> M
    ) -> some View { asking("dialog", key, isPresented, actions(), message()) }
    public func presentationDetents(_ detents: Set<PresentationDetent>) -> some View { self }

    private func asking<A: View, M: View>(_ kind: String, _ key: LocalizedStringKey, _ shown: Binding<Bool>, _ actions: A, _ message: M) -> some View {
        mod { nodes, c in
            guard shown.wrappedValue else { return nodes }
            let buttons = resolve(actions, c.at(kind)).flatMap(\.all).filter { $0.kind == "button" }
            for button in buttons {
                let act = button.action
                button.action = {
                    shown.wrappedValue = false
                    act?()
                }
            }
            return [Node(kind, [Node("heading", label: key.text(c.env.locale))] + resolve(message, c.at(kind + "message")) + buttons)]
        }
    }
}
/// What is behind a sheet stays, but can't be reached.
@MainActor private func sheetNode<V: View>(_ content: V, _ c: Context, _ close: @escaping @MainActor () -> Void) -> Node {
    var c = c.at("sheet")
    c.env.dismiss = DismissAction(close)
    let node = Node("sheet", resolve(content, c))
    node.actions = [Node("swipe down", label: "swipe down", action: close)]
    return node
}
public enum Visibility: Hashable, CaseIterable, Sendable { case automatic, visible, hidden }
public enum NavigationBarItem { public enum TitleDisplayMode: Sendable { case automatic, inline, large } }
public struct PresentationDetent: Hashable, Sendable {
    let name: String
    public static let medium = PresentationDetent(name: "medium")
    public static let large = PresentationDetent(name: "large")
}
