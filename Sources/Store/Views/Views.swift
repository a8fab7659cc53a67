import GRDB

/// A public table of the store: what user SQL reads, and what `tables` and `schema NAME` explain.
public struct View: Sendable {
  /// Its name in SQL.
  public let name: String
  /// What a row is, as a sentence.
  public let summary: String
  /// Its columns in order.
  public let columns: [Column]
  /// Where its rows come from: a FROM clause.
  let from: String

  /// A column of a view.
  public struct Column: Sendable {
    /// Its name in SQL.
    public let name: String
    /// `integer`, `real` or `text`.
    public let type: String
    /// What it holds, with unit and range, as a sentence.
    public let meaning: String
    /// The SQL that computes it.
    let source: String
  }

  /// The statement that makes the view.
  var sql: String {
    let columns = columns.map { "\($0.source) AS \"\($0.name)\"" }.joined(separator: ", ")
    return "CREATE VIEW \"\(name)\" AS SELECT \(columns) FROM \(from)"
  }
}

/// The stable interface of user SQL. Columns may be added; none is renamed, removed or given another meaning.
///
/// Where a row points to another one, the plain column (`model`) holds what a person reads, a name or a number seen at
/// the prompt, and the column with `_id` (`model_id`) holds what joins to that view's `id`.
///
/// The plain columns are scalar subqueries rather than joins: SQLite leaves an unused subquery out of an aggregate, but
/// not an unused LEFT JOIN (1,000,000 examples joined to `results` and grouped: 0.7 s with joins, 0.5 s without).
public enum Views {
  /// Every view, in the order `tables` lists them.
  public static let all = [
    sessions, cells, datasets, costs, models, epochs, results, classResults, examples, certificates, weights,
    epochWeights, checks, sweeps, points, lessons,
  ]

  /// The view of that name, if there is one.
  public static func named(_ name: String) -> View? { all.first { $0.name == name } }

  /// Makes the views of this version, unless the store has exactly these already.
  static func refresh(_ db: Database) throws {
    let old = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'view'")
    let had = Dictionary(old.map { ($0["name"] as String, $0["sql"] as String) }) { first, _ in first }
    if had == Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.sql) }) { return }
    for name in had.keys { try db.execute(sql: "DROP VIEW \"\(name)\"") }
    for view in all { try db.execute(sql: view.sql) }
  }
}

extension View.Column {
  static func integer(_ name: String, _ source: String, _ meaning: String) -> Self {
    Self(name: name, type: "integer", meaning: meaning, source: source)
  }
  static func real(_ name: String, _ source: String, _ meaning: String) -> Self {
    Self(name: name, type: "real", meaning: meaning, source: source)
  }
  static func text(_ name: String, _ source: String, _ meaning: String) -> Self {
    Self(name: name, type: "text", meaning: meaning, source: source)
  }
}
