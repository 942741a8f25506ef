// What a view means to those who listen, and how it lives.

public struct _Modified<C: View>: View, Primitive {
    let content: C
    let env: @MainActor (inout EnvironmentValues) -> Void
    let change: @MainActor ([Node], Context) -> [Node]
    func nodes(_ c: Context) -> [Node] {
        var c = c.at("·")
        env(&c.env)
        return change(resolve(content, c), c)
    }
}
public struct _Tagged<C: View>: View, Primitive {
    let content: C
    let tag: AnyHashable
    func nodes(_ c: Context) -> [Node] {
        var c = c.at("·")
        let only = c.env[OnlyTab.self]
        c.env[OnlyTab.self] = nil
        let nodes = only == nil || only == tag ? resolve(content, c) : c.runtime.covered { resolve(content, c) }
        let node = nodes.count == 1 ? nodes[0] : Node("group", nodes)
        node.tag = tag
        return [node]
    }
}
extension View {
    func mod(_ change: @escaping @MainActor ([Node], Context) -> [Node]) -> _Modified<Self> {
        _Modified(content: self, env: { _ in }, change: change)
    }
    func mod(env: @escaping @MainActor (inout EnvironmentValues) -> Void) -> _Modified<Self> {
        _Modified(content: self, env: env, change: { nodes, _ in nodes })
    }
    func one(_ change: @escaping @MainActor (Node, Context) -> Void) -> _Modified<Self> {
        mod { nodes, c in
            let node = nodes.count == 1 && !nodes[0].hidden ? nodes[0] : Node("group", nodes)
            change(node, c)
            return [node]
        }
    }
}

// MARK: meaning

extension View {
    public func accessibilityLabel(_ key: LocalizedStringKey) -> some View { named { key.text($0.env.locale) } }
    @_disfavoredOverload public func accessibilityLabel<S: StringProtocol>(_ label: S) -> some View { named { _ in String(label) } }
    public func accessibilityLabel(_ label: Text) -> some View { named { label.words.text($0) } }
    private func named(_ words: @escaping @MainActor (Context) -> String) -> some View {
        one { node, c in
            node.label = words(c)
            node.combined = true
        }
    }
    public func accessibilityHint(_ key: LocalizedStringKey) -> some View { one { $0.hint = key.text($1.env.locale) } }
    @_disfavoredOverload public func accessibilityHint<S: StringProtocol>(_ hint: S) -> some View { one { node, _ in node.hint = String(hint) } }
    public func accessibilityIdentifier(_ identifier: String) -> some View { one { node, _ in node.id = identifier } }
    public func accessibilityHidden(_ hidden: Bool) -> some View { one { node, _ in node.hidden = hidden } }
    public func accessibilityElement(children: AccessibilityChildBehavior = .ignore) -> some View {
        mod { nodes, _ in
            let node = Node("group", children == .ignore ? [] : nodes)
            node.combined = children != .contain
            node.contains = children == .contain
            return [node]
        }
    }
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { one { node, _ in node.traits.formUnion(traits.names) } }
    public func disabled(_ disabled: Bool) -> some View { mod(env: { $0.isEnabled = $0.isEnabled && !disabled }) }
    public func tag<V: Hashable>(_ tag: V) -> some View { _Tagged(content: self, tag: AnyHashable(tag)) }
    public func id<ID: Hashable>(_ id: ID) -> some View { _Identified(content: self, id: "\(id)") }
    public func refreshable(action: @escaping @Sendable () async -> Void) -> some View {
        one { node, _ in node.actions.append(Node("refresh", label: "Refresh", action: { Task { await action() } })) }
    }
}
public struct _Identified<C: View>: View, Primitive {
    let content: C
    let id: String
    func nodes(_ c: Context) -> [Node] { resolve(content, c.at("#\(id)")) }
}
public struct AccessibilityChildBehavior: Hashable, Sendable {
    let name: String
    public static let ignore = AccessibilityChildBehavior(name: "ignore")
    public static let combine = AccessibilityChildBehavior(name: "combine")
    public static let contain = AccessibilityChildBehavior(name: "contain")
}
public struct AccessibilityTraits: SetAlgebra, Sendable {
    public typealias Element = AccessibilityTraits
    public typealias ArrayLiteralElement = AccessibilityTraits
    var names: Set<String> = []
    public init() {}
    private init(_ name: String) { names = [name] }
    public static let isHeader = AccessibilityTraits("header")
    public static let isSelected = AccessibilityTraits("selected")
    public static let isButton = AccessibilityTraits("button")
    public static let updatesFrequently = AccessibilityTraits("updates")
    public func contains(_ member: Self) -> Bool { names.isSuperset(of: member.names) }
    public mutating func formUnion(_ other: Self) { names.formUnion(other.names) }
    public mutating func formIntersection(_ other: Self) { names.formIntersection(other.names) }
    public mutating func formSymmetricDifference(_ other: Self) { names.formSymmetricDifference(other.names) }
    public func union(_ other: Self) -> Self {
        var new = self
        new.formUnion(other)
        return new
    }
    public func intersection(_ other: Self) -> Self {
        var new = self
        new.formIntersection(other)
        return new
    }
    public func symmetricDifference(_ other: Self) -> Self {
        var new = self
        new.formSymmetricDifference(other)
        return new
    }
    @discardableResult public mutating func insert(_ new: Self) -> (inserted: Bool, memberAfterInsert: Self) {
        formUnion(new)
        return (true, new)
    }
    @discardableResult public mutating func remove(_ member: Self) -> Self? {
        names.subtract(member.names)
        return member
    }
    @discardableResult public mutating func update(with new: Self) -> Self? {
        formUnion(new)
        return nil
    }
}

// MARK: life

extension View {
    public func task(priority: TaskPriority = .userInitiated, _ action: @escaping @MainActor @Sendable () async -> Void) -> some View {
        task(id: 0, priority: priority, action)
    }
    public func task<I: Hashable>(id: I, priority: TaskPriority = .userInitiated, _ action: @escaping @MainActor @Sendable () async -> Void) -> some View {
        mod { nodes, c in
            c.runtime.tasks[c.path] = (AnyHashable(id), action)
            return nodes
        }
    }
    public func onAppear(perform action: (() -> Void)? = nil) -> some View {
        mod { nodes, c in
            if let action { c.runtime.appear[c.path] = onMain(action) }
            return nodes
        }
    }
    public func onChange<V: Equatable>(of value: V, initial: Bool = false, _ action: @escaping (V, V) -> Void) -> some View {
        mod { nodes, c in
            c.runtime.watched[c.path] = (
                value,
                { old in
                    guard let old = old as? V else {
                        if initial { action(value, value) }
                        return
                    }
                    if old != value { action(old, value) }
                }
            )
            return nodes
        }
    }
    public func onOpenURL(perform action: @escaping (URL) -> Void) -> some View {
        mod { nodes, c in
            let opened = Unchecked(action)
            c.runtime.opening = { opened.value($0) }
            return nodes
        }
    }
    public func environment<T: AnyObject & Observable>(_ object: T?) -> some View { mod(env: { $0.objects[ObjectIdentifier(T.self)] = object }) }
    public func environment<V>(_ path: WritableKeyPath<EnvironmentValues, V>, _ value: V) -> some View { mod(env: { $0[keyPath: path] = value }) }
}

/// Apple's declarations take plain closures and call them on the main actor.
struct Unchecked<T>: @unchecked Sendable {
    let value: T
    init(_ value: T) { self.value = value }
}
func onMain(_ action: @escaping () -> Void) -> @MainActor () -> Void {
    let action = Unchecked(action)
    return { action.value() }
}
