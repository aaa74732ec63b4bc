// swift-tools-version: 6.2
// Builds examples/embedded as a program outside would: with the products of Stoker's package and nothing else of it.

import PackageDescription

let package = Package(
  name: "consumer",
  dependencies: [
    .package(name: "stoker", path: "../.."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "EmbeddedExample",
      dependencies: [
        .product(name: "Stoker", package: "stoker"),
        .product(name: "ExpositionSwiftMetrics", package: "stoker"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")])
  ]
)
