/// How large a value is: the bytes that it takes where nothing in it is shared, and how deep it is nested.
///
/// Lists, records and tables keep their own, so that it is known without looking. `[x, x]` counts x twice: what walks through
/// a value, such as `==` or `print`, meets it twice too. Decision 14 says why this is the bound, and no other.
public struct Extent: Equatable, Sendable {
  /// The most that one value may take, in bytes.
  public static let most = 200_000_000
  /// The most lists in lists in lists there may be: whatever walks through a value has room on its stack for so many.
  public static let maxLevels = 500
  /// What a place for a value takes in a list.
  public static let place = 32
  /// What a field of a record, or a column of a table, takes besides its name's letters and its value.
  static let field = 64

  /// Up to four gigabytes, which stand for all that is above too.
  private var size: UInt32
  private var depth: UInt32

  /// So many bytes, and so many levels.
  public init(bytes: Int = 0, levels: Int = 0) {
    size = UInt32(clamping: bytes)
    depth = UInt32(clamping: levels)
  }

  /// The bytes besides the place that every value takes.
  public var bytes: Int { Int(size) }
  /// 0 for a number or a string, 1 for a list of such, 2 for a list of lists.
  public var levels: Int { Int(depth) }

  /// The extent of something that also holds a part, whose place is counted already.
  mutating func hold(_ part: Extent) {
    let (sum, isOver) = size.addingReportingOverflow(part.size)
    size = isOver ? .max : sum
    depth = max(depth, part.depth == .max ? .max : part.depth + 1)
  }

  /// The extent of two things put beside each other, such as two lists made one.
  mutating func join(_ other: Extent) {
    self = Extent(bytes: bytes + other.bytes, levels: max(levels, other.levels))
  }

  /// The extent of something with more places than before.
  mutating func grow(by bytes: Int) { size = UInt32(clamping: self.bytes + bytes) }

  /// A part's value was replaced: its bytes no longer count. Its level does: to know better, all parts would be asked.
  mutating func letGo(_ part: Extent) { if size != .max { size = size > part.size ? size - part.size : 0 } }

  /// Throws a `Problem` if a value of this extent would be too large or nested too deeply.
  func check(_ what: @autoclosure () -> String) throws {
    if bytes > Self.most { throw Self.tooLarge("\(what()) of \(Self.size(bytes))", limit: "a value may have") }
    if levels > Self.maxLevels {
      throw Problem(
        .tooLarge, "\(what()) is nested too deeply: \(Self.maxLevels) lists or records inside each other are the most")
    }
  }

  /// Throws if it would be too large with one more part of this extent.
  func check(with part: Extent, in what: @autoclosure () -> String) throws {
    var whole = self
    whole.hold(part)
    try whole.check(what())
  }

  /// Throws if something takes more bytes than a value may: for those that make one piece by piece.
  public static func check(bytes: Int, _ what: @autoclosure () -> String) throws {
    if bytes > most { throw tooLarge("\(what()) of \(size(bytes))", limit: "a value may have") }
  }

  static func tooLarge(_ what: String, limit: String, most: Int = Extent.most) -> Problem {
    Problem(
      .tooLarge, "\(what) is too large: \(limit) \(size(most)) at most",
      help: ["work on it in parts", "`ward explain \(Code.tooLarge.rawValue)` says how values are measured"])
  }

  /// `201 MB`, `2 GB`.
  static func size(_ bytes: Int) -> String {
    if bytes >= Int(UInt32.max) { return "more than 4 GB" }
    if bytes > 1_000_000_000, bytes % 1_000_000_000 == 0 { return "\(bytes / 1_000_000_000) GB" }
    return bytes < 1_000_000 ? "\(bytes) bytes" : "\((bytes + 999_999) / 1_000_000) MB"
  }
}

extension Value {
  /// How large it is, the place that holds it not counted.
  public var extent: Extent {
    switch self {
    case .none, .bool, .number: Extent()
    case .string(let text): Extent(bytes: text.utf8.count)
    case .list(let values): values.extent
    case .record(let record): record.extent
    case .table(let table): table.extent
    case .choice(let choice): choice.given.extent
    case .range, .function, .object: Extent(bytes: Extent.field)
    }
  }

  /// The value itself; throws a `Problem` if it is larger than a value may be.
  @discardableResult func bounded() throws -> Value {
    let extent = extent
    if extent.bytes > Extent.most || extent.levels > Extent.maxLevels { try extent.check(typePhrase) }
    return self
  }
}
