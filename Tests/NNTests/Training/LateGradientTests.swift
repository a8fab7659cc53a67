import Testing

@testable import NN

/// The gradient of a large matrix is summed at the end of a batch, not group by group.
@Suite struct LateGradientTests {
  private static let shape = ImageShape(channels: 1, height: 30, width: 30)

  private struct Unchanged: Adversary {
    func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor { images }
  }

  /// Two such matrices, of widths that no block divides, and one small one.
  private static func model() throws -> Model {
    var network = Network(input: shape, classes: 4)
    try network.add("", Flatten())
    try network.add("fc1", Dense(391))
    try network.add("", Activation(.relu))
    try network.add("fc2", Dense(350))
    try network.add("", Activation(.tanh))
    try network.add("fc3", Dense())
    return try Model(network, label: Spec("test"), normalisation: Normalisation(mean: [0.3], std: [0.4]), seed: 3)
  }

  private static func gradient(_ model: Model, _ images: Images, _ kind: ShardedStep.Kind, threads: Int) throws
    -> [Float]
  {
    var objective = TrainingObjective()
    objective.adversary = Unchanged()
    let step = ShardedStep(
      model, weights: FloatStorage(model.values), batch: images.count, engine: Engine(threads: threads))
    let job = ShardedStep.Job(
      images: images, rows: Array(0..<images.count), labels: images.labels, indices: Array(0..<images.count),
      objective: objective, seed: 0, epoch: 1, progress: 0, stop: .never)
    // Twice: nothing may be left of the first.
    _ = try step.gradient(of: job, .clean)
    _ = try step.gradient(of: job, kind)
    var gradient = [Float](repeating: 0, count: model.values.count)
    for tensor in step.plan.parameters {
      for shard in 0..<step.shardCount(of: tensor) {
        for i in tensor.range { gradient[i] += step.gradients(of: shard)[i] }
      }
    }
    return gradient
  }

  /// One, three and ten groups of images, the last one not full; the ten in shards of two.
  @Test(arguments: [7, 40, 150]) func itIsTheSumOfThoseOfTheImages(count: Int) throws {
    let model = try Self.model()
    #expect(Plan(model.network, training: true).operations.compactMap(\.late).count == 2)
    let images = try SmallData.squares(count, shape: Self.shape).train
    let expected = model.parameterGradient(
      of: CrossEntropy(), at: images.tensor(at: Array(0..<count)), labels: images.labels
    ).values
    let size = expected.map(abs).max()!
    for (name, kind) in [("clean", ShardedStep.Kind.clean), ("two passes", .blended(0.3))] {
      let found = try Self.gradient(model, images, kind, threads: 1)
      for tensor in model.layout {
        for i in tensor.range { #expect(abs(found[i] - expected[i]) <= 2e-5 * size, "\(name): \(tensor.name)") }
      }
      for threads in [2, 3] {
        #expect(try Self.gradient(model, images, kind, threads: threads) == found, "\(name), \(threads) threads")
      }
    }
  }
}
