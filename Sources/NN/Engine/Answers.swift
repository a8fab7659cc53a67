import CKernels
import Contract

extension Engine {
  /// The answers to images of a data set, on all threads; a batch at a time is converted from bytes. More than one batch goes
  /// forward with fewer products, and where two logits are nearly equal by plain sums too: the answers are those of plain sums.
  ///
  /// - Throws: `Interrupted`.
  public func answers(of model: Model, to images: Images, stop: Stop = .never) throws -> [Int] {
    require(images.shape == model.input, "\(images.shape) images for a model of \(model.input)")
    let block = 256
    try MemoryShortage.check(
      "asking \(model.architecture.name) on \(threads) threads",
      [
        .init("weights", 4 * Double(model.values.count)),
        .init("activations", 4 * Double(threads * model.plan.arena.count)),
      ], hint: "fewer threads (ward --threads 1), or a smaller network")
    let weights = PreparedWeights(FloatStorage(model.values), for: model.plan, kernels: kernels)
    let workspaces = ToolPool { Workspace(model, weights: weights, kernels: self.kernels) }
    let rounding: Float? =
      images.count <= block
      ? nil
      : workspaces.withTool { workspace in
        workspace.setStop(stop)
        return workspace.roundingOfTransforms(on: images)
      }
    let parts = try map(blocks: (images.count + block - 1) / block, stop: stop) { number in
      let rows = number * block..<min((number + 1) * block, images.count)
      let answers = workspaces.withTool { workspace in
        workspace.setStop(stop)
        return workspace.answers(to: images, rows, rounding: rounding)
      }
      try stop.check()
      return answers
    }
    return parts.flatMap { $0 }
  }

  /// The share of right answers.
  ///
  /// - Throws: `Interrupted`.
  public func accuracy(of model: Model, on images: Images, stop: Stop = .never) throws -> Double {
    guard !images.isEmpty else { return 0 }
    let right = zip(try answers(of: model, to: images, stop: stop), images.labels).filter { $0 == $1 }.count
    return Double(right) / Double(images.count)
  }
}
