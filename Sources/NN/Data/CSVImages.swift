import Foundation

/// Images as rows of a table: a label and the pixels, as Kaggle has MNIST (`label,pixel0,…,pixel783`), with a header or
/// without.
struct CSVImages {
  private let tables: [CSVTable]
  private let label: Int
  private let shape: ImageShape
  /// Whether the colours of a pixel stand side by side, rather than whole images of one colour.
  private let isInterleaved: Bool
  /// The number that a white pixel has, if it was said.
  private let white: Double?

  /// Nil if the table is no table of images: its columns have other names, or are too few.
  init?(_ tables: [CSVTable], _ options: LoadOptions) throws(DataError) {
    let table = tables[0]
    var target: Int?
    if let name = options.target { target = try table.column(name) }
    guard options.shape != nil || Self.looksLikeImages(table, target) else { return nil }
    let count = table.columns - 1
    guard let flat = try FlatImages(count, options.shape, place: table.path) else { return nil }
    (self.tables, white) = (tables, options.white)
    (shape, isInterleaved) = (flat.shape, flat.isInterleaved)
    self.label = target ?? Self.labelColumn(table)
  }

  private static let labelNames: Set<String> = ["label", "labels", "class", "target", "y", "digit"]

  private static func looksLikeImages(_ table: CSVTable, _ target: Int?) -> Bool {
    if table.classes != nil { return false }
    if table.hasHeader {
      let label = target ?? named(table)
      guard let label else { return false }
      return table.columns > 4 && table.names.indices.allSatisfy { $0 == label || isPixel(table.names[$0]) }
    }
    return target == nil && table.columns > 16
      && (0..<table.columns).allSatisfy {
        table.number(0, $0).map { (0...255).contains($0) && $0 == $0.rounded() } ?? false
      }
  }

  /// `pixel12`, `px12`, `p12`, `12`, `3x4`.
  private static func isPixel(_ name: String) -> Bool {
    let rest = name.lowercased().drop { $0.isLetter || $0 == "_" || $0 == "." }
    let prefix = name.lowercased().prefix { $0.isLetter }
    return ["", "pixel", "px", "p", "pix"].contains(prefix) && !rest.isEmpty
      && rest.allSatisfy { $0.isNumber || $0 == "x" || $0 == "_" }
  }

  /// The first or the last column, if it is called as labels are.
  private static func named(_ table: CSVTable) -> Int? {
    [0, table.columns - 1].first { labelNames.contains(table.names[$0].lowercased()) }
  }

  /// The first column, unless only the last can hold labels: whole numbers from 0 or 1 without a gap.
  private static func labelColumn(_ table: CSVTable) -> Int {
    if let named = named(table) { return named }
    func isPlausible(_ column: Int) -> Bool {
      var seen: Set<Int> = []
      for row in 0..<table.rows {
        guard let value = table.number(row, column).flatMap({ Int(exactly: $0) }), (0...255).contains(value) else {
          return false
        }
        seen.insert(value)
      }
      let low = seen.min() ?? 0
      return seen.count >= 2 && low <= 1 && seen.count == (seen.max() ?? 0) - low + 1
    }
    return !isPlausible(0) && isPlausible(table.columns - 1) ? table.columns - 1 : 0
  }

