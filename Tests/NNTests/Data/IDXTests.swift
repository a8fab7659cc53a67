import CZlib
import Foundation
import Testing

@testable import NN

/// Small files in the exact formats, in a folder that goes away.
final class Folder {
  let url: URL
  var path: String { url.path }

  init(_ name: String = "tiny") throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ward-\(UUID().uuidString)/\(name)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  private var parent: URL { url.deletingLastPathComponent() }
  deinit { try? FileManager.default.removeItem(at: parent) }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return file.path
  }

  @discardableResult
  func gzip(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = url.appendingPathComponent(name).path
    let file = try #require(gzopen(path, "wb"))
    bytes.withUnsafeBytes { _ = gzwrite(file, $0.baseAddress, UInt32($0.count)) }
    gzclose(file)
    return path
  }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url.appendingPathComponent(name))) }
}

func bigEndian(_ numbers: UInt32...) -> [UInt8] {
  numbers.flatMap { number in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) } }
}

func idxImages(_ count: Int, _ height: Int = 2, _ width: Int = 3) -> [UInt8] {
  bigEndian(0x803, UInt32(count), UInt32(height), UInt32(width))
    + (0..<count * height * width).map { UInt8($0 * 7 % 256) }
}

func idxLabels(_ labels: [UInt8]) -> [UInt8] { bigEndian(0x801, UInt32(labels.count)) + labels }

/// A folder with a whole tiny data set: 4 training and 2 test images of 2×3 pixels.
func tinyFolder() throws -> Folder {
  let folder = try Folder()
  try folder.gzip("train-images-idx3-ubyte.gz", idxImages(4))
  try folder.write("train-labels-idx1-ubyte", idxLabels([0, 1, 2, 1]))
  try folder.write("t10k-images.idx3-ubyte", idxImages(2))
  try folder.gzip("t10k-labels-idx1-ubyte.gz", idxLabels([9, 0]))
  return folder
}

/// The error that a body throws.
func problem<Failure: Error>(_ type: Failure.Type, _ body: () throws -> Void) -> Failure? {
  do { try body() } catch { return error as? Failure }
  return nil
}

@Suite struct IDXTests {
  @Test func plainAndGzippedFilesReadAlike() throws {
    let folder = try tinyFolder()
    let tiny = try Dataset.load(folder.path)
    #expect(tiny.name == "tiny" && tiny.classes.count == 10)
    #expect(tiny.shape == ImageShape(channels: 1, height: 2, width: 3))
    #expect(tiny.train.labels == [0, 1, 2, 1] && tiny.test.labels == [9, 0])
    #expect(tiny.train.bytes(at: 1) == [42, 49, 56, 63, 70, 77])
    #expect(tiny.test.tensor(1..<2).values == [42, 49, 56, 63, 70, 77].map { $0 / 255 })
  }

  @Test func meanAndDeviationAreThoseOfTheTrainingBytes() throws {
    let folder = try tinyFolder()
    let tiny = try Dataset.load(folder.path)
    let pixels = (0..<24).map { Double($0 * 7) / 255 }
    let mean = pixels.reduce(0, +) / 24
    let variance = pixels.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 24
    #expect(abs(Double(tiny.mean[0]) - mean) < 1e-7)
    #expect(abs(Double(tiny.std[0]) - variance.squareRoot()) < 1e-7)
  }

