/// `explain select …`: how SQLite would find the answer, one step a row.
///
/// Both `explain` and `explain query plan` mean the plan: the program of SQLite's machine, which its own `EXPLAIN` lists,
/// helps nobody who asks a store.
struct Explained {
  /// The query, with blanks in place of the words before it, so that mistakes stand where they were written.
  private let query: String
  private let plan: String

  /// Nil for a query that is not to be explained.
  init?(_ sql: String) {
    guard let found = sql.prefixMatch(of: /\s*explain(\s+query\s+plan)?\s+(?=select|with)/.ignoresCase()) else {
      return nil
    }
    let rest = sql[found.range.upperBound...]
    query = String(repeating: " ", count: sql.utf8.count - rest.utf8.count) + rest
    plan = "explain query plan " + rest
  }

  /// The steps: what is done inside another step is indented below it.
  func plan(
    on connection: UserSQL, parameters: [String: SQLValue], limit: Double, shouldStop: @escaping () -> Bool
  ) throws -> SQLTable {
    try connection.check(query)
    var steps: [[SQLValue]] = []
    var depths: [SQLValue: Int] = [:]
    _ = try connection.rows(
      of: plan, parameters: parameters, limit: limit, shouldStop: shouldStop, columns: { _ in },
      row: { step in
        // SQLite's columns: id, parent, one that is not used, detail.
        let depth = depths[step[1]].map { $0 + 1 } ?? 0
        depths[step[0]] = depth
        steps.append([.text(String(repeating: "  ", count: depth) + step[3].description)])
      })
    return SQLTable(columns: ["step"], rows: steps)
  }
}
