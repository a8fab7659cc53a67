/// The part of an audit that looks at single answers and gradients instead of at accuracies.
extension AuditTrial {
  /// What the probes of one image found.
  private struct Probe: Sendable {
    var hasZeroGradient = false
    var hasZeroRatioGradient = false
    var isBroken = false
    var isSaturated = false
    var isProbability = false
    var isUnsteady = false
    var variability: Float = 0
    /// Of images that withstand: the last steps still gain.
    var isStillRising: Bool?
    /// A wrong answer on the way, and a right one at the end.
    var isSilent: Bool?
  }

  /// Checks of gradients, numbers and single paths.
  func probes() throws -> [AuditCheck] {
    progress("gradients and paths", 0.92)
    // Which images are followed depends on the blocks, so these may not depend on the threads.
    let blocks = Blocks(size: 64, engine: engine, stop: stop)
    let probes = try blocks.run(images.count, against: target) { range, responder in
      let clean = responder.forward(images.pixels(range), keeping: false)
      let rows = zip(range, clean).filter { images.label(at: $0) == $1.answer }.map(\.0)
      return try probe(rows, responder)
    }.flatMap { $0 }
    func share(_ isHit: (Probe) -> Bool) -> Double { Double(probes.count(where: isHit)) / Double(max(probes.count, 1)) }
    let paths = probes.filter { $0.isSilent != nil }
    func pathShare(_ isHit: (Probe) -> Bool) -> Double {
      Double(paths.count(where: isHit)) / Double(max(paths.count, 1))
    }
    let variability = probes.reduce(0) { $0 + Double($1.variability) } / Double(max(probes.count, 1))
    return [
      zeroGradients(share(\.hasZeroGradient), share(\.hasZeroRatioGradient)),
      numbers(
        "non_finite", share(\.isBroken), "of the images have gradients that are NaN or infinite",
        "train again, or attack without gradients"),
      numbers(
        "saturated", share(\.isSaturated), "of the images have probability 1 in single precision for the right class",
        "use loss: dlr or margin: cross-entropy has no gradient left there", limit: 0.5),
      numbers(
        "probabilities", share(\.isProbability), "of the answers look like probabilities and not like logits",
        "attack the logits: softmax twice flattens every gradient", limit: 0.99),
      numbers(
        "deterministic", share(\.isUnsteady), "of the images get other logits when asked again",
        "average over passes: the gradients of a random model mislead"),
      AuditCheck(
        "unstable", variability, variability > 0.5 ? .failed : (variability > 0.2 ? .doubtful : .passed),
        "the loss changes by \(percent(variability)) on average within ±4/255 of an image; much means a rugged loss",
        advice: "more restarts, and attacks without gradients"),
      AuditCheck(
        "silent_success", pathShare { $0.isSilent == true },
        pathShare { $0.isSilent == true } > 0.02 ? .doubtful : .passed,
        "on \(percent(pathShare { $0.isSilent == true })) of the paths a wrong answer was met and lost again",
        advice: "keep the first success, as Ward's attacks do, and not the last image"),
      AuditCheck(
        "still_rising", pathShare { $0.isStillRising == true },
        pathShare { $0.isStillRising == true } > 0.2 ? .doubtful : .passed,
        "on \(percent(pathShare { $0.isStillRising == true })) of the paths the loss still rose in the last ten steps",
        advice: "more steps"),
      try budget(),
    ]
  }

  private func probe(_ rows: [Int], _ responder: any Responder) throws -> [Probe] {
    guard !rows.isEmpty else { return [] }
    try stop.check()
    let pixels = rows.map { images.pixels(at: $0) }
    let aims = rows.map { Aim(label: images.label(at: $0)) }
    let plain = responder.ascend(pixels) { AttackLoss.ce.evaluate($1, aims[$0]).gradient }
    let ratioLoss: AttackLoss = target.classes >= 3 ? .dlr : .margin
    let ratio = responder.ascend(pixels) { ratioLoss.evaluate($1, aims[$0]).gradient }
    let again = responder.forward(pixels, keeping: false)
    var probes = rows.indices.map { i in
      var probe = Probe()
      let logits = plain[i].logits
      probe.hasZeroGradient = Vector.linf(plain[i].gradient) == 0
      probe.hasZeroRatioGradient = Vector.linf(ratio[i].gradient) == 0
      // Logits that are NaN or infinite are the matter of `no_answer`.
      probe.isBroken = logits.allSatisfy(\.isFinite) && !plain[i].gradient.allSatisfy(\.isFinite)
      probe.isSaturated = logits.softmax[aims[i].label] == 1
      probe.isProbability =
        logits.allSatisfy { $0 >= 0 && $0 <= 1 } && abs(logits.reduce(0, +) - 1) < 1e-5
      probe.isUnsteady = !zip(logits, again[i]).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
      return probe
    }
    // A few images of each block are enough for what takes many questions.
    for i in rows.indices.prefix(isFull ? 16 : 4) {
      probes[i].variability = variability(pixels[i], aims[i], rows[i], responder)
      (probes[i].isSilent, probes[i].isStillRising) = path(pixels[i], aims[i], rows[i], responder)
    }
    // Those that were not looked at must not pull the mean down.
    let mean =
      probes.prefix(isFull ? 16 : 4).reduce(0) { $0 + $1.variability } / Float(min(rows.count, isFull ? 16 : 4))
    for i in rows.indices.dropFirst(isFull ? 16 : 4) { probes[i].variability = mean }
    return probes
  }

