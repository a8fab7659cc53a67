/// Robust accuracy against the radius.
public struct Curve: Sendable {
  /// One radius.
  public struct Point: Sendable {
    /// The radius, in units of the norm.
    public let epsilon: Double
    /// How the model does there.
    public let evaluation: Evaluation
    /// Of the positions that were to be kept, what the attack made of the image within the radius.
    public var kept: [Int: Pixels] = [:]
  }

  /// In ascending order of the radius.
  public let points: [Point]
  /// Wall-clock time.
  public let seconds: Double

  /// The mean robust accuracy over the radii, by the trapezoidal rule; NaN for fewer than two.
  public var area: Double {
    let pairs = zip(points, points.dropFirst())
    let width = (points.last?.epsilon ?? 0) - (points.first?.epsilon ?? 0)
    let sum = pairs.reduce(0) { sum, pair in
      let mean = (pair.0.evaluation.robust.value + pair.1.evaluation.robust.value) / 2
      return sum + mean * (pair.1.epsilon - pair.0.epsilon)
    }
    return sum / width
  }
}

extension AttackRun {
  /// Robust accuracy at several radii.
  ///
  /// A minimum-norm attack runs once, and its distances are held against each radius. Any other runs at each, smallest
  /// first, on the images that no smaller radius broke: what fools within a radius fools within a larger one.
  ///
  /// - Parameters:
  ///   - positions: of the images that are to be kept at every radius.
  ///   - progress: is told how many of the radii are done.
  ///   - found: is given each point as soon as it is known.
  /// - Throws: `AttackError` before anything runs, `Interrupted` when `stop` asks.
  public func curve(
    at epsilons: [Double], against target: Target, on images: Images, keeping positions: [Int] = [],
    engine: Engine? = nil, stop: Stop = .never, progress: @escaping @Sendable (_ done: Int) -> Void = { _ in },
    found: (Curve.Point) -> Void = { _ in }
  ) throws -> Curve {
    let start = ContinuousClock.now
    let engine = engine ?? Engine(threads: threads)
    let radii = Set(epsilons).sorted()
    // An attack that looks for the smallest change runs once: only the largest radius has to leave it room.
    let isOneRun = attack.traits.budget == .minimum
    for epsilon in isOneRun ? radii.suffix(1) : radii { try at(epsilon).check(target, images) }
    for epsilon in radii { try threat.with(bound: epsilon).check(target.shape) }
    let points: [Curve.Point]
    if isOneRun {
      points = try thresholds(radii, target, images, positions, engine, stop)
      points.forEach(found)
    } else {
      points = try sweep(radii, target, images, positions, engine, stop, found, progress)
    }
    return Curve(points: points, seconds: (ContinuousClock.now - start).seconds)
  }

  private func at(_ epsilon: Double, keeping: Bool = false) -> AttackRun {
    var copy = self
    copy.threat = threat.with(bound: epsilon)
    copy.keepsImages = keeping
    return copy
  }

  private func thresholds(
    _ radii: [Double], _ target: Target, _ images: Images, _ positions: [Int], _ engine: Engine, _ stop: Stop
  ) throws -> [Curve.Point] {
    let found = try at(.infinity, keeping: !positions.isEmpty)
      .run(against: target, on: images, engine: engine, stop: stop)
    return radii.map { epsilon in
      let outcomes = found.evaluation.outcomes.map { $0.within(threat.with(bound: epsilon)) }
      let kept = positions.map { position in
        // A change beyond the radius has not been made.
        let changed = outcomes[position].withinBudget ? found.examples?[position] : nil
        return (position, changed ?? images.pixels(at: position))
      }
      return Curve.Point(
        epsilon: epsilon, evaluation: Evaluation(classNames: images.classes, costs: costs, outcomes: outcomes),
        kept: Dictionary(kept) { first, _ in first })
    }
  }

  private func sweep(
    _ radii: [Double], _ target: Target, _ images: Images, _ positions: [Int], _ engine: Engine, _ stop: Stop,
    _ found: (Curve.Point) -> Void, _ progress: @Sendable (Int) -> Void
  ) throws -> [Curve.Point] {
    var outcomes = try target.evaluate(on: images, costs: costs, engine: engine, stop: stop).outcomes
    var kept = Dictionary(positions.map { ($0, images.pixels(at: $0)) }) { first, _ in first }
    var open = outcomes.indices.filter { outcomes[$0].isCleanRight }
    var points: [Curve.Point] = []
    for epsilon in radii {
      if epsilon > 0, !open.isEmpty,
        let ended = try run(open, at: epsilon, keeping: !positions.isEmpty, target, images, engine, stop)
      {
        for (place, position) in open.enumerated() {
          outcomes[position] = ended.evaluation.outcomes[place]
          if kept[position] != nil, let changed = ended.examples?[place] { kept[position] = changed }
        }
        open = open.filter { !outcomes[$0].fooled }
      }
      points.append(
        Curve.Point(
          epsilon: epsilon, evaluation: Evaluation(classNames: images.classes, costs: costs, outcomes: outcomes),
          kept: kept))
      found(points[points.count - 1])
      progress(points.count)
    }
    return points
  }

  /// The result at one radius of the images at some positions; nil if all of them already are of the target's class.
  private func run(
    _ open: [Int], at epsilon: Double, keeping: Bool, _ target: Target, _ images: Images, _ engine: Engine, _ stop: Stop
  ) throws -> AttackResult? {
    let left = images.at(open)
    if case .target(let wanted) = goal, left.labels.allSatisfy({ $0 == wanted }) { return nil }
    return try at(epsilon, keeping: keeping).run(against: target, on: left, engine: engine, stop: stop)
  }
}
