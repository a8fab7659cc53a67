import Foundation
import Testing

@testable import NN

/// What is no plain file is refused by every reader, at once and in words.
@Suite struct PlainFileTests {
  private let folder: Folder

  init() throws { folder = try Folder("kinds") }

  /// A place of each kind, with what the refusal says.
  private func places() throws -> [(path: String, says: String)] {
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: pipe)
    return [
      (pipe, "it is a pipe"), (link, "it is a pipe"), ("/dev/zero", "it is a device"), ("/dev/null", "it is a device"),
      (folder.path, "it is a folder"), ("/proc/self/status", "makes it up"),
      (try folder.write("a", [1]) + "\0b", "holds a NUL"),
    ]
  }

  @Test func everyReaderRefusesThem() throws {
    for (path, says) in try places() {
      let readers: [(String, () throws -> Void)] = [
        ("plain", { _ = try PlainFile(path) }), ("packed", { _ = try ByteFile(path) }),
        ("images", { _ = try IDX.images(path) }), ("archive", { _ = try NPZ(path).load() }),
        ("digest", { _ = try Digest.sha256(ofFile: path) }), ("weights", { _ = try Safetensors(contentsOf: path) }),
        ("costs", { _ = try CostMatrix(file: path, classes: ["a", "b"]) }),
      ]
      for (name, read) in readers {
        let text = problem((any Error).self, read).map { "\($0)" } ?? "it was read"
        #expect(text.contains(says), "\(name) of \(path.debugDescription): \(text)")
      }
    }
  }

  @Test func aLinkToAFileIsThatFile() throws {
    let path = try folder.write("file", Array("text".utf8))
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/to", withDestinationPath: path)
    #expect(try PlainFile(folder.path + "/to").contents(atMost: 4) == Array("text".utf8))
    #expect(try PlainFile(path).contents(atMost: 3) == nil)
    #expect(try PlainFile(folder.write("empty", [])).contents(atMost: 3) == [])
    #expect(throws: DataError.missingFile(path: "/nowhere/x")) { _ = try PlainFile("/nowhere/x") }
  }
}
