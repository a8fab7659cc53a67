import Testing

@testable import NN

/// Gradients take turns in memory, and nobody notices.
@Suite struct GradientPoolTests {
  /// Layers whose way back does not come to all pixels, or copies.
  private static let few: [[any Layer]] = [
    [Convolution(3, kernel: 3, padding: 1), Convolution(3, kernel: 1, stride: 2), Activation(.relu)],
    [Convolution(3, kernel: 3, padding: 1), Convolution(3, kernel: 2, stride: 3), Convolution(3, kernel: 1)],
    [Convolution(4, kernel: 3, padding: 1), Activation(.relu), MaxPool(2, stride: 3), Flatten(), Dense(3)],
    [Convolution(4, kernel: 3, padding: 1), MaxPool(2), Convolution(4, kernel: 1), Activation(.relu)],
    [Convolution(4, kernel: 3, padding: 1), AveragePool(2, stride: 3), Activation(.tanh), Flatten(), Dense(3)],
    [Convolution(4, kernel: 3, padding: 1), Flatten(), Dense(5), Activation(.relu), Dense(5), Dropout(0.3), Dense(3)],
  ]

  private static func networks() throws -> [(name: String, network: Network)] {
    var all: [(String, Network)] = []
    for entry in Architectures.all {
      let shape = ImageShape(channels: 3, height: 16, width: 16)
      let made = try Architectures.sample(entry.name, ArchitectureTrainingTests.small[entry.name] ?? [:])
      all.append((entry.name, try made.network(for: shape, classes: 4)))
    }
    let others = ImportedLayerTests.cases.map { ($0.name, $0.layers, $0.shape) }
    for (name, layers, shape) in others + few.map({ ("\($0.map { type(of: $0) })", $0, [2, 8, 7]) }) {
      var network = Network(input: ImageShape(channels: shape[0], height: shape[1], width: shape[2]), classes: 3)
      // A layer before it and one after it, so that its gradients are neither the first nor the last.
      try network.add("before", Scale(each: .value))
      for (number, layer) in layers.enumerated() { try network.add("l\(number)", layer) }
      try network.add("after", Scale(each: .value))
      all.append((name, network))
    }
    return all
  }

  /// Sums of branches, in which both get one gradient.
  private static func sums() throws -> [(name: String, network: Network)] {
    let shape = ImageShape(channels: 2, height: 1, width: 1)
    var dense = Network(input: shape, classes: 6)
    let first = try dense.add("a", Dense(6))
    // It masks its gradient, which the other branch needs as it is.
    try dense.add("b", Dense(6))
    let second = try dense.add("", Activation(.relu))
    try dense.add("", Add(), after: [first, second])
    try dense.add("c", Dense(6))
    var twice = Network(input: shape, classes: 6)
    let own = try twice.add("a", Dense(6))
    let doubled = try twice.add("", Add(), after: [own, own])
    let other = try twice.add("b", Dense(6))
    try twice.add("", Add(), after: [doubled, other])
    // Nobody reads a sum and a view.
    var unread = Network(input: shape, classes: 6)
    let start = try unread.add("a", Dense(6))
    let long = try unread.add("b", Dense(6))
    try unread.add("", Add(), after: [start, start])
    try unread.add("", Flatten(), after: [start])
    try unread.add("c", Dense(6), after: [long])
    return [("a branch with a ReLU", dense), ("a sum with itself", twice), ("some are not read", unread)]
  }

  private static func random(_ shape: [Int], seed: Int) -> Tensor {
    var random = Random(seed: seed, stream: 8)
    return Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in random.uniform(-1, 1) })
  }

  @Test func whatWasThereBeforeChangesNoBit() throws {
    for (name, network) in try Self.networks() + Self.sums() {
      let (input, output) = (network.input, network.shape(of: network.last))
      let x = Self.random([20, input.channels, input.height, input.width], seed: 1)
      let gy = Self.random([20, output.channels, output.height, output.width], seed: 2)
      let parameters = Plan(network, training: true).parameters.enumerated().map { number, parameter in
        var values = Self.random(parameter.shape, seed: 10 + number)
        if parameter.name.hasSuffix("running_var") {
          values = Tensor(shape: values.shape, values: values.values.map { 1 + $0 * $0 })
        }
        return values
      }
      for (training, answersOnly) in [(false, false), (true, false), (false, true)] {
        func run(sharing: Bool, stale: Float?) -> LayerRun {
          LayerRun(
            network, x: x, parameters: parameters, gy: gy, training: training, keys: (0..<20).map { UInt64($0) },
            answersOnly: answersOnly, sharesGradients: sharing, stale: stale)
        }
        let (plain, shared) = (run(sharing: false, stale: nil), run(sharing: true, stale: .nan))
        let how = "\(name), training: \(training), answers only: \(answersOnly)"
        #expect(!plain.gx.values.contains { !$0.isFinite }, "\(how)")
        #expect(shared.gx.values == plain.gx.values, "\(how)")
        #expect(shared.parameterGradients.map(\.values) == plain.parameterGradients.map(\.values), "\(how)")
      }
    }
  }

  @Test func deepNetworksNeedLessMemory() throws {
    let network = try Architectures.sample("resnet20").network(
      for: ImageShape(channels: 3, height: 32, width: 32), classes: 10)
    for training in [true, false] {
      let shared = Plan(network, training: training).arena.count
      let apart = Plan(network, training: training, sharesGradients: false).arena.count
      #expect(Double(shared) < 0.7 * Double(apart), "\(shared) of \(apart) floats")
    }
  }
}
