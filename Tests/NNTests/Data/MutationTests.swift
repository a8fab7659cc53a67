import Foundation
import Testing

@testable import NN

/// Valid files with a few bytes changed, put in or taken out: each gives a data set or a `DataError`, and never a crash.
@Suite struct MutationTests {
  private static let rounds = 400
  /// What headers are made of; more telling than bytes of any kind.
  private static let pieces = [
    "0", "-1", "9", "99999999", "(", ")", ",", "'", "<", ">", "|", "f", "i", "u", "b", "True", "\0",
  ]

  /// Between one and three changes, mostly in the first bytes, where the headers are.
  private func mutated(_ bytes: [UInt8], _ random: inout Random) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.index(below: 3) where !bytes.isEmpty {
      let reach = random.index(below: 4) == 0 ? bytes.count : min(bytes.count, 80)
      let at = random.index(below: reach)
      switch random.index(below: 5) {
      case 0: bytes[at] = UInt8(random.index(below: 256))
      case 1: bytes[at] ^= 1 << UInt8(random.index(below: 8))
      case 2: bytes.remove(at: at)
      case 3: bytes.removeLast(random.index(below: min(bytes.count, 20)))
      default:
        let piece = Array(Self.pieces[random.index(below: Self.pieces.count)].utf8)
        bytes.replaceSubrange(at..<min(at + random.index(below: 4), bytes.count), with: piece)
      }
    }
    return bytes
  }

  /// Loads a folder or a file; a refusal must be short enough to read, whatever the file put into it.
  private func tryLoading(_ path: String, _ round: Int) {
    do throws(DataError) { _ = try Dataset.load(path) } catch {
      #expect(error.description.count < 600, "round \(round): \(error)")
    }
  }

  /// The checksums are right here, so that the arrays' own headers are what is tried.
  @Test(arguments: [false, true]) func arraysInAWholeArchive(deflated: Bool) throws {
    let folder = try Folder("npz")
    let arrays = [
      "x_train": npy("<f4", "(3, 2, 2)", [UInt8](repeating: 0, count: 48)),
      "y_train": npy("<i8", "(3, 1)", [UInt8](repeating: 0, count: 24)),
      "x_test": npy("|u1", "(2, 2, 2, 1)", Array(20..<28)), "y_test": npy("<u2", "(2,)", [1, 0, 0, 0]),
    ]
    let names = arrays.keys.sorted()
    for round in 0..<Self.rounds {
      var random = Random(seed: 1, stream: round)
      let name = names[random.index(below: names.count)]
      let changed = arrays.merging([name: mutated(arrays[name] ?? [], &random)]) { $1 }
      tryLoading(try folder.write("x.npz", smallArchive(changed, deflated: deflated)), round)
    }
  }

  /// Headers put together from good and bad parts, with as many bytes behind them as they ask for, if that is possible:
  /// changes of single bytes hardly ever make one that is wrong in its type and right in its length.
  @Test func arraysMadeUp() throws {
    let folder = try Folder("npz")
    let widths = [0, 1, 2, 3, 4, 8, 16, -1, .max]
    let extents = [0, 1, 2, 3, 3, 2, -1, 1 << 32, 1 << 62, .max]
    for round in 0..<Self.rounds {
      var random = Random(seed: 5, stream: round)
      func any<T>(_ parts: [T]) -> T { parts[random.index(below: parts.count)] }
      func array() -> [UInt8] {
        let width = any(widths)
        let shape = (0..<random.index(below: 5)).map { _ in any(extents) }
        let wanted = shape.reduce(width) { $0.multipliedReportingOverflow(by: $1).partialValue }
        let count = (0...400).contains(wanted) ? wanted : random.index(below: 3)
        let type = any(["<", ">", "|", "=", ""]) + any(["u", "i", "f", "b", "c", "O", ""]) + "\(width)"
        let text = "(" + shape.map { "\($0), " }.joined() + ")"
        return npy(type, text, [UInt8](repeating: 0, count: count), order: any(["False", "True", "No"]))
      }
      tryLoading(try folder.write("x.npz", smallArchive([any(["x_train", "y_train", "x_test"]): array()])), round)
    }
  }

  @Test(arguments: [false, true]) func archives(deflated: Bool) throws {
    let folder = try Folder("npz")
    let archive = smallArchive(deflated: deflated)
    for round in 0..<Self.rounds {
      var random = Random(seed: 2, stream: round)
      // The directory is at the end; turned round, the changes fall on it every other time.
      let isBackwards = random.index(below: 2) == 0
      let changed = mutated(isBackwards ? archive.reversed() : archive, &random)
      tryLoading(try folder.write("x.npz", isBackwards ? changed.reversed() : changed), round)
    }
  }

  @Test func filesOfIDX() throws {
    let folder = try tinyFolder()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let whole = try names.map { try folder.bytes($0) }
    for round in 0..<Self.rounds {
      var random = Random(seed: 3, stream: round)
      let file = random.index(below: names.count)
      try folder.write(names[file], mutated(whole[file], &random))
      tryLoading(folder.path, round)
      try folder.write(names[file], whole[file])
    }
  }

  @Test func batchesOfCIFAR() throws {
    let folder = try Folder("cifar")
    let record = [3] + [UInt8](repeating: 7, count: 3072)
    for batch in 1...5 { try folder.write("data_batch_\(batch).bin", record) }
    try folder.gzip("test_batch.bin.gz", record + record)
    let packed = try folder.bytes("test_batch.bin.gz")
    for round in 0..<300 {
      var random = Random(seed: 4, stream: round)
      try folder.write("data_batch_2.bin", round % 2 == 0 ? mutated(record, &random) : record)
      try folder.write("test_batch.bin.gz", round % 2 == 1 ? mutated(packed, &random) : packed)
      tryLoading(folder.path, round)
    }
  }
}
