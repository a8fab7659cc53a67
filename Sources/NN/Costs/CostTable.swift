import Foundation

/// Why a table of costs in a file is refused; lines are counted from 1.
public enum CostTableError: Error, Equatable, CustomStringConvertible {
  /// A file larger than any table for that many classes.
  case tooLarge(classes: Int)
  /// A file that cannot be read.
  case unreadable
  /// Something of that name that is no file, or that the system refuses to read.
  case notRead(String)
  /// Text that is not comma-separated.
  case csv(CSVError)
  /// A field that is neither a number nor a class where one is due.
  case notANumber(line: Int, field: String)
  /// A name in the header or before a row that is not a class.
  case noSuchClass(line: Int, name: String)
  /// A class that is named twice.
  case twice(line: Int, name: String)
  /// A line with too few or too many fields.
  case fields(line: Int, count: Int, classes: Int)
  /// Too few or too many rows.
  case rows(Int, classes: Int)
  /// Numbers that are no costs.
  case costs(CostMatrixError)

  /// One sentence: which line, and what is wrong with it.
  public var description: String {
    switch self {
    case .tooLarge(let classes): "it is too large for a table of \(MessageText.classes(classes))"
    case .unreadable: "there is no such file, or it may not be read"
    case .notRead(let reason): reason
    case .csv(let error): error.description
    case .notANumber(let line, let field): "line \(line): `\(field)` is not a number"
    case .noSuchClass(let line, let name): "line \(line): there is no class `\(name)`"
    case .twice(let line, let name): "line \(line): the class `\(name)` is named twice"
    case .fields(let line, let count, let classes):
      "line \(line) has \(MessageText.count(count, "cost")); \(MessageText.classes(classes)) need \(classes)"
    case .rows(let count, let classes):
      "it has \(MessageText.count(count, "row")) of costs; \(MessageText.classes(classes)) need \(classes)"
    case .costs(let error): error.description
    }
  }
}

extension CostMatrix {
  /// What a table can take, long names, long numbers and remarks included.
  private static func maxBytes(_ classes: [String]) -> Int { 4096 + classes.count * (classes.count * 64 + 1024) }

  /// A matrix from a file of comma-separated text, of which no more is read than a table can take.
  public init(file path: String, classes: [String]) throws(CostTableError) {
    let bytes: [UInt8]?
    do throws(DataError) { bytes = try PlainFile(path).contents(atMost: Self.maxBytes(classes)) } catch {
      if case .unreadable(_, let reason) = error { throw .notRead(reason) }
      throw .unreadable
    }
    guard let bytes else { throw .tooLarge(classes: classes.count) }
    try self.init(csv: Foundation.Data(bytes), classes: classes)
  }

  /// A matrix from comma-separated text: one row a true class, one column an answer.
  ///
  /// A first line of class names says the order of the columns; a class name before the costs of a row says which row it is.
  /// Without names rows and columns are in the order of `classes`. Empty lines and lines that begin with # are skipped; names
  /// may stand in double quotes (RFC 4180).
  public init(csv data: Foundation.Data, classes: [String]) throws(CostTableError) {
    guard data.count <= Self.maxBytes(classes) else { throw .tooLarge(classes: classes.count) }
    var records: [CSVReader.Record] = []
    do throws(CSVError) {
      var reader = try CSVReader(data, remarks: true)
      while let record = try reader.next() { records.append(record) }
    } catch { throw .csv(error) }
    let rows = try CostTable(classes: classes).rows(records)
    do throws(CostMatrixError) { self = try CostMatrix(rows) } catch { throw .costs(error) }
  }
}

/// Reads the records of a table.
private struct CostTable {
  typealias Record = CSVReader.Record
  let classes: [String]

  func rows(_ records: [Record]) throws(CostTableError) -> [[Double]] {
    var records = records
    var columns = Array(classes.indices)
    if let first = records.first, isHeader(first, of: records.count) {
      columns = try header(first)
      records.removeFirst()
    }
    guard records.count == classes.count else { throw .rows(records.count, classes: classes.count) }
    var rows = [[Double]?](repeating: nil, count: classes.count)
    for (number, record) in records.enumerated() {
      var fields = record.fields
      // A name before the costs says which row it is.
      let row = fields.count == classes.count + 1 ? try place(of: fields.removeFirst(), record.line) : number
      guard rows[row] == nil else { throw .twice(line: record.line, name: classes[row]) }
      rows[row] = try costs(fields, columns, record.line)
    }
    return rows.compactMap { $0 }
  }

  private func costs(_ fields: [String], _ columns: [Int], _ line: Int) throws(CostTableError) -> [Double] {
    guard fields.count == classes.count else {
      throw .fields(line: line, count: fields.count, classes: classes.count)
    }
    var costs = [Double](repeating: 0, count: classes.count)
    for (field, column) in zip(fields, columns) {
      guard let cost = Double(field) else { throw .notANumber(line: line, field: field) }
      costs[column] = cost
    }
    return costs
  }

  /// Words are names. Where classes are called by numbers, a line of them is a header if it is one line too many.
  private func isHeader(_ record: Record, of count: Int) -> Bool {
    record.fields.allSatisfy { Double($0) == nil }
      || (count == classes.count + 1 && Set(record.fields).isSuperset(of: classes))
  }

  /// Which column each field of the header is about; the first may be a corner above the names of the rows.
  private func header(_ record: Record) throws(CostTableError) -> [Int] {
    let names = record.fields.suffix(max(classes.count, record.fields.count - 1))
    guard names.count == classes.count else {
      throw .fields(line: record.line, count: names.count, classes: classes.count)
    }
    var places: [Int] = []
    for name in names {
      let place = try place(of: name, record.line)
      if places.contains(place) { throw .twice(line: record.line, name: name) }
      places.append(place)
    }
    return places
  }

  private func place(of name: String, _ line: Int) throws(CostTableError) -> Int {
    guard let place = classes.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
      throw .noSuchClass(line: line, name: name)
    }
    return place
  }
}
