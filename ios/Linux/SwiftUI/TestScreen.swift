// A device's screen in a test: draws a view, redraws it when what it read has changed, and lets a test act by name.

@MainActor public final class TestScreen {
    private let draw: (Context) -> [Node]
    private let runtime = Runtime()
    private var env = EnvironmentValues()
    private var nodes: [Node] = []
    private var running: [String: (id: AnyHashable, task: Task<Void, Never>)] = [:]
    private var ending: [Task<Void, Never>] = []
    private var appeared: Set<String> = []
    private var last: [String: Any] = [:]
    public private(set) var draws = 0
    /// The addresses the app asked the system to open.
    public private(set) var opened: [URL] = []

    public init<V: View>(_ view: V, locale: String = "sv", wide: Bool = false) {
        draw = { resolve(view, $0) }
        env.locale = Locale(identifier: locale)
        env.layoutDirection = locale == "ar" ? .rightToLeft : .leftToRight
        env.horizontalSizeClass = wide ? .regular : .compact
        env.openURL = OpenURLAction { [weak self] url in
            MainActor.assumeIsolated { self?.opened.append(url) }
            return .handled
        }
    }

    /// The app comes to the front, or leaves it.
    public var phase: ScenePhase {
        get { env.scenePhase }
        set {
            env.scenePhase = newValue
            runtime.dirty.set()
        }
    }
    /// A wide window, as on a tablet.
    public var isWide: Bool {
        get { env.horizontalSizeClass == .regular }
        set {
            env.horizontalSizeClass = newValue ? .regular : .compact
            runtime.dirty.set()
        }
    }
    /// What can be reached: of what lies above the rest, only the topmost.
    public var tree: [Node] {
        let nodes = current()
        return nodes.flatMap(\.all).last { ["sheet", "alert", "dialog"].contains($0.kind) }.map { [$0] } ?? nodes
    }
    public var text: String { tree.map { $0.dump() }.filter { !$0.isEmpty }.joined(separator: "\n") }
    public func shows(_ words: String) -> Bool { text.contains(words) }
    public func find(_ name: String, _ kinds: String...) -> Node? {
        tree.flatMap(\.all).first { (kinds.isEmpty || kinds.contains($0.kind)) && ($0.id == name || $0.name == name) }
    }
    /// What a screen reader could not use: a control without a name.
    public var nameless: [String] {
        tree.flatMap(\.all).filter { ($0.action != nil || $0.type != nil) && $0.name.isEmpty }.map { "\($0.kind) in \(text)" }
    }
    /// Everything one can act on, by name.
    public var controls: [String] { tree.flatMap(\.all).filter { $0.action != nil || $0.type != nil }.map(\.name) }

    public struct Absent: Error, CustomStringConvertible { public let description: String }

    public func tap(_ name: String) throws { try must(name) { $0.action != nil }.action?() }
    /// The first control whose name begins so: a row tells of more than its name.
    public func tap(starting beginning: String) throws { try must(beginning, { $0.action != nil }, named: { $0.name.hasPrefix(beginning) }).action?() }
    public func type(_ words: String, into name: String) throws { try must(name) { $0.type != nil }.type?(words) }
    public func choose(_ option: String, in picker: String) throws {
        guard let chosen = try must(picker, { $0.kind == "picker" }).actions.first(where: { $0.name == option }) else {
            throw Absent(description: "no option \(option) in\n\(text)")
        }
        chosen.action?()
    }
    /// Hands the app an address, as the system does.
    public func open(_ url: URL) throws {
        _ = current()
        guard let open = runtime.opening else { throw Absent(description: "nobody opens addresses") }
        open(url)
    }

    public func wait(for words: String, seconds: Double = 10) async throws { try await wait(seconds: seconds, what: "\"\(words)\"") { $0.shows(words) } }
    public func wait(until words: String, isGone: Void = (), seconds: Double = 10) async throws {
        try await wait(seconds: seconds, what: "the end of \"\(words)\"") { !$0.shows(words) }
    }
    /// Woken by what changes on the screen, not by the clock, which only ends a wait that is in vain.
    public func wait(seconds: Double = 10, what: String, _ condition: (TestScreen) throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        let flag = runtime.dirty
        let alarm = Task {
            try await Task.sleep(until: end)
            flag.set()
        }
        defer { alarm.cancel() }
        while try !condition(self) {
            if ContinuousClock.now >= end { throw Absent(description: "\(what) never came:\n\(text)") }
            await flag.wait()
        }
    }
    /// Waits until the tasks of what is no longer shown have ended.
    public func settle() async {
        _ = current()
        for task in ending { await task.value }
        ending = []
    }
    /// Leaves the screen: its tasks end.
    public func leave() async {
        for (_, task) in running.values { task.cancel() }
        for (_, task) in running.values { await task.value }
        await settle()
        running = [:]
        appeared = []
    }

    private func must(_ name: String, _ fits: (Node) -> Bool, named: ((Node) -> Bool)? = nil) throws -> Node {
        let found = tree.flatMap(\.all).filter(fits)
        guard let node = found.first(where: { named?($0) ?? ($0.id == name || $0.name == name) }) else {
            throw Absent(description: "nothing to act on called \"\(name)\" in\n\(text)")
        }
        guard node.on else { throw Absent(description: "\"\(name)\" is off in\n\(text)") }
        return node
    }

    /// Redraws only when an observed value or a state told so: a model that forgets to tell shows stale words, as on a phone.
    private func current() -> [Node] {
        for _ in 0..<100 where runtime.dirty.take() {
            (runtime.tasks, runtime.appear, runtime.watched, runtime.seen) = ([:], [:], [:], [])
            runtime.opening = nil
            draws += 1
            let flag = runtime.dirty
            nodes = withObservationTracking {
                draw(Context(env: env, runtime: runtime))
            } onChange: {
                flag.set()
            }
            runtime.boxes = runtime.boxes.filter { runtime.seen.contains($0.key) }
            live()
        }
        return nodes
    }

    private func live() {
        for (key, work) in running where runtime.tasks[key]?.id != work.id {
            work.task.cancel()
            ending.append(work.task)
            running[key] = nil
        }
        for (key, work) in runtime.tasks where running[key] == nil {
            let run = work.run
            running[key] = (work.id, Task { await run() })
        }
        for (key, appear) in runtime.appear where appeared.insert(key).inserted { appear() }
        appeared.formIntersection(runtime.appear.keys)
        let before = last
        last = runtime.watched.mapValues(\.value)
        for (key, watched) in runtime.watched { watched.changed(before[key]) }
    }
}
