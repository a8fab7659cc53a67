/// Which values of an image an attack may change, as it is typed and stored; every other value stays as it is, to the bit.
///
/// As JSON: `{"rows":[4,13],"columns":[4,13]}` (the second number is one after the last), `{"pixels":["0110","0110"]}`,
/// `{"free":["income"]}`, `{"fixed":["age"]}`.
public enum Mask: WrittenForm, Sendable, Hashable {
  /// A rectangle of pixels, in all channels.
  case rectangle(rows: Range<Int>, columns: Range<Int>)
  /// Row by row, whether a pixel may change, in all channels.
  case pixels([[Bool]])
  /// The features of these names, and no others.
  case free([String])
  /// All features but those of these names.
  case fixed([String])

  /// The argument that says it: `mask`, `free` or `fixed`.
  public var argument: String {
    switch self {
    case .rectangle, .pixels: "mask"
    case .free: "free"
    case .fixed: "fixed"
    }
  }

  /// In a line, behind a radius: `rows 4 to 12, columns 4 to 12`, `81 pixels`, `income`, `all but age`.
  public var text: String {
    switch self {
    case .rectangle(let rows, let columns): "\(Self.text(rows, "row")), \(Self.text(columns, "column"))"
    case .pixels(let rows):
      { $0 == 1 ? "1 pixel" : "\($0) pixels" }(rows.reduce(0) { $0 + $1.count { $0 } })
    case .free(let names): Self.text(names)
    case .fixed(let names): "all but \(Self.text(names))"
    }
  }

  private static func text(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
  }

  private static func text(_ range: Range<Int>, _ noun: String) -> String {
    range.count == 1
      ? "\(noun) \(range.lowerBound)" : "\(noun)s \(range.lowerBound) to \(range.upperBound - 1)"
  }

  private enum Key: String, CodingKey { case rows, columns, pixels, free, fixed }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func range(_ key: Key) throws -> Range<Int> {
      let ends = try container.decode([Int].self, forKey: key)
      guard ends.count == 2, ends[0] <= ends[1] else {
        throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "no range")
      }
      return ends[0]..<ends[1]
    }
    if let rows = try container.decodeIfPresent([String].self, forKey: .pixels) {
      self = .pixels(rows.map { $0.map { $0 == "1" } })
    } else if let names = try container.decodeIfPresent([String].self, forKey: .free) {
      self = .free(names)
    } else if let names = try container.decodeIfPresent([String].self, forKey: .fixed) {
      self = .fixed(names)
    } else {
      self = .rectangle(rows: try range(.rows), columns: try range(.columns))
    }
  }

  /// Writes one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .rectangle(let rows, let columns):
      try container.encode([rows.lowerBound, rows.upperBound], forKey: .rows)
      try container.encode([columns.lowerBound, columns.upperBound], forKey: .columns)
    case .pixels(let rows):
      try container.encode(rows.map { String($0.map { $0 ? "1" : "0" }) }, forKey: .pixels)
    case .free(let names): try container.encode(names, forKey: .free)
    case .fixed(let names): try container.encode(names, forKey: .fixed)
    }
  }
}

extension Mask {
  /// The values that may change of an image of this shape; nil where all of them may.
  ///
  /// - Parameter features: the names of the values, where they have names.
  /// - Throws: `AttackError.mask` if it does not fit the images, or if nothing may change.
  public func freeValues(of shape: ImageShape, features: [String]) throws(AttackError) -> FreeValues? {
    let isFree: [Bool]
    switch self {
    case .rectangle(let rows, let columns):
      try check(rows, "row", of: shape.height)
      try check(columns, "column", of: shape.width)
      isFree = Self.values(shape) { rows.contains($0) && columns.contains($1) }
    case .pixels(let pixels):
      guard pixels.count == shape.height, pixels.allSatisfy({ $0.count == shape.width }) else {
        let widths = Set(pixels.map(\.count))
        throw .mask(
          argument,
          "it has \(MessageText.count(pixels.count, "row")) of "
            + "\(widths.count == 1 ? "\(pixels[0].count)" : "different numbers of") columns, "
            + "the images have \(shape.height) of \(shape.width)")
      }
      isFree = Self.values(shape) { pixels[$0][$1] }
    case .free(let names):
      let named = try numbers(names, features, shape)
      isFree = (0..<shape.count).map(named.contains)
    case .fixed(let names):
      let named = try numbers(names, features, shape)
      isFree = (0..<shape.count).map { !named.contains($0) }
    }
    guard isFree.contains(true) else { throw .mask(argument, "it lets nothing change") }
    return isFree.contains(false) ? FreeValues(isFree, shape) : nil
  }

  private static func values(_ shape: ImageShape, _ isFree: (_ row: Int, _ column: Int) -> Bool) -> [Bool] {
    (0..<shape.channels).flatMap { _ in
      (0..<shape.height).flatMap { row in (0..<shape.width).map { isFree(row, $0) } }
    }
  }

  private func check(_ range: Range<Int>, _ noun: String, of count: Int) throws(AttackError) {
    if let stranger = [range.lowerBound, range.upperBound - 1].first(where: { !(0..<count).contains($0) }),
      !range.isEmpty
    {
      throw .mask(argument, "the images have \(noun)s 0 to \(count - 1), and it names \(noun) \(stranger)")
    }
  }

  /// The values that features of these names are; a column of words is known by its name too, all of its values together.
  private func numbers(_ names: [String], _ features: [String], _ shape: ImageShape) throws(AttackError) -> Set<Int> {
    guard features.count == shape.count else {
      throw .mask(argument, "the values of these images have no names")
    }
    var found: Set<Int> = []
    for name in names {
      let own = features.indices.filter { features[$0] == name || features[$0].hasPrefix(name + "=") }
      if own.isEmpty { throw .noSuchFeature(argument, name, known: features) }
      found.formUnion(own)
    }
    return found
  }
}

extension Dataset {
  /// The names of its values, in their order; empty where they are pixels.
  var featureNames: [String] { features?.map(\.name) ?? [] }
}
