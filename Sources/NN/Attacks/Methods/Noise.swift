/// Random changes of the largest size allowed, and nothing else: what every real attack must beat.
///
/// L∞ draws uniformly from the ball; L2 and L1 take a normal direction, cut to the box and stretched until it is as long
/// as the radius (`BoxStep`); L0 sets random pixels at random. Noise that succeeds where gradients fail is one of the
/// signs of masked gradients (Athalye, Carlini and Wagner, ICML 2018, §3.1).
struct Noise: Attack {
  /// Draws for each image.
  var draws = 10

  static let traits = AttackTraits(.scores, .fixed, norms: [.linf, .l2, .l1, .l0])

  static let entry: Entry<any Attack> = Entry(
    Noise(), "noise", "random changes: the least that an attack must beat", paper: "arXiv:1802.00420",
    details: ReturnRule.best,
    example: "attack normal with: noise on: fashion.test eps: 0.1 draws: 100",
    settings
  ) { $0 }

  private static let settings: [Setting<Noise>] = [Setting("draws", \.draws, in: 1...1_000_000, "draws for each image")]

  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels] {
    var search = SearchState(batch)
    var randoms = (0..<batch.count).map { batch.random($0) }
    for _ in 0..<draws where !search.open.isEmpty {
      let points = search.open.map { row in draw(batch.images[row], threat, &randoms[row]) }
      victim.step(search.open)
      let logits = try victim.logits(points, of: search.open)
      _ = search.judge(points, zip(logits, search.aims).map { ($0, $1.lead(of: $0)) })
      search.settle()
    }
    return search.found
  }

  private func draw(_ image: Pixels, _ threat: ThreatModel, _ random: inout Random) -> Pixels {
    guard threat.norm == .l2 || threat.norm == .l1 else { return threat.start(at: image, using: &random) }
    return BoxStep.stretched(from: image, along: random.normals(image.count), to: threat.epsilon, threat.norm)
  }
}
