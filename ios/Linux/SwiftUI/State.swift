// State, bindings and the environment.

@MainActor @preconcurrency public protocol DynamicProperty {}
@MainActor protocol Attached { func link(_ c: Context, _ label: String) }

final class Box<T> {
    var value: T
    let dirty: Flag
    init(_ value: T, _ dirty: Flag) { (self.value, self.dirty) = (value, dirty) }
}
final class Place<T> { var to: T? }

@propertyWrapper public struct State<Value>: DynamicProperty, Attached {
    let initial: Value
    let link = Place<Box<Value>>()
    public init(wrappedValue: Value) { initial = wrappedValue }
    public init(initialValue: Value) { initial = initialValue }
    func link(_ c: Context, _ label: String) {
        let key = c.path + "." + label
        let box = c.runtime.boxes[key] as? Box<Value> ?? Box(initial, c.runtime.dirty)
        c.runtime.boxes[key] = box
        c.runtime.seen.insert(key)
        link.to = box
    }
    public var wrappedValue: Value {
        get { link.to?.value ?? initial }
        nonmutating set {
            link.to?.value = newValue
            link.to?.dirty.set()
        }
    }
    @MainActor public var projectedValue: Binding<Value> { Binding(get: { wrappedValue }, set: { wrappedValue = $0 }) }
}
extension State where Value: ExpressibleByNilLiteral {
    public init() { self.init(wrappedValue: nil) }
}

@propertyWrapper public struct ScaledMetric<Value: BinaryFloatingPoint>: DynamicProperty {
    public let wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public init(wrappedValue: Value, relativeTo style: Font.TextStyle) { self.wrappedValue = wrappedValue }
}

@propertyWrapper @dynamicMemberLookup @MainActor @preconcurrency public struct Binding<Value> {
    let get: @MainActor () -> Value
    let set: @MainActor (Value) -> Void
    public init(get: @escaping @MainActor () -> Value, set: @escaping @MainActor (Value) -> Void) { (self.get, self.set) = (get, set) }
    public static func constant(_ value: Value) -> Binding<Value> { Binding(get: { value }, set: { _ in }) }
    public var wrappedValue: Value {
        get { get() }
        nonmutating set { set(newValue) }
    }
    public var projectedValue: Binding<Value> { self }
    public subscript<S>(dynamicMember path: WritableKeyPath<Value, S>) -> Binding<S> {
        Binding<S>(get: { wrappedValue[keyPath: path] }, set: { wrappedValue[keyPath: path] = $0 })
    }
}

@propertyWrapper @dynamicMemberLookup public struct Bindable<Value: AnyObject & Observable> {
    public var wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public init(_ value: Value) { wrappedValue = value }
    public var projectedValue: Bindable<Value> { self }
    @MainActor public subscript<S>(dynamicMember path: ReferenceWritableKeyPath<Value, S>) -> Binding<S> {
        let value = wrappedValue
        return Binding<S>(get: { value[keyPath: path] }, set: { value[keyPath: path] = $0 })
    }
}

// MARK: environment

public protocol EnvironmentKey {
    associatedtype Value
    static var defaultValue: Value { get }
}
public struct EnvironmentValues {
    var objects: [ObjectIdentifier: AnyObject] = [:]
    var keyed: [ObjectIdentifier: Any] = [:]
    public var locale = Locale(identifier: "sv")
    public internal(set) var dismiss = DismissAction {}
    public internal(set) var isEnabled = true
    public var openURL = OpenURLAction { _ in .handled }
    public internal(set) var scenePhase = ScenePhase.active
    public var horizontalSizeClass: UserInterfaceSizeClass? = .compact
    public var layoutDirection = LayoutDirection.leftToRight
    public var colorScheme = ColorScheme.light
    public init() {}
    public subscript<K: EnvironmentKey>(_ key: K.Type) -> K.Value {
        get { keyed[ObjectIdentifier(key)] as? K.Value ?? K.defaultValue }
        set { keyed[ObjectIdentifier(key)] = newValue }
    }
}
public enum UserInterfaceSizeClass: Sendable { case compact, regular }
public enum LayoutDirection: Hashable, CaseIterable, Sendable { case leftToRight, rightToLeft }
public enum ColorScheme: CaseIterable, Sendable { case light, dark }
public enum ScenePhase: Comparable, Sendable { case background, inactive, active }
@MainActor @preconcurrency public struct DismissAction {
    let run: @MainActor () -> Void
    nonisolated init(_ run: @escaping @MainActor () -> Void) { self.run = run }
    public func callAsFunction() { run() }
}
@MainActor @preconcurrency public struct OpenURLAction {
    public struct Result: Sendable {
        public static let handled = Result()
        public static let discarded = Result()
    }
    private let handler: Unchecked<(URL) -> Result>
    public nonisolated init(handler: @escaping (URL) -> Result) { self.handler = Unchecked(handler) }
    public func callAsFunction(_ url: URL) { _ = handler.value(url) }
}

@propertyWrapper public struct Environment<Value>: DynamicProperty, Attached {
    let read: (EnvironmentValues) -> Value
    let link = Place<EnvironmentValues>()
    public init(_ path: KeyPath<EnvironmentValues, Value>) { read = { $0[keyPath: path] } }
    public init(_ type: Value.Type) where Value: AnyObject & Observable {
        read = {
            guard let value = $0.objects[ObjectIdentifier(type)] as? Value else { fatalError("no \(type) in the environment") }
            return value
        }
    }
    func link(_ c: Context, _ label: String) { link.to = c.env }
    public var wrappedValue: Value {
        guard let env = link.to else { fatalError("@Environment read outside body") }
        return read(env)
    }
}
