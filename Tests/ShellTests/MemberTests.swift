import Foundation
import Lang
import Testing

@testable import Shell

/// The members that kinds of value declare, asked of real values by the real program.
@Suite("Members of values")
struct MemberTests {
  private static let before = """
    let fashion = load "fashion-mnist" train: 60 test: 12
    let guard = costs fashion protect: ["Shirt"]
    let normal = train mlp on: fashion epochs: 1
    let result = attack normal with: fgsm on: fashion.test costs: guard keep: images
    let drawing = histogram normal.fc1
    let again = repeat result
    let seen = predict normal on: take(fashion.test, 2)
    let found = mistakes normal with: fgsm on: take(fashion.test, 2) costs: guard
    let proof = certify normal on: take(fashion.test, 2) with: ibp costs: guard
    let held = bounds normal on: take(fashion.test, 2) with: ibp attack: fgsm
    let slope = gradient normal on: take(fashion.test, 2)
    let land = surface normal on: take(fashion.test, 2) steps: 3
    """

  /// A value of each kind, as it is written.
  private static let values = [
    "data set": "fashion", "images": "fashion.test", "cost matrix": "guard", "model": "normal", "layer": "normal.fc1",
    "result": "result", "drawing": "drawing", "repetition": "again", "mistakes": "found", "prediction": "seen",
    "certification": "proof", "bounds": "held", "gradient": "slope", "surface": "land",
  ]

  @Test func everyMemberOfEveryKindHasAValue() throws {
    var lines: [String] = []
    for type in Vocabulary.types {
      let value = try #require(Self.values[type.name], "no \(type.name) to ask")
      #expect(Set(type.members.map(\.name)).count == type.members.count, "\(type.name)")
      lines += type.members.map { "let value = \(value).\($0.name)" }
    }
    let run = try TranscriptFilesTests.ward(["-"], input: Self.before + "\n" + lines.joined(separator: "\n") + "\n")
    #expect(run.status == 0, "\(run.error)")
  }

  @Test func anEvaluationHasNothingOfAnAttack() throws {
    let type = try #require(Vocabulary.types.first { $0.name == "result" })
    let own = type.members.map { "try { let value = e.\($0.name) } catch problem { print \"-\($0.name)\" }" }
    let script = Self.before + "\nlet e = evaluate normal on: fashion.test\n" + own.joined(separator: "\n") + "\n"
    let run = try TranscriptFilesTests.ward(["-"], input: script)
    #expect(run.status == 0, "\(run.error)")
    let missing = run.output.split(separator: "\n").filter { $0.hasPrefix("-") }.map { $0.dropFirst() }
    #expect(
      missing == [
        "goal", "robust", "balanced_robust", "low", "high", "success", "attacked", "eps", "norm", "mask", "queries",
        "seed", "parts", "adversarial",
      ])
  }
}
