import Testing

@testable import NN

/// What makes images inside training.
@Suite struct AdversaryTests {
  private struct Case {
    let model: Model
    let images: Tensor
    let labels: [Int]
    let context: AdversaryContext
  }

  private func golden(epochs: Double = 0, seed: Int = 3) throws -> Case {
    var (_, model, images, labels) = try Golden.leNet(seed: 0)
    // A network that has not learnt answers all alike: larger last weights make its answers, and their gradients, differ.
    var values = model.values
    for place in model.layout where place.name == "fc3.weight" { for i in place.range { values[i] *= 50 } }
    model.setValues(values)
    let context = AdversaryContext(
      workspace: Workspace(model), loss: CrossEntropy(), indices: Array(0..<16),
      seed: seed, epochs: epochs, stop: .never)
    return Case(model: model, images: images, labels: labels, context: context)
  }

  private func changes(_ made: Tensor, _ images: Tensor) -> [Float] { zip(made.values, images.values).map { $0 - $1 } }

  @Test func signedAscentStaysInBallAndBoxAndClimbs() throws {
    let it = try golden()
    let starts: [(SignedAscent.Start, SignedAscent.Objective)] = [(.uniform, .entropy), (.normal(0.001), .divergence)]
    for (start, objective) in starts {
      let ascent = SignedAscent(epsilon: 0.1, steps: 5, step: 0.05, start: start, objective: objective)
      let made = try ascent.craft(it.images, labels: it.labels, in: it.context)
      #expect(changes(made, it.images).allSatisfy { abs($0) <= 0.1 + 1e-6 })
      #expect(made.values.allSatisfy { $0 >= 0 && $0 <= 1 })
      let (before, after) = (it.context.workspace.logits(it.images), it.context.workspace.logits(made))
      func height(_ logits: Tensor) -> Double {
        objective == .divergence
          ? Divergence.evaluate(before, logits, scale: 1).sum
          : CrossEntropy().evaluate(logits, labels: it.labels).values.reduce(0) { $0 + Double($1) }
      }
      #expect(height(after) > height(before) + 0.01)
      let again = try ascent.craft(it.images, labels: it.labels, in: it.context)
      #expect(again.values == made.values)
    }
  }

  @Test func theDivergenceIsClimbedAlongItsGradient() throws {
    // One step without noise from an image that is not the clean one: against the gradient by central differences.
    let it = try golden()
    let ascent = SignedAscent(epsilon: 1, steps: 1, step: 0.01, start: .normal(0.05), objective: .divergence)
    let start = SignedAscent(epsilon: 1, steps: 0, step: 0.01, start: .normal(0.05), objective: .divergence)
    let from = try start.craft(it.images, labels: it.labels, in: it.context)
    let made = try ascent.craft(it.images, labels: it.labels, in: it.context)
    let clean = it.context.workspace.logits(it.images)
    func divergence(_ x: Tensor) -> Double {
      Divergence.evaluate(clean, it.context.workspace.logits(x), scale: 1).sum
    }
    var compared = 0
    for i in Swift.stride(from: 300, to: 12_000, by: 97) where from.values[i] > 0.1 && from.values[i] < 0.9 {
      func at(_ shift: Float) -> Double {
        var x = from
        x.values[i] += shift
        return divergence(x)
      }
      let rise = at(0.01) - at(-0.01)
      guard abs(rise) > 1e-4 else { continue }
      compared += 1
      #expect((made.values[i] - from.values[i] > 0) == (rise > 0), "pixel \(i)")
    }
    #expect(compared > 3)
  }

  @Test func noiseHasItsDeviationAndChangesWithTheSeed() throws {
    let it = try golden()
    let noise = NormalNoise(sigma: 0.2)
    let made = try noise.craft(it.images, labels: it.labels, in: it.context)
    let shifts = changes(made, it.images)
    let square = shifts.reduce(0.0) { $0 + Double($1 * $1) } / Double(shifts.count)
    #expect(abs(square.squareRoot() - 0.2) < 0.01)
    let other = try golden(seed: 4)
    let next = try noise.craft(other.images, labels: other.labels, in: other.context)
    #expect(next.values != made.values)
  }

  @Test func aStepAlongTheGradientHasItsLength() throws {
    let it = try golden()
    let made = try GradientStep(length: 0.5).craft(it.images, labels: it.labels, in: it.context)
    for row in 0..<16 {
      let shift = zip(made[row: row], it.images[row: row]).map { $0 - $1 }
      #expect(abs(Vector.l2(shift) - 0.5) < 1e-4)
    }
  }

