import Testing

@testable import NN

/// FGSM, PGD, MI-FGSM and DeepFool against PyTorch on two trained models, 16 images each.
///
/// Sign attacks are not compared pixel by pixel: flat backgrounds tie the maximum pooling, rounding decides, and the
/// sign amplifies. Three times the share of pixels may differ in which PyTorch's own single and double precision do.
@Suite struct AttackGoldenTests {
  private struct Reference {
    let golden: Golden
    let target: Target
    let images: [Pixels]
    let labels: [Int]

    init(_ name: String) throws {
      golden = try Golden("golden/attacks_\(name)_s0")
      var model = try Model(
        LeNet(), input: ImageShape(channels: 1, height: 28, width: 28), classes: 10,
        normalisation: Normalisation(mean: [0.2862], std: [0.3204]))
      for place in model.layout { model[place.name] = try golden["w." + place.name] }
      target = model.target
      let bytes = try golden["images_u8"]
      images = (0..<16).map { row in bytes[row: row].map { $0 / 255 } }
      labels = try golden["labels"].values.map { Int($0) }
    }

    /// The images that an attack returns for all 16, wrong ones included, as PyTorch attacked these too.
    func attacked(_ attack: any Attack, _ threat: ThreatModel, labels given: [Int]? = nil) throws -> [Pixels] {
      let batch = Batch(
        images: images, aims: (given ?? labels).map { Aim(label: $0) }, indices: Array(0..<16), seed: 0,
        wantsStrongest: true)
      let victim = Victim(target.makeResponder(), count: 16, stop: .never)
      return try attack.perturb(batch, within: threat, against: victim).enumerated().map {
        attack.constrained($1, around: images[$0], within: threat)
      }
    }

    /// The share of pixels that differ from PyTorch's by more than 1e-4, in normalised units.
    func differing(_ found: [Pixels], from name: String) throws -> Double {
      let other = try golden[name]
      let differences = found.enumerated().flatMap { row, image in
        zip(image, other[row: row]).map { abs(($0 - 0.2862) / 0.3204 - $1) }
      }
      return Double(differences.count { $0 > 1e-4 }) / Double(differences.count)
    }

    func answers(_ images: [Pixels]) -> [Int] { target.makeResponder().forward(images).map(\.answer) }

    /// PyTorch's answers to the images that it found.
    func answers(of name: String) throws -> [Int] {
      let found = try golden[name]
      return answers((0..<16).map { row in found[row: row].map { $0 * 0.3204 + 0.2862 } })
    }
  }

  static let epsilon: Float = 0.3 * 0.3204

  @Test(arguments: [("normal", 0.0121), ("adv", 0.0007)])
  func fgsmAgreesWithPyTorch(_ name: String, _ share: Double) throws {
    let reference = try Reference(name)
    let found = try reference.attacked(FGSM(), ThreatModel(.linf, epsilon: Self.epsilon))
    #expect(try reference.differing(found, from: "fgsm_clamped") <= 3 * share)
    #expect(try reference.answers(found) == reference.answers(of: "fgsm_clamped"))
  }

  @Test(arguments: [("normal", 0.0501), ("adv", 0.0253)])
  func pgdAgreesWithPyTorch(_ name: String, _ share: Double) throws {
    let reference = try Reference(name)
    var pgd = PGD()
    (pgd.steps, pgd.step, pgd.randomStart) = (10, 0.03 * 0.3204, false)
    let found = try reference.attacked(pgd, ThreatModel(.linf, epsilon: Self.epsilon))
    #expect(try reference.differing(found, from: "pgd10") <= 3 * share)
    #expect(try reference.answers(found) == reference.answers(of: "pgd10"))
  }

  @Test(arguments: [("normal", 0.0936), ("adv", 0.0320)])
  func l2PGDAgreesWithPyTorch(_ name: String, _ share: Double) throws {
    let reference = try Reference(name)
    var pgd = PGD()
    (pgd.steps, pgd.step, pgd.randomStart) = (10, 0.3 * 0.3204, false)
    let found = try reference.attacked(pgd, ThreatModel(.l2, epsilon: 1.5 * 0.3204))
    #expect(try reference.differing(found, from: "l2pgd10") <= 3 * share)
    #expect(try reference.answers(found) == reference.answers(of: "l2pgd10"))
  }

  @Test(arguments: [("normal", 0.0281), ("adv", 0.0217)])
  func momentumAgreesWithPyTorch(_ name: String, _ share: Double) throws {
    let reference = try Reference(name)
    var momentum = MIFGSM()
    (momentum.steps, momentum.step) = (10, 0.03 * 0.3204)
    let found = try reference.attacked(momentum, ThreatModel(.linf, epsilon: Self.epsilon))
    #expect(try reference.differing(found, from: "mifgsm10") <= 3 * share)
    #expect(try reference.answers(found) == reference.answers(of: "mifgsm10"))
  }

