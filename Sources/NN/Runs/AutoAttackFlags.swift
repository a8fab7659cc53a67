/// Reasons to doubt an AutoAttack result: the flags that the authors' code raises (its `checks.py`).
///
/// One of theirs is missing because it cannot occur here: a model that optimises at inference time. Ward's networks are
/// fixed chains of layers, whether trained here or read from a file.
public enum AttackFlag: Equatable, Sendable {
  /// The model answers the same images differently when asked again.
  case random
  /// Answers look like probabilities: every gradient goes through softmax twice.
  case probabilities
  /// At so many of the images that were looked at the gradient is exactly zero.
  case zeroGradients(Int, of: Int)
  /// A targeted part that heads for more classes than there are, or that is left out for want of classes.
  case fewClasses(classes: Int, part: String, targets: Int)
  /// The share of the images that fell to Square alone.
  case square(Double)

  /// One sentence: what was seen.
  public var description: String {
    switch self {
    case .random: "this model answers at random: asked again, it gives other logits"
    case .probabilities: "the answers of this model look like probabilities, not like logits"
    case .zeroGradients(let count, let all):
      "the gradient is exactly zero at \(count) of \(all) images: gradient steps stand still there"
    case .fewClasses(let classes, let part, 0):
      "with \(classes) classes \(part) is left out: its loss needs \(part == "apgd-t" ? "four" : "three")"
    case .fewClasses(let classes, let part, let targets):
      "with \(classes) classes \(part) has \(classes - 1) of its \(targets) targets"
    case .square(let share):
      "Square, which asks for logits only, broke \(Self.percent(share)) % of the images after all gradient attacks had failed"
    }
  }

  /// What to do about it; nil if nothing need be.
  public var hint: String? {
    switch self {
    case .random: "use autoattack(version: rand), which averages gradients over twenty passes"
    case .probabilities: "attack the network without its last softmax"
    case .zeroGradients: "`audit` looks closer; trust Square and transfer more than gradient attacks"
    case .fewClasses: nil
    case .square: "gradients may be masked: try square with more queries and restarts, and `audit`"
    }
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension AttackRun {
  /// How many images the flags are looked for on, as many as a batch of the authors' code.
  private static let looked = 250

  /// What can be said before the run: empty for any attack but AutoAttack.
  ///
  /// - Throws: `Interrupted` when `stop` asks.
  public func flags(of target: Target, on images: Images, engine: Engine, stop: Stop) throws -> [AttackFlag] {
    guard let auto = attack as? AutoAttack else { return [] }
    let some = images.take(Self.looked)
    let looks = try Blocks(size: 32, engine: engine, stop: stop).run(some.count, against: target) { range, responder in
      try BlockCheck(some.pixels(range), some.labels(range), responder, stop)
    }
    var flags: [AttackFlag] = []
    if auto.version != .rand, looks.contains(where: \.isRandom) { flags.append(.random) }
    if !looks.isEmpty, looks.allSatisfy(\.isProbability) { flags.append(.probabilities) }
    let zeros = looks.reduce(0) { $0 + $1.zeros }
    if zeros > 0 { flags.append(.zeroGradients(zeros, of: looks.reduce(0) { $0 + $1.right })) }
    return flags + auto.fewClasses(target.classes, threat.norm)
  }

  /// Flags raised after the run: Square should find next to nothing that gradient attacks do not.
  public func flags(after evaluation: Evaluation) -> [AttackFlag] {
    guard attack is AutoAttack, evaluation.images > 0 else { return [] }
    let alone = evaluation.outcomes.count { $0.fooled && $0.credits == ["square"] }
    let share = Double(alone) / Double(evaluation.images)
    return share > 0.002 ? [.square(share)] : []
  }
}

/// What one block of images says.
private struct BlockCheck: Sendable {
  /// Whether one of four more questions got another answer than the first.
  let isRandom: Bool
  let isProbability: Bool
  /// Images that are answered rightly, and those of them at which the gradient is zero.
  let right: Int
  let zeros: Int

  init(_ pixels: [Pixels], _ labels: [Int], _ responder: any Responder, _ stop: Stop) throws {
    let first = responder.forward(pixels, keeping: false)
    isRandom = try (0..<4).contains { _ in
      try stop.check()
      return !Self.agree(first, responder.forward(pixels, keeping: false))
    }
    isProbability = first.allSatisfy {
      $0.allSatisfy { $0 > -1e-5 && $0 < 1 + 1e-5 } && abs($0.reduce(0, +) - 1) < 1e-5
    }
    let rows = labels.indices.filter { first[$0].answer == labels[$0] }
    right = rows.count
    try stop.check()
    guard !rows.isEmpty else {
      zeros = 0
      return
    }
    let gradients = responder.ascend(rows.map { pixels[$0] }) { position, logits in
      AttackLoss.ce.evaluate(logits, Aim(label: labels[rows[position]])).gradient
    }
    zeros = gradients.count { Vector.linf($0.gradient) == 0 }
  }

  /// The same logits but for rounding, as shares of their length. NaN are the same if their bits are.
  private static func agree(_ a: [[Float]], _ b: [[Float]]) -> Bool {
    zip(a, b).allSatisfy { a, b in
      a.map(\.bitPattern) == b.map(\.bitPattern) || Vector.l2(a, b) <= 1e-4 * max(Vector.l2(a), Vector.l2(b))
    }
  }
}

extension AutoAttack {
  /// The targeted parts that a model of few classes cuts short.
  fileprivate func fewClasses(_ classes: Int, _ norm: Norm) -> [AttackFlag] {
    let full = Self.targets + 1
    func heading(_ norm: Norm) -> [(part: String, targets: Int)] {
      stages(norm, classes: full).compactMap { part, attack in
        if let apgd = attack as? APGD { return apgd.loss == .ce ? nil : (part, apgd.loss == .dlr ? 0 : apgd.targets) }
        return (attack as? FAB).flatMap { $0.targets > 0 ? (part, $0.targets) : nil }
      }
    }
    let left = Set(parts(norm, classes: classes))
    return heading(norm).compactMap { part, targets in
      if !left.contains(part) { return .fewClasses(classes: classes, part: part, targets: 0) }
      return targets > classes - 1 ? .fewClasses(classes: classes, part: part, targets: targets) : nil
    }
  }
}
