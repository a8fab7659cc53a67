import Foundation

/// Help about a query's text: near names, and whole numbers that are divided.
enum Notes {
  /// Names of views or columns that a `no such …` message may have meant.
  static func suggestions(for message: String, in sql: String) -> [String] {
    if let name = rest(of: message, after: "no such table: ") {
      return NearNames.to(name, among: Views.all.map(\.name))
    }
    if let name = rest(of: message, after: "no such column: ") {
      let bare = name.split(separator: ".").last.map(String.init) ?? name
      let words = Set(sql.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
      let meant = Views.all.filter { words.contains($0.name) }
      let views = meant.isEmpty ? Views.all : meant
      return NearNames.to(bare, among: views.flatMap { $0.columns.map(\.name) })
    }
    return []
  }

  /// Where the name that a message complains about stands, for the messages that SQLite gives no place for.
  static func place(of message: String, in sql: String) -> Int? {
    guard let name = message.firstMatch(of: /no such (?:table|column|function): (\S+)/)?.1 else { return nil }
    return sql.range(of: name, options: .caseInsensitive).map { sql[..<$0.lowerBound].utf8.count }
  }

  /// Remarks on a query that ran: SQLite's `8/255` is 0.
  static func on(_ sql: String) -> [SQLNote] {
    // As long as the query, so that places stay.
    let bare = sql.replacing(/'[^']*'/) { String(repeating: "'", count: $0.output.utf8.count) }
    guard let match = bare.firstMatch(of: /(?:^|[^\w.])(\d+)\s*\/\s*(\d+)(?![\w.])/) else { return [] }
    let division = "\(match.1)/\(match.2)"
    let message = "in SQL, \(division) divides whole numbers and drops the rest: write \(match.1).0/\(match.2)"
    let start = bare[..<match.1.startIndex].utf8.count, end = bare[..<match.2.endIndex].utf8.count
    return [SQLNote(message: message, place: start..<end)]
  }

  private static func rest(of message: String, after start: String) -> String? {
    message.hasPrefix(start) ? String(message.dropFirst(start.count)) : nil
  }
}
