// The app itself: on Linux its screen is words, and its fingers are lines of input ("tap Skicka", "type … into Länk från inbjudan").

@MainActor @preconcurrency public protocol Scene { var _screen: TestScreen { get } }
public struct WindowGroup<C: View>: Scene {
    let content: () -> C
    public init(@ViewBuilder content: @escaping () -> C) { self.content = content }
    public var _screen: TestScreen { TestScreen(content()) }
}
public struct BackgroundTask<Request, Response>: Sendable {
    let identifier: String
    public static func appRefresh(_ identifier: String) -> BackgroundTask<Void, Void> { BackgroundTask<Void, Void>(identifier: identifier) }
}
public struct _SceneWithTask<S: Scene>: Scene {
    let scene: S
    public var _screen: TestScreen { scene._screen }
}
extension Scene {
    public func backgroundTask(_ task: BackgroundTask<Void, Void>, action: @escaping @Sendable () async -> Void) -> some Scene {
        _SceneWithTask(scene: self)
    }
}
@MainActor @preconcurrency public protocol App {
    associatedtype Body: Scene
    init()
    @SceneBuilder var body: Body { get }
}
@resultBuilder public struct SceneBuilder {
    public static func buildBlock<S: Scene>(_ scene: S) -> S { scene }
}
extension App {
    public static func main() async {
        // Run from ios/, as tools/swift.sh does.
        try? Catalog.shared.load("Generated/Resources/Localizable.xcstrings")
        let screen = Self().body._screen
        func show() async {
            _ = screen.text
            try? await Task.sleep(for: .milliseconds(300))
            print(screen.text + "\n")
        }
        await show()
        while let line = readLine() {
            do {
                if line.hasPrefix("tap ") {
                    try screen.tap(starting: String(line.dropFirst(4)))
                } else if line.hasPrefix("type "), let into = line.range(of: " into ") {
                    try screen.type(String(line[line.index(line.startIndex, offsetBy: 5)..<into.lowerBound]), into: String(line[into.upperBound...]))
                } else {
                    print("tap NAME | type WORDS into NAME")
                }
            } catch { print(error) }
            await show()
        }
        await screen.leave()
    }
}
