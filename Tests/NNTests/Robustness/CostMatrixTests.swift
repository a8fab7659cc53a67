import Testing

@testable import NN

@Suite struct CostMatrixTests {
  @Test func trueClassComesFirst() throws {
    let costs = try CostMatrix([[0, 1, 2], [3, 0, 4], [5, 6, 0]])
    #expect(costs[true: 0, answered: 2] == 2 && costs[true: 2, answered: 0] == 5)
    #expect(costs.transposed[true: 0, answered: 2] == 5)
    #expect(!costs.isSymmetric && costs.transposed.transposed == costs)
  }

  @Test func protectionRaisesRowAndColumnAndNothingElse() throws {
    let costs = try CostMatrix.protect([1], weight: 10, classes: 3)
    #expect(costs.rows == [[0, 10, 1], [10, 0, 10], [1, 10, 0]])
    #expect(costs.protected == [1] && costs.isSymmetric)
    let truth = try CostMatrix.protect([1], weight: 10, side: .truth, classes: 3)
    #expect(truth.rows == [[0, 1, 1], [10, 0, 10], [1, 1, 0]])
    #expect(truth.meanCosts == [1, 10, 1])
    #expect(try CostMatrix.protect([1], weight: 10, side: .answer, classes: 3) == truth.transposed)
  }

  @Test func costsThatMakeNoSenseAreRefused() {
    func refusal(_ rows: [[Double]]) -> CostMatrixError? { problem(CostMatrixError.self) { _ = try CostMatrix(rows) } }
    #expect(refusal([[0, -1], [1, 0]]) == .negative(true: 0, answered: 1, cost: -1))
    #expect(refusal([[0, 1], [.nan, 0]]) == .notFinite(true: 1, answered: 0))
    #expect(refusal([[0, 1], [1, 2]]) == .diagonal(class: 1, cost: 2))
    #expect(refusal([[0, 1], [1]]) == .notSquare(row: 1, length: 1, classes: 2))
    #expect(refusal([[0]]) == .tooFewClasses(1))
    #expect(
      problem(CostMatrixError.self) { _ = try CostMatrix.protect([7], weight: 2, classes: 3) }
        == .noSuchClass(7, classes: 3))
    #expect(
      problem(CostMatrixError.self) { _ = try CostMatrix.protect([0], weight: -2, classes: 3) }
        == .negative(true: 0, answered: 1, cost: -2))
  }

  @Test func editingAndArithmeticKeepTheRules() throws {
    let costs = try CostMatrix.protect([0], weight: 4, classes: 3)
    let edited = try costs.setting(true: 2, answered: 1, to: 25)
    #expect(edited[true: 2, answered: 1] == 25 && edited[true: 1, answered: 2] == 1)
    #expect(problem(CostMatrixError.self) { _ = try costs.setting(true: 1, answered: 1, to: 1) } != nil)
    #expect(try (costs + costs) == costs * 2)
    #expect(try (costs - costs).values == [Double](repeating: 0, count: 9))
    #expect(problem(CostMatrixError.self) { _ = try costs - costs * 2 } != nil)
    #expect(problem(CostMatrixError.self) { _ = try costs * .infinity } != nil)
    #expect(
      try CostMatrix.pair(true: 0, answered: 2, weight: 9, classes: 3).rows == [[0, 1, 9], [1, 0, 1], [1, 1, 0]])
    #expect(try CostMatrix.distance(classes: 3).rows == [[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    #expect(try CostMatrix.smallerIsWorse(classes: 3).rows == [[0, 1, 1], [1, 0, 1], [2, 1, 0]])
  }
}
