import Testing

@testable import NN

@Suite struct ImagesTests {
  private let numbers: Dataset

  init() throws {
    let labels = (0..<10).map { UInt8($0 % 3) }
    numbers = try Dataset(
      name: "numbers", classes: ["ape", "bee", "cat"], shape: ImageShape(channels: 1, height: 1, width: 2),
      train: .init(bytes: (0..<20).map { UInt8($0) }, labels: labels), test: .init(bytes: [], labels: []))
  }

  @Test func aSelectionOfASelectionKeepsTheIndicesOfTheDataSet() throws {
    let bees = try numbers.train.only(["bee"])
    #expect(bees.indices == [1, 4, 7] && bees.labels == [1, 1, 1])
    let last = try bees.slice(1..<3)
    #expect(last.indices == [4, 7])
    #expect(Array(last.bytes(at: 1)) == [14, 15])
    #expect(last.tensor(0..<2).values == [8, 9, 14, 15].map { $0 / 255 })
  }

  @Test func takingMoreThanThereAreGivesAll() {
    #expect(numbers.train.take(99).count == 10 && numbers.train.take(4).indices == [0, 1, 2, 3])
  }

  @Test func classesAreFoundByNameOrNumberAndNothingElse() throws {
    #expect(try numbers.number(ofClass: "Cat") == 2 && numbers.number(ofClass: "1") == 1)
    #expect(
      problem(DataError.self) { _ = try numbers.train.only(["dog"]) }
        == .noSuchClass(name: "dog", classes: ["ape", "bee", "cat"]))
    #expect(problem(DataError.self) { _ = try numbers.train.slice(8..<11) } != nil)
    #expect(problem(DataError.self) { _ = try numbers.train.take(1).only([2]) } != nil)
  }

  @Test func everyChannelHasItsOwnMean() throws {
    let two = try Dataset(
      name: "two", classes: ["a"], shape: ImageShape(channels: 2, height: 1, width: 2),
      train: .init(bytes: [0, 255, 51, 51, 255, 0, 51, 51], labels: [0, 0]), test: .init(bytes: [], labels: []))
    #expect(two.mean == [0.5, 0.2] && two.std == [0.5, 1])
  }

  @Test func pixelsThatAreFloatsMeanTheSameAsBytesDo() throws {
    let bytes = try SmallData.squares(40)
    func floats(_ part: Images) -> Dataset.Examples {
      .init(
        floats: (0..<part.count).flatMap { part.bytes(at: $0).map { Float($0) / 255 } },
        labels: part.labels.map { UInt8($0) })
    }
    let same = try Dataset(
      name: "floats", classes: bytes.classes, shape: bytes.shape, train: floats(bytes.train), test: floats(bytes.test))
    #expect(abs(same.mean[0] - bytes.mean[0]) < 1e-6 && abs(same.std[0] - bytes.std[0]) < 1e-6)
    let (some, others) = (try bytes.train.only([2, 1]).slice(3..<9), try same.train.only([2, 1]).slice(3..<9))
    #expect(some.tensor(1..<5) == others.tensor(1..<5) && some.pixels(at: 2) == others.pixels(at: 2))
    #expect(Array(some.bytes(at: 4)) == Array(others.bytes(at: 4)))
    let narrow = try same.only([2, 1]).first(train: 5)
    #expect(narrow.train.pixels(at: 4) == (try bytes.only([2, 1])).train.pixels(at: 4))
    let model = try Model(MLP(), input: bytes.shape, classes: 4)
    let positions = Array(3..<37)
    #expect(
      Workspace(model).logits(of: bytes.train, at: positions) == Workspace(model).logits(of: same.train, at: positions))
  }

  @Test func floatsThatAreNoSharesAreRefused() {
    for bad in [Float.nan, -0.1, 1.01] {
      #expect(
        problem(DataError.self) {
          _ = try Dataset(
            name: "x", classes: ["a"], shape: ImageShape(channels: 1, height: 1, width: 2),
            train: .init(floats: [0, 1, 0.5, bad], labels: [0, 0]), test: .init(bytes: [], labels: []))
        } != nil)
    }
  }

  @Test func aValidationPartIsNarrowedLikeTheOthers() throws {
    let data = try Dataset(
      name: "x", classes: ["a", "b", "c"], shape: ImageShape(channels: 1, height: 1, width: 1),
      train: .init(bytes: [1, 2, 3], labels: [0, 1, 2]), test: .init(bytes: [4], labels: [2]),
      validation: .init(bytes: [5, 6, 7], labels: [2, 1, 0]))
    let two = try data.only([2, 0]).first(train: 1)
    #expect(two.validation?.labels == [0, 1] && two.validation?.name == "x.validation" && two.train.count == 1)
    #expect(numbers.validation == nil)
  }

  @Test func aFeatureIsShownInItsOwnUnit() {
    let age = Feature(name: "age", lower: 20, upper: 60)
    #expect(age.share(of: 30) == 0.25 && age.value(of: 0.25) == 30)
    let constant = Feature(name: "zero", lower: 3, upper: 3)
    #expect(constant.share(of: 3) == 0 && constant.value(of: 0) == 3 && constant.share(of: 4) > 1)
  }
}
