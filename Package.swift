// swift-tools-version: 6.1
import PackageDescription

// `Lang`, `NN` and `Store` do not know each other; only `Shell` knows all three.
// docs/ARCHITECTURE.md walks one command through them.
let package = Package(
  name: "ward",
  products: [
    .executable(name: "ward", targets: ["Shell"]),
    // What Benchmarks/ measures and Fuzz/ tries.
    .library(name: "NN", targets: ["NN"]),
    .library(name: "Lang", targets: ["Lang"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPng", providers: [.apt(["libpng-dev"])]),
    // The inner loops. -O3 in every configuration: a debug build of them is too slow to test with.
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),

    // Optimised for tests too: those that type every example letter by letter read a hundred thousand texts.
    .target(name: "Lang", swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    .target(name: "NN", dependencies: ["CKernels", "CZlib", "CCrypto"]),
    .target(
      name: "Store",
      dependencies: [
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    .executableTarget(
      name: "Shell",
      dependencies: [
        "Lang", "NN", "Store", "CReadline", "CPng",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // With Swift's libraries inside, the prompt is there 11 ms sooner, and runs where there is no Swift.
      swiftSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
      linkerSettings: [.unsafeFlags(["-static-stdlib", "-use-ld=lld"], .when(configuration: .release))]),

    .testTarget(name: "LangTests", dependencies: ["Lang"]),
    .testTarget(name: "NNTests", dependencies: ["NN"]),
    .testTarget(name: "StoreTests", dependencies: ["Store"]),
    .testTarget(name: "ShellTests", dependencies: ["Shell"]),
  ],
  cLanguageStandard: .c17
)
