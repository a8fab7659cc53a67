import Testing

@testable import NN

/// A model that answers nonsense: what diverged, or what was opened by mistake.
private final class BrokenModel: RowResponder {
  let classes = 5
  let shape: ImageShape
  let logits: [Float]
  let gradient: Float
  private var count = 0

  init(_ shape: ImageShape, logits: [Float], gradient: Float) {
    (self.shape, self.logits, self.gradient) = (shape, logits, gradient)
  }

  func forward(_ images: [Pixels]) -> [[Float]] {
    count = images.count
    return Array(repeating: logits, count: count)
  }

  func backward(_ gradients: [[Float]]) -> [Pixels] {
    Array(repeating: Pixels(repeating: gradient, count: shape.count), count: count)
  }
}

/// No attack may crash, hang or report a success against a model that cannot be attacked.
@Suite struct BrokenModelTests {
  private static let shape = ImageShape(channels: 1, height: 4, width: 4)

  private func run(_ item: AttackContractTests.Case, logits: [Float], gradient: Float, clean: Int = 2) throws {
    let target = Target(classes: 5, shape: Self.shape) { BrokenModel(Self.shape, logits: logits, gradient: gradient) }
    let dataset = try Dataset(
      name: "flat", classes: ClassNames.digits(5), shape: Self.shape, train: .init(bytes: [], labels: []),
      test: .init(bytes: (0..<48).map { UInt8($0 * 5) }, labels: [0, 0, 1]))
    var run = AttackRun(try AttackContractTests.small(item.name), within: AttackContractTests.threat(item.norm))
    run.keepsImages = true
    let result = try run.run(against: target, on: dataset.test)
    #expect(result.evaluation.success.hits == 0 && result.evaluation.clean.hits == clean)
    #expect(try #require(result.examples).allSatisfy { $0.allSatisfy { $0 >= 0 && $0 <= 1 } })
  }

  @Test(arguments: AttackContractTests.cases) func constantAnswersAreNeverFooled(_ item: AttackContractTests.Case)
    throws
  {
    try run(item, logits: [3, 2, 1, 0, -1], gradient: 0)
  }

  /// They are no answers, so that they are not right either: nothing is left to attack.
  @Test(arguments: AttackContractTests.cases) func answersThatAreNoNumbersAreWrong(
    _ item: AttackContractTests.Case
  ) throws {
    try run(item, logits: [.nan, .nan, .nan, .nan, .nan], gradient: .nan, clean: 0)
    try run(item, logits: [3, .nan, 2, 1, 0], gradient: 1, clean: 0)
    try run(item, logits: [.infinity, 1, 2, 1, 0], gradient: .nan, clean: 0)
  }

  @Test(arguments: AttackContractTests.cases) func infiniteGradientsDoNoHarm(_ item: AttackContractTests.Case) throws {
    try run(item, logits: [3, 2, 1, 0, -1], gradient: .infinity)
  }

  /// A model that computes on clean images, and whose logits are NaN on all others, withstands nothing.
  @Test func imagesWithoutAnAnswerAreNotRobust() throws {
    let clean = (0..<48).map { UInt8($0 * 5) }
    let target = Target(classes: 3, shape: Self.shape) { FragileModel(Self.shape, clean.map { Float($0) / 255 }) }
    let dataset = try Dataset(
      name: "flat", classes: ClassNames.digits(3), shape: Self.shape, train: .init(bytes: [], labels: []),
      test: .init(bytes: clean, labels: [0, 0, 0]))
    let costs = CostMatrix.fixture([[0, 2, 7], [1, 0, 1], [1, 1, 0]])
    for attack in [PGD(), FGSM()] as [any Attack] {
      var run = AttackRun(attack, within: ThreatModel(.linf, epsilon: 0.1))
      run.costs = costs
      let found = try run.run(against: target, on: dataset.test).evaluation
      #expect(found.clean.hits == 3 && found.robust.hits == 0 && found.withoutAnswer == 3, "\(attack.name)")
      // No answer costs as much as the dearest, and is no class.
      #expect(found.meanCost == 7 && found.confusion.joined().reduce(0, +) == 0 && found.byClass[0].mostTakenFor == nil)
      #expect(Evaluation.worst(of: [found, found])?.robust.hits == 0)
    }
    let report = try Audit(within: ThreatModel(.linf, epsilon: 0.1)).run(against: target, on: dataset.test)
    #expect(report.checks[0].name == "no_answer" && report.checks[0].verdict == .failed)
    #expect(report.summary.hasPrefix("the model is broken") && report.checks.contains { $0.verdict == .failed })
  }

  @Test func answersOfATensorAreThoseOfItsRows() {
    let rows: [[Float]] = [
      [1, 2, 2], [.nan, 1, 0], [0, .nan, 5], [.infinity, 0, 0], [0, -.infinity, -1],
      [-.infinity, -.infinity, -.infinity],
    ]
    let expected = [1, -1, -1, -1, 0, -1]
    #expect(rows.map(\.answer) == expected)
    #expect(Tensor(shape: [6, 3], values: Array(rows.joined())).answers == expected)
  }
}

/// Answers class 0 for images that it knows, and nothing for others.
private final class FragileModel: RowResponder {
  let classes = 3
  let shape: ImageShape
  private let known: Set<Pixels>
  private var count = 0

  init(_ shape: ImageShape, _ pixels: [Float]) {
    self.shape = shape
    known = Set((0..<pixels.count / shape.count).map { Array(pixels[$0 * shape.count..<($0 + 1) * shape.count]) })
  }

  func forward(_ images: [Pixels]) -> [[Float]] {
    count = images.count
    return images.map { known.contains($0) ? [1, 0, 0] : [.nan, .nan, .nan] }
  }

  func backward(_ gradients: [[Float]]) -> [Pixels] {
    Array(repeating: Pixels(repeating: 1, count: shape.count), count: count)
  }
}
