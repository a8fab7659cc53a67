import Foundation

extension Target {
  /// The answers to a selection of clean images, with no attack.
  ///
  /// - Throws: `AttackError` if the images are not for this model, `Interrupted` when `stop` asks.
  public func evaluate(
    on images: Images, costs: CostMatrix? = nil, engine: Engine? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, stop: Stop = .never
  ) throws -> Evaluation {
    try check(images)
    if let costs, costs.classes != classes {
      throw AttackError.costsForOtherClasses(costs.classes, classes: classes)
    }
    let blocks = Blocks(size: 256, engine: engine ?? Engine(threads: threads), stop: stop)
    let parts = try blocks.run(images.count, against: self) { range, responder in
      let answers = responder.forward(images.pixels(range), keeping: false).map(\.answer)
      return zip(range, answers).map { position, answer in
        Outcome(clean: answer, label: images.label(at: position), index: images.indices[position])
      }
    }
    return Evaluation(classNames: images.classes, costs: costs, outcomes: parts.flatMap { $0 })
  }
}

extension Outcome {
  /// An image that was not attacked.
  init(clean answer: Int, label: Int, index: Int) {
    self.init(
      index: index, label: label, cleanAnswer: answer, answer: answer, target: nil, attacked: false, fooled: false,
      distances: .zero, queries: 0, gradients: 0, steps: 0, credits: [], withinBudget: true)
  }
}
