import CPng
import Foundation
import Testing

@testable import NN

/// Folders of pictures by class.
@Suite struct PictureFolderTests {
  private let folder: Folder

  init() throws { folder = try Folder("pictures") }

  private func png(_ side: Int, _ value: UInt8, colour: Bool = false) throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    (image.width, image.height, image.format) = (UInt32(side), UInt32(side), colour ? 2 : 0)
    let pixels = (0..<side * side * (colour ? 3 : 1)).map { UInt8(clamping: Int(value) + $0 % (colour ? 3 : 1)) }
    var size = 0
    #expect(png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0)
    var file = [UInt8](repeating: 0, count: size)
    #expect(png_image_write_to_memory(&image, &file, &size, 0, pixels, 0, nil) != 0)
    return Array(file.prefix(size))
  }

  private func put(_ name: String, _ bytes: [UInt8]) throws {
    let place = folder.url.appendingPathComponent(name).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try folder.write(name, bytes)
  }

  private func load(_ set: (inout LoadOptions) -> Void = { _ in }) throws -> Dataset {
    var options = LoadOptions()
    set(&options)
    return try Dataset.load(folder.path, options: options)
  }

  private func refusal(_ set: (inout LoadOptions) -> Void = { $0.share = 0.5 }) -> String {
    do {
      _ = try load(set)
      return "it was read"
    } catch let error as DataError {
      return "\(error)" + (error.hint.map { " | " + $0 } ?? "")
    } catch { return "\(error)" }
  }

  /// 4×4 pixels of 200, as Pillow writes them.
  private let greyJPEG = """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkK\
    Cgr/wAALCAAEAAQBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8ASB//2Q==
    """

  @Test func foldersAreClassesAndTheTestPartIsItsOwn() throws {
    for (part, count) in [("train", 3), ("test", 2)] {
      for (label, name) in ["10", "9", "b"].enumerated() {
        for index in 0..<count { try put("\(part)/\(name)/\(index).png", png(4, UInt8(10 * label + index))) }
      }
    }
    try put("train/9/.hidden.png", [1, 2, 3])
    try put("train/9/notes.txt", Array("hello".utf8))
    let data = try load()
    #expect(data.classes == ["9", "10", "b"] && data.train.count == 9 && data.test.count == 6)
    #expect(
      data.train.labels == [0, 0, 0, 1, 1, 1, 2, 2, 2] && data.shape == ImageShape(channels: 1, height: 4, width: 4))
    #expect(data.train.bytes(at: 4).allSatisfy { $0 == 1 } && data.test.bytes(at: 5).allSatisfy { $0 == 21 })
    #expect(data.notes.contains { $0.contains("9/notes.txt") } && data.files.count == 1)
    // The hash covers every picture.
    try put("test/b/0.png", png(4, 99))
    #expect(try load().sha256 != data.sha256)
  }

  @Test func oneFolderIsSplitClassByClass() throws {
    for name in ["cat", "dog"] {
      for index in 0..<10 { try put("\(name)/\(index).png", png(3, UInt8(index), colour: true)) }
    }
    let data = try load { $0.share = 0.2 }
    #expect(data.train.count == 16 && data.test.labels == [0, 0, 1, 1] && data.shape.channels == 3)
    // Planes follow one another: red first.
    #expect(data.train.bytes(at: 0).prefix(9).allSatisfy { $0 == data.train.bytes(at: 0).first })
    #expect(refusal { _ in }.contains("no test part"))
  }

  @Test func jpegsAreReadAndGreyOnesAmongColoursSaid() throws {
    let decoded = Foundation.Data(base64Encoded: greyJPEG)
    let jpeg = [UInt8](try #require(decoded))
    try put("a/1.JPG", jpeg)
    try put("a/2.png", png(4, 9, colour: true))
    try put("b/1.jpeg", jpeg)
    try put("b/2.jpeg", jpeg)
    let data = try load { $0.share = 0.5 }
    #expect(data.shape.channels == 3 && data.notes.contains { $0.hasPrefix("3 grey pictures") })
    #expect(data.train.bytes(at: 1).allSatisfy { abs(Int($0) - 200) <= 1 })
    for end in [3, 20, 100, jpeg.count - 12] {
      try put("b/2.jpeg", Array(jpeg.prefix(end)))
      #expect(refusal().contains("b/2.jpeg is damaged: libjpeg says"), "\(end) bytes")
    }
  }

  @Test func whatDiffersInSizeIsScaledOnlyIfAsked() throws {
    try put("a/1.png", png(4, 80))
    try put("a/2.png", png(8, 80))
    try put("b/1.png", png(4, 200))
    try put("b/2.png", png(4, 200))
    let message = refusal()
    #expect(message.contains("a/2.png: it has 8×8 pixels, others have 4×4") && message.contains("size: 4"))
    let data = try load { ($0.share, $0.size) = (0.5, 6) }
    #expect(data.shape == ImageShape(channels: 1, height: 6, width: 6))
    #expect(
      data.train.bytes(at: 0).allSatisfy { $0 == 80 } && data.notes.contains { $0.hasPrefix("4 of 4 pictures scaled") })
  }

  @Test func shrinkingTakesTheMeanOfAreas() {
    let picture = DecodedPicture(width: 4, height: 2, channels: 1, bytes: [0, 100, 10, 30, 100, 200, 50, 70])
    #expect(picture.scaled(width: 2, height: 1).bytes == [100, 40])
    // A third of the way into a pixel counts a third of it.
    let line = DecodedPicture(width: 3, height: 1, channels: 1, bytes: [0, 90, 180])
    #expect(line.scaled(width: 2, height: 1).bytes == [30, 150])
    #expect(line.scaled(width: 5, height: 1).bytes == [0, 36, 90, 144, 180])
  }

  @Test func brokenPicturesAndEmptyClassesAreNamed() throws {
    for name in ["a", "b"] { for index in 0..<3 { try put("\(name)/\(index).png", png(4, 7)) } }
    try put("b/1.png", Array(png(4, 7).prefix(50)))
    #expect(refusal().contains("b/1.png is damaged: libpng says"))
    try put("b/1.png", Array("GIF89a".utf8))
    #expect(refusal().contains("b/1.png: it is no PNG or JPEG picture"))
    try put("b/1.png", png(4, 7))
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("c"), withIntermediateDirectories: true)
    #expect(refusal().contains("no training image is of this class"))
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("c"))
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("b"))
    #expect(refusal().contains("all pictures are of one class, a"))
    try put("0.png", png(4, 7))
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("a"))
    #expect(refusal().contains("its pictures lie in no folder of their class"))
  }

  @Test func aHeaderThatClaimsAHugePictureIsRefused() throws {
    var file = try png(4, 7)
    file.replaceSubrange(16..<24, with: [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff])
    try put("a/0.png", file)
    try put("b/0.png", png(4, 7))
    #expect(refusal().contains("is damaged"))
  }

  @Test func theNamesOfClassesMayStandBesideThem() throws {
    for name in ["0", "1"] { for index in 0..<4 { try put("\(name)/\(index).png", png(4, 7)) } }
    try put("classes.txt", Array("benign\nmalignant\n".utf8))
    let data = try load { $0.share = 0.5 }
    #expect(data.classes == ["benign", "malignant"] && data.files.count == 2)
    #expect(try load { ($0.share, $0.names) = (0.5, ["x", "y"]) }.classes == ["x", "y"])
    try put("classes.txt", Array("benign\n".utf8))
    #expect(refusal().contains("classes.txt: 1 name for 2 classes"))
  }
}
