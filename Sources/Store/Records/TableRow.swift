import Foundation
import GRDB

/// A record whose columns are its properties, in the words of SQL (`meanCost` is `mean_cost`), with lists as JSON.
///
/// A column more is a property more, its place in `CodingKeys` where a record has them, and a migration.
public protocol TableRow: Codable, FetchableRecord, EncodableRecord {}

extension TableRow {
  /// `meanCost` is written to `mean_cost`.
  public static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .convertToSnakeCase }
  /// And read from it.
  public static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }
  /// See `Date.stored`.
  public static func databaseDateEncodingStrategy(for column: String) -> DatabaseDateEncodingStrategy {
    .custom { $0.stored }
  }
  /// Lists in the form in which `json_each` reads them, and in which they always were: equal costs are told by it.
  public static func databaseJSONEncoder(for column: String) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return encoder
  }
}

extension Stored: FetchableRecord where Record: TableRow {
  /// The record, and the columns that every table of what a cell made has.
  public init(row: Row) throws {
    try self.init(id: row["id"], cell: row["cell"], record: Record(row: row))
  }
}

extension StoredCell: FetchableRecord {
  /// A row of the table `cell`.
  public init(row: Row) throws {
    try self.init(
      id: row["id"], record: CellRecord(row: row), status: CellStatus(rawValue: row["status"]) ?? .failed,
      seconds: row["seconds"], shown: row["shown"], output: row["output"])
  }
}

extension Database {
  /// Inserts a record, with columns that are not its own; the names are ours, never a user's.
  ///
  /// - Parameters:
  ///   - others: Columns beside the record's.
  ///   - missing: A column of the record's that the table does not have.
  ///   - replaces: Whether it takes the place of a row with the same key.
  /// - Returns: The id of the row.
  @discardableResult
  func insert(
    _ record: some TableRow, into table: String, with others: [String: (any DatabaseValueConvertible)?] = [:],
    without missing: String? = nil, orReplace replaces: Bool = false
  ) throws -> Int64 {
    var columns = try record.databaseDictionary
    for (name, value) in others { columns[name] = value?.databaseValue ?? .null }
    if let missing { columns[missing] = nil }
    let names = columns.keys.sorted()
    try cachedStatement(sql: Self.insertion(of: names, into: table, orReplace: replaces))
      .execute(arguments: StatementArguments(names.map { columns[$0] ?? .null }))
    return lastInsertedRowID
  }

  /// `INSERT INTO blob (sha256, bytes) VALUES (?, ?)`.
  static func insertion(of columns: [String], into table: String, orReplace replaces: Bool = false) -> String {
    let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
    return "INSERT \(replaces ? "OR REPLACE " : "")INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))"
  }
}
