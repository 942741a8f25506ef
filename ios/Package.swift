// swift-tools-version: 6.0
import PackageDescription

// The core: on Apple's systems a prebuilt XCFramework, on Linux the shared library of the same crate.
#if os(Linux)
    let core: Target = .systemLibrary(name: "KapprumCoreFFI", path: "Generated/KapprumCoreFFI")
    let standIn: [Target.Dependency] = ["SwiftUI"]
    let linux: [Target] = [
        .target(name: "SwiftUI", path: "Linux/SwiftUI"),
        .executableTarget(
            name: "KapprumApp", dependencies: ["KapprumUI", "KapprumKit", "KapprumCore", "SwiftUI"], path: "App",
            exclude: ["Info.plist", "Kapprum.entitlements", "PrivacyInfo.xcprivacy"]),
        .executableTarget(name: "KapprumBench", dependencies: ["KapprumKit", "KapprumCore"], path: "Bench"),
        .testTarget(name: "KapprumUITests", dependencies: ["Samples", "KapprumUI", "KapprumKit", "KapprumCore", "SwiftUI"]),
    ]
#else
    let core: Target = .binaryTarget(name: "KapprumCoreFFI", path: "Generated/Kapprum.xcframework")
    let standIn: [Target.Dependency] = []
    let linux: [Target] = []
#endif

let package = Package(
    name: "Kapprum",
    defaultLocalization: "sv",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "KapprumUI", targets: ["KapprumUI", "KapprumKit", "KapprumCore"])],
    targets: [
        core,
        .target(name: "KapprumCore", dependencies: ["KapprumCoreFFI"], path: "Generated/KapprumCore"),
        .target(name: "KapprumDesign", dependencies: standIn, path: "Generated/Design"),
        .target(name: "KapprumKit", dependencies: ["KapprumCore"]),
        .target(name: "KapprumUI", dependencies: ["KapprumKit", "KapprumCore", "KapprumDesign"] + standIn),
        .target(name: "Samples", dependencies: ["KapprumCore"], path: "Tests/Samples"),
        .testTarget(name: "KapprumKitTests", dependencies: ["Samples", "KapprumKit", "KapprumCore"]),
    ] + linux,
    swiftLanguageModes: [.v6]
)