  /// How much the loss changes, relative to itself, along random directions (Pintor et al., I2).
  private func variability(_ image: Pixels, _ aim: Aim, _ row: Int, _ responder: any Responder) -> Float {
    var random = Random(seed: audit.seed, image: images.indices[row], restart: -2)
    let moved = (0..<32).map { _ in
      Vector.clipped(Vector.along(image, 4 / 255, random.uniforms(image.count)))
    }
    let losses = responder.forward([image] + moved, keeping: false).map { AttackLoss.margin.value($0, aim) }
    return losses.dropFirst().reduce(0) { $0 + min(1, abs($1 - losses[0]) / max(abs(losses[0]), 1e-6)) } / 32
  }

  /// Follows plain PGD for 40 steps, and looks at the path and not only at its end.
  private func path(
    _ image: Pixels, _ aim: Aim, _ row: Int, _ responder: any Responder
  ) -> (isSilent: Bool, isStillRising: Bool) {
    var random = Random(seed: audit.seed, image: images.indices[row], restart: -3)
    var point = audit.threat.start(at: image, using: &random)
    var (losses, wasWrong): ([Float], Bool) = ([], false)
    for _ in 0..<40 {
      let found = responder.ascend([point]) { AttackLoss.ce.evaluate($1, aim).gradient }[0]
      losses.append(AttackLoss.ce.value(found.logits, aim))
      wasWrong = wasWrong || found.logits.answer != aim.label
      point = Vector.along(point, audit.threat.epsilon / 16, audit.threat.steepest(found.gradient))
      audit.threat.project(&point, around: image)
    }
    let isWrong = responder.forward([point], keeping: false)[0].answer != aim.label
    let (best, early) = (losses.max() ?? 0, losses.prefix(30).max() ?? 0)
    let range = best - (losses.min() ?? 0)
    return (wasWrong && !isWrong, !isWrong && range > 0 && (best - early) / range > 0.05)
  }

  private func zeroGradients(_ plain: Double, _ ratio: Double) -> AuditCheck {
    AuditCheck(
      "zero_gradients", plain, plain > 0.05 ? .failed : (plain > 0 || ratio > 0 ? .doubtful : .passed),
      "the gradient of cross-entropy is exactly zero at \(percent(plain)) of the images, that of the ratio loss at "
        + "\(percent(ratio)); sign steps stand still there",
      advice: "use loss: dlr or margin, and attacks without gradients")
  }

  private func numbers(
    _ name: String, _ share: Double, _ what: String, _ advice: String, limit: Double = 0
  ) -> AuditCheck {
    AuditCheck(name, share, share > limit ? .failed : .passed, "\(percent(share)) \(what)", advice: advice)
  }

  /// Measures the returned images again, from the arrays themselves.
  private func budget() throws -> AuditCheck {
    var run = AttackRun(pgd(), within: audit.threat)
    (run.seed, run.keepsImages) = (audit.seed, true)
    let some = images.take(100)
    let examples = try run.run(against: target, on: some, engine: engine, stop: stop).examples ?? []
    let sizes = examples.enumerated().map { Distances.between(some.pixels(at: $0), $1).exactly(audit.threat.norm) }
    let largest = sizes.max() ?? 0
    let isInside = examples.allSatisfy { $0.allSatisfy { $0 >= 0 && $0 <= 1 } }
    return AuditCheck(
      "budget", largest, isInside && largest <= audit.threat.bound ? .passed : .failed,
      "the largest change among \(examples.count) stored images is \(Float(largest)), eps is \(audit.threat.epsilon)",
      advice: "this is a fault of Ward's: please report it")
  }
}
