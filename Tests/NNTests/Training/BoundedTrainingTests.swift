import Foundation
import Testing

@testable import NN

@Suite struct BoundedTrainingTests {
  private static func model(_ build: (inout Network) throws -> Void, seed: Int = 3) throws -> Model {
    var network = Network(input: ImageShape(channels: 1, height: 12, width: 12), classes: 4)
    try build(&network)
    return try Model(
      network, label: Spec("test"), normalisation: Normalisation(mean: [0.3], std: [0.4]), seed: seed)
  }

  private static let builds: [(name: String, build: @Sendable (inout Network) throws -> Void)] = [
    (
      "convolutions, a maximum, tanh",
      { n in
        try n.add("conv1", Convolution(3, kernel: 3, stride: 2, padding: 1))
        try n.add("", Activation(.tanh))
        try n.add("", MaxPool(2))
        try n.add("conv2", Convolution(5, kernel: 3, padding: 1))
        // Its averages stand still: otherwise the difference of two losses has their movement in it.
        try n.add("norm", BatchNorm(momentum: 0))
        try n.add("", Activation(.sigmoid))
        try n.add("", AveragePool(3))
        try n.add("", Flatten())
        try n.add("dense1", Dense())
      }
    ),
    (
      "a residual sum and ReLUs",
      { n in
        let a = try n.add("conv1", Convolution(16, kernel: 3, padding: 1))
        let b = try n.add("", Activation(.relu))
        let c = try n.add("conv2", Convolution(16, kernel: 3, padding: 1))
        _ = a
        try n.add("", Add(), after: [b, c])
        try n.add("", Activation(.leakyReLU(slope: 0.1)))
        try n.add("", GlobalAveragePool())
        try n.add("", Flatten())
        try n.add("dense1", Dense(6))
        try n.add("", Activation(.relu))
        try n.add("dense2", Dense())
      }
    ),
    (
      // Also with a row and a column that no window reaches.
      "ReLUs beside maxima",
      { n in
        try n.add("conv1", Convolution(4, kernel: 4))
        try n.add("", Activation(.relu))
        try n.add("", MaxPool(2))
        try n.add("conv2", Convolution(6, kernel: 3, padding: 1))
        try n.add("", MaxPool(2))
        try n.add("", Activation(.relu))
        try n.add("", Flatten())
        try n.add("dense1", Dense())
      }
    ),
    (
      // What one kernel has, and the second convolution, which has to send its gradient on, by itself.
      "5×5 convolutions, ReLUs and maxima",
      { n in
        try n.add("conv1", Convolution(5, kernel: 5, padding: 1))
        try n.add("", Activation(.relu))
        try n.add("", MaxPool(2))
        try n.add("conv2", Convolution(3, kernel: 5, padding: 2))
        try n.add("", MaxPool(2))
        try n.add("", Activation(.relu))
        try n.add("", Flatten())
        try n.add("dense1", Dense())
      }
    ),
  ]

  private static func gradient(
    _ model: Model, _ values: [Float], _ objective: TrainingObjective, _ images: Images, threads: Int = 1
  ) throws -> (loss: Double, gradient: [Float]) {
    let step = ShardedStep(
      model, weights: FloatStorage(values), batch: images.count, engine: Engine(threads: threads))
    let job = ShardedStep.Job(
      images: images, rows: Array(0..<images.count), labels: images.labels, indices: images.indices.indices.map { $0 },
      objective: objective, seed: 0, epoch: 1, progress: 10, stop: .never)
    let sums = try step.gradient(of: job, .clean)
    var gradient = [Float](repeating: 0, count: values.count)
    for shard in 0..<step.shardCount {
      for i in gradient.indices { gradient[i] += step.gradients(of: shard)[i] }
    }
    return (sums.loss, gradient)
  }

  private static func objective(share: Float, lines: Float? = nil, costs: CostMatrix? = nil) -> TrainingObjective {
    var objective = TrainingObjective()
    objective.bounds = BoundObjective(
      epsilon: 0.03, share: share, warmup: 0, ramp: 0, lines: lines, costs: costs, startsSmall: false)
    return objective
  }

  /// With regularizers, halfway up the ramp at ten epochs, which is where `gradient` is.
  private static func regular(_ weight: Float, share: Float) -> TrainingObjective {
    var objective = TrainingObjective()
    objective.bounds = BoundObjective(
      epsilon: 0.06, share: share, warmup: 0, ramp: 20, regularizers: weight, costs: nil, startsSmall: false)
    return objective
  }

