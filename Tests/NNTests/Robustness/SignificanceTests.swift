import Foundation
import Testing

@testable import NN

@Suite struct SignificanceTests {
  /// Figures worked out by SciPy.
  @Test(arguments: [
    (30, 15, 0.035698), (10, 2, 0.038574), (0, 6, 0.03125), (6, 0, 0.03125), (5, 5, 1), (0, 0, 1), (1, 0, 1),
  ]) func mcNemarAgreesWithTheBinomialTest(first: Int, second: Int, p: Double) {
    #expect(abs(Significance.mcNemar(first, second) - p) < 1e-6)
  }

  @Test(arguments: [(2, 4.302653), (4, 2.776445), (9, 2.262157), (1, 12.706205), (1000, 1.962339)])
  func quantilesOfStudentsTAgreeWithTheTables(freedom: Int, t: Double) {
    #expect(abs(Significance.tQuantile(0.975, freedom) - t) < 1e-5)
    #expect(abs(Significance.tQuantile(0.025, freedom) + t) < 1e-5)
  }

  /// scipy.stats.ttest_1samp([0.02, 0.03, 0.01, 0.04, 0.02], 0): t = 4.7067872433, p = 0.0092615.
  @Test func aPairedTTestAgreesWithSciPy() {
    let differences = [0.02, 0.03, 0.01, 0.04, 0.02]
    let mean = differences.reduce(0, +) / 5
    let deviation = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4).squareRoot()
    let t = mean / deviation * 5.0.squareRoot()
    #expect(abs(t - 4.7067872433) < 1e-9)
    #expect(abs(Significance.pairedT(differences) - 0.0092615) < 1e-6)
    #expect(Significance.pairedT([0, 0, 0]) == 1)
    // Equal ones: as the sign test has it.
    #expect(Significance.pairedT([0.1, 0.1]) == 0.5)
    #expect(Significance.pairedT([0.61 - 0.6, 0.31 - 0.3, 0.02 - 0.01]) == 0.25)
    // The order of the two settings changes the sign and nothing else.
    #expect(Significance.pairedT(differences.map { -$0 }) == Significance.pairedT(differences))
  }

  @Test func aMeanHasTheSampleDeviationAndItsInterval() {
    let mean = Significance.Mean([1, 2, 4])
    #expect(abs(mean.mean - 7.0 / 3) < 1e-12 && abs(mean.deviation - 1.5275252317) < 1e-9)
    #expect(abs(mean.interval.high - (7.0 / 3 + 4.302652730 * 1.5275252317 / 3.0.squareRoot())) < 1e-6)
    #expect(Significance.Mean([0.5]).deviation.isNaN)
  }

  /// With one seed only images are drawn: the interval is that of McNemar's setting, .015 ± 1.96 · .00669.
  @Test func theBootstrapOfOneSeedAgreesWithTheIntervalOfADifferenceOfShares() throws {
    let images = [Int8](repeating: 1, count: 30) + [Int8](repeating: -1, count: 15) + [Int8](repeating: 0, count: 955)
    let drawn = try #require(Significance.bootstrap([images], seed: 0))
    #expect(abs(drawn.low - 0.002) < 0.0015 && abs(drawn.high - 0.028) < 0.0015)
    #expect(drawn.p > 0.01 && drawn.p < 0.06)
    let turned = try #require(Significance.bootstrap([images.map { -$0 }], seed: 0))
    #expect(abs(turned.low + drawn.high) < 1.5e-3 && abs(turned.high + drawn.low) < 1.5e-3)
  }

  /// Seeds that disagree widen it: the same images would alone look certain.
  @Test func theBootstrapKnowsThatSeedsDiffer() throws {
    let better = [Int8](repeating: 1, count: 60) + [Int8](repeating: 0, count: 940)
    let worse = [Int8](repeating: -1, count: 40) + [Int8](repeating: 0, count: 960)
    let agreed = try #require(Significance.bootstrap([better, better, better], seed: 0))
    let mixed = try #require(Significance.bootstrap([better, better, worse], seed: 0))
    #expect(agreed.low > 0 && agreed.p < 0.001)
    #expect(mixed.low < 0 && mixed.p > 0.05)
    #expect(Significance.bootstrap([better], seed: 0, stop: { true }) == nil)
  }

  @Test func holmsCorrectionKeepsTheOrder() {
    #expect(Significance.holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06])
    #expect(Significance.holm([0.5]) == [0.5])
    #expect(Significance.holm([0.9, 0.8]) == [1, 1])
  }
}
