import Testing

@testable import NN

/// A model that answers nonsense: what diverged, or what was opened by mistake.
private final class BrokenModel: Responder {
  let classes = 5
  let shape: ImageShape
  let logits: [Float]
  let slope: Float
  private var count = 0

  init(_ shape: ImageShape, logits: [Float], slope: Float) {
    (self.shape, self.logits, self.slope) = (shape, logits, slope)
  }

  func forward(_ images: [Pixels]) -> [[Float]] {
    count = images.count
    return Array(repeating: logits, count: count)
  }

  func backward(_ slopes: [[Float]]) -> [Pixels] {
    Array(repeating: Pixels(repeating: slope, count: shape.count), count: count)
  }
}

/// No attack may crash, hang or report a success against a model that cannot be attacked.
@Suite struct BrokenModelTests {
  private static let shape = ImageShape(channels: 1, height: 4, width: 4)

  private func run(_ item: AttackContractTests.Case, logits: [Float], slope: Float) throws {
    let target = Target(classes: 5, shape: Self.shape) { BrokenModel(Self.shape, logits: logits, slope: slope) }
    let dataset = try Dataset(
      name: "flat", classes: ClassNames.digits(5), shape: Self.shape, train: .init(bytes: [], labels: []),
      test: .init(bytes: (0..<48).map { UInt8($0 * 5) }, labels: [0, 0, 1]))
    var run = AttackRun(try AttackContractTests.small(item.name), within: AttackContractTests.threat(item.norm))
    run.keepsImages = true
    let result = try run.run(against: target, on: dataset.test)
    #expect(result.evaluation.success.hits == 0 && result.evaluation.clean.hits == 2)
    #expect(try #require(result.examples).allSatisfy { $0.allSatisfy { $0 >= 0 && $0 <= 1 } })
  }

  @Test(arguments: AttackContractTests.cases) func constantAnswersAreNeverFooled(_ item: AttackContractTests.Case)
    throws
  {
    try run(item, logits: [3, 2, 1, 0, -1], slope: 0)
  }

  @Test(arguments: AttackContractTests.cases) func answersThatAreNoNumbersAreNeverFooled(
    _ item: AttackContractTests.Case
  ) throws {
    try run(item, logits: [.nan, .nan, .nan, .nan, .nan], slope: .nan)
  }

  @Test(arguments: AttackContractTests.cases) func infiniteSlopesDoNoHarm(_ item: AttackContractTests.Case) throws {
    try run(item, logits: [3, 2, 1, 0, -1], slope: .infinity)
  }
}