  /// The finite difference of `gradient_penalty` is the gradient's length, measured on a real network by the engine. On noise:
  /// where a background is flat, maxima tie and the loss has a kink.
  @Test func alongTheGradientTheLossRisesByItsLength() throws {
    let it = try golden()
    let images = Tensor(
      shape: it.images.shape, values: noise(it.images.values.count, seed: 8).map { 0.5 + 0.2 * $0 })
    let workspace = Workspace(it.model)
    let gradients = workspace.inputGradient(of: CrossEntropy(), at: images, labels: it.labels).gradient
    let length: Float = 1e-2
    let made = try GradientStep(length: length).craft(images, labels: it.labels, in: it.context)
    let losses = [images, made].map { CrossEntropy().evaluate(workspace.logits($0), labels: it.labels).values }
    for row in 0..<16 {
      let found = (losses[1][row] - losses[0][row]) / length, exact = Vector.l2(Array(gradients[row: row]))
      #expect(abs(found - exact) < 0.05 * exact + 2e-3, "image \(row): \(found), not \(exact)")
    }
  }

  /// `fast`: from a start within the ball, 1.25 eps along the sign, back into ball and box. So a pixel away from the box ends
  /// on the ball's surface unless the start was more than a quarter of eps on the other side.
  @Test func fastTrainingStepsFromARandomStart() throws {
    let it = try golden()
    let ascent = SignedAscent(epsilon: 0.1, steps: 1, step: 0.125, start: .uniform, objective: .entropy)
    let shifts = changes(try ascent.craft(it.images, labels: it.labels, in: it.context), it.images)
    let free = zip(it.images.values, shifts).filter { $0.0 > 0.11 && $0.0 < 0.89 && $0.1 != 0 }.map { abs($0.1) }
    #expect(free.allSatisfy { $0 <= 0.1 + 1e-6 })
    // |start + 0.125 · sign| > 0.1 for starts above -0.025 of a uniform range from -0.1 to 0.1: five pixels in eight.
    let onSurface = Double(free.count { $0 > 0.1 - 1e-5 }) / Double(free.count)
    #expect(abs(onSurface - 0.625) < 0.05, "\(onSurface) of \(free.count)")
  }

  @Test func eachClassGetsItsRadius() throws {
    let it = try golden()
    let classes = Set(it.labels.filter { $0 % 2 == 0 })
    for (usual, special) in [
      (GradientSign(epsilon: 0.05) as any Adversary, GradientSign(epsilon: 0.2) as any Adversary),
      (
        AttackAdversary(FGSM(), within: ThreatModel(.linf, epsilon: 0.05)),
        AttackAdversary(FGSM(), within: ThreatModel(.linf, epsilon: 0.2))
      ),
    ] {
      let both = PerClassAdversary(usual: usual, special: special, classes: classes)
      let made = try both.craft(it.images, labels: it.labels, in: it.context)
      let (near, far) = (
        try usual.craft(it.images, labels: it.labels, in: it.context),
        try special.craft(it.images, labels: it.labels, in: it.context)
      )
      for row in 0..<16 {
        #expect(made[row: row] == (classes.contains(it.labels[row]) ? far : near)[row: row])
      }
    }
  }

  @Test func freeTrainingWithOneReplayIsPlainAtFirst() throws {
    // The change starts at 0, so that the first step of an epoch is one on clean images.
    let data = try SmallData.golden(seed: 0)
    let (_, model, _, _) = try Golden.leNet(seed: 0)
    var trainer = Trainer()
    trainer.epochs = 2
    let plain = try trainer.train(model, on: data.train, engine: Engine(threads: 2)).model.values
    trainer.objective = TrainingObjective(mix: .free(replays: 1, epsilon: 0.1))
    let free = try trainer.train(model, on: data.train, engine: Engine(threads: 2)).model.values
    #expect(excess(free, plain, relative: 0, absolute: 1e-6) <= 1)
  }

  @Test func freeTrainingMovesTheImagesByTheGradientOfTheStepBefore() throws {
    let data = try SmallData.golden(seed: 0)
    let it = try golden()
    var trainer = Trainer()
    trainer.epochs = 1
    trainer.optimizer = {
      var sgd = SGD(); sgd.rate = 0; return sgd
    }()
    trainer.objective = TrainingObjective(mix: .free(replays: 2, epsilon: 0.1))
    let found = try trainer.train(it.model, on: data.train, engine: Engine(threads: 2)).epochs[0].loss
    let workspace = it.context.workspace
    let first = workspace.inputGradient(of: CrossEntropy(), at: it.images, labels: it.labels)
    let moved = SignStep(length: 0.1, epsilon: 0.1).taken(from: it.images, along: first.gradient)
    let second = workspace.inputGradient(of: CrossEntropy(), at: moved, labels: it.labels)
    let expected = (first.losses + second.losses).reduce(0.0) { $0 + Double($1) } / 32
    #expect(abs(found - expected) < 1e-3 * expected)
  }
}
