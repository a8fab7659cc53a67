import Foundation
import Testing

@testable import Store

@Suite struct PartFileTests {
  @Test func onlyPartsThatNobodyHoldsAreRemoved() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ward-parts-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let others = ["a.sqlite", "a.sqlite.part-", "a.sqlite.part-1", "part-\(UUID().uuidString)"]
    for name in others + ["a.sqlite.part-\(UUID().uuidString)"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    let held = try #require(PartFile(for: folder + "/b.sqlite"))
    PartFile.removeAbandoned(in: folder)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(Set(left) == Set(others + [URL(fileURLWithPath: held.path).lastPathComponent]))
  }

  @Test func aPartHasTheContentsOfItsSourceAndGoesUnlessItIsRenamed() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ward-parts-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bytes = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    let (source, target) = (folder + "/source", folder + "/target")
    try bytes.write(to: URL(fileURLWithPath: source))
    for renames in [false, true] {
      let part = try #require(PartFile(for: target))
      #expect(part.copy(from: source))
      if renames { #expect(rename(part.path, target) == 0) }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["source", "target"])
    let other = try #require(PartFile(for: target))
    #expect(!other.copy(from: folder + "/nothing") && errno == ENOENT)
  }
}
