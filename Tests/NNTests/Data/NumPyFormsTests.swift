import Foundation
import Testing

@testable import NN

/// The other shapes in which NumPy's users keep data.
@Suite struct NumPyFormsTests {
  private let folder: Folder

  init() throws { folder = try Folder("forms") }

  private func load(_ members: [String: [UInt8]], _ set: (inout LoadOptions) -> Void = { _ in }) throws -> Dataset {
    var options = LoadOptions()
    set(&options)
    let archive = zipFile(members.sorted { $0.key < $1.key }.map { ($0.key + ".npy", $0.value) })
    return try Dataset.load(folder.write("x.npz", archive), options: options)
  }

  private func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
  }

  private let eight = npy("|u1", "(8, 2, 2)", Array(0..<32))
  private let labels = npy("|u1", "(8,)", [0, 1, 0, 1, 0, 1, 0, 1])

  @Test func aValidationPartIsKept() throws {
    let data = try load([
      "train_images": eight, "train_labels": npy("|u1", "(8, 1)", [0, 1, 0, 1, 0, 1, 0, 1]), "val_images": eight,
      "val_labels": labels, "test_images": eight, "test_labels": labels,
    ])
    #expect(data.validation?.count == 8 && data.train.count == 8 && data.train.labels[1] == 1)
  }

  @Test func onePartIsSplit() throws {
    let data = try load(["x": eight, "y": labels]) { $0.share = 0.25 }
    #expect(data.train.count == 6 && data.test.labels == [0, 1])
    #expect(problem(DataError.self) { _ = try load(["x": eight, "y": labels]) } != nil)
    #expect(try load(["arr_0": eight, "arr_1": labels]) { $0.count = 4 }.test.count == 4)
  }

  @Test func whatAnAttackLeftIsATestPart() throws {
    let data = try load(["x": eight, "x_clean": eight, "y": labels])
    #expect(data.train.isEmpty && data.test.count == 8)
  }

  @Test func floatsThatAreNoBytesStayFloats() throws {
    let values = (0..<32).map { Float($0) / 31 }
    let data = try load([
      "x_test": npy("<f4", "(8, 2, 2)", floats(values)), "x_train": eight, "y_train": labels, "y_test": labels,
    ])
    #expect(data.test.tensor(0..<8).values == values && data.train.bytes(at: 1).first == 4)
    #expect(
      problem(DataError.self) {
        _ = try load(["x": npy("<f4", "(8, 1, 1)", floats([0.3, .nan, 0, 0, 0, 0, 0, 0])), "y": labels])
      } != nil)
  }

  /// Two rows of two pixels of three colours each: 0 1 2 are the colours of the first pixel, or the first row's red.
  @Test func coloursStandSideBySideOrOneAfterTheOtherAsSaid() throws {
    let flat = npy("|u1", "(8, 12)", (0..<96).map { UInt8($0) })
    let planar = try load(["x": flat, "y": labels]) { ($0.count, $0.shape) = (2, [3, 2, 2]) }
    let side = try load(["x": flat, "y": labels]) { ($0.count, $0.shape) = (2, [2, 2, 3]) }
    #expect(planar.shape == side.shape && side.shape == ImageShape(channels: 3, height: 2, width: 2))
    let first = try #require(planar.train.bytes(at: 0).first)
    #expect(Array(planar.train.bytes(at: 0)) == (0..<12).map { first + $0 })
    #expect(Array(side.train.bytes(at: 0)) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11].map { first + $0 })
    // Fortran's order: the first number of all images comes first.
    let columns = npy("|u1", "(8, 12)", (0..<96).map { UInt8($0 % 8 * 12 + $0 / 8) }, order: "True")
    let turned = try load(["x": columns, "y": labels]) { ($0.count, $0.shape) = (2, [2, 2, 3]) }
    #expect(Array(turned.train.bytes(at: 0)) == Array(side.train.bytes(at: 0)))
    let table = ImageShape(channels: 3, height: 1, width: 2)
    #expect(table.planes(Array(0..<12)) == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
  }

  /// What `export` writes of a table: twelve features would also be images of 2×2×3.
  @Test func rowsWithNamesOfFeaturesAreNoImages() throws {
    let names = npy("<U2", "(2,)", "a\0\0\0\0\0\0\0b\0\0\0c\0\0\0".utf8.map { $0 })
    let rows = npy("<f4", "(8, 2)", floats((0..<16).map { Float($0) / 31 }))
    let data = try load(["x": rows, "x_clean": rows, "y": labels, "feature_names": names])
    #expect(data.shape == ImageShape(channels: 2, height: 1, width: 1) && data.features?.map(\.name) == ["a", "bc"])
    #expect(data.test.pixels(at: 1) == [2 / 31, 3 / 31])
    let three = npy("|u1", "(8, 3)", Array(0..<24))
    #expect(problem(DataError.self) { _ = try load(["x": three, "y": labels, "feature_names": names]) } != nil)
    #expect(try load(["x": eight, "x_clean": eight, "y": labels, "feature_names": names]).features == nil)
  }

  /// As `digits.images` of scikit-learn is saved: floats from 0 to 16; and bytes that go as far.
  @Test func pixelsAreSharesOfTheNumberThatIsSaidToBeWhite() throws {
    let values = (0..<32).map { Float($0 % 17) }
    for images in [npy("<f4", "(8, 2, 2)", floats(values)), npy("|u1", "(8, 2, 2)", values.map { UInt8($0) })] {
      let data = try load(["x": images, "x_clean": images, "y": labels]) { $0.white = 16 }
      #expect(data.test.tensor(0..<8).values == values.map { $0 / 16 })
      #expect(
        problem(DataError.self) { _ = try load(["x": images, "y": labels]) { ($0.share, $0.white) = (0.25, 15) } }
          != nil)
    }
  }

  @Test func featuresKeepTheirUnits() throws {
    let names = npy("<U1", "(2,)", "a\0\0\0b\0\0\0".utf8.map { $0 })
    let rows = npy("<f4", "(8, 2)", floats((0..<16).map { Float($0) / 31 }))
    func features(_ ranges: [UInt8]) throws -> [Feature]? {
      try load(["x": rows, "x_clean": rows, "y": labels, "feature_names": names, "feature_ranges": ranges]).features
    }
    let expected = [Feature(name: "a", lower: -1, upper: 3), Feature(name: "b", lower: 10, upper: 10)]
    #expect(try features(npy("<f4", "(2, 2)", floats([-1, 3, 10, 10]))) == expected)
    #expect(try features(npy("<f4", "(2, 2)", floats([-1, 10, 3, 10]), order: "True")) == expected)
    #expect(try features(Array(NumPyFile(doubles: [-1, 3, 10, 10], shape: [2, 2]).bytes)) == expected)
    let whitened = #expect(throws: DataError.self) {
      try load(["x": rows, "x_clean": rows, "y": labels, "feature_names": names]) { $0.white = 16 }
    }
    #expect(whitened?.description.contains("no use for white:") == true)
    for wrong in [
      npy("<f4", "(2, 2)", floats([3, -1, 10, 10])), npy("<f4", "(2, 2)", floats([-1, .infinity, 10, 10])),
      npy("<f4", "(4,)", floats([-1, 3, 10, 10])), npy("|u1", "(2, 2)", [0, 3, 10, 10]),
    ] {
      #expect(problem(DataError.self) { _ = try features(wrong) } != nil)
    }
  }

  @Test func flatRowsAreSquaresOrShapedAsSaid() throws {
    let flat = npy("|u1", "(8, 4)", Array(0..<32))
    #expect(try load(["x": flat, "y": labels]) { $0.count = 2 }.shape == ImageShape(channels: 1, height: 2, width: 2))
    #expect(try load(["x": flat, "y": labels]) { ($0.count, $0.shape) = (2, [1, 4]) }.shape.width == 4)
    let odd = npy("|u1", "(8, 2)", Array(0..<16))
    #expect(
      problem(DataError.self) { _ = try load(["x": odd, "y": labels]) { $0.count = 2 } }?.description.contains("shape:")
        == true)
    // Fortran's order: the first column of all images comes first.
    let turned = npy("|u1", "(8, 4)", (0..<32).map { UInt8($0 % 8 * 4 + $0 / 8) }, order: "True")
    let (a, b) = (
      try load(["x": turned, "y": labels]) { $0.count = 2 }, try load(["x": flat, "y": labels]) { $0.count = 2 }
    )
    #expect(a.train.tensor(0..<6) == b.train.tensor(0..<6))
  }

  @Test func labelsMayBeRowsWithAOneOrTexts() throws {
    let hot = npy("<f4", "(8, 3)", floats((0..<8).flatMap { row in (0..<3).map { $0 == row % 3 ? 1 : 0 } }))
    #expect(try load(["x": eight, "y": hot]) { $0.count = 3 }.classes.count == 3)
    let soft = npy("<f4", "(8, 3)", floats([Float](repeating: 0.5, count: 24)))
    #expect(problem(DataError.self) { _ = try load(["x": eight, "y": soft]) { $0.count = 3 } } != nil)
    let (ape, ox): ([UInt8], [UInt8]) = (
      [97, 0, 0, 0, 112, 0, 0, 0, 101, 0, 0, 0], [111, 0, 0, 0, 120, 0, 0, 0, 0, 0, 0, 0]
    )
    let words = (0..<8).flatMap { $0 % 2 == 0 ? ox : ape }
    let named = try load(["x": eight, "y": npy("<U3", "(8,)", words)]) { $0.count = 2 }
    #expect(named.classes == ["ape", "ox"] && named.train.labels.contains(0))
  }

  @Test func theArchiveMayNameItsClasses() throws {
    let names = npy("|S3", "(2,)", Array("ape".utf8) + Array("ox".utf8) + [0])
    #expect(try load(["x": eight, "y": labels, "class_names": names]) { $0.count = 2 }.classes == ["ape", "ox"])
    #expect(
      problem(DataError.self) {
        _ = try load(["x": eight, "y": labels, "class_names": npy("|S3", "(1,)", Array("ape".utf8))]) { $0.count = 2 }
      } != nil)
  }

  @Test func arraysMayLieInFilesOfTheirOwn() throws {
    for (name, bytes) in [("x_train", eight), ("y_train", labels), ("x_test", eight), ("y_test", labels)] {
      try folder.write(name + ".npy", bytes)
    }
    let data = try Dataset.load(folder.path)
    #expect(data.name == "forms" && data.test.count == 8 && data.files.count == 4)
    let kuzushiji = try Folder("k")
    for (name, bytes) in [
      ("train-imgs", eight), ("train-labels", labels), ("test-imgs", eight), ("test-labels", labels),
    ] {
      try kuzushiji.write("kmnist-\(name).npz", zipFile([("arr_0.npy", bytes)]))
    }
    #expect(try Dataset.load(kuzushiji.path).train.count == 8)
  }

  // MARK: other files

  private func idx(_ magic: UInt8, _ extents: [UInt32], _ bytes: [UInt8]) -> [UInt8] {
    let sizes = extents.flatMap { extent in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: extent >> UInt32($0)) } }
    return [0, 0, 8, magic] + sizes + bytes
  }

  @Test func emnistIsTurnedAndItsLettersAreNamed() throws {
    let parts: [(String, [UInt8])] = [("train", Array(1...26)), ("test", [2, 26])]
    for (part, labels) in parts {
      let images: [UInt8] = (0..<labels.count).flatMap { [UInt8($0), 1, 2, 3] as [UInt8] }
      try folder.gzip(
        "emnist-letters-\(part)-images-idx3-ubyte.gz", idx(3, [UInt32(labels.count), 2, 2], images))
      try folder.write("emnist-letters-\(part)-labels-idx1-ubyte", idx(1, [UInt32(labels.count)], labels))
    }
    let data = try Dataset.load(folder.path)
    #expect(data.name == "emnist-letters" && data.classes.first == "A" && data.classes.count == 26)
    #expect(Array(data.train.bytes(at: 5)) == [5, 2, 1, 3] && data.test.labels == [1, 25])
    #expect(try Dataset.load(data.path).sha256 == data.sha256)
    #expect(try Dataset.load(folder.path + "/emnist-letters").test.count == 2)
  }

  @Test func torchvisionsFoldersAreFound() throws {
    let raw = try Folder("MNIST/raw")
    for (stem, count) in [("train", UInt32(3)), ("t10k", 2)] {
      let bytes = [UInt8](repeating: 7, count: Int(count) * 4)
      try raw.write("\(stem)-images-idx3-ubyte", idx(3, [count, 2, 2], bytes))
      try raw.write("\(stem)-labels-idx1-ubyte", idx(1, [count], [UInt8](repeating: 1, count: Int(count))))
    }
    let root = raw.url.deletingLastPathComponent()
    #expect(try Dataset.load(root.path).name == "MNIST" && Dataset.load(root.path).train.count == 3)
    #expect(try Dataset.load(root.deletingLastPathComponent().path).name == "MNIST")
  }

  /// As Python 2 wrote it: strings are bytes.
  private func batch(_ labels: [UInt8]) -> [UInt8] {
    func text(_ text: String) -> [UInt8] { [UInt8(ascii: "U"), UInt8(text.utf8.count)] + Array(text.utf8) }
    let data = labels.flatMap { [UInt8](repeating: $0 + 1, count: 3072) }
    var bytes: [UInt8] = [0x80, 2, UInt8(ascii: "}"), UInt8(ascii: "(")] + text("data")
    bytes += Array("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\u{0}".utf8) + [0x85] + text("b")
    bytes += Array("tR(K\u{1}K".utf8) + [UInt8(labels.count), UInt8(ascii: "M"), 0, 12, 0x86]
    bytes += Array("cnumpy\ndtype\n".utf8) + text("u1") + Array("K\u{0}K\u{1}".utf8) + [0x87, UInt8(ascii: "R"), 0x89]
    bytes += [UInt8(ascii: "T")] + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: data.count >> $0) } + data
    bytes += Array("tb".utf8) + text("labels") + Array("](".utf8)
    for label in labels { bytes += [UInt8(ascii: "K"), label] }
    return bytes + Array("eu.".utf8)
  }

  @Test func cifarsPicklesAreRead() throws {
    for number in 1...5 { try folder.write("data_batch_\(number)", batch([UInt8(number), 9])) }
    try folder.write("test_batch", batch([3]))
    let data = try Dataset.load(folder.path)
    #expect(data.name == "cifar-10" && data.train.labels == [1, 9, 2, 9, 3, 9, 4, 9, 5, 9] && data.classes[3] == "cat")
    #expect(data.test.bytes(at: 0).allSatisfy { $0 == 4 } && data.files.count == 6)
    let path = try folder.write("test_batch", batch([10]))
    #expect(
      problem(DataError.self) { _ = try Dataset.load(folder.path) }
        == .labelOutOfRange(path: path, index: 0, label: 10, classes: 10))
    try folder.write("test_batch", Array(batch([3]).dropLast(40)))
    guard case .corrupt? = problem(DataError.self, { _ = try Dataset.load(folder.path) }) else {
      Issue.record("a pickle that breaks off passed")
      return
    }
  }
}
