import Foundation

/// Tables that hold a data set: one `.csv`, or a folder with a pair of them, one to train on and one to test with.
struct TableFiles {
  private let files: [URL]
  private let name: String
  private let path: String

  /// Nil if there is no such file or pair.
  ///
  /// - Throws: `DataError.unexpected` for a folder with several pairs.
  init?(_ place: URL) throws(DataError) {
    path = place.path
    if Self.stem(place.lastPathComponent) != nil {
      files = [place]
      name = Self.stem(place.lastPathComponent) ?? ""
      return
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []).sorted()
    var pairs: [(train: String, test: String)] = []
    for name in names where !name.hasPrefix(".") {
      guard let stem = Self.stem(name)?.lowercased() else { continue }
      guard stem == "train" || stem.hasSuffix("_train") || stem.hasSuffix("-train") else { continue }
      let wanted = stem.dropLast(5) + "test"
      if let test = names.first(where: { (Self.stem($0)?.lowercased()).map { $0 == wanted } ?? false }) {
        pairs.append((name, test))
      }
    }
    guard let pair = pairs.first else { return nil }
    guard pairs.count == 1 else {
      throw .unexpected(
        place: place.path, reason: "it has several pairs of tables: \(MessageText.names(pairs.map(\.train)))",
        taken: "a folder for each pair")
    }
    files = [pair.train, pair.test].map { place.appendingPathComponent($0) }
    name = place.lastPathComponent
  }

  /// The name of a table's file without its ending; nil for what is none.
  private static func stem(_ name: String) -> String? {
    for ending in [".csv", ".csv.gz", ".tsv", ".tsv.gz"] where name.lowercased().hasSuffix(ending) {
      return String(name.dropLast(ending.count))
    }
    return nil
  }

  /// Images if the columns are pixels, else features.
  func load(_ options: LoadOptions, _ work: LoadWork) throws(DataError) -> Dataset {
    var tables: [CSVTable] = []
    for file in files { tables.append(try CSVTable(file.path, work)) }
    var unlabelled = false
    if tables.count == 2, tables[1].columns == tables[0].columns - 1 {
      // Kaggle keeps the answers to itself.
      tables.removeLast()
      unlabelled = true
    }
    var data: Dataset
    if let images = try CSVImages(tables, options) {
      try options.check(knownAre: ["shape", "target", "white"], place: path, kind: "a table of images")
      data = try images.load(name, path)
    } else {
      try options.check(knownAre: ["target", "missing", "without"], place: path, kind: "a table of features")
      var features = try FeatureTable(tables, options)
      data = try features.load(name, path, work)
    }
    if unlabelled { data.notes.append("\(files[1].lastPathComponent) has no labels and was left out") }
    return data
  }
}
