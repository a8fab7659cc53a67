/// Names that a misspelled one may have meant.
enum NearNames {
  /// The nearest of `names`, best first, at most three; none that is too far to be a slip.
  static func to(_ word: String, among names: some Sequence<String>) -> [String] {
    let word = word.lowercased()
    let allowed = max(1, word.count / 3)
    let near = Set(names).map { (name: $0, distance: distance(word, $0.lowercased())) }
      .filter { $0.distance <= allowed || ($0.name.hasPrefix(word) && word.count > 2) }
    return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// Insertions, removals, replacements and swaps of neighbours that turn one word into the other.
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), row[j] + 1, rows[i][j + 1] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
