import CKernels
import Foundation
import Testing

@testable import NN

/// Bounds hold, and are as tight as they should be.
@Suite struct BoundTests {
  /// Networks in which every layer that has bounds occurs.
  static let networks: [(name: String, shape: ImageShape, build: @Sendable (inout Network) throws -> Void)] = [
    (
      "relu, pooling, padding", ImageShape(channels: 1, height: 8, width: 8),
      { n in
        try n.add("conv1", Convolution(4, kernel: 3, padding: 1))
        try n.add("", Activation(.relu))
        try n.add("", MaxPool(2))
        try n.add("conv2", Convolution(6, kernel: 3, stride: 2, padding: 1))
        try n.add("", Activation(.leakyReLU(slope: 0.1)))
        try n.add("", Flatten())
        try n.add("dense1", Dense(8))
        try n.add("", Activation(.relu))
        try n.add("dense2", Dense())
      }
    ),
    (
      "pooling before relu, windows that overlap", ImageShape(channels: 1, height: 8, width: 8),
      { n in
        try n.add("conv1", Convolution(3, kernel: 5, padding: 2))
        try n.add("", MaxPool(3, stride: 2, padding: 1))
        try n.add("", Activation(.relu))
        try n.add("conv2", Convolution(4, kernel: 3))
        try n.add("", Activation(.relu))
        try n.add("", AveragePool(2))
        try n.add("", Flatten())
        try n.add("dense1", Dense())
      }
    ),
    (
      "residual sum, batch normalisation, concatenation", ImageShape(channels: 2, height: 6, width: 6),
      { n in
        let a = try n.add("conv1", Convolution(4, kernel: 3, padding: 1, bias: false))
        let b = try n.add("norm1", BatchNorm())
        let c = try n.add("", Activation(.relu))
        try n.add("conv2", Convolution(4, kernel: 3, padding: 1))
        let d = try n.add("norm2", BatchNorm())
        let e = try n.add("", Add(), after: [d, c])
        let f = try n.add("", Activation(.relu), after: [e])
        let g = try n.add("", Concatenation(), after: [f, b])
        _ = a
        try n.add("", GlobalAveragePool(), after: [g])
        try n.add("", Flatten())
        try n.add("dense1", Dense())
      }
    ),
    (
      "curved functions", ImageShape(channels: 1, height: 4, width: 4),
      { n in
        try n.add("", Flatten())
        for (i, function) in [
          Activation.Function.tanh, .sigmoid, .gelu, .geluTanh, .silu, .softplus, .elu(alpha: 0.7), .hardSwish,
          .hardSigmoid(slope: 0.3, shift: 0.4), .hardSigmoid(slope: -0.3, shift: 0.4), .clip(low: -0.2, high: 0.6),
          .leakyReLU(slope: -0.3), .elu(alpha: -0.5), .elu(alpha: 2),
        ].enumerated() {
          try n.add("dense\(i)", Dense(7))
          try n.add("", Activation(function))
        }
        try n.add("last", Dense())
      }
    ),
    (
      "padding with a value, slices, scales, rearranging", ImageShape(channels: 2, height: 6, width: 6),
      { n in
        var pad = Pad()
        (pad.rows, pad.columns, pad.value) = ([1, 2], [0, 1], -0.7)
        try n.add("", pad)
        try n.add("scale1", Scale())
        try n.add("conv1", Convolution(3, kernel: 3, stride: 2))
        try n.add("", Activation(.relu))
        var slice = Slice()
        slice.rows = [0, 3, 2]
        try n.add("", slice)
        var permute = Permute()
        permute.order = [1, 2, 0]
        try n.add("", permute)
        try n.add("", Dropout(0.5))
        var mean = ReduceMean()
        mean.rows = true
        try n.add("", mean)
        try n.add("", Flatten())
        try n.add("dense1", Dense(6))
        try n.add("", Activation(.relu))
        try n.add("dense2", Dense())
      }
    ),
  ]

