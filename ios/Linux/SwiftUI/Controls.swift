// What one acts on.

public struct ButtonRole: Equatable, Sendable {
    let name: String
    public static let destructive = ButtonRole(name: "destructive")
    public static let cancel = ButtonRole(name: "cancel")
}
public struct Button<Label: View>: View, Primitive {
    let label: Label
    let role: ButtonRole?
    let action: @MainActor () -> Void
    public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) { (self.label, role, self.action) = (label(), nil, action) }
    public init(role: ButtonRole?, action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) {
        (self.label, self.role, self.action) = (label(), role, action)
    }
    func nodes(_ c: Context) -> [Node] {
        let node = Node("button", resolve(label, c), action: action)
        node.on = c.env.isEnabled
        return [node]
    }
}
extension Button where Label == Text {
    public init(_ key: LocalizedStringKey, action: @escaping @MainActor () -> Void) { (label, role, self.action) = (Text(key), nil, action) }
    public init(_ key: LocalizedStringKey, role: ButtonRole?, action: @escaping @MainActor () -> Void) {
        (label, self.role, self.action) = (Text(key), role, action)
    }
    @_disfavoredOverload public init<S: StringProtocol>(_ title: S, action: @escaping @MainActor () -> Void) {
        (label, role, self.action) = (Text(title), nil, action)
    }
    @_disfavoredOverload public init<S: StringProtocol>(_ title: S, role: ButtonRole?, action: @escaping @MainActor () -> Void) {
        (label, self.role, self.action) = (Text(title), role, action)
    }
}
public struct Toggle<Label: View>: View, Primitive {
    let label: Label
    let isOn: Binding<Bool>
    public init(isOn: Binding<Bool>, @ViewBuilder label: () -> Label) { (self.label, self.isOn) = (label(), isOn) }
    func nodes(_ c: Context) -> [Node] {
        let isOn = isOn
        let node = Node("switch", value: isOn.wrappedValue ? "on" : "off", resolve(label, c), action: { isOn.wrappedValue.toggle() })
        node.on = c.env.isEnabled
        return [node]
    }
}
extension Toggle where Label == Text {
    public init(_ key: LocalizedStringKey, isOn: Binding<Bool>) { (label, self.isOn) = (Text(key), isOn) }
    @_disfavoredOverload public init<S: StringProtocol>(_ title: S, isOn: Binding<Bool>) { (label, self.isOn) = (Text(title), isOn) }
}
public struct TextField<Label: View>: View, Primitive {
    let label: Label
    let text: Binding<String>
    func nodes(_ c: Context) -> [Node] {
        let text = text
        let node = Node("field", value: text.wrappedValue, resolve(label, c), type: { text.wrappedValue = $0 })
        node.on = c.env.isEnabled
        return [node]
    }
}
extension TextField where Label == Text {
    public init(_ key: LocalizedStringKey, text: Binding<String>) { (label, self.text) = (Text(key), text) }
    public init(_ key: LocalizedStringKey, text: Binding<String>, axis: Axis) { (label, self.text) = (Text(key), text) }
}
public struct Picker<Label: View, SelectionValue: Hashable, Content: View>: View, Primitive {
    let label: Label
    let selection: Binding<SelectionValue>
    let content: Content
    public init(selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content, @ViewBuilder label: () -> Label) {
        (self.label, self.selection, self.content) = (label(), selection, content())
    }
    func nodes(_ c: Context) -> [Node] {
        let options = resolve(content, c)
        let selection = selection
        let chosen = options.first { $0.tag == AnyHashable(selection.wrappedValue) }?.name
        let node = Node("picker", label: resolve(label, c).map(\.name).joined(separator: " "), value: chosen ?? "")
        node.on = c.env.isEnabled
        node.actions = options.map { option in
            // As Apple's: an option whose tag is of another type than the selection does nothing.
            Node("option", label: option.name, action: { if let value = option.tag?.base as? SelectionValue { selection.wrappedValue = value } })
        }
        return [node]
    }
}
extension Picker where Label == Text {
    public init(_ key: LocalizedStringKey, selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content) {
        (label, self.selection, self.content) = (Text(key), selection, content())
    }
    @_disfavoredOverload public init<S: StringProtocol>(_ title: S, selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content) {
        (label, self.selection, self.content) = (Text(title), selection, content())
    }
}
public struct DatePicker<Label: View>: View, Primitive {
    public struct Components: OptionSet, Sendable {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }
        public static var hourAndMinute: Components { Components(rawValue: 1) }
        public static var date: Components { Components(rawValue: 2) }
    }
    let label: Label
    let selection: Binding<Date>
    /// Here only the time of day is chosen: "07:40" is typed.
    func nodes(_ c: Context) -> [Node] {
        let selection = selection
        let calendar = Calendar.current
        let now = calendar.dateComponents([.hour, .minute], from: selection.wrappedValue)
        let node = Node("time", value: String(format: "%02d:%02d", now.hour ?? 0, now.minute ?? 0), resolve(label, c)) { typed in
            let parts = typed.split(separator: ":").compactMap { Int($0) }
            guard parts.count == 2 else { return }
            if let date = calendar.date(bySettingHour: parts[0], minute: parts[1], second: 0, of: selection.wrappedValue) { selection.wrappedValue = date }
        }
        node.on = c.env.isEnabled
        return [node]
    }
}
extension DatePicker where Label == Text {
    public init(_ key: LocalizedStringKey, selection: Binding<Date>, displayedComponents: Components = [.hourAndMinute, .date]) {
        (label, self.selection) = (Text(key), selection)
    }
}
/// What lies on the pasteboard, without asking.
public struct PasteButton: View, Primitive {
    @MainActor public static var board = ""
    let onPaste: @MainActor ([String]) -> Void
    public init(payloadType: String.Type, onPaste: @escaping @MainActor ([String]) -> Void) { self.onPaste = onPaste }
    func nodes(_ c: Context) -> [Node] { [Node("button", label: "Paste", action: { onPaste([PasteButton.board]) })] }
}
public struct ProgressView<Label: View>: View, Primitive {
    let label: Label
    func nodes(_ c: Context) -> [Node] { [Node("progress", resolve(label, c))] }
}
extension ProgressView where Label == EmptyView {
    public init() { label = EmptyView() }
}
extension ProgressView where Label == Text {
    public init(_ key: LocalizedStringKey) { label = Text(key) }
}