  @Test func everyFileIsNamedWithItsDigest() throws {
    let folder = try Folder()
    let path = try folder.write("abc", Array("abc".utf8))
    #expect(
      try Digest.sha256(ofFile: path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let tiny = try tinyFolder()
    #expect(try Dataset.load(tiny.path).files.map(\.sha256.count) == [64, 64, 64, 64])
  }

  @Test func aTruncatedGzipSaysSo() throws {
    let folder = try tinyFolder()
    let whole = try folder.bytes("train-images-idx3-ubyte.gz")
    let path = try folder.write("train-images-idx3-ubyte.gz", Array(whole.dropLast(12)))
    let error = problem(DataError.self) { _ = try Dataset.load(folder.path) }
    guard case .truncated(let file, let expected, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(file == path && expected == 16 + 24)
    #expect(error?.description.contains(path) == true && error?.hint?.contains("again") == true)
  }

  @Test func aDamagedGzipSaysSo() throws {
    let folder = try tinyFolder()
    var bytes = try folder.bytes("train-images-idx3-ubyte.gz")
    bytes[bytes.count - 6] ^= 0xFF  // the checksum
    try folder.write("train-images-idx3-ubyte.gz", bytes)
    guard case .corrupt? = problem(DataError.self, { _ = try Dataset.load(folder.path) }) else {
      Issue.record("the checksum was not looked at")
      return
    }
  }

  @Test func aHeaderThatAnnouncesTooMuchAllocatesNothing() throws {
    let folder = try tinyFolder()
    let path = try folder.write("train-images-idx3-ubyte.gz", bigEndian(0x803, 4_000_000_000, 4096, 4096))
    #expect(
      problem(DataError.self) { _ = try IDX.images(path) }
        == .truncated(path: path, expected: 16 + 4_000_000_000 * 4096 * 4096, found: 16))
    let packed = try folder.gzip("huge.gz", bigEndian(0x803, 4_000_000_000, 4096, 4096))
    guard case .tooLarge? = problem(DataError.self, { _ = try IDX.images(packed) }) else {
      Issue.record("a gzipped file may not announce more than it can hold")
      return
    }
  }

  @Test func otherFilesUnderTheNameAreRefused() throws {
    let folder = try tinyFolder()
    let path = try folder.write("train-labels-idx1-ubyte", idxImages(4))
    #expect(
      problem(DataError.self) { _ = try Dataset.load(folder.path) }
        == .wrongMagic(path: path, expected: 0x801, found: 0x803))
  }

  @Test func labelsMustMatchTheirImagesInNumberAndRange() throws {
    let folder = try tinyFolder()
    let path = try folder.write("train-labels-idx1-ubyte", idxLabels([0, 1, 2]))
    guard case .countMismatch(4, _, 3, path)? = problem(DataError.self, { _ = try Dataset.load(folder.path) }) else {
      Issue.record("3 labels for 4 images passed")
      return
    }
    let shape = ImageShape(channels: 1, height: 1, width: 1)
    let error = problem(DataError.self) {
      _ = try Dataset(
        name: "x", classes: ["a", "b"], shape: shape, train: .init(bytes: [1, 2], labels: [0, 2]),
        test: .init(bytes: [], labels: []))
    }
    #expect(error == .labelOutOfRange(path: "x, training part", index: 1, label: 2, classes: 2))
  }

  /// Counts are compared before the images are unpacked, of which there are more than memory would hold.
  @Test func manyImagesWithFewLabelsAreRefusedUnread() throws {
    let folder = try tinyFolder()
    let path = try folder.gzip("train-images-idx3-ubyte.gz", bigEndian(0x803, 4_000_000_000, 4096, 4096))
    guard
      case .countMismatch(4_000_000_000, path, 4, _)? = problem(DataError.self, { _ = try Dataset.load(folder.path) })
    else {
      Issue.record("the images were read first")
      return
    }
  }

  /// A file with a hole is as long as its header says, and takes no room on disk.
  @Test func aFileLargerThanMemoryIsRefused() throws {
    let folder = try tinyFolder()
    let path = try folder.write("huge", bigEndian(0x803, 100_000, 4096, 4096))
    try #require(truncate(path, 16 + 100_000 * 4096 * 4096) == 0)
    guard case .tooMuchMemory? = problem(DataError.self, { _ = try IDX.images(path) }) else {
      Issue.record("1.6 TB passed")
      return
    }
  }

