import Foundation

/// A file of comma-separated values in memory, of which nothing but the places of its fields was looked at: `columns` fields
/// a row, all rows alike.
struct CSVTable {
  let path: String
  let reader: CSVReader
  /// Names of the columns; those of a file without a header are `1`, `2` and so on.
  let names: [String]
  let hasHeader: Bool
  /// Row after row.
  let fields: [CSVReader.Field]
  /// The line that each row begins on.
  let lines: [Int]
  /// The names of the classes, where the first line has them, as in the files of scikit-learn; the last column is then their
  /// numbers.
  let classes: [String]?
  var columns: Int { names.count }
  var rows: Int { lines.count }

  /// More columns are no data that a network here could take.
  private static let mostColumns = 200_000

  /// Reads a file, gzipped or not.
  ///
  /// A first line such as `569,30,malignant,benign` says how many rows and features follow and names the classes: so
  /// scikit-learn writes the files that it brings.
  ///
  /// - Throws: `DataError.unexpected` for ragged rows, no rows, or what is no text; each with its line.
  init(_ path: String, _ work: LoadWork) throws(DataError) {
    self.path = path
    let bytes = try Self.contents(path)
    work.progress("reading \(URL(fileURLWithPath: path).lastPathComponent)", 0.1)
    var (fields, lines, columns) = ([CSVReader.Field](), [Int](), 0)
    var preamble: (rows: Int, classes: [String])?
    do throws(CSVError) {
      var reader = try CSVReader(bytes, mostFields: Self.mostColumns)
      while let line = try reader.next(&fields) {
        let own = fields.count - lines.count * columns
        if lines.isEmpty { columns = own }
        if lines.count == 1, preamble == nil,
          let found = Self.preamble(fields[..<columns].map(reader.text), features: own - 1)
        {
          preamble = found
          fields.removeFirst(columns)
          (lines, columns) = ([], own)
        }
        if own != columns {
          // One field more that is empty: a separator at the end of the line.
          if own == columns + 1, fields[fields.count - 1].isEmpty {
            fields.removeLast()
          } else {
            throw CSVError.ragged(line: line, fields: own, columns: columns)
          }
        }
        lines.append(line)
        if lines.count % 1024 == 0, work.stop.isRequested { throw CSVError.notText }
      }
      self.reader = reader
    } catch {
      if work.stop.isRequested { throw .stopped }
      throw .unexpected(place: path, reason: "\(error)", taken: Self.taken)
    }
    guard !lines.isEmpty else { throw .unexpected(place: path, reason: "it is empty", taken: Self.taken) }
    let reader = reader
    // A header has no number in it.
    let first = fields[..<columns].map(reader.text)
    hasHeader = preamble == nil && !first.contains { Double($0) != nil }
    classes = preamble?.classes
    var names = hasHeader ? first : (1...columns).map(String.init)
    for index in names.indices where names[index].isEmpty { names[index] = "column \(index + 1)" }
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }), names.count < 10_000 {
      throw .unexpected(
        place: path, reason: "two columns are called \"\(MessageText.text(names[twice]))\"",
        taken: "each column needs a name of its own")
    }
    self.names = names
    self.fields = hasHeader ? Array(fields[columns...]) : fields
    self.lines = hasHeader ? Array(lines.dropFirst()) : lines
    guard rows > 0 else {
      throw .unexpected(place: path, reason: "it has no row of data", taken: Self.taken)
    }
    if let preamble, preamble.rows != rows {
      throw .unexpected(
        place: path, reason: "its first line announces \(MessageText.count(preamble.rows, "row")), and it has \(rows)",
        taken: "fetch the file again: the copy is not whole")
    }
  }

  /// How many rows a first line of scikit-learn's announces, and the classes that it names; nil if it is none.
  private static func preamble(_ first: [String], features: Int) -> (rows: Int, classes: [String])? {
    guard first.count >= 4, let rows = Int(first[0]), rows > 0, Int(first[1]) == features else { return nil }
    let classes = Array(first[2...])
    guard !classes.contains(where: { $0.isEmpty || Double($0) != nil }), Set(classes).count == classes.count,
      classes.count <= 256
    else { return nil }
    return (rows, classes)
  }

  static let taken = "one row a line, with as many fields as the first line, separated by commas, semicolons or tabs"

  private static func contents(_ path: String) throws(DataError) -> [UInt8] {
    let file = try ByteFile(path)
    var bytes: [UInt8] = []
    while true {
      let piece = try file.upTo(1 << 20)
      if piece.isEmpty { return bytes }
      bytes += piece
      guard bytes.count <= CSVReader.mostBytes else {
        throw .unexpected(place: path, reason: "it has more than 2 GB", taken: "make a file of fewer rows")
      }
      // The places of the fields take about as much again, and the numbers.
      try MemoryBound.check(bytes.count * 4, path)
    }
  }

  /// The text of a field.
  func text(_ row: Int, _ column: Int) -> String { reader.text(fields[row * columns + column]) }

  /// Where a field stands, for messages.
  func place(_ row: Int, _ column: Int) -> String {
    "\(path), line \(lines[row]), column \(hasHeader ? MessageText.text(names[column]) : "\(column + 1)")"
  }

  /// A number that a field holds; nil for what is none. Short whole numbers, which most are, without a way through text.
  func number(_ row: Int, _ column: Int) -> Double? {
    let bytes = reader.bytes(fields[row * columns + column])
    guard bytes.count <= 9, bytes.count > 0 else { return Double(String(decoding: bytes, as: UTF8.self)) }
    var value = 0
    for byte in bytes {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return Double(String(decoding: bytes, as: UTF8.self)) }
      value = value * 10 + Int(digit)
    }
    return Double(value)
  }

  /// The column of a name or a number from 1.
  ///
  /// - Throws: `DataError.noSuchColumn`.
  func column(_ name: String) throws(DataError) -> Int {
    if let exact = names.firstIndex(of: name) { return exact }
    if let near = names.firstIndex(where: { $0.lowercased() == name.lowercased() }) { return near }
    if let number = Int(name), (1...columns).contains(number) { return number - 1 }
    throw .noSuchColumn(path: path, name: name, columns: names)
  }
}
