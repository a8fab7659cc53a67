import Foundation
import Testing

@testable import NN

/// CIFAR's binary batches, and NumPy archives.
@Suite struct OtherFormatsTests {
  private func records(_ labels: [[UInt8]], from first: UInt8) -> [UInt8] {
    labels.enumerated().flatMap { i, own in own + [UInt8](repeating: first + UInt8(i), count: 3072) }
  }

  @Test func cifar10IsReadFromItsSixFiles() throws {
    let folder = try Folder("cifar")
    for batch in 1...5 { try folder.write("data_batch_\(batch).bin", records([[3], [9]], from: UInt8(10 * batch))) }
    try folder.gzip("test_batch.bin.gz", records([[0]], from: 1))
    let data = try Dataset.load(folder.path)
    #expect(data.name == "cifar-10" && data.shape == ImageShape(channels: 3, height: 32, width: 32))
    #expect(data.train.count == 10 && data.test.labels == [0] && data.classes[3] == "cat")
    #expect(data.train.bytes(at: 3).allSatisfy { $0 == 21 } && data.files.count == 6)
  }

  @Test func cifar100TakesTheFineLabel() throws {
    let folder = try Folder("cifar")
    try folder.write("train.bin", records([[4, 71], [5, 2]], from: 0))
    try folder.write("test.bin", records([[0, 99]], from: 9))
    try folder.write("fine_label_names.txt", Array((0..<100).map { "thing\($0)\n" }.joined().utf8))
    let data = try Dataset.load(folder.path)
    #expect(data.train.labels == [71, 2] && data.test.labels == [99] && data.classes[99] == "thing99")
  }

  @Test func aBatchThatEndsInAnImageIsRefused() throws {
    let folder = try Folder("cifar")
    for batch in 1...5 { try folder.write("data_batch_\(batch).bin", records([[3]], from: 1)) }
    let path = try folder.write("test_batch.bin", Array(records([[0]], from: 1).dropLast()))
    #expect(
      problem(DataError.self) { _ = try Dataset.load(folder.path) }
        == .truncated(path: path, expected: 3073, found: 3072))
    try folder.write("test_batch.bin", records([[10]], from: 1))
    #expect(
      problem(DataError.self) { _ = try Dataset.load(folder.path) }
        == .labelOutOfRange(path: path, index: 0, label: 10, classes: 10))
    try FileManager.default.removeItem(atPath: path)
    #expect(problem(DataError.self) { _ = try Dataset.load(folder.path) } == .missingFile(path: path))
  }

  /// A few kilobytes of gzip hold more images than any batch does; the reading stops there.
  @Test func aPackedBatchWithoutEndIsRefused() throws {
    let folder = try Folder("cifar")
    for batch in 1...5 { try folder.write("data_batch_\(batch).bin", records([[3]], from: 1)) }
    let path = try folder.gzip("test_batch.bin.gz", [UInt8](repeating: 0, count: 50_001 * 3073))
    #expect(
      problem(DataError.self) { _ = try Dataset.load(folder.path) }
        == .trailingBytes(path: path, expected: 50_000 * 3073))
  }

  private func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/data/\(name).npz").path
  }

  /// `Fixtures/data/make_npz.py` says what is in them.
  @Test(arguments: ["tiny_stored", "tiny_deflated"]) func archivesOfNumPyReadAlike(_ name: String) throws {
    let data = try Dataset.load(fixture(name))
    #expect(data.name == name && data.classes == ["0", "1", "2"])
    #expect(data.shape == ImageShape(channels: 3, height: 8, width: 5))
    #expect(data.train.labels == [0, 1, 2, 2] && data.test.labels == [1, 0])
    // x[n, row, column, channel] = 7·(((n·4 + row/2)·5 + column)·3 + channel) mod 256.
    let image = Array(data.test.bytes(at: 1))
    for (channel, row, column) in [(0, 0, 0), (1, 3, 4), (2, 7, 2)] {
      let value = 7 * (((5 * 4 + row / 2) * 5 + column) * 3 + channel) % 256
      #expect(Int(image[(channel * 8 + row) * 5 + column]) == value)
    }
  }

  @Test func damagedArchivesAreRefused() throws {
    let folder = try Folder("npz")
    let whole = [UInt8](try Foundation.Data(contentsOf: URL(fileURLWithPath: fixture("tiny_deflated"))))
    func refusal(_ bytes: [UInt8]) throws -> DataError? {
      let path = try folder.write("x.npz", bytes)
      return problem(DataError.self) { _ = try Dataset.load(path) }
    }
    #expect(try refusal(whole) == nil)
    guard case .corrupt? = try refusal(Array(whole.dropLast(30))) else {
      Issue.record("an archive without its directory passed")
      return
    }
    // Every single byte of the archive may be wrong: nothing may crash, and what is read must be the same.
    let right = try Dataset.load(fixture("tiny_deflated"))
    for place in whole.indices {
      var bytes = whole
      bytes[place] ^= 0xFF
      let path = try folder.write("x.npz", bytes)
      guard let data = try? Dataset.load(path) else { continue }
      #expect(data.train.labels == right.train.labels && data.mean == right.mean, "byte \(place)")
    }
  }
}
