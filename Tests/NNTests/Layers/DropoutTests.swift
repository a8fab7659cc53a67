import Testing

@testable import NN

@Suite struct DropoutTests {
  private let x = Tensor(shape: [20, 3, 5, 7], repeating: 2)
  private var gy: Tensor { Tensor(shape: [20, 3, 5, 7], repeating: 1) }
  private let keys = (0..<20).map { UInt64($0) &* 0x1234_5677 &+ 5 }

  @Test func evaluationIsTheIdentity() throws {
    let run = try LayerRun([Dropout(0.4)], x: x, gy: gy, keys: keys)
    #expect(run.y == x)
    #expect(run.gx == gy)
  }

  @Test func trainingDropsTheShareScalesTheRestAndSendsGradientsTheSameWay() throws {
    let run = try LayerRun([Dropout(0.4)], x: x, gy: gy, training: true, keys: keys)
    let kept = run.y.values.filter { $0 != 0 }
    #expect(kept.allSatisfy { abs($0 - 2 / 0.6) < 1e-6 })
    #expect(abs(Double(kept.count) / Double(x.count) - 0.6) < 0.03)
    for (value, gradient) in zip(run.y.values, run.gx.values) { #expect(abs(value - 2 * gradient) < 1e-6) }
  }

  @Test func anImagesMaskIsItsOwn() throws {
    let whole = try LayerRun([Dropout(0.4)], x: x, gy: gy, training: true, keys: keys)
    let one = try LayerRun(
      [Dropout(0.4)], x: x.rows([18]), gy: gy.rows([18]), training: true, keys: [keys[18]])
    #expect(one.y.values == Array(whole.y[row: 18]))
    #expect(Array(whole.y[row: 0]) != Array(whole.y[row: 1]))
  }
}
