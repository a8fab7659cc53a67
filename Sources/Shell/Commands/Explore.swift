import Foundation
import Lang
import NN

extension Session {
  /// The page on which a reader moves the radius of an attack, whose figures are computed here.
  ///
  /// - Parameters:
  ///   - result: of one attack.
  ///   - given: the radii; nil for eleven from 0 to that of the result, of L0 whole numbers.
  ///   - argument: what a mistake is about.
  func explorePage(of result: ResultValue, at given: [Double]?, argument: String? = nil) throws -> ExplorePage {
    guard let run = result.run, let choice = result.choice, result.goal == nil else {
      throw Problem(
        code: ShellCode.file,
        message: result.run == nil
          ? "an evaluation changes no images, so there is no eps to move" : "this result sums up several attacks",
        help: ["a page is made of the result of one attack: `let hit = attack MODEL with: pgd`"], argument: argument)
    }
    let images = result.images.images
    guard images.count <= ExplorePage.mostImages else {
      throw Problem(
        code: ShellCode.file,
        message:
          "a page of \(images.counted) is too large for a reader: \(NumberText.count(ExplorePage.mostImages)) are the most",
        help: ["attack fewer: `on: take(DATA.test, 1000)`"], argument: argument)
    }
    let bound = run.threat.bound
    let tenths = (0...10).map { $0 == 10 ? bound : bound * Double($0) / 10 }
    // L0 counts pixels.
    let radii = Set(given ?? (run.threat.norm == .l0 ? tenths.map { $0.rounded() } : tenths)).sorted()
    guard radii.count <= ExplorePage.mostRadii, radii.count > 1 else {
      throw Problem(
        code: ShellCode.file, message: "a page has from 2 to \(ExplorePage.mostRadii) radii, not \(radii.count)",
        argument: given == nil ? argument : "eps")
    }
    let shown = ExplorePage.positions(in: result, radii: radii.count)
    guard !shown.isEmpty || images.dataset.features != nil else {
      throw Problem(
        code: ShellCode.file,
        message: "images of \(images.shape) are too large for a page of \(radii.count.of("radius", "radii"))",
        help: ["give fewer radii: `eps: [0, 0.01, 0.02]`"], argument: argument)
    }
    let plan = AttackParameters.Plan(
      images: result.images, epsilon: run.threat.bound, norm: run.threat.norm, mask: run.mask, goal: run.goal,
      costs: result.costs, seed: run.seed, keepsImages: false)
    let curve = try points(of: choice, on: result.model, plan, at: radii, keeping: shown).curve
    let predictions = try answeringInterrupts {
      try curve.points.map { point in
        try result.model.model.target.predictions(
          of: shown.map { point.kept[$0] ?? images.pixels(at: $0) }, engine: engine, stop: stop)
      }
    }
    return ExplorePage(result: result, points: curve.points, shown: shown, predictions: predictions, session: number)
  }

  /// How the newest result of an attack is written: a name of this notebook, or the value of a cell; of those that kept their
  /// images if there are any.
  var newestAttack: String? {
    let named: [(String, Value)] = environment.variables.map { ($0.name, $0.value) }
    let found = (named + values.all.map { ("_\($0.cell)", $0.value) }).compactMap {
      text, value -> (String, ResultValue)? in
      guard let result = value.asObject(ResultValue.self), result.run != nil, result.goal == nil else { return nil }
      return (text, result)
    }
    let kept = found.filter { $0.1.changed != nil }
    let newest = (kept.isEmpty ? found : kept).map { $0.1.identity.storeID ?? 0 }.max()
    // Of two ways to write it the name, which comes first.
    return (kept.isEmpty ? found : kept).first { ($0.1.identity.storeID ?? 0) == newest }?.0
  }
}
