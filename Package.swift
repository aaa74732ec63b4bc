// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
]

// The targets stand in the order of the floors of the house: cellar, ground, second, third, roof.
// A target depends only on targets above it in this list.
let package = Package(
  name: "stoker",
  products: [
    .executable(name: "stoker", targets: ["StokerCommand"]),
    .executable(name: "fog-service", targets: ["FogService"]),
    // Stoker's signatures name types of the core and addresses, so the product has these modules too.
    .library(name: "Stoker", targets: ["Stoker", "Orchestration", "Addresses"]),
    .library(name: "Exposition", targets: ["Exposition"]),
    .library(name: "ExpositionSwiftMetrics", targets: ["ExpositionSwiftMetrics"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    // Cellar: C and system libraries.
    .target(name: "CLinux", cSettings: [.treatAllWarnings(as: .error)]),
    .target(name: "COpen", cSettings: [.treatAllWarnings(as: .error)]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // Ground floor: the pure core, addresses, Linux in Swift's words, and the exposition.
    .target(name: "Orchestration", swiftSettings: strict),
    .target(name: "Addresses", swiftSettings: strict),
    .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Exposition", dependencies: ["CZlib"], swiftSettings: strict),

    // Beside the house: swift-metrics on the exposition, for those who want it.
    .target(
      name: "ExpositionSwiftMetrics", dependencies: ["Exposition", .product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: strict),

    // Second floor: one room for each side of the world.
    .target(name: "ServiceFile", dependencies: ["Orchestration", "Addresses", "Linux", "CYAML"], swiftSettings: strict),
    .target(
      name: "Processes", dependencies: ["Orchestration", "Linux", "CLinux", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(name: "ServiceLogs", dependencies: ["Linux", "CLinux", "CZlib"], swiftSettings: strict),
    .target(name: "Journal", dependencies: ["Orchestration", "Linux", "CSQLite"], swiftSettings: strict),
    .target(name: "Probes", dependencies: ["Orchestration", "Addresses", "Linux", "CLinux"] + nio, swiftSettings: strict),
    .target(name: "HTTPServer", dependencies: ["Addresses", "Linux", "CLinux", "CZlib"] + nio, swiftSettings: strict),

    // The build's own tool: files of text become code.
    .executableTarget(name: "embed-files", path: "Sources/EmbedFiles", swiftSettings: strict),
    .plugin(name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"]),

    // The HTTP interface as OpenAPI describes it.
    .target(name: "APIDescription", exclude: ["Files"], swiftSettings: strict, plugins: ["EmbedFiles"]),

    // What browsers show of a Stoker.
    .target(name: "StatusPage", exclude: ["Files"], swiftSettings: strict, plugins: ["EmbedFiles"]),

    // Third floor: where the rooms meet.
    .target(
      name: "Stoker",
      dependencies: [
        "Orchestration", "Exposition", "ServiceFile", "Processes", "ServiceLogs", "Probes", "Journal", "HTTPServer", "APIDescription",
        "StatusPage", "Addresses", "Linux", "CLinux",
        .product(name: "Logging", package: "swift-log"),
      ] + nio,
      swiftSettings: strict),

    // Files of other tools become service files.
    .target(name: "Importing", dependencies: ["ServiceFile"], swiftSettings: strict),

    // What comes with the program: rules, dashboards, example configurations.
    .target(name: "Shipped", exclude: ["Files"], swiftSettings: strict, plugins: ["EmbedFiles"]),

    // Roof: the executables.
    .executableTarget(
      name: "StokerCommand",
      dependencies: [
        "Stoker", "Orchestration", "Addresses", "ServiceFile", "Importing", "Processes", "ServiceLogs", "HTTPServer", "Shipped", "Linux",
        "COpen",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(name: "FogService", dependencies: ["HTTPServer", "Addresses", "Exposition"] + nio, swiftSettings: strict),
    .executableTarget(
      name: "ExpositionBench",
      dependencies: ["Exposition", "Addresses", "HTTPServer", .product(name: "NIOHTTP1", package: "swift-nio")],
      path: "Benchmarks/Exposition",
      swiftSettings: strict),
    .executableTarget(
      name: "AllocationBench", dependencies: ["Orchestration", "Exposition", "Processes"], path: "Benchmarks/Allocations",
      swiftSettings: strict),

    // Tests. The simulator is a target of its own: the tests and `make simulate` drive the same one.
    .target(name: "Simulator", dependencies: ["Orchestration"], path: "Tests/Simulator", swiftSettings: strict),
    .executableTarget(name: "Simulate", dependencies: ["Simulator"], path: "Tests/Simulate", swiftSettings: strict),
    .testTarget(name: "OrchestrationTests", dependencies: ["Orchestration", "Simulator"], swiftSettings: strict),
    .testTarget(name: "AddressesTests", dependencies: ["Addresses"], swiftSettings: strict),
    .testTarget(name: "ExpositionTests", dependencies: ["Exposition"], swiftSettings: strict),
    .testTarget(
      name: "ExpositionSwiftMetricsTests",
      dependencies: ["ExpositionSwiftMetrics", "Exposition", .product(name: "CoreMetrics", package: "swift-metrics")], swiftSettings: strict
    ),
    .testTarget(name: "ServiceFileTests", dependencies: ["ServiceFile", "Addresses"], swiftSettings: strict),
    .testTarget(name: "ImportingTests", dependencies: ["Importing", "ServiceFile", "Orchestration"], swiftSettings: strict),
    .target(name: "TestSupport", dependencies: ["Linux"], path: "Tests/Support", swiftSettings: strict),
    .testTarget(
      name: "ProcessesTests", dependencies: ["Processes", "ServiceLogs", "Linux", "CLinux", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "LinuxTests", dependencies: ["Linux", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ServiceLogsTests", dependencies: ["ServiceLogs", "Linux", "CLinux", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "JournalTests", dependencies: ["Journal", "Linux"], swiftSettings: strict),
    .testTarget(name: "ProbesTests", dependencies: ["Probes", "Addresses"], swiftSettings: strict),
    .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "Addresses", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "StokerCommandTests",
      dependencies: [
        "StokerCommand", "Stoker", "Orchestration", "HTTPServer", "Processes", "Simulator", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "StokerTests",
      dependencies: [
        "Stoker", "Orchestration", "Addresses", "HTTPServer", "Exposition", "Processes", "Journal",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
  ]
)
