import Foundation
import Testing

@testable import NN

@Suite struct NumPyWriterTests {
  private func text(_ file: NumPyFile) -> (header: String, values: Data) {
    let length = Int(file.bytes[8]) | Int(file.bytes[9]) << 8
    return (String(decoding: file.bytes[10..<10 + length], as: UTF8.self), file.bytes[(10 + length)...])
  }

  @Test func anArrayIsAHeaderInTextAndItsNumbers() {
    let (header, values) = text(NumPyFile([1.5, -2], shape: [1, 2]))
    #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"))
    #expect(header.hasSuffix("\n") && (10 + header.utf8.count) % 64 == 0)
    #expect(Array(values) == [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0])
    #expect(text(NumPyFile([7])).header.contains("'<i8', 'fortran_order': False, 'shape': (1,)"))
    #expect(Array(text(NumPyFile([-1])).values) == [UInt8](repeating: 0xff, count: 8))
  }

  @Test func textsAreAsWideAsTheLongest() {
    let (header, values) = text(NumPyFile(["é", "ab"]))
    #expect(header.contains("'<U2'") && header.contains("'shape': (2,)"))
    #expect(Array(values) == [0xe9, 0, 0, 0, 0, 0, 0, 0, 0x61, 0, 0, 0, 0x62, 0, 0, 0])
    #expect(text(NumPyFile("{}")).header.contains("'shape': ()"))
    #expect(text(NumPyFile("")).values.count == 4, "NumPy has no text without room for one letter")
  }

  @Test func theReaderOfArchivesTakesWhatTheWriterWrites() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).npz")
    defer { try? FileManager.default.removeItem(at: file) }
    let pixels = (0..<8).map { Float($0 * 30) / 255 }
    var archive = NumPyArchive()
    for part in ["train", "test"] {
      archive.add("x_\(part)", NumPyFile(pixels, shape: [2, 2, 2]))
      archive.add("y_\(part)", NumPyFile([1, 0]))
    }
    let bytes = try #require(archive.bytes)
    #expect(archive.bytes == bytes, "the same arrays are the same file")
    try bytes.write(to: file)
    let dataset = try Dataset.load(file.path)
    #expect((0..<2).flatMap { dataset.test.pixels(at: $0) } == pixels)
    #expect(dataset.test.labels == [1, 0])
  }

  @Test func changedImagesKeepLabelsAndRoundedOnesAreBytes() throws {
    let images = try labelled(by: AttackContractTests.target, count: 6, seed: 4).at([4, 1])
    let pixels = [Pixels](repeating: Pixels(repeating: 0.4999, count: images.shape.count), count: 2)
    let changed = try images.changed(to: pixels, name: "changed")
    #expect(changed.labels == images.labels && changed.indices == [0, 1] && changed.name == "changed")
    #expect(changed.pixels(at: 1) == pixels[1] && changed.take(1).name == "changed")
    #expect(changed.dataset.train.count == images.dataset.train.count)
    #expect(try changed.rounded().pixels(at: 0)[0] == Float(127) / 255)
    #expect(problem(DataError.self) { _ = try images.changed(to: [[.nan], [2]], name: "") } != nil)
  }
}