  /// The data set; its test part is empty if there is one table only.
  func load(_ name: String, _ path: String) throws(DataError) -> Dataset {
    var texts: [[String]] = []
    var parts: [PixelValues] = []
    for table in tables {
      guard table.columns == tables[0].columns else {
        throw .unexpected(
          place: table.path, reason: "it has \(table.columns) columns, and \(tables[0].path) has \(tables[0].columns)",
          taken: "both files need the same columns")
      }
      texts.append(try labels(table))
      parts.append(try pixels(table))
    }
    let numbers = texts.map { $0.compactMap { UInt8($0) } }
    var (classes, labels) = ([String](), numbers)
    let places = tables.map { "\($0.path), column \(MessageText.text($0.names[label]))" }
    if zip(texts, numbers).allSatisfy({ $0.count == $1.count }) {
      try LabelGaps.check(
        train: labels[0], test: labels.dropFirst().first ?? [], places: (places[0], places.last ?? ""))
      let last = labels.compactMap { $0.max() }.max() ?? 0
      classes = ClassNames.digits(max(Int(last) + 1, 2))
    } else {
      let named = try ClassLabels(named: texts, place: places[0])
      (classes, labels) = (named.classes, named.labels)
    }
    var files: [Dataset.File] = []
    for table in tables { files.append(Dataset.File(path: table.path, sha256: try Digest.sha256(ofFile: table.path))) }
    var data = try Dataset(
      name: name, path: path, classes: classes, shape: shape, train: .init(parts[0], labels: labels[0]),
      test: tables.count > 1 ? .init(parts[1], labels: labels[1]) : .init(bytes: [], labels: []), files: files)
    let which = tables[0].hasHeader ? "\"\(tables[0].names[label])\"" : "\(label + 1)"
    data.notes = ["images of \(shape.height)×\(shape.width) from rows of numbers; column \(which) is the class"]
    if shape.channels == 3, !isInterleaved {
      data.notes.append(
        "all of red, then green, then blue; shape: [\(shape.height), \(shape.width), 3] reads the three of a pixel side by side"
      )
    }
    return data
  }

  private func labels(_ table: CSVTable) throws(DataError) -> [String] {
    var texts: [String] = []
    for row in 0..<table.rows {
      let text = table.text(row, label)
      guard !text.isEmpty else {
        throw .unexpected(
          place: table.place(row, label), reason: "there is no label", taken: "each row needs its class")
      }
      // `3.0` is class 3.
      texts.append(UInt8(text) == nil ? Double(text).flatMap { UInt8(exactly: $0) }.map(String.init) ?? text : text)
    }
    return texts
  }

  /// Bytes while all values are whole numbers from 0 to 255, else floats from 0 to 1; with `white`, shares of it.
  private func pixels(_ table: CSVTable) throws(DataError) -> PixelValues {
    if let white { return try pixels(table, white) }
    try MemoryBound.check(table.rows * shape.count, table.path)
    let levels = try values(table) { UInt8(exactly: $0) }
    if let levels { return .bytes(isInterleaved ? shape.planes(levels) : levels) }
    try MemoryBound.check(table.rows * shape.count * 4, table.path)
    let shares = try values(table) { $0 >= 0 && $0 <= 1 ? Float($0) : nil }
    if let shares { return .floats(isInterleaved ? shape.planes(shares) : shares) }
    // The first that is neither is the one to name.
    for row in 0..<table.rows {
      for column in 0..<table.columns where column != label {
        guard let value = table.number(row, column), !(value >= 0 && value <= 255) else { continue }
        throw .unexpected(
          place: table.place(row, column), reason: "a pixel is \(value)",
          taken: value < 0 && value >= -10
            ? "pixels go from 0 to 255, or from 0 to 1; images from -1 to 1 become (x + 1) / 2" : Self.taken)
      }
    }
    throw .unexpected(place: table.path, reason: "its pixels go beyond 1, but are no whole numbers", taken: Self.taken)
  }

  private func pixels(_ table: CSVTable, _ white: Double) throws(DataError) -> PixelValues {
    try MemoryBound.check(table.rows * shape.count * 4, table.path)
    if let shares = try values(table, { $0 >= 0 && $0 <= white ? Float($0 / white) : nil }) {
      return .floats(isInterleaved ? shape.planes(shares) : shares)
    }
    for row in 0..<table.rows {
      for column in 0..<table.columns where column != label {
        guard let value = table.number(row, column), !(value >= 0 && value <= white) else { continue }
        throw .unexpected(
          place: table.place(row, column), reason: WhiteLevel.refusal(value, white), taken: WhiteLevel.taken)
      }
    }
    throw .unexpected(
      place: table.path, reason: "its pixels are no shares of \(MessageText.number(white))", taken: WhiteLevel.taken)
  }

