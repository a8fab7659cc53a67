import Foundation
import Testing

@testable import NN

/// Archives that `numpy.savez` could have written, and some that nothing good wrote.
@Suite struct ArchivesTests {
  private let folder: Folder

  init() throws { folder = try Folder("npz") }

  private func load(_ archive: [UInt8]) throws -> Dataset { try Dataset.load(folder.write("x.npz", archive)) }

  private func refusal(_ archive: [UInt8]) throws -> DataError? {
    let path = try folder.write("x.npz", archive)
    return problem(DataError.self) { _ = try Dataset.load(path) }
  }

  @Test(arguments: [false, true]) func aSmallArchiveIsRead(deflated: Bool) throws {
    let data = try load(smallArchive(deflated: deflated))
    #expect(data.shape == ImageShape(channels: 1, height: 2, width: 2) && data.classes == ["0", "1"])
    #expect(Array(data.train.bytes(at: 2)) == [8, 9, 10, 11] && Array(data.test.bytes(at: 0)) == [20, 21, 22, 23])
    #expect(data.train.labels == [0, 1, 0] && data.test.labels == [1, 0])
  }

  @Test(arguments: [
    "<i0", "<f0", "<u0", "<i-1", "<f-8", "<i3", "<u5", "<f3", "<f1", "<f16", "<u21", "<i16", "<b2",
    "<i99999999999999999999",
    "<i", "<", "", "|O", "|S4", "<c8", "<M8[ns]", "i4", "<\u{0}4", "<i\u{0}", "<i4\u{0}", "\u{301}<i4", "<i4\u{301}",
  ])
  func typesThatAreNoPlainNumbersAreRefused(_ type: String) throws {
    for data in [[], [UInt8](repeating: 0, count: 3), [UInt8](repeating: 0, count: 3 * 16)] {
      #expect(try refusal(smallArchive(["y_train": npy(type, "(3,)", data)])) != nil)
      #expect(try refusal(smallArchive(["x_train": npy(type, "(3, 2, 2)", data)])) != nil)
    }
  }

  @Test(arguments: [
    "(9223372036854775807,)", "(9223372036854775807, 2)", "(9223372036854775800, 1, 1)", "(4294967296, 4294967296, 1)",
    "(0, 2, 2)", "(0, 9223372036854775807, 9223372036854775807)", "(-1, -3, 2)", "(-9223372036854775808, 1, 1)", "()",
    "(3)",
    "(,,)", "(3, 2, 2", "3, 2, 2)", "(3, 2, 2.0)", "(3, 2, \u{0})", "(99999999999999999999, 1, 1)",
  ])
  func shapesThatNothingHasAreRefused(_ shape: String) throws {
    for name in ["x_train", "y_train"] {
      for type in ["|u1", "<f8"] {
        #expect(try refusal(smallArchive([name: npy(type, shape, Array(0..<12))])) != nil, "\(name) \(type)")
      }
    }
  }

