import Testing

@testable import NN

/// What holds for every attack under a mask: only what may change does, and the attack spends its budget there.
@Suite struct MaskContractTests {
  typealias Contract = AttackContractTests

  /// A rectangle, and scattered pixels of which the rectangle around them has fixed ones.
  static let masks: [Mask] = [
    .rectangle(rows: 1..<5, columns: 2..<6),
    .pixels((0..<7).map { row in (0..<6).map { column in row > 0 && (row + 2 * column) % 3 != 0 } }),
  ]
  static let cases = Contract.cases.flatMap { item in masks.map { Case(attack: item, mask: $0) } }

  struct Case: Sendable, CustomTestStringConvertible {
    let attack: AttackContractTests.Case
    let mask: Mask
    var testDescription: String { "\(attack) \(mask.text)" }
  }

  static func run(
    _ item: Contract.Case, _ mask: Mask?, epsilon: Float? = nil, count: Int = 12, block: Int = 64
  ) throws -> AttackResult {
    let images = try labelled(by: Contract.target, count: count, seed: 8)
    let threat = Contract.threat(item.norm)
    var run = AttackRun(try Contract.small(item.name), within: epsilon.map(threat.with(epsilon:)) ?? threat)
    (run.seed, run.mask, run.keepsImages, run.blockSize) = (3, mask, true, block)
    return try run.run(against: Contract.target, on: images, engine: Engine(threads: 1))
  }

