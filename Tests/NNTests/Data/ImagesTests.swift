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
}
