// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building Ward does not build its benchmarks.
let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "ward", path: "..")],
  targets: [.executableTarget(name: "Bench", dependencies: [.product(name: "NN", package: "ward")])]
)
