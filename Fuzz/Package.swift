// swift-tools-version: 6.1
import PackageDescription

// A package of its own, since libFuzzer needs every part of the program built for it. `Fuzz/run` builds and starts it.
let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "ward", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzLang", dependencies: [.product(name: "Lang", package: "ward")],
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    .executableTarget(
      name: "FuzzReaders",
      dependencies: [.product(name: "NN", package: "ward"), .product(name: "Lang", package: "ward")],
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
  ]
)