  /// PyTorch's DeepFool starts from the predicted label, does not clip and measures in normalised units; ours clips. So
  /// the distances agree where the box is out of the way, and are near elsewhere.
  @Test(arguments: ["normal", "adv"]) func deepFoolAgreesWithPyTorch(_ name: String) throws {
    let reference = try Reference(name)
    let clean = reference.answers(reference.images)
    let found = try reference.attacked(DeepFool(), ThreatModel(.l2, epsilon: .infinity), labels: clean)
    let other = try reference.golden["deepfool50"]
    let ratios = (0..<16).map { row in
      let theirs = Vector.l2(other[row: row].map { $0 * 0.3204 + 0.2862 }, reference.images[row])
      return Vector.l2(found[row], reference.images[row]) / theirs
    }.sorted()
    #expect(reference.answers(found).enumerated().allSatisfy { $1 != clean[$0] })
    #expect(ratios[0] > 0.8 && ratios[15] < 1.25 && abs(ratios[8] - 1) < 0.05, "\(ratios)")
  }

  /// Not clipped it takes PyTorch's steps, to PyTorch's points, but for the 1e-4 that each of up to five steps goes beyond
  /// the boundary: theirs are of normalised units, ours of pixels.
  @Test(arguments: ["normal", "adv"]) func deepFoolWithoutTheBoxIsPyTorchs(_ name: String) throws {
    let reference = try Reference(name)
    let clean = reference.answers(reference.images)
    var attack = DeepFool()
    attack.clip = false
    let found = try reference.attacked(attack, ThreatModel(.l2, epsilon: .infinity), labels: clean)
    let other = try reference.golden["deepfool50"]
    for row in 0..<16 {
      let theirs = Vector.l2(other[row: row].map { $0 * 0.3204 + 0.2862 }, reference.images[row])
      #expect(abs(Vector.l2(found[row], reference.images[row]) - theirs) < 1e-3 * theirs + 5e-4, "\(row)")
    }
  }

  /// The lanes of the engine: whoever stands beside an image, its bits are the same.
  @Test(arguments: ["pgd", "apgd", "square", "deepfool", "fab", "cw"])
  func blocksDoNotChangeABitOnTheEngine(_ attack: String) throws {
    let reference = try Reference("adv")
    let bytes = try reference.golden["images_u8"].values.map { UInt8($0) }
    let dataset = try Dataset(
      name: "golden", classes: ClassNames.fashion, shape: reference.target.shape,
      train: .init(bytes: [], labels: []),
      test: .init(bytes: bytes + bytes, labels: (reference.labels + reference.labels).map { UInt8($0) }))
    func outcomes(_ block: Int) throws -> [Outcome] {
      let made = try AttackContractTests.small(attack)
      var run = AttackRun(made, within: ThreatModel(made.traits.norms[0], epsilon: 0.05))
      run.blockSize = block
      return try run.run(against: reference.target, on: dataset.test).evaluation.outcomes
    }
    let whole = try outcomes(32)
    for block in [1, 5, 16] { #expect(try outcomes(block) == whole) }
  }

  /// The reference counts an image that is wrong while clean and right under attack as right; Ward does not.
  @Test(
    .enabled(if: IDXTests.fashionIsInstalled, "dataset-fashion-mnist is not installed"),
    arguments: [("normal", 0.8969, 0.1649), ("adv", 0.8951, 0.8124)])
  func accuracyOnAllTestImagesIsPyTorchs(_ name: String, _ clean: Double, _ underFGSM: Double) throws {
    let target = try Reference(name).target
    let images = try Dataset.load("fashion-mnist", environment: [:]).test
    let right = try target.evaluate(on: images).clean.hits
    #expect(abs(right - Int(clean * 10_000)) <= 3)
    let blocks = Blocks(engine: Engine(), stop: .never)
    let held = try blocks.run(images.count, against: target) { range, responder in
      let clean = images.tensor(range)
      let crafted = try FGSM().craft(
        clean, labels: images.labels(range), indices: Array(range), seed: 0,
        within: ThreatModel(.linf, epsilon: Self.epsilon), asking: responder)
      let answers = responder.forward((0..<crafted.rows).map { Pixels(crafted[row: $0]) }).map(\.answer)
      return zip(answers, images.labels(range)).count { $0 == $1 }
    }
    #expect(abs(Double(held.reduce(0, +)) / 10_000 - underFGSM) <= 0.005)
  }
}
