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
    details: ReturnRule.best,
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
    var search = SearchState(batch)
    for restart in 0..<restarts where !search.open.isEmpty {
      try searchPatches(&search, batch, threat, victim, restart)
    }
    return search.found
  }

  /// How far one image is.
  private struct ImageState {
    let row: Int
    let aim: Aim
    var point: Pixels
    var lead = -Float.infinity
    var random: Random
    /// Questions asked so far.
    var asked = 0
  }

  /// A patch that is tried, and the random stream after it was drawn.
  private struct Proposal {
    let point: Pixels
    let random: Random
  }

  /// The engine takes sixteen images at once: fewer cost as much.
  private static let lanes = 16

  /// One patch after the other, for all open images at once.
  ///
  /// When few images are left, several patches of each are tried in one question, on the guess that those before are
  /// refused; what comes after an accepted one is thrown away and not counted, so the outcome is that of one at a time.
  private func searchPatches(
    _ search: inout SearchState, _ batch: Batch, _ threat: ThreatModel, _ victim: Victim, _ restart: Int
  ) throws {
    var patches = SquarePatches(threat, victim.shape, victim.places)
    var states = zip(search.open, search.aims).map { row, aim in
      var random = batch.random(row, restart: restart)
      return ImageState(row: row, aim: aim, point: patches.start(batch.images[row], &random), random: random)
    }
    while !states.isEmpty {
      let ahead = max(1, Self.lanes / states.count)
      let proposals = states.map { proposal($0, ahead: ahead, batch.images[$0.row], &patches) }
      let rows = zip(states, proposals).flatMap { state, proposals in proposals.map { _ in state.row } }
      let logits = try victim.logits(proposals.joined().map(\.point), of: rows, news: [])
      var first = 0
      for i in states.indices {
        accept(&states[i], proposals[i], logits[first..<first + proposals[i].count], &search, victim)
        first += proposals[i].count
      }
      states.removeAll { search.isSettled($0.row) || $0.asked >= queries }
    }
    search.settle()
  }

  /// The next patches of one image, all from where it is now.
  private func proposal(
    _ state: ImageState, ahead: Int, _ center: Pixels, _ patches: inout SquarePatches
  ) -> [Proposal] {
    guard state.asked > 0 else { return [Proposal(point: state.point, random: state.random)] }
    var random = state.random
    return (0..<min(ahead, queries - state.asked)).map { i in
      let side = patches.side(share(state.asked + i))
      let point = patches.candidate(state.point, around: center, side: side, &random)
      return Proposal(point: point, random: random)
    }
  }

  /// Takes the answers in turn, up to the first patch that is accepted.
  private func accept(
    _ state: inout ImageState, _ proposals: [Proposal], _ logits: ArraySlice<[Float]>, _ search: inout SearchState,
    _ victim: Victim
  ) {
    for (proposal, logits) in zip(proposals, logits) {
      let lead = score(logits, state.aim)
      victim.ask(state.row)
      (state.asked, state.random) = (state.asked + 1, proposal.random)
      guard lead > state.lead || state.aim.isReached(by: logits) else { continue }
      (state.point, state.lead) = (proposal.point, lead)
      search.offer(state.row, proposal.point, logits, loss: lead)
      return
    }
  }

  /// What a patch must make larger: the margin; towards a target, the target's log-probability.
  private func score(_ logits: [Float], _ aim: Aim) -> Float {
    aim.target == nil ? aim.lead(of: logits) : AttackLoss.ce.value(logits, aim)
  }

  /// The share of the pixels that a patch covers at a query: halved on a fixed schedule.
  func share(_ query: Int) -> Float {
    let at = rescale ? query * 10_000 / queries : query
    let halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].count { at > $0 }
    return fraction / Float(1 << halvings)
  }
}
