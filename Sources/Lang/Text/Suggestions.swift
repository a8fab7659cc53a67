/// Suggestions for misspelt words.
public enum Suggestions {
  /// The number of single-letter edits (insert, delete, replace, swap of neighbours) between two words.
  public static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased()), b = Array(b.lowercased())
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var older: [Int] = [], old = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + Array(repeating: 0, count: b.count)
      for j in 1...b.count {
        let same = a[i - 1] == b[j - 1]
        row[j] = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (same ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], older[j - 2] + 1) }
      }
      (older, old) = (old, row)
    }
    return old[b.count]
  }

  /// The best match for `word`, if one is near enough to offer: one edit in three letters or so, or one
  /// extends the other.
  public static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    var best: (name: String, cost: Int)?
    for candidate in candidates where candidate != word {
      let short = min(word.count, candidate.count), long = max(word.count, candidate.count)
      let extends = short >= 3 && (candidate.hasPrefix(word) || long <= 2 * short && word.hasPrefix(candidate))
      let allowed = max(1, min(3, (long - 1) / 3))
      // Each letter that one has more takes an edit.
      guard extends || long - short <= allowed else { continue }
      let cost = extends ? min(1, distance(word, candidate)) : distance(word, candidate)
      guard cost <= allowed, word.count > 1 || cost == 0 else { continue }
      if best.map({ cost < $0.cost || (cost == $0.cost && candidate < $0.name) }) ?? true { best = (candidate, cost) }
    }
    return best?.name
  }

  /// What to write for a word that other languages have and Ward has not, such as `elif`.
  static func foreignKeyword(_ word: String) -> String? {
    switch word {
    case "True", "TRUE": "write `true`"
    case "False", "FALSE": "write `false`"
    case "None", "null", "NULL", "nil", "undefined", "NA": "write `none`"
    case "elif", "elsif", "elseif": "write `else if`"
    case "var", "const", "local", "set": "write `let`"
    case "func", "function", "fun", "proc": "write `def`"
    case "is": "write `==`"
    case "not": "write `not (x in xs)`"
    case "foreach": "write `for`"
    case "lambda": "write `fn(x) => …`"
    case "switch", "match", "case": "write `if … else if …`"
    case "except": "write `catch`"
    case "raise", "throw", "assert": "write `check … because: …`"
    default: nil
    }
  }

  /// "did you mean `steps`?", or nothing when no candidate is near.
  public static func hint(for word: String, in candidates: some Sequence<String>) -> String {
    nearest(to: word, in: candidates).map { "did you mean `\($0)`?" } ?? ""
  }
}
