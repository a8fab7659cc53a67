import Foundation

/// How far the weights go uphill before a gradient is taken. Wu, Xia & Wang, NeurIPS 2020, eq. 8 and 9.
public struct WeightPerturbation: Sendable, Equatable {
  /// The way, as a share of the length of each layer's weights.
  public var gamma: Float
  /// Epochs without it at the start.
  public var warmup: Double

  /// See the properties.
  public init(gamma: Float, warmup: Double = 0) { (self.gamma, self.warmup) = (gamma, warmup) }

  func isOn(_ epochs: Double) -> Bool { gamma > 0 && epochs >= warmup }
}

extension ShardedStep {
  /// The batch's gradient where the weights are worse for it; the weights themselves stay. Changed images are made once,
  /// against the weights as they are.
  func gradientAtWorstWeights(of job: Job, _ kind: Kind, _ perturbation: WeightPerturbation) throws -> Sums {
    let before = before ?? FloatStorage(count: weightCount)
    self.before = before
    before.floats.update(from: weightStart, count: weightCount)
    func restore(trained: Bool) {
      for tensor in plan.parameters where tensor.isTrained == trained {
        (weightStart + tensor.offset).update(from: before.floats + tensor.offset, count: tensor.count)
      }
    }
    _ = try gradient(of: job, kind)
    climb(perturbation.gamma)
    // Running averages move once a batch, in the second pass, as in the authors' code.
    restore(trained: false)
    defer { restore(trained: true) }
    return try gradient(of: job, kind, crafting: false)
  }

  /// `w + γ · ‖w‖ · g / ‖g‖` in each layer, whose weights are those of more than one extent.
  private func climb(_ gamma: Float) {
    let layers = plan.parameters.filter { $0.isTrained && $0.shape.count > 1 }
    engine.run(layers.count) { place, _ in
      let layer = layers[place]
      let weights = self.weightStart + layer.offset
      var gradient = [Float](repeating: 0, count: layer.count)
      for shard in 0..<self.shardCount(of: layer) {
        let own = self.gradients(of: shard) + layer.offset
        for i in 0..<layer.count { gradient[i] += own[i] }
      }
      let (length, slope) = (Self.length(weights, layer.count), Self.length(gradient, layer.count))
      guard slope > 0, slope.isFinite else { return }
      let factor = Float(Double(gamma) * length / slope)
      for i in 0..<layer.count { weights[i] += factor * gradient[i] }
    }
  }

  private static func length(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += Double(values[i]) * Double(values[i]) }
    return sum.squareRoot()
  }
}
