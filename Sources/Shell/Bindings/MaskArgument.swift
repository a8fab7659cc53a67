import Lang
import NN

/// The labels `mask:`, `free:` and `fixed:`, of which one at most is given: what an attack may change.
struct MaskParameters {
  private let mask: Parameter<Value?>
  private let free: Parameter<[String]?>
  private let fixed: Parameter<[String]?>

  /// The names of the labels.
  static let names = ["mask", "free", "fixed"]

  init(_ signature: Signature) {
    mask = signature.optional(
      "mask", .either(.list(of: .any), .object(ImagesValue.self)),
      "the pixels that may change: rows and columns, lists of 0 and 1, or an image that is bright there",
      shown: "all pixels")
    free = signature.optional(
      "free", .oneOrMore(.string), "of data with features: the names of those that may change", shown: "all features")
    fixed = signature.optional(
      "fixed", .oneOrMore(.string), "of data with features: the names of those that stay as they are", shown: "none")
  }

  /// What may change, as it is written down; nil for everything.
  func mask(_ given: Arguments) throws -> Mask? {
    if let value = given[mask] { return try Mask(value) }
    if let names = given[free] { return .free(names) }
    return given[fixed].map { .fixed($0) }
  }

  /// What can be known before anything runs: that only one of the labels is there.
  static func check(_ known: KnownArguments) throws {
    let given = names.filter(known.isGiven)
    guard given.count > 1 else { return }
    throw Problem(
      code: ShellCode.badAttack,
      message: "\(given.map { "`\($0):`" }.joined(separator: " and ")) both say what may change; give one of them",
      argument: given[1])
  }
}

extension Mask {
  /// A mask as it is typed: `[4..12, 4..12]`, `[[0, 1], [1, 1]]`, an image of a data set.
  ///
  /// - Throws: `Problem`.
  init(_ value: Value) throws {
    switch value {
    case .object(let some as ImagesValue): self = .pixels(try Self.bright(some))
    case .list(let parts) where parts.elements.allSatisfy({ $0.asList != nil }) && !parts.isEmpty:
      self = .pixels(try parts.elements.map { try ($0.asList ?? []).map(Self.flag) })
    case .list(let parts):
      guard parts.count == 2 else {
        throw Self.problem("it takes two ranges, rows and columns, not a list of \(parts.count)")
      }
      self = .rectangle(
        rows: try Self.range(parts.elements[0], "rows"), columns: try Self.range(parts.elements[1], "columns"))
    default: throw Self.problem("\(value.typePhrase) does not say what may change")
    }
  }

  private static func problem(_ message: String) -> Problem {
    Problem(
      code: ShellCode.badAttack, message: "mask: \(message)",
      help: [
        "write rows and columns, both ends among them: `mask: [4..12, 4..12]`; or a list of 0 and 1 for each row; "
          + "or an image, which may change where it is bright: `mask: DATA.test[0]`"
      ], argument: "mask")
  }

  private static func range(_ value: Value, _ noun: String) throws -> Range<Int> {
    switch value {
    case .number:
      guard let one = value.asInteger else { break }
      return one..<(one &+ 1)
    case .range(let range):
      guard range.step == 1, let first = Int(exactly: range.start), Int(exactly: range.end) != nil,
        range.count <= 65_536, first <= 65_536, first >= -65_536
      else { break }
      guard range.count > 0 else { throw problem("`\(value.literal)` has no \(noun)") }
      return first..<first + range.count
    default: break
    }
    throw problem("\(noun) are a range of whole numbers from 0, such as 4..12, not \(value.literal)")
  }

  private static func flag(_ value: Value) throws -> Bool {
    switch value {
    case .bool(let flag): return flag
    case .number(0): return false
    case .number(1): return true
    default: throw problem("a list for each row holds 0 (stays) and 1 (may change), not \(value.literal)")
    }
  }

  /// Where an image is brighter than half, on average over its colours.
  private static func bright(_ some: ImagesValue) throws -> [[Bool]] {
    guard some.images.count == 1 else {
      throw problem("one image says what may change, not \(some.images.count)")
    }
    let (shape, pixels) = (some.images.shape, some.images.pixels(at: 0))
    let area = shape.height * shape.width
    var sums = [Float](repeating: 0, count: area)
    for (place, value) in pixels.enumerated() { sums[place % area] += value }
    let isBright = sums.map { $0 > 0.5 * Float(shape.channels) }
    return (0..<shape.height).map { Array(isBright[$0 * shape.width..<($0 + 1) * shape.width]) }
  }
}