  @Test func oneDamagedLabelDoesNotMakeClasses() throws {
    let folder = try tinyFolder()
    let path = try folder.write("train-labels-idx1-ubyte", idxLabels([0, 1, 255, 1]))
    let error = problem(DataError.self) { _ = try Dataset.load(folder.path) }
    #expect(error == .emptyClass(path: path, index: 2, label: 255, missing: 2))
    // A few labels that happen not to occur are no mistake among ten digits, nor is counting from 1.
    #expect(throws: Never.self) { try LabelGaps.check(train: [0, 9], test: [3], known: 10, places: ("a", "b")) }
    #expect(throws: Never.self) { try LabelGaps.check(train: Array(1...26), test: [26], known: 10, places: ("a", "b")) }
    #expect(
      problem(DataError.self) { try LabelGaps.check(train: [0, 1], test: [0, 2], places: ("a", "b")) }
        == .emptyClass(path: "b", index: 1, label: 2, missing: 2))
  }

  @Test func bytesAfterTheEndAreRefused() throws {
    let folder = try tinyFolder()
    let path = try folder.write("train-labels-idx1-ubyte", idxLabels([0, 1, 2, 1]) + [0])
    #expect(problem(DataError.self) { _ = try Dataset.load(folder.path) } == .trailingBytes(path: path, expected: 12))
  }

  @Test func whatIsMissingIsNamedWithItsPackage() throws {
    let folder = try tinyFolder()
    try FileManager.default.removeItem(atPath: folder.path + "/t10k-images.idx3-ubyte")
    #expect(
      problem(DataError.self) { _ = try Dataset.load(folder.path) }
        == .missingFile(path: folder.path + "/t10k-images-idx3-ubyte"))
    #expect(
      problem(DataError.self) { _ = try Dataset.load("fashon-mnist") }
        == .unknown(name: "fashon-mnist", known: Dataset.knownNames))
    let missing = DataError.missing(name: "fashion-mnist", looked: ["/a"], package: "dataset-fashion-mnist")
    #expect(missing.hint?.contains("apt install dataset-fashion-mnist") == true)
    let empty = try Folder()
    #expect(problem(DataError.self) { _ = try Dataset.load(empty.path) } == .notADataset(path: empty.path))
  }

  @Test func fashionComesFromWardDataFirst() throws {
    let folder = try tinyFolder()
    let home = folder.url.deletingLastPathComponent()
    try FileManager.default.moveItem(at: folder.url, to: home.appendingPathComponent("fashion-mnist"))
    let found = try Dataset.load("fashion-mnist", environment: ["WARD_DATA": home.path])
    #expect(found.train.count == 4 && found.classes[6] == "Shirt" && found.classes[9] == "Ankle boot")
  }

  @Test func aFolderOfTheNameWhereOneWorksIsTaken() throws {
    let folder = try tinyFolder()
    let home = folder.url.deletingLastPathComponent()
    let here = home.appendingPathComponent("cifar-100").path
    func load() throws -> Dataset { try Dataset.load("cifar-100", environment: [:], workingFolder: home.path) }
    // A folder of the name that holds nothing is no answer; that the data set is missing is.
    try FileManager.default.createDirectory(atPath: here, withIntermediateDirectories: true)
    guard case .missing? = problem(DataError.self, { _ = try load() }) else {
      Issue.record("an empty folder was taken for the data set")
      return
    }
    try FileManager.default.removeItem(atPath: here)
    try FileManager.default.moveItem(atPath: folder.path, toPath: here)
    #expect(try load().train.count == 4)
    #expect(try load().path == here)
  }

  static let fashionIsInstalled = FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")

  @Test(.enabled(if: fashionIsInstalled, "dataset-fashion-mnist is not installed"))
  func fashionMNISTIsReadWhole() throws {
    let fashion = try Dataset.load("fashion-mnist", environment: [:])
    #expect(fashion.train.count == 60_000 && fashion.test.count == 10_000)
    #expect(abs(fashion.mean[0] - 0.28604) < 1e-5 && abs(fashion.std[0] - 0.35302) < 1e-5)
    #expect(try fashion.test.only(["Shirt"]).count == 1000)
  }
}