  /// A network with weights large enough to bend, negative scales, and averages that are not those of the start.
  static func model(_ number: Int, seed: Int) throws -> Model {
    let (_, shape, build) = networks[number]
    var network = Network(input: shape, classes: 4)
    try build(&network)
    let norm = Normalisation(
      mean: (0..<shape.channels).map { 0.2 + 0.1 * Float($0) }, std: (0..<shape.channels).map { 0.5 + 0.2 * Float($0) })
    var model = try Model(network, label: Spec("test"), normalisation: norm, seed: seed)
    for place in model.layout {
      var tensor = model[place.name]!
      var random = Random(seed: seed, stream: 5, place.offset)
      let isVariance = place.name.hasSuffix("running_var")
      for i in tensor.values.indices {
        tensor.values[i] = isVariance ? random.uniform(0.3, 2) : tensor.values[i] * 1.5 + 0.3 * random.uniform(-1, 1)
        if place.name.hasSuffix("norm1.weight") { tensor.values[i] -= 1.5 }
      }
      model[place.name] = tensor
    }
    return model
  }

  static func images(_ model: Model, _ count: Int, seed: Int) -> Tensor {
    var random = Random(seed: seed, stream: 17)
    let shape = model.input
    return Tensor(
      shape: [count, shape.channels, shape.height, shape.width],
      values: (0..<count * shape.count).map { _ in random.uniform() })
  }

  /// All bounds of the margins: of boxes, of each rule, with those of three steps of ascent.
  static func allBounds(_ plan: BoundPlan, _ images: Tensor, _ labels: [Int], epsilon: Float) throws -> [(
    String, [BoundWorkspace.Bound]
  )] {
    let workspace = BoundWorkspace(plan)
    workspace.setBox(images, epsilon: epsilon)
    try workspace.spread()
    workspace.setLines(nil)
    var all = [("boxes", try workspace.margins(labels: labels))]
    try workspace.spread(refining: SlopeRule.allCases)
    for rule in SlopeRule.allCases {
      workspace.setLines(rule)
      all.append(("\(rule)", try workspace.margins(labels: labels)))
    }
    for shift in 1..<plan.model.classes {
      workspace.setLines(.adaptive)
      try workspace.ascend(labels: labels, shift: shift, steps: 3, open: Array(labels.indices)) { bound in
        var found = all[1].1
        found[shift - 1] = bound
        all.append(("ascent", found))
      }
    }
    return all
  }

