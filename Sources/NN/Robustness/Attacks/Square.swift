import Foundation

/// Random search with square patches: no gradient, only logits, so nothing that hides gradients stops it.
///
/// Andriushchenko, Croce, Flammarion and Hein, "Square Attack: a query-efficient black-box adversarial attack via random
/// search", ECCV 2020, Algorithms 1–3; L1 as in the code of Croce and Hein, arXiv:2103.01208. The authors' code draws one
/// patch position for a whole batch; here every image has its own stream. As there the patches of Square alone shrink over
/// the queries that are given; AutoAttack's shrink as if there were 10,000.
struct Square: Attack {
  /// Questions to the model for each image.
  var queries = 5000
  /// The share of the pixels that the first patches cover.
  var fraction: Float = 0.8
  /// Whether the patches shrink over `queries`; else as if 10,000 were asked, however few there are.
  var rescale = true
  /// Runs from new starts.
  var restarts = 1

  static let traits = AttackTraits(.scores, .fixed, norms: [.linf, .l2, .l1])

  static let entry: Entry<any Attack> = Entry(
    Square(), "square", "random search with square patches; needs no gradient", paper: "arXiv:1912.00049",
    details: Returned.best,
    example: "attack normal with: square on: take(fashion.test, 500) eps: 0.1 queries: 1000",
    settings
  ) { $0 }

  private static let settings: [Setting<Square>] = [
    Setting("queries", \.queries, in: 1...10_000_000, "questions to the model for each image"),
    Setting("fraction", \.fraction, in: 0.001...1, "share of the pixels that the first patches cover"),
    Setting("rescale", \.rescale, "shrink the patches over the queries given; false: as if they were 10,000"),
    Setting("restarts", \.restarts, in: 1...1000, "runs from new starts"),
  ]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var hunt = Hunt(batch)
    for restart in 0..<restarts where !hunt.open.isEmpty {
      try search(&hunt, batch, threat, victim, restart)
    }
    return hunt.found
  }

  /// How far one image is.
  private struct Climb {
    let row: Int
    let aim: Aim
    var point: Pixels
    var lead = -Float.infinity
    var random: Random
    /// Questions asked so far.
    var asked = 0
  }

  /// A patch that is tried, and the random stream after it was drawn.
  private struct Guess {
    let point: Pixels
    let random: Random
  }

  /// The engine takes sixteen images at once: fewer cost as much.
  private static let lanes = 16

  /// One patch after the other, for all open images at once.
  ///
  /// When few images are left, several patches of each are tried in one question, on the guess that those before are
  /// refused; what comes after an accepted one is thrown away and not counted, so the outcome is that of one at a time.
  private func search(
    _ hunt: inout Hunt, _ batch: Batch, _ threat: ThreatModel, _ victim: Victim, _ restart: Int
  ) throws {
    var patches = SquarePatches(threat, victim.shape)
    var climbs = zip(hunt.open, hunt.aims).map { row, aim in
      var random = batch.random(row, restart: restart)
      return Climb(row: row, aim: aim, point: patches.start(batch.images[row], &random), random: random)
    }
    while !climbs.isEmpty {
      let ahead = max(1, Self.lanes / climbs.count)
      let guesses = climbs.map { guess($0, ahead: ahead, batch.images[$0.row], &patches) }
      let rows = zip(climbs, guesses).flatMap { climb, guesses in guesses.map { _ in climb.row } }
      let logits = try victim.logits(guesses.joined().map(\.point), of: rows, news: [])
      var first = 0
      for i in climbs.indices {
        climb(&climbs[i], guesses[i], logits[first..<first + guesses[i].count], &hunt, victim)
        first += guesses[i].count
      }
      climbs.removeAll { hunt.isSettled($0.row) || $0.asked >= queries }
    }
    hunt.settle()
  }

  /// The next patches of one image, all from where it is now.
  private func guess(
    _ climb: Climb, ahead: Int, _ center: Pixels, _ patches: inout SquarePatches
  ) -> [Guess] {
    guard climb.asked > 0 else { return [Guess(point: climb.point, random: climb.random)] }
    var random = climb.random
    return (0..<min(ahead, queries - climb.asked)).map { i in
      let side = patches.side(share(climb.asked + i))
      let point = patches.candidate(climb.point, around: center, side: side, &random)
      return Guess(point: point, random: random)
    }
  }

  /// Takes the answers in turn, up to the first patch that is accepted.
  private func climb(
    _ climb: inout Climb, _ guesses: [Guess], _ logits: ArraySlice<[Float]>, _ hunt: inout Hunt, _ victim: Victim
  ) {
    for (guess, logits) in zip(guesses, logits) {
      let lead = merit(logits, climb.aim)
      victim.ask(climb.row)
      (climb.asked, climb.random) = (climb.asked + 1, guess.random)
      guard lead > climb.lead || climb.aim.isReached(by: logits) else { continue }
      (climb.point, climb.lead) = (guess.point, lead)
      hunt.offer(climb.row, guess.point, logits, loss: lead)
      return
    }
  }

  /// What a patch must make larger: the margin; towards a target, the target's log-probability.
  private func merit(_ logits: [Float], _ aim: Aim) -> Float {
    aim.target == nil ? aim.lead(of: logits) : AttackLoss.ce.value(logits, aim)
  }

  /// The share of the pixels that a patch covers at a query: halved on a fixed schedule.
  func share(_ query: Int) -> Float {
    let at = rescale ? query * 10_000 / queries : query
    let halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].count { at > $0 }
    return fraction / Float(1 << halvings)
  }
}
