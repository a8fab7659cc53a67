/// Signed gradient steps in the L∞ ball on a whole group of images at once: the inner loops of fast adversarial training,
/// TRADES and MART, whose starts and losses are their own.
struct SignedAscent: Adversary {
  /// Where an image starts.
  enum Start: Sendable {
    /// Anywhere in the ball, not yet clipped to the box.
    case uniform
    /// At the image, but for noise of this deviation: at the image itself the divergence has no gradient.
    case normal(Float)
  }

  /// What is climbed.
  enum Objective: Sendable {
    /// The cross-entropy of the true class.
    case entropy
    /// `KL(p(x) ‖ p(x'))`, the clean answer held fixed.
    case divergence
  }

  let epsilon: Float
  let steps: Int
  /// Length of a step, in pixels; nil for `stepLength`.
  let step: Float?
  let start: Start
  let objective: Objective

  var oneStepRadius: Float? { steps == 1 && objective == .entropy ? epsilon : nil }

  func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
    let workspace = context.workspace
    let answers = objective == .divergence ? workspace.logits(images).softmax : images
    let sign = SignStep(length: step.stepLength(epsilon: epsilon, steps: steps), epsilon: epsilon)
    var x = started(images, context)
    for _ in 0..<steps {
      try context.stop.check()
      let gradient =
        switch objective {
        case .entropy: workspace.inputGradient(of: CrossEntropy(), at: x, labels: labels).gradient
        case .divergence:
          workspace.ascend(x) { logits, rows in
            var gradient = logits.softmax
            let first = rows.lowerBound * logits.rowCount
            for i in gradient.values.indices { gradient.values[i] -= answers.values[first + i] }
            return gradient
          }.gradient
        }
      sign.move(&x, along: gradient, around: images)
    }
    return x
  }

  private func started(_ images: Tensor, _ context: AdversaryContext) -> Tensor {
    var x = images
    for (row, index) in context.indices.enumerated() {
      var random = Random(seed: context.seed, image: index)
      let range = row * images.rowCount..<(row + 1) * images.rowCount
      switch start {
      case .uniform: for i in range { x.values[i] += random.uniform(-epsilon, epsilon) }
      case .normal(let deviation):
        for (i, draw) in zip(range, random.normals(images.rowCount)) { x.values[i] += deviation * draw }
      }
    }
    return x
  }
}

/// A step of a given length along the gradient itself, not clipped: the second image of a finite difference.
struct GradientStep: Adversary {
  /// In the L2 norm.
  let length: Float

  func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
    let gradient = context.workspace.inputGradient(of: context.loss, at: images, labels: labels).gradient
    var x = images
    for row in 0..<images.rows {
      let range = row * images.rowCount..<(row + 1) * images.rowCount
      let step = length / max(Vector.l2(Array(gradient.values[range])), 1e-12)
      for i in range { x.values[i] += step * gradient.values[i] }
    }
    return x
  }
}

/// Normal noise on every pixel, not clipped: the augmentation of randomised smoothing. Cohen et al., ICML 2019.
struct NormalNoise: Adversary {
  /// Deviation in pixel units.
  let sigma: Float

  func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
    var x = images
    for (row, index) in context.indices.enumerated() {
      var random = Random(seed: context.seed, image: index)
      let range = row * images.rowCount..<(row + 1) * images.rowCount
      for (i, draw) in zip(range, random.normals(images.rowCount)) { x.values[i] += sigma * draw }
    }
    return x
  }
}

/// One adversary for images of some classes, another for the rest: a larger radius for what is to be protected.
struct PerClassAdversary: Adversary {
  let usual: any Adversary
  let special: any Adversary
  let classes: Set<Int>

  var oneStepRadius: Float? { usual.oneStepRadius }

  func craft(_ images: Tensor, labels: [Int], in context: AdversaryContext) throws -> Tensor {
    var made = images
    for (adversary, rows) in [
      (usual, labels.indices.filter { !classes.contains(labels[$0]) }),
      (special, labels.indices.filter { classes.contains(labels[$0]) }),
    ] where !rows.isEmpty {
      let part = Tensor(
        shape: [rows.count] + images.shape.dropFirst(), values: rows.flatMap { images[row: $0] })
      let found = try adversary.craft(part, labels: rows.map { labels[$0] }, in: context.rows(rows))
      for (place, row) in rows.enumerated() {
        made.values.replaceSubrange(row * images.rowCount..<(row + 1) * images.rowCount, with: found[row: place])
      }
    }
    return made
  }
}

extension AdversaryContext {
  /// The same for some of the images.
  fileprivate func rows(_ rows: [Int]) -> AdversaryContext {
    AdversaryContext(
      workspace: workspace, loss: loss, indices: rows.map { indices[$0] }, seed: seed,
      epochs: epochs, stop: stop)
  }
}