  /// Half of the points are corners, where a network that is nearly linear is at its worst.
  @Test(arguments: networks.indices, [Float(0.01), 0.08]) func noPointOfTheBoxFallsBelowABound(
    number: Int, epsilon: Float
  ) throws {
    let model = try Self.model(number, seed: 3 + number)
    let plan = try BoundPlan(model)
    let images = Self.images(model, 16, seed: number)
    let workspace = Workspace(model)
    let labels = workspace.logits(images).answers
    // The best bound of each margin, less what rounding may have added to it: no point may fall below.
    var best = [Double](repeating: -.infinity, count: 16 * 3)
    for (_, bounds) in try Self.allBounds(plan, images, labels, epsilon: epsilon) {
      for (i, bound) in bounds.enumerated() {
        for lane in 0..<16 { best[lane * 3 + i] = max(best[lane * 3 + i], bound.low(lane) - bound.slack(lane)) }
      }
    }
    var random = Random(seed: number, stream: 23)
    var least = [Double](repeating: .infinity, count: 16 * 3)
    for round in 0..<6250 {
      var moved = images
      for i in moved.values.indices {
        let x = images.values[i]
        let (low, high) = (max(x - epsilon, 0), min(x + epsilon, 1))
        let share = random.uniform()
        moved.values[i] = round % 2 == 0 ? (share < 0.5 ? low : high) : low + share * (high - low)
      }
      let logits = workspace.logits(moved).values
      for (lane, label) in labels.enumerated() {
        for i in 0..<3 {
          let margin = Double(logits[lane * 4 + label] - logits[lane * 4 + (label + i + 1) % 4])
          if margin < least[lane * 3 + i] { least[lane * 3 + i] = margin }
        }
      }
    }
    for (margin, bound) in zip(least, best) { #expect(margin >= bound, "\(Self.networks[number].name)") }
    // And the bounds say something: without a box to speak of they are the margins.
    if epsilon < 0.02 { #expect(zip(least, best).contains { $0 - $1 < 0.5 }) }
  }

  @Test(arguments: networks.indices) func withoutARadiusBoundsAreTheMarginsThemselves(number: Int) throws {
    let model = try Self.model(number, seed: 11)
    let images = Self.images(model, 7, seed: 2)
    let logits = Workspace(model).logits(images)
    let labels = (0..<7).map { $0 % 4 }
    let workspace = BoundWorkspace(try BoundPlan(model))
    workspace.setBox(images, epsilon: 0)
    try workspace.spread()
    workspace.setLines(nil)
    for (i, bound) in try workspace.margins(labels: labels).enumerated() {
      for (lane, label) in labels.enumerated() {
        let margin = logits.values[lane * 4 + label] - logits.values[lane * 4 + (label + i + 1) % 4]
        #expect(bound.reach[lane] == 0)
        #expect(abs(Double(margin) - bound.low(lane)) <= 1e-5 * (1 + Double(abs(margin))))
      }
    }
  }

  @Test func aLinearNetworkIsBoundExactly() throws {
    var network = Network(input: ImageShape(channels: 1, height: 3, width: 3), classes: 3)
    try network.add("", Flatten())
    try network.add("dense", Dense())
    let model = try Model(network, label: Spec("test"), seed: 4)
    let images = Self.images(model, 5, seed: 6)
    let labels = [0, 1, 2, 0, 1]
    let workspace = BoundWorkspace(try BoundPlan(model))
    let epsilon: Float = 0.1
    workspace.setBox(images, epsilon: epsilon)
    try workspace.spread()
    workspace.setLines(nil)
    let weight = model["dense.weight"]!.values, bias = model["dense.bias"]!.values
    for (i, bound) in try workspace.margins(labels: labels).enumerated() {
      for (lane, label) in labels.enumerated() {
        let other = (label + i + 1) % 3
        var least = Double(bias[label] - bias[other])
        for p in 0..<9 {
          let w = weight[label * 9 + p] - weight[other * 9 + p]
          let x = images.values[lane * 9 + p]
          least += Double(w * (w >= 0 ? max(x - epsilon, 0) : min(x + epsilon, 1)))
        }
        #expect(abs(bound.low(lane) - least) < 1e-6)
      }
    }
  }

  /// The relaxed network at the corner that its rows choose: what is left of a bound is attained there.
  @Test(arguments: [0, 1, 4]) func theRelaxedNetworkAttainsTheBound(number: Int) throws {
    let model = try Self.model(number, seed: 8)
    let workspace = BoundWorkspace(try BoundPlan(model))
    let labels = (0..<16).map { $0 % 4 }
    workspace.setBox(Self.images(model, 16, seed: 9), epsilon: 0.05)
    try workspace.spread(refining: [.adaptive])
    workspace.setLines(.adaptive)
    var slopes = AscendingSlopes(workspace)
    workspace.clearRows()
    for shift in 1..<4 {
      let bound = workspace.margin(labels: labels, shift: shift) { slopes.keep($0, workspace) }
      let logits = workspace.forwardRelaxed(slopes)
      for (lane, label) in labels.enumerated() {
        let margin = Double(logits[lane][label] - logits[lane][(label + shift) % 4])
        #expect(abs(margin - bound.low(lane)) <= 2e-5 * (1 + abs(margin)))
      }
    }
  }

  @Test func linesHoldTheFunctionBetweenThem() {
    let functions: [Activation.Function] = [
      .tanh, .sigmoid, .gelu, .geluTanh, .silu, .softplus, .elu(alpha: 1), .elu(alpha: 0.3), .elu(alpha: 3), .hardSwish,
      .hardSigmoid(slope: 0.2, shift: 0.5), .hardSigmoid(slope: -1, shift: 0.1), .clip(low: 0, high: 6),
      .clip(low: -1, high: 0.5), .clip(low: -.infinity, high: 1), .elu(alpha: -1),
    ]
    var random = Random(seed: 1, stream: 2)
    for function in functions {
      for _ in 0..<400 {
        let scale = Double(random.uniform(0.1, 6))
        let ends = [Double(random.uniform(-1, 1)) * scale, Double(random.uniform(-1, 1)) * scale]
        let (l, u) = (ends.min()!, ends.max()!)
        let points = (0...64).map { l + (u - l) * Double($0) / 64 }
        let values = points.map(function.value)
        let lines = function.lines(l, u, image: (values.min()! - 1e-3, values.max()! + 1e-3))
        for (z, value) in zip(points, values) {
          #expect(lines.lower * z + lines.lowerShift <= value + 1e-9, "\(function) below at \(z) of [\(l), \(u)]")
          #expect(lines.upper * z + lines.upperShift >= value - 1e-9, "\(function) above at \(z) of [\(l), \(u)]")
        }
      }
    }
  }

  /// By hand: in [-1, 3] and [0, 2] the larger is below the chord in the first coordinate, 2 + (x + 1)/4.
  @Test func aMaximumHasAChordInTheCoordinateThatReachesHighest() throws {
    var network = Network(input: ImageShape(channels: 1, height: 1, width: 2), classes: 2)
    var scale = Scale()
    scale.each = .value
    try network.add("scale", scale)
    var pool = MaxPool(1)
    pool.kernel = (1, 2)
    try network.add("", pool)
    try network.add("", Flatten())
    try network.add("dense", Dense())
    var model = try Model(network, label: Spec("test"))
    model["scale.weight"] = Tensor(shape: [1, 1, 2], values: [4, 2])
    model["scale.bias"] = Tensor(shape: [1, 1, 2], values: [-1, 0])
    model["dense.weight"] = Tensor(shape: [2, 1], values: [0, 1])
    model["dense.bias"] = Tensor(shape: [2], values: [4, 0])
    let workspace = BoundWorkspace(try BoundPlan(model))
    workspace.setBox(Tensor(shape: [1, 1, 1, 2], values: [0.5, 0.5]), epsilon: 0.5)
    try workspace.spread(refining: [.adaptive])
    workspace.setLines(.adaptive)
    // 4 - max is at least 4 - (2 + (3 + 1)/4) = 1; and max - 4 at least x₂ - 4, which is -4 at 0.
    #expect(abs(try workspace.margins(labels: [0])[0].low(0) - 1) < 1e-6)
    #expect(abs(try workspace.margins(labels: [1])[0].low(0) + 4) < 1e-6)
  }

  @Test(arguments: networks.indices) func anImagesBoundsDoNotDependOnItsNeighbours(number: Int) throws {
    let model = try Self.model(number, seed: 21)
    let plan = try BoundPlan(model)
    let images = Self.images(model, 16, seed: 5)
    let labels = (0..<16).map { $0 % 4 }
    let together = try Self.allBounds(plan, images, labels, epsilon: 0.03)
    let alone = try Self.allBounds(plan, images.rows([9]), [labels[9]], epsilon: 0.03)
    for (a, b) in zip(together, alone) {
      for (x, y) in zip(a.1, b.1) {
        #expect(x.centre[9].bitPattern == y.centre[0].bitPattern && x.reach[9].bitPattern == y.reach[0].bitPattern)
      }
    }
  }

  @Test func aLayerWithoutBoundsIsNamed() throws {
    var network = Network(input: ImageShape(channels: 2, height: 2, width: 2), classes: 2)
    try network.add("", Flatten())
    try network.add("norm", LayerNorm())
    try network.add("dense", Dense())
    let model = try Model(network, label: Spec("test"))
    #expect(throws: CertificateError.noBounds(layer: "`layernorm` (norm)")) { _ = try BoundPlan(model) }
  }

  /// Every layer but the products and the normalisations over one image has bounds.
  @Test func layersHaveBoundsButForThoseThatMultiplyValues() throws {
    let without = try Layers.all.filter { try $0.make().bounding == nil }.map(\.name)
    #expect(without == ["groupnorm", "layernorm", "multiply"])
  }
}
