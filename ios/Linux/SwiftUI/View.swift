// A stand-in for Apple's SwiftUI, for Linux only: it holds the names and types the app uses, with Apple's declarations and
// no more, and turns a view into a tree of what a reader of the screen would meet (texts, buttons, fields). So the app's own
// view files are type-checked here and acted on in tests. It says nothing of layout or looks.
@_exported import Foundation
@_exported import Observation

@MainActor @preconcurrency public protocol View {
    associatedtype Body: View
    @ViewBuilder @MainActor @preconcurrency var body: Body { get }
}
extension Never: View {
    public var body: Never { fatalError() }
}
extension View where Body == Never {
    public var body: Never { fatalError("a primitive has no body") }
}

@MainActor @preconcurrency public protocol ViewModifier {
    associatedtype Body: View
    typealias Content = _ViewModifier_Content<Self>
    @ViewBuilder @MainActor @preconcurrency func body(content: Content) -> Body
}
public struct _ViewModifier_Content<M: ViewModifier>: View, Primitive {
    let make: @MainActor (Context) -> [Node]
    func nodes(_ c: Context) -> [Node] { make(c) }
}
public struct ModifiedContent<Content, Modifier> {
    let content: Content
    let modifier: Modifier
}
extension ModifiedContent: View, Primitive where Content: View, Modifier: ViewModifier {
    public typealias Body = Never
    func nodes(_ c: Context) -> [Node] {
        let c = c.at("\(Modifier.self)")
        attach(modifier, c)
        let content = content
        return resolve(modifier.body(content: _ViewModifier_Content { resolve(content, $0.at("content")) }), c)
    }
}
extension View {
    public func modifier<M>(_ modifier: M) -> ModifiedContent<Self, M> { ModifiedContent(content: self, modifier: modifier) }
}

@MainActor protocol Primitive { func nodes(_ c: Context) -> [Node] }

@MainActor func resolve<V: View>(_ view: V, _ c: Context) -> [Node] {
    if let primitive = view as? any Primitive { return primitive.nodes(c) }
    let c = c.at("\(V.self)")
    attach(view, c)
    return resolve(view.body, c)
}

/// Gives a view's properties their place: its state, its environment.
@MainActor func attach(_ view: Any, _ c: Context) {
    for child in Mirror(reflecting: view).children {
        (child.value as? any Attached)?.link(c, child.label ?? "")
    }
}

/// What a reader of the screen meets.
@MainActor public final class Node {
    public let kind: String
    public var label: String?
    public var value: String?
    public var hint: String?
    public var id: String?
    public var on = true
    public var hidden = false
    public var combined = false
    /// Has a name of its own, and so does each thing in it.
    public var contains = false
    public var traits: Set<String> = []
    public var children: [Node]
    public var action: (@MainActor () -> Void)?
    public var type: (@MainActor (String) -> Void)?
    var tag: AnyHashable?
    var tab: String?
    var badge: String?
    /// Swipe, context menu, accessibility actions, options of a picker.
    var actions: [Node] = []
    var destinations: [ObjectIdentifier: @MainActor (AnyHashable) -> [Node]] = [:]

    init(
        _ kind: String, label: String? = nil, value: String? = nil, _ children: [Node] = [],
        type: (@MainActor (String) -> Void)? = nil, action: (@MainActor () -> Void)? = nil
    ) {
        self.kind = kind
        self.label = label
        self.value = value
        self.children = children
        self.type = type
        self.action = action
    }

    /// What VoiceOver would say.
    public var name: String {
        if let label { return label }
        return children.filter { !$0.hidden }.map(\.spoken).filter { !$0.isEmpty }.joined(separator: ", ")
    }
    private var spoken: String { [name, value ?? ""].filter { !$0.isEmpty }.joined(separator: ", ") }
    public var all: [Node] { hidden ? [] : [self] + (children + actions).flatMap(\.all) }

    public func dump(_ indent: String = "") -> String {
        if hidden { return "" }
        let leaf = (label != nil || action != nil || combined) && !contains
        let inner = (leaf ? [] : children) + actions
        let line = indent + kind + (leaf || contains ? " \"\(name)\"" : "") + (value.map { " = \"\($0)\"" } ?? "") + (on ? "" : " (off)")
        return ([line] + inner.map { $0.dump(indent + "  ") }).filter { !$0.isEmpty }.joined(separator: "\n")
    }
}

/// Where in the tree a view stands: its environment, and the path that its state is kept by.
struct Context {
    var env = EnvironmentValues()
    var path = ""
    let runtime: Runtime
    func at(_ step: String) -> Context {
        var c = self
        c.path += "/" + step
        return c
    }
}

/// What lives longer than one drawing.
@MainActor final class Runtime {
    typealias Work = (id: AnyHashable, run: @MainActor () async -> Void)
    var boxes: [String: AnyObject] = [:]
    var seen: Set<String> = []
    var tasks: [String: Work] = [:]
    var appear: [String: @MainActor () -> Void] = [:]
    var watched: [String: (value: Any, changed: @MainActor (Any?) -> Void)] = [:]
    var opening: (@MainActor (URL) -> Void)?
    let dirty = Flag()

    /// Draws what stays alive, but is not on the screen: its tasks rest and it has disappeared.
    func covered<T>(_ draw: () -> T) -> T {
        let (tasks, appear) = (tasks, appear)
        defer { (self.tasks, self.appear) = (tasks, appear) }
        return draw()
    }
}

/// Something changed since the last drawing; whoever waits for that is woken.
final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var on = true
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func set() {
        let woken = lock.withLock {
            on = true
            defer { waiting = [] }
            return waiting
        }
        for one in woken { one.resume() }
    }
    func take() -> Bool {
        lock.withLock {
            defer { on = false }
            return on
        }
    }
    func wait() async {
        await withCheckedContinuation { continuation in
            let now = lock.withLock {
                if !on { waiting.append(continuation) }
                return on
            }
            if now { continuation.resume() }
        }
    }
}
