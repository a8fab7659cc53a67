extension Attack {
  /// The strongest images that the attack finds, for training on them: nothing is skipped, judged or counted.
  ///
  /// - Parameters:
  ///   - images: `[n, channels, height, width]`, pixels from 0 to 1.
  ///   - indices: what each image's random stream is keyed by; let `seed` change from epoch to epoch.
  /// - Returns: as many images, within the threat model.
  /// - Throws: `Interrupted` when `stop` asks.
  public func craft(
    _ images: Tensor, labels: [Int], indices: [Int], seed: Int, within threat: ThreatModel,
    asking responder: any Responder, stop: Stop = .never
  ) throws -> Tensor {
    let rows = (0..<images.rows).map { Pixels(images[row: $0]) }
    let batch = Batch(
      images: rows, aims: labels.map { Aim(label: $0) }, indices: indices, seed: seed, wantsStrongest: true)
    let victim = Victim(responder, count: rows.count, stop: stop)
    let crafted = try perturb(batch, within: threat, against: victim)
    return Tensor(
      shape: images.shape, values: zip(crafted, rows).flatMap { threat.projected($0, around: $1) })
  }
}