  private static let taken =
    "pixels are whole numbers from 0 to 255, or numbers from 0 to 1; `white:` says another number that is white"

  /// Nil if a number is nothing that `convert` takes.
  private func values<Value>(
    _ table: CSVTable, _ convert: (Double) -> Value?
  ) throws(DataError) -> [Value]? {
    var values: [Value] = []
    values.reserveCapacity(table.rows * shape.count)
    for row in 0..<table.rows {
      for column in 0..<table.columns where column != label {
        guard let number = table.number(row, column) else {
          let text = table.text(row, column)
          throw .unexpected(
            place: table.place(row, column),
            reason: text.isEmpty ? "there is no value" : "\"\(MessageText.text(text))\" is no number", taken: Self.taken
          )
        }
        guard let value = convert(number) else { return nil }
        values.append(value)
      }
    }
    return values
  }
}

/// What is said of a pixel that is not from 0 to the number that `white:` gave.
enum WhiteLevel {
  static let taken = "white: the largest number that a pixel can have, which stands for 1"

  static func refusal(_ value: Double, _ white: Double) -> String {
    "a pixel is \(MessageText.number(value)), which is not from 0 to white: \(MessageText.number(white))"
  }
}

/// Images that are written as one row of numbers each.
struct FlatImages {
  let shape: ImageShape
  /// Whether the colours of a pixel stand side by side, rather than whole images of one colour.
  let isInterleaved: Bool

  /// The shape of rows of `count` numbers: as given, else a square, else three squares, one a colour. Nil if nothing fits.
  ///
  /// - Parameter given: rows and columns; with colours before them, or behind them where they stand side by side.
  /// - Throws: `DataError.unexpected` for a given shape of another count.
  init?(_ count: Int, _ given: [Int]?, place: String) throws(DataError) {
    if let given {
      let (product, overflow) = given.reduce((1, false)) { sum, extent in
        let (next, isTooLarge) = sum.0.multipliedReportingOverflow(by: extent)
        return (next, sum.1 || isTooLarge)
      }
      let isFirst = given.count == 2 || given.count == 3 && [1, 3].contains(given[0])
      let isLast = !isFirst && given.count == 3 && [1, 3].contains(given[2])
      guard isFirst || isLast, given.allSatisfy({ $0 > 0 }) else {
        throw .unexpected(place: place, reason: "shape: \(given) is no shape of an image", taken: Self.taken)
      }
      guard product == count, !overflow else {
        let numbers = overflow ? "more numbers than there can be" : "\(product)"
        throw .unexpected(
          place: place, reason: "its images have \(count) numbers, but shape: \(given) has \(numbers)",
          taken: Self.taken)
      }
      let extents = isLast ? [given[2], given[0], given[1]] : given.count == 3 ? given : [1] + given
      shape = ImageShape(channels: extents[0], height: extents[1], width: extents[2])
      isInterleaved = isLast
      return
    }
    for channels in [1, 3] where count % channels == 0 {
      let side = Int(Double(count / channels).squareRoot().rounded())
      if side > 0, side * side * channels == count {
        shape = ImageShape(channels: channels, height: side, width: side)
        isInterleaved = false
        return
      }
    }
    return nil
  }

  private static let taken =
    "shape: [rows, columns]; [3, rows, columns] for one colour after the other, [rows, columns, 3] for pixel after pixel"
}

extension ImageShape {
  /// The values of whole images, pixel after pixel, as one channel after the other.
  func planes<Value>(_ values: [Value]) -> [Value] {
    let area = height * width
    var planes: [Value] = []
    planes.reserveCapacity(values.count)
    for image in stride(from: 0, to: values.count, by: count) {
      for channel in 0..<channels {
        for pixel in 0..<area { planes.append(values[image + pixel * channels + channel]) }
      }
    }
    return planes
  }
}
