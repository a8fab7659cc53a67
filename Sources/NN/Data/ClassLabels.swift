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

  /// Numbers of classes whose names are known, from 0.
  ///
  /// - Throws: `DataError.unexpected` for what is no such number.
  init(numbers values: [[String]], of classes: [String], place: String) throws(DataError) {
    var labels: [[UInt8]] = []
    for values in values {
      var own: [UInt8] = []
      for text in values {
        guard let label = UInt8(text), label < classes.count else {
          throw .unexpected(
            place: place, reason: "\(MessageText.text(text)) is the number of no class",
            taken: "its first line names \(MessageText.classes(classes.count)): 0 to \(classes.count - 1)")
        }
        own.append(label)
      }
      labels.append(own)
    }
    (self.classes, self.labels) = (classes, labels)
  }

  /// `1` for `1.0`.
  private static func tidy(_ text: String) -> String {
    text.contains(".") ? Double(text).flatMap { Int(exactly: $0) }.map(String.init) ?? text : text
  }
}