  /// A place of 2⁶³ - 1 bytes in an entry's extra field, which is where zip has what 32 bits cannot hold.
  @Test func aMemberFarBehindTheEndIsRefused() throws {
    let name = Array("x_train.npy".utf8)
    var archive = smallArchive()
    let entry = try #require(
      archive.indices.last { archive[$0...].starts(with: name) && archive[$0 - 46..<$0].starts(with: Array("PK".utf8)) }
    )
    archive.replaceSubrange(entry - 4..<entry, with: [0xff, 0xff, 0xff, 0xff])
    archive[entry - 16] = 12
    archive.insert(contentsOf: [1, 0, 8, 0] + [UInt8](repeating: 0xff, count: 8), at: entry + name.count)
    #expect(try refusal(archive) != nil)
  }

  /// A refusal of content that is whole: it names the array, and says what is taken and not to fetch the file again.
  private func content(_ changed: [String: [UInt8]?]) throws -> String? {
    let error = try refusal(smallArchive(changed))
    guard case .unexpected? = error else { return "not refused for its content: \(String(describing: error))" }
    #expect(error?.hint?.contains("x_train and x_test: [n, h, w]") == true)
    return error?.description
  }

  @Test func whatIsWholeButNotTakenIsNoDamage() throws {
    let ten: [UInt8] = [0, 0, 0x20, 0x41] + [UInt8](repeating: 0, count: 44)
    for (name, array, reason) in [
      ("x_train", npy("|O", "(3, 2, 2)", [1]), "of type |O"),
      ("x_train", npy(header: "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (3,), }", []), "with fields"),
      ("x_train", npy("<f4", "(3, 2, 2)", ten), "a pixel is 10.0; floats go from 0 to 1"),
      ("x_train", npy("|i1", "(3, 2, 2)", [0xff] + Array(0..<11)), "a pixel is -1; whole numbers go from 0 to 255"),
      ("x_train", npy("|b1", "(3, 2, 2)", Array(0..<12)), "truth values"),
      ("x_test", npy("|u1", "(2, 5)", Array(0..<10)), "shape [2, 5]"),
      ("x_test", npy("|u1", "(2, 8, 8, 5)", [UInt8](repeating: 0, count: 640)), "shape [2, 8, 8, 5]"),
      ("x_test", npy("|u1", "(0, 2, 2)", []), "no pixel"),
      ("x_test", npy("|u1", "(\(String(repeating: "1, ", count: 5000)))", [0]), "of 5000 dimensions"),
      (
        "x_test", npy(header: "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", [1], version: 9), "version 9"
      ),
      ("x_test", Array("some text that is no array".utf8), "not a NumPy array"),
      ("y_train", npy("|u1", "(3, 2)", Array(0..<6)), "one-hot"),
      ("y_train", npy("<f4", "(3,)", [0, 0, 0, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0]), "image 1 has label 1.5"),
      ("y_test", npy("|i1", "(2,)", [0, 0xff]), "image 1 has label -1"),
      ("y_test", npy("<i2", "(2,)", [44, 1, 0, 0]), "image 0 has label 300"),
      ("y_test", npy("<f4", "(2,)", [0, 0, 0xc0, 0x7f, 0, 0, 0, 0]), "image 0 has label nan"),
    ] {
      let text = try content([name: array]) ?? ""
      #expect(text.contains("x.npz, \(name): ") && text.contains(reason) && text.count < 400, "\(text)")
    }
    #expect(try content(["x_test": nil])?.contains("no array x_test; it has x_train, y_test, y_train") == true)
  }

  /// Whose bytes would count twice: small archives of either kind have unpacked to petabytes elsewhere.
  @Test func membersThatShareTheirBytesAreRefused() throws {
    let array = npy("|u1", "(3, 2, 2)", Array(0..<12))
    let twice = zipFile([("x_train.npy", array), ("x_train.npy", array)])
    #expect(try refusal(twice)?.description.contains("lists x_train.npy twice") == true)
    var archive = smallArchive()
    let names = archive.indices.filter { archive[$0...].starts(with: Array("x_t".utf8)) }
    // The last two names are those of the directory; the place of a member stands before its name.
    let places = names.suffix(2).map { $0 - 4..<$0 }
    archive.replaceSubrange(places[1], with: archive[places[0]])
    #expect(try refusal(archive)?.description.contains("lie in one another") == true)
  }

  @Test func whatIsNoArchiveIsNotCalledDamaged() throws {
    for other in [Array("hello".utf8), npy("|u1", "(3, 2, 2)", Array(0..<12))] {
      guard case .unexpected? = try refusal(other) else {
        Issue.record("\(try String(describing: refusal(other)))")
        continue
      }
    }
    for damaged in [[], Array("PK".utf8), Array(smallArchive().dropLast(9))] {
      guard case .corrupt? = try refusal(damaged) else {
        Issue.record("\(try String(describing: refusal(damaged)))")
        continue
      }
    }
  }

  /// The damage behind the header shows that the numbers were not looked at.
  @Test func countsAreComparedBeforeAnythingIsUnpacked() throws {
    var archive = smallArchive(["x_train": npy("|u1", "(1000, 2, 2)", [UInt8](repeating: 7, count: 4000))])
    archive.withUnsafeMutableBufferPointer { $0[$0.firstIndex(of: 7) ?? 0] = 8 }
    let path = try folder.write("x.npz", archive)
    let error = problem(DataError.self) { _ = try Dataset.load(path) }
    #expect(
      error
        == .countMismatch(images: 1000, imagesPath: "\(path), x_train", labels: 3, labelsPath: "\(path), y_train"))
  }

  @Test(arguments: [false, true]) func anArrayHasAsManyBytesAsItAnnounces(deflated: Bool) throws {
    func length(_ count: Int) throws -> DataError? {
      let array = npy("|u1", "(3, 2, 2)", [UInt8](repeating: 0, count: count))
      return try refusal(smallArchive(["x_train": array], deflated: deflated))
    }
    #expect(try length(12) == nil)
    let place = folder.path + "/x.npz, x_train"
    #expect(try length(11) == .truncated(path: place, expected: 12, found: 11))
    #expect(try length(1 << 20) == .trailingBytes(path: place, expected: 12))
  }

  /// The images 0, 1, 2 … of a part with two of them, in the order that NumPy would write them.
  private func images(_ type: String, _ shape: String, _ data: [UInt8], order: String = "False") throws -> Dataset {
    let array = npy(type, shape, data, order: order)
    return try load(smallArchive(["x_train": array, "x_test": array, "y_train": npy("|u1", "(2,)", [0, 1])]))
  }

  @Test func oneOrThreeChannelsComeLastOrFirst() throws {
    let last = try images("|u1", "(2, 4, 2, 3)", Array(0..<48))
    #expect(last.shape == ImageShape(channels: 3, height: 4, width: 2))
    #expect(last.train.bytes(at: 1).prefix(8) == [24, 27, 30, 33, 36, 39, 42, 45])
    let first = try images("|u1", "(2, 3, 4, 2)", Array(0..<48))
    #expect(first.shape == last.shape && Array(first.train.bytes(at: 1)) == Array(24..<48))
    let grey = try images("|u1", "(2, 3, 4, 1)", Array(0..<24))
    #expect(
      grey.shape == ImageShape(channels: 1, height: 3, width: 4) && Array(grey.test.bytes(at: 0)) == Array(0..<12))
    #expect(try images("|u1", "(2, 1, 3, 4)", Array(0..<24)).shape == grey.shape)
  }

  @Test func fortransOrderIsTurned() throws {
    // Element (n, i, j) of [2, 2, 3] is at n + 2·i + 4·j.
    let grey = try images("|u1", "(2, 2, 3)", Array(0..<12), order: "True")
    #expect(Array(grey.train.bytes(at: 1)) == [1, 5, 9, 3, 7, 11])
    // Element (n, i, j, c) of [2, 2, 2, 3] is at n + 2·i + 4·j + 8·c, and of [2, 3, 2, 2] with c first at n + 2·c + 6·i + 12·j.
    let last = try images("|u1", "(2, 2, 2, 3)", Array(0..<24), order: "True")
    #expect(Array(last.train.bytes(at: 0)) == [0, 4, 2, 6, 8, 12, 10, 14, 16, 20, 18, 22])
    let first = try images("|u1", "(2, 3, 2, 2)", Array(0..<24), order: "True")
    #expect(first.shape == ImageShape(channels: 3, height: 2, width: 2))
    #expect(Array(first.train.bytes(at: 0)) == [0, 12, 6, 18, 2, 14, 8, 20, 4, 16, 10, 22])
  }

  @Test func everyTypeGivesTheSamePixels() throws {
    let levels: [UInt8] = [0, 1, 51, 254, 255, 128, 77, 3]
    func bytes<T: FixedWidthInteger>(_ numbers: [T]) -> [UInt8] {
      numbers.flatMap { withUnsafeBytes(of: $0, Array.init) }
    }
    let doubles = levels.map { Double($0) / 255 }
    for (type, data) in [
      ("|u1", levels), ("<u2", bytes(levels.map { UInt16($0).littleEndian })),
      (">u2", bytes(levels.map { UInt16($0).bigEndian })), (">i4", bytes(levels.map { Int32($0).bigEndian })),
      ("<i8", bytes(levels.map { Int64($0).littleEndian })), ("<f8", bytes(doubles.map { $0.bitPattern.littleEndian })),
      (">f8", bytes(doubles.map { $0.bitPattern.bigEndian })),
      ("<f4", bytes(doubles.map { Float($0).bitPattern.littleEndian })),
      (">f4", bytes(doubles.map { Float($0).bitPattern.bigEndian })),
      ("<f2", bytes(doubles.map { Float16($0).bitPattern.littleEndian })),
      (">f2", bytes(doubles.map { Float16($0).bitPattern.bigEndian })),
    ] {
      let read = try images(type, "(2, 2, 2)", data)
      #expect(read.train.bytes(at: 0) + read.train.bytes(at: 1) == levels[...], "\(type)")
    }
    // Truth values are black and white.
    #expect(Array(try images("|b1", "(2, 1, 2)", [0, 1, 1, 0]).train.bytes(at: 0)) == [0, 255])
  }

  /// All 256 levels come back from 16 bits.
  @Test func halfPrecisionIsPreciseEnough() throws {
    let halves = (0..<256).flatMap {
      withUnsafeBytes(of: Float16(Double($0) / 255).bitPattern.littleEndian, Array.init)
    }
    let read = try images("<f2", "(2, 8, 16)", halves)
    #expect(read.train.bytes(at: 0) + read.train.bytes(at: 1) == Array(0...255)[...])
  }
}
