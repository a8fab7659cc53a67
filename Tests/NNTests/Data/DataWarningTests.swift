import Testing

@testable import NN

/// What a data set is asked about when it is loaded.
@Suite struct OdditiesTests {
  private func warnings(
    _ train: [UInt8], _ test: [UInt8], classes: [String] = ["a", "b", "c"],
    _ pixel: (Int) -> UInt8 = { UInt8(37 * $0 % 251) }
  ) throws -> [String] {
    let shape = ImageShape(channels: 1, height: 1, width: 9)
    func bytes(_ count: Int, from first: Int) -> [UInt8] { (0..<count * 9).map { pixel(first + $0) } }
    let data = try Dataset(
      name: "odd", classes: classes, shape: shape, train: .init(bytes: bytes(train.count, from: 0), labels: train),
      test: .init(bytes: bytes(test.count, from: 9 * train.count), labels: test))
    return data.warnings.map { $0.message + "; " + $0.advice }
  }

  @Test func anOrdinaryDataSetHasNone() throws {
    #expect(try warnings([0, 1, 2, 0], [2, 1, 0]) == [])
  }

  @Test func labelsThatCountFromOneLeaveAClassEmpty() throws {
    let found = try warnings([1, 2, 1], [2, 1])
    #expect(found.count == 1 && found[0].contains("the labels count from 1") && found[0].contains("classes: 1..<3"))
  }

  @Test func classesWithoutImagesAreNamed() throws {
    #expect(try warnings([0, 2], [0, 1, 2])[0].hasPrefix("no training image is of class b;"))
    #expect(try warnings([0, 1, 2], [0])[0].hasPrefix("no test image is of class b, c;"))
  }

  @Test func oneClassAloneIsNothingToTellApart() throws {
    #expect(
      try warnings([1, 1], [0, 1], classes: ["a", "b"]).contains { $0.contains("are of class b: there is nothing") })
  }

  @Test func numbersThatBecameBytesAreSeen() throws {
    #expect(
      try warnings([0, 1, 2], [0, 1, 2]) { $0 % 7 == 0 ? 1 : 0 }.contains { $0.contains("brighter than 1 of 255") })
    #expect(try warnings([0, 1, 2], [0, 1, 2]) { _ in 0 }.contains { $0.contains("are black") })
  }

  @Test func testImagesThatWereTrainedOnAreCounted() throws {
    let found = try warnings([0, 1, 2], [0, 1, 2]) { UInt8($0 % 27 * 9 % 251) }
    #expect(found.count == 1 && found[0].hasPrefix("3 of the 3 test images are among the training images"))
  }
}
