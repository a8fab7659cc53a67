extension Int {
  /// The number with a comma between thousands: `60,000`.
  public var grouped: String {
    var digits = String(magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (self < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// The number with its noun: `1 image`, `60,000 images`; the plural is the noun with `s` unless it is given.
  public func of(_ noun: String, _ plural: String? = nil) -> String {
    "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
  }
}

extension String {
  /// The word with `a` or `an`: `an Ankle boot`, `a Shirt`, `an 8`. A plural has none.
  public var withArticle: String {
    guard let first = first?.lowercased(), !hasSuffix("s") || hasSuffix("ss") else { return self }
    let soundsConsonant = ["uni", "use", "eu", "one"].contains { lowercased().hasPrefix($0) }
    let isVowel = "aeiou".contains(first) && !soundsConsonant || first == "8" || self == "11" || self == "18"
    return (isVowel ? "an " : "a ") + self
  }
}
