/// Class numbers out of what a file calls the classes.
struct ClassLabels {
  /// Names in the order of the numbers.
  let classes: [String]
  /// One an image, for each of the files.
  let labels: [[UInt8]]

  /// Names that are sorted: numbers by size, words by letters.
  ///
  /// - Throws: `DataError.unexpected` for fewer than two classes, or more than 256.
  init(named values: [[String]], place: String) throws(DataError) {
    let found = Set(values.joined())
    let numbers = found.compactMap { Double($0) }
    let sorted =
      numbers.count == found.count
      ? found.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) } : found.sorted()
    let total = values.reduce(0) { $0 + $1.count }
    if numbers.count == found.count, found.count > 20,
      numbers.contains(where: { $0 != $0.rounded() }) || found.count > 256 || found.count * 5 > total
    {
      throw .unexpected(
        place: place, reason: "it holds \(found.count) different numbers, as what is predicted by regression does",
        taken: "Ward tells classes apart: choose a column with a few values, or make one, such as low and high")
    }
    guard found.count <= 256 else {
      throw .unexpected(
        place: place, reason: "it holds \(found.count) different words", taken: "up to 256 classes are read")
    }
    guard found.count >= 2 else {
      throw .unexpected(
        place: place, reason: "all rows are of one class, \(MessageText.names(sorted))",
        taken: "there is nothing to tell apart: is this the column of the classes?")
    }
    let number = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, UInt8($0)) })
    classes = sorted.map { Self.tidy($0) }
    labels = values.map { $0.map { number[$0] ?? 0 } }
  }

  /// `1` for `1.0`.
  private static func tidy(_ text: String) -> String {
    text.contains(".") ? Double(text).flatMap { Int(exactly: $0) }.map(String.init) ?? text : text
  }
}