  @Test(arguments: cases) func onlyWhatMayChangeDoes(_ item: Case) throws {
    let result = try Self.run(item.attack, item.mask)
    let images = try labelled(by: Contract.target, count: 12, seed: 8)
    let free = Set(try #require(try item.mask.freeValues(of: Contract.shape, features: [])).indices)
    let responder = Contract.target.makeResponder()
    for (i, outcome) in result.evaluation.outcomes.enumerated() {
      let (clean, example) = (images.pixels(at: i), try #require(result.examples)[i])
      for place in clean.indices where !free.contains(place) {
        #expect(clean[place].bitPattern == example[place].bitPattern)
      }
      #expect(example.allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(Distances.between(clean, example) == outcome.distances)
      #expect(!outcome.fooled || Contract.threat(item.attack.norm).allows(outcome.distances))
      #expect(responder.forward([example])[0].answer == outcome.answer)
    }
  }

  /// With a radius that fools: noise within the mask is the least that gradients must beat.
  @Test(arguments: cases) func itSpendsItsBudgetWhereItMay(_ item: Case) throws {
    // By design: what a step may change here is less than two pixels.
    guard item.attack.name != "jsma" else { return }
    let epsilon: Float = [.linf: 0.25, .l2: 1, .l1: 3, .l0: 6][item.attack.norm] ?? 0
    let result = try Self.run(item.attack, item.mask, epsilon: epsilon)
    let found = result.evaluation.success
    #expect(found.hits > 0)
    guard result.run.attack.traits.access == .gradients else { return }
    let noise = Contract.Case(name: "noise", norm: item.attack.norm)
    let random = try Self.run(noise, item.mask, epsilon: epsilon).evaluation.success
    #expect(found.hits >= random.hits, "\(found.hits) of \(found.count), noise \(random.hits)")
  }

  @Test(arguments: Contract.cases) func aMaskOfEverythingIsNoMask(_ item: Contract.Case) throws {
    let whole = Mask.rectangle(rows: 0..<7, columns: 0..<6)
    let (masked, plain) = (try Self.run(item, whole, count: 6), try Self.run(item, nil, count: 6))
    #expect(masked.examples == plain.examples)
    #expect(masked.evaluation.outcomes == plain.evaluation.outcomes)
  }

  @Test(arguments: cases.filter { $0.mask == masks[1] }) func blocksChangeNoBitUnderAMask(_ item: Case) throws {
    let (whole, pieces) = (
      try Self.run(item.attack, item.mask, count: 7), try Self.run(item.attack, item.mask, count: 7, block: 3)
    )
    #expect(whole.examples == pieces.examples && whole.evaluation.outcomes == pieces.evaluation.outcomes)
  }

  /// A patch of one value, where no window and no pair of pixels fits.
  @Test(arguments: Contract.cases) func onePixelMayChange(_ item: Contract.Case) throws {
    let patch = Mask.rectangle(rows: 3..<4, columns: 4..<5)
    if item.name == "jsma" {
      #expect(throws: AttackError.self, "it changes pairs") { try Self.run(item, patch, epsilon: 1, count: 6) }
      return
    }
    let result = try Self.run(item, patch, epsilon: 1, count: 6)
    #expect(result.evaluation.outcomes.allSatisfy { $0.distances.l0 <= 1 })
  }
}

@Suite struct MaskTests {
  private let shape = ImageShape(channels: 2, height: 3, width: 4)

  @Test func aRectangleIsInAllChannels() throws {
    let free = try #require(
      try Mask.rectangle(rows: 1..<3, columns: 2..<4).freeValues(of: shape, features: []))
    #expect(free.indices == [6, 7, 10, 11, 18, 19, 22, 23])
    #expect(free.frame == ImageShape(channels: 2, height: 2, width: 2) && free.places == nil)
    let image = (0..<24).map { Float($0) }
    #expect(free.taken(from: image) == [6, 7, 10, 11, 18, 19, 22, 23])
    let changed = free.put(Pixels(repeating: -1, count: 8), into: image)
    #expect(changed.indices.filter { changed[$0] != image[$0] } == free.indices)
  }

  @Test func fixedPixelsInTheFrameHaveNoPlace() throws {
    let mask = Mask.pixels([
      [false, true, false, false], [true, true, false, false], Array(repeating: false, count: 4),
    ])
    let free = try #require(try mask.freeValues(of: shape, features: []))
    #expect(free.frame == ImageShape(channels: 2, height: 2, width: 2))
    #expect(free.places == [-1, 0, 1, 2, -1, 3, 4, 5])
  }

  @Test func featuresGoByTheirNamesAndWordsByTheirColumn() throws {
    let (table, names) = (
      ImageShape(channels: 4, height: 1, width: 1), ["age", "job=clerk", "job=nurse", "income"]
    )
    #expect(try Mask.free(["job"]).freeValues(of: table, features: names)?.indices == [1, 2])
    #expect(try Mask.fixed(["age", "job=nurse"]).freeValues(of: table, features: names)?.indices == [1, 3])
    #expect(try Mask.fixed([]).freeValues(of: table, features: names) == nil)
    let stranger = problem(AttackError.self) { _ = try Mask.free(["wage"]).freeValues(of: table, features: names) }
    #expect(stranger == .noSuchFeature("free", "wage", known: names))
  }

  @Test func whatLetsNothingChangeOrDoesNotFitIsRefused() throws {
    for (mask, part) in [
      (Mask.rectangle(rows: 1..<1, columns: 0..<4), "lets nothing change"),
      (.rectangle(rows: 1..<4, columns: 0..<4), "rows 0 to 2, and it names row 3"),
      (.rectangle(rows: 0..<2, columns: -1..<2), "columns 0 to 3, and it names column -1"),
      (.pixels([[true]]), "1 row of 1 columns"), (.pixels([[true], [true, true]]), "different numbers of columns"),
      (.free(["income"]), "have no names"),
    ] {
      let error = problem(AttackError.self) { _ = try mask.freeValues(of: shape, features: []) }
      #expect(error?.description.contains(part) == true, "\(error.map(String.init(describing:)) ?? "none")")
    }
    let images = try labelled(by: AttackContractTests.target, count: 2, seed: 8)
    var run = AttackRun(FGSM(), within: ThreatModel(.l1, epsilon: 10))
    run.mask = .rectangle(rows: 0..<2, columns: 0..<2)
    let error = problem(AttackError.self) { try run.check(AttackContractTests.target, images) }
    #expect(error == .epsilon(10, .l1, largest: 4), "the norm counts what may change")
  }

  @Test(arguments: [
    (Mask.rectangle(rows: 4..<13, columns: 5..<6), #"{"columns":[5,6],"rows":[4,13]}"#, "rows 4 to 12, column 5"),
    (.pixels([[true, false], [true, true]]), #"{"pixels":["10","11"]}"#, "3 pixels"),
    (.free(["income"]), #"{"free":["income"]}"#, "income"),
    (.fixed(["age", "sex"]), #"{"fixed":["age","sex"]}"#, "all but age, sex"),
  ]) func itIsReadAsItIsWritten(_ mask: Mask, _ json: String, _ text: String) throws {
    #expect(mask.json == json && mask.text == text)
    #expect(try Mask(json: json) == mask)
    var spec = AttackSpec(Spec("pgd"))
    spec.mask = mask
    #expect(try AttackSpec(json: spec.json).make().mask == mask)
    #expect(try AttackSpec(json: #"{"attack":{"pgd":{}}}"#).mask == nil)
  }
}