  /// Beside the bounds, and so large that next to nothing else counts.
  @Test(arguments: [1, 2, 3], [Float(0.5), 50]) func gradientsOfRegularizersAreThoseOfTheLoss(
    number: Int, weight: Float
  ) throws {
    // Where a unit begins to be on or off, its centre begins to count at once.
    try Self.checkGradients(number, 7, Self.regular(weight, share: 1), of: number == 2 ? 5 : 37, jumps: number == 2)
    let model = try Self.model(Self.builds[number].build)
    let images = try SmallData.squares(37).train
    let plain = try Self.gradient(model, model.values, Self.regular(0, share: 1), images)
    #expect(try Self.gradient(model, model.values, Self.regular(weight, share: 1), images).loss > plain.loss + 0.1)
  }

  /// One layer of four units and one image, by hand: centres 3, 1, -2, -4 with radii 1, 2, 1, 1, in an image's box of radius 0.25.
  /// The second unit is neither on nor off.
  @Test func regularizersOfOneLayerAreThoseByHand() {
    var sums = BoxRegularizer.Sums(count: 4, radius: 5, centre: -2)
    sums.active = .init(count: 1, sum: 3, squares: 9)
    sums.inactive = .init(count: 2, sum: -6, squares: 20)
    let (value, gradient) = BoxRegularizer.terms(of: sums, imageRadius: 0.25, 1)
    // Tightness: 0.25 / 1.25 = 0.2, so (0.5 - 0.2) / 0.5. Sums: 3 / 6 is at the threshold. Distances from -0.5: 12.25, and
    // 2.25 + 12.25 = 14.5, which is above it.
    #expect(abs(value - 0.6) < 1e-12)
    // 0.25 / 1.25² / 0.5 / 4
    #expect(abs(gradient.radius - 0.08) < 1e-6)
    #expect(gradient.active == (0, 0) && gradient.inactive == (0, 0) && gradient.all == 0)
    // With the last unit at -8: sums 3 / 10, distances from -1.5: 20.25 and 0.25 + 42.25.
    sums.centre = -6
    sums.inactive = .init(count: 2, sum: -10, squares: 68)
    let (more, by) = BoxRegularizer.terms(of: sums, imageRadius: 0.25, 1)
    let ratio = 20.25 / 42.5
    #expect(abs(more - (0.6 + 0.4 + (0.5 - ratio) / 0.5)) < 1e-9)
    #expect(abs(by.active.first + 0.2) < 1e-6 && abs(by.inactive.first + 0.06) < 1e-6)
    #expect(
      abs(Double(by.active.second) + 4 / 42.5) < 1e-6 && abs(Double(by.inactive.second) - 4 * ratio / 42.5) < 1e-6)
  }

  /// The bounds alone, alone with costs, and both parts of the loss.
  @Test(arguments: builds.indices, [0, 1, 2]) func gradientsAreThoseOfTheLoss(number: Int, form: Int) throws {
    let costs = CostMatrix.fixture([[0, 5, 1, 0], [1, 0, 2, 1], [0.5, 3, 0, 1], [1, 1, 1, 0]])
    // Training mode would take the batch's own averages in the other part: bounds alone where there are any.
    let share: Float = form == 2 && number > 0 ? 0.4 : 1
    try Self.checkGradients(number, form, Self.objective(share: share, costs: form == 1 ? costs : nil))
  }

  /// The same through lines: alone, among both kinds of bounds, and with costs.
  @Test(arguments: [1, 2], [0, 1, 2]) func gradientsThroughLinesAreThoseOfTheLoss(number: Int, form: Int) throws {
    let costs = CostMatrix.fixture([[0, 5, 1, 0], [1, 0, 2, 1], [0.5, 3, 0, 1], [1, 1, 1, 0]])
    let lines: Float = form == 1 ? 0.4 : 1
    try Self.checkGradients(
      number, form, Self.objective(share: 1, lines: lines, costs: form == 2 ? costs : nil), of: number == 2 ? 5 : 37,
      jumps: number == 2)
  }

  /// - Parameter jumps: whether the loss jumps, as lines of a maximum do where another pixel takes over: then only differences
  ///   that are the same to either side say something.
  private static func checkGradients(
    _ number: Int, _ form: Int, _ objective: TrainingObjective, of count: Int = 37, jumps: Bool = false
  ) throws {
    let model = try model(builds[number].build)
    let images = try SmallData.squares(count).train
    let (loss, gradient) = try gradient(model, model.values, objective, images)
    let scale = (gradient.reduce(0) { $0 + $1 * $1 } / Float(gradient.count)).squareRoot()
    #expect(scale > 1e-3)
    var random = Random(seed: number, stream: form)
    var (worst, tried): (Float, Int) = (0, 0)
    for place in model.layout where place.isTrained {
      for _ in 0..<(jumps ? 20 : 6) {
        let i = place.offset + random.index(below: place.count)
        // The magnitude of a weight has a corner at zero.
        if abs(model.values[i]) < 0.03, !place.name.hasSuffix("bias") { continue }
        // Several lengths: a ReLU that bends in between falsifies one of them.
        let errors = try [Float(2e-2), 5e-3, 2e-3].compactMap { h -> Float? in
          var (up, down) = (model.values, model.values)
          up[i] += h
          down[i] -= h
          let above = try Self.gradient(model, up, objective, images).loss - loss
          let below = try loss - Self.gradient(model, down, objective, images).loss
          let size = scale + abs(gradient[i])
          if jumps, abs(Float(above - below)) > 0.1 * h * size { return nil }
          return abs(Float((above + below) / Double(up[i] - down[i])) - gradient[i]) / size
        }
        guard let best = errors.min() else { continue }
        worst = max(worst, best)
        tried += 1
      }
    }
    #expect(worst < 0.02 && tried > 20, "\(builds[number].name): \(worst) of \(tried)")
  }

  /// The loss falls from that of boxes to that of lines, as lines weigh more.
  @Test(arguments: [1, 2]) func linesAreTighterThanBoxes(number: Int) throws {
    let model = try Self.model(Self.builds[number].build)
    let images = try SmallData.squares(40).train
    func loss(_ lines: Float?) throws -> Double {
      try Self.gradient(model, model.values, Self.objective(share: 1, lines: lines), images).loss
    }
    #expect(try abs(loss(0) - loss(nil)) < 1e-3 * loss(nil))
    #expect(try loss(0.5) < 0.99 * loss(0))
    #expect(try loss(1) < 0.99 * loss(0.5))
  }

  /// What lines bound here is what the certificate by parallel lines over boxes bounds.
  @Test func linesAreThoseOfTheCertificate() throws {
    let model = try Self.model(Self.builds[2].build)
    let images = try SmallData.squares(16).train
    let loss = try Self.gradient(model, model.values, Self.objective(share: 1, lines: 1), images).loss
    let workspace = BoundWorkspace(try BoundPlan(model))
    workspace.setBox(images.tensor(at: Array(0..<16)), epsilon: 0.03)
    try workspace.spread()
    workspace.setLines(.parallel)
    let margins = try workspace.margins(labels: images.labels)
    let expected = (0..<16).reduce(0.0) { sum, lane in
      sum + log(1 + margins.reduce(0.0) { $0 + exp(-$1.low(lane)) })
    }
    #expect(abs(loss - expected) < 1e-3 * expected)
  }

  @Test func costsThatAreAllAlikeChangeNothing() throws {
    let model = try Self.model(Self.builds[1].build)
    let images = try SmallData.squares(20).train
    let plain = try Self.gradient(model, model.values, Self.objective(share: 0.5), images)
    let alike = CostMatrix.fixture((0..<4).map { i in (0..<4).map { $0 == i ? 0 : 7 } })
    let costs = try Self.gradient(model, model.values, Self.objective(share: 0.5, costs: alike), images)
    #expect(plain.gradient == costs.gradient && plain.loss == costs.loss)
  }

  @Test(arguments: [nil, Float(0.5)]) func gradientsDoNotDependOnThreads(lines: Float?) throws {
    let model = try Self.model(Self.builds[1].build)
    let images = try SmallData.squares(100).train
    let objective = Self.objective(share: 0.3, lines: lines)
    let one = try Self.gradient(model, model.values, objective, images, threads: 1)
    let two = try Self.gradient(model, model.values, objective, images, threads: 2)
    #expect(one.loss == two.loss && one.gradient == two.gradient)
  }

  /// By hand: bounds (1, ·, -2) of label 1, costs over their mean of (3, ·, 0.5): log(1 + 3e + 0.5e⁻²).
  @Test func theLossIsTheLogarithmOfWeighedBounds() {
    let found = BoundObjective.loss([1, 99, -2], label: 1, logCosts: [Float(log(3.0)), 0, Float(log(0.5))])
    let (a, b) = (3 * exp(1.0), 0.5 * exp(-2.0))
    #expect(abs(Double(found.value) - log(1 + a + b)) < 1e-6)
    #expect(abs(Double(found.gradient[0]) - a / (1 + a + b)) < 1e-6)
    #expect(found.gradient[1] == 0)
    #expect(abs(Double(found.gradient[2]) - b / (1 + a + b)) < 1e-6)
    // An answer that costs nothing need not be excluded.
    let free = BoundObjective.loss([50, 0, -2], label: 1, logCosts: [-.infinity, 0, 0])
    #expect(free.gradient[0] == 0 && free.value < 0.2)
  }

  @Test func radiusAndShareGrowTogether() throws {
    let objective = BoundObjective(
      epsilon: 0.2, share: 0.5, warmup: 1, ramp: 4, costs: nil, startsSmall: true)
    #expect(objective.now(0.5) == nil)
    let middle = try #require(objective.now(3))
    #expect(middle.epsilon == 0.1 && middle.share == 0.25 && middle.lines == 0)
    #expect(try #require(objective.now(9)).epsilon == 0.2)
  }

  @Test func linesGiveWayToBoxes() throws {
    let objective = BoundObjective(
      epsilon: 0.2, share: 0.5, warmup: 1, ramp: 4, lines: 0.2, costs: nil, startsSmall: true)
    #expect(abs(try #require(objective.now(1.001)).lines - 1) < 1e-3)
    #expect(abs(try #require(objective.now(3)).lines - 0.6) < 1e-6)
    #expect(abs(try #require(objective.now(9)).lines - 0.2) < 1e-6)
  }

  /// √(2π)/25, and /150, of LeNet's convolutions; the last layer stays.
  @Test func theStartIsSmall() throws {
    let model = try Model(LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10, seed: 1)
    let small = model.startingSmall(seed: 1)
    func deviation(_ name: String) throws -> Float {
      let values = try #require(small[name]).values
      return (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
    }
    #expect(abs(try deviation("conv1.weight") - 0.1003) < 0.02)
    #expect(abs(try deviation("conv2.weight") - 0.01671) < 0.001)
    let last = try #require(model.layout.last { $0.shape.count == 2 }).name
    #expect(small[last] == model[last])
    #expect(small["conv1.bias"] == model["conv1.bias"])
  }

  @Test(arguments: [IBPTraining.entry.name, MTLIBP.entry.name, CROWNIBP.entry.name]) func moreIsProvedAfterwards(
    name: String
  ) throws {
    let data = try SmallData.squares(512)
    func certified(_ defenses: [any Defense]) throws -> Int {
      var trainer = Trainer()
      (trainer.epochs, trainer.batch, trainer.clip) = (6, 32, 10)
      let fresh = try Model(CNN(), input: data.shape, classes: 4, seed: 1)
      trainer.objective = try Defenses.combined(defenses, for: fresh, costs: nil)
      let state = try trainer.train(trainer.objective.start(fresh, seed: 1), on: data.train, engine: Engine(threads: 1))
      let run = CertifyRun(IntervalBounds(), within: ThreatModel(.linf, epsilon: 0.1))
      return try run.run(state.model, on: data.test, engine: Engine(threads: 1)).certification.certified.hits
    }
    let defense = try Defenses.family.make(Spec(name, ["warmup": .number(1), "ramp": .number(3)]))
    #expect(try certified([StandardTraining()]) < 10)
    #expect(try certified([defense]) > 40)
  }

  @Test func whatDoesNotGoTogetherIsRefused() throws {
    let shape = ImageShape(channels: 1, height: 12, width: 12)
    let model = try Model(CNN(), input: shape, classes: 4)
    #expect(throws: DefenseError.twoBounds("ibp_training", "mtl_ibp")) {
      _ = try Defenses.combined([IBPTraining(), MTLIBP()], for: model, costs: nil)
    }
    #expect(throws: DefenseError.boundsBeside("ibp_training", "trades")) {
      _ = try Defenses.combined([TRADES(), IBPTraining()], for: model, costs: nil)
    }
    let bent = try Self.model(Self.builds[0].build)
    #expect(
      throws: DefenseError.noBounds(
        defense: "crown_ibp", reason: "lines of `tanh` have no gradient here")
    ) { _ = try Defenses.combined([CROWNIBP()], for: bent, costs: nil) }
    var network = Network(input: shape, classes: 4)
    try network.add("", Flatten())
    try network.add("norm", LayerNorm())
    try network.add("dense", Dense())
    let other = try Model(network, label: Spec("test"))
    #expect(
      throws: DefenseError.noBounds(
        defense: "ibp_training", reason: "no bounds are known for `layernorm` (norm)")
    ) { _ = try Defenses.combined([IBPTraining()], for: other, costs: nil) }
  }
}
