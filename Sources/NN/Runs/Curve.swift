/// Robust accuracy against the radius.
public struct Curve: Sendable {
  /// One radius.
  public struct Point: Sendable {
    /// The radius, in units of the norm.
    public let epsilon: Double
    /// How the model does there.
    public let evaluation: Evaluation
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
  ///   - progress: is told how many of the radii are done.
  ///   - found: is given each point as soon as it is known.
  /// - Throws: `AttackError` before anything runs, `Interrupted` when `stop` asks.
  public func curve(
    at epsilons: [Double], against target: Target, on images: Images, engine: Engine? = nil, stop: Stop = .never,
    progress: @escaping @Sendable (_ done: Int) -> Void = { _ in }, found: (Curve.Point) -> Void = { _ in }
  ) throws -> Curve {
    let start = ContinuousClock.now
    let engine = engine ?? Engine(threads: threads)
    let radii = Set(epsilons).sorted()
    for epsilon in radii { try at(epsilon).check(target, images) }
    let points: [Curve.Point]
    if attack.traits.budget == .minimum {
      points = try thresholds(radii, target, images, engine, stop)
      points.forEach(found)
    } else {
      points = try sweep(radii, target, images, engine, stop, found, progress)
    }
    return Curve(points: points, seconds: (ContinuousClock.now - start).seconds)
  }

  private func at(_ epsilon: Double) -> AttackRun {
    var copy = self
    copy.threat = threat.with(bound: epsilon)
    copy.keepsImages = false
    return copy
  }

  private func thresholds(
    _ radii: [Double], _ target: Target, _ images: Images, _ engine: Engine, _ stop: Stop
  ) throws -> [Curve.Point] {
    let found = try at(.infinity).run(against: target, on: images, engine: engine, stop: stop).evaluation
    return radii.map { epsilon in
      let outcomes = found.outcomes.map { $0.within(threat.with(bound: epsilon)) }
      return Curve.Point(
        epsilon: epsilon, evaluation: Evaluation(classNames: images.classes, costs: costs, outcomes: outcomes))
    }
  }

  private func sweep(
    _ radii: [Double], _ target: Target, _ images: Images, _ engine: Engine, _ stop: Stop,
    _ found: (Curve.Point) -> Void, _ progress: @Sendable (Int) -> Void
  ) throws -> [Curve.Point] {
    var outcomes = try target.evaluate(on: images, costs: costs, engine: engine, stop: stop).outcomes
    var open = outcomes.indices.filter { outcomes[$0].isCleanRight }
    var points: [Curve.Point] = []
    for epsilon in radii {
      if epsilon > 0, !open.isEmpty, let ended = try run(open, at: epsilon, target, images, engine, stop) {
        for (position, outcome) in zip(open, ended) { outcomes[position] = outcome }
        open = open.filter { !outcomes[$0].fooled }
      }
      points.append(
        Curve.Point(
          epsilon: epsilon, evaluation: Evaluation(classNames: images.classes, costs: costs, outcomes: outcomes)))
      found(points[points.count - 1])
      progress(points.count)
    }
    return points
  }

  /// The outcomes at one radius of the images at some positions; nil if all of them already are of the target's class.
  private func run(
    _ open: [Int], at epsilon: Double, _ target: Target, _ images: Images, _ engine: Engine, _ stop: Stop
  ) throws -> [Outcome]? {
    let left = images.at(open)
    if case .target(let wanted) = goal, left.labels.allSatisfy({ $0 == wanted }) { return nil }
    return try at(epsilon).run(against: target, on: left, engine: engine, stop: stop).evaluation.outcomes
  }
}
