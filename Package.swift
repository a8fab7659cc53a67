// swift-tools-version: 6.1
import PackageDescription

// `Lang`, `NN` and `Store` do not know each other; only `Shell` knows all three.
// docs/ARCHITECTURE.md walks one command through them.

/// Tests look inside the modules of the program as it is shipped: there is no second build of everything to test.
let testable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"], .when(configuration: .release))]
/// The language's code is many small functions of the same shape: merged into one, each would be reached by a jump more.
let unmerged: [SwiftSetting] = [
  .unsafeFlags(["-Xllvm", "-swiftmergefunc-threshold=0"], .when(configuration: .release))
]
/// Tests themselves need no optimising.
let test: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let package = Package(
  name: "ward",
  products: [
    .executable(name: "ward", targets: ["ward"]),
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
    // JPEG by libjpeg (libjpeg-dev), whose jumps on mistakes become results with a message.
    .target(name: "CDecode", linkerSettings: [.linkedLibrary("jpeg")]),
    // The inner loops. -O3 in every configuration: a debug build of them is too slow to test with.
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),

    // What a mistake of the program's own says as it ends the program.
    .target(name: "Contract"),
    .target(name: "Lang", dependencies: ["Contract"], swiftSettings: testable + unmerged),
    .target(
      name: "NN", dependencies: ["Contract", "CKernels", "CZlib", "CCrypto", "CPng", "CDecode"],
      swiftSettings: testable),
    .target(
      name: "Store",
      dependencies: [
        "CCrypto", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: testable),
    .target(
      name: "Shell",
      dependencies: [
        "Contract", "Lang", "NN", "Store", "CReadline", "CPng", "CCrypto",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: testable),
    .executableTarget(
      name: "ward", dependencies: ["Shell"],
      // With Swift's libraries inside, the prompt is there 11 ms sooner, and runs where there is no Swift.
      swiftSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
      linkerSettings: [.unsafeFlags(["-static-stdlib", "-use-ld=lld"], .when(configuration: .release))]),

    .testTarget(name: "LangTests", dependencies: ["Contract", "Lang"], swiftSettings: test),
    .testTarget(name: "NNTests", dependencies: ["NN"], swiftSettings: test),
    .testTarget(name: "StoreTests", dependencies: ["Store"], swiftSettings: test),
    .testTarget(name: "ShellTests", dependencies: ["Shell"], swiftSettings: test),
  ],
  cLanguageStandard: .c17
)
