import Foundation

/// A table of features, one column the class: numbers become shares of their range in the training part, words a feature for
/// each word.
///
/// As images these are 1×1 with a channel a feature; so a radius is a share of a feature's range.
struct FeatureTable {
  private let tables: [CSVTable]
  private let target: Int
  private let options: LoadOptions
  private var notes = DataNotes()

  /// - Throws: `DataError.noSuchColumn` for a target that no column is called.
  init(_ tables: [CSVTable], _ options: LoadOptions) throws(DataError) {
    if let name = options.target {
      target = try tables[0].column(name)
    } else if tables[0].classes != nil {
      target = tables[0].columns - 1
    } else {
      throw .unexpected(
        place: tables[0].path, reason: "which of its columns is the class?",
        taken: "target: \"NAME\" says it, one of: \(MessageText.names(tables[0].names))")
    }
    (self.tables, self.options) = (tables, options)
    if let other = tables.dropFirst().first(where: { $0.names != tables[0].names }) {
      throw .unexpected(
        place: other.path, reason: "its columns are not those of \(tables[0].path)",
        taken: "both files need the same columns in the same order")
    }
    if let other = tables.dropFirst().first(where: { $0.classes != tables[0].classes }) {
      throw .unexpected(
        place: other.path, reason: "its first line does not name the classes that \(tables[0].path) names",
        taken: "both files need the same first line but for the count of rows")
    }
  }

  /// A row of one of the tables.
  private struct Row {
    let table: Int
    let row: Int
  }

  /// The data set, split if there is one table only.
  mutating func load(_ name: String, _ path: String, _ work: LoadWork) throws(DataError) -> Dataset {
    let classes = try labels()
    var (train, test, seed) = (rows(0), tables.count > 1 ? rows(1) : [], Int?.none)
    if tables.count == 1 {
      let split = try Split(classes.labels[0], options, place: tables[0].path, noun: "row")
      (train, test, seed) = (
        split.train.map { Row(table: 0, row: $0) }, split.test.map { Row(table: 0, row: $0) }, split.seed
      )
      notes.add(split.note)
    }
    let all = try self.columns(work)
    let columns = all.filter { !$0.isEmpty }
    var encoded: [EncodedColumn] = []
    for column in columns { encoded.append(try EncodedColumn(column, train.map { column.index($0.table, $0.row) })) }
    let features = encoded.flatMap(\.features)
    guard !features.isEmpty else {
      throw .unexpected(place: tables[0].path, reason: "it has no column but the class", taken: "features are needed")
    }
    guard features.count <= Self.mostFeatures else {
      throw .unexpected(
        place: tables[0].path, reason: "it makes \(features.count) features",
        taken: "up to \(Self.mostFeatures) are read")
    }
    try MemoryBound.check((train.count + test.count) * features.count * 4, tables[0].path)
    var outside = Outside()
    func examples(_ rows: [Row], counting: Bool) -> Dataset.Examples {
      var (floats, ignored) = ([Float](), Outside())
      floats.reserveCapacity(rows.count * features.count)
      for row in rows {
        for column in encoded {
          let index = column.source.index(row.table, row.row)
          if counting {
            column.append(index, to: &floats, &outside)
          } else {
            column.append(index, to: &floats, &ignored)
          }
        }
      }
      return .init(floats: floats, labels: rows.map { classes.labels[$0.table][$0.row] })
    }
    var files: [Dataset.File] = []
    for table in tables { files.append(Dataset.File(path: table.path, sha256: try Digest.sha256(ofFile: table.path))) }
    var data = try Dataset(
      name: name, path: path, classes: classes.classes,
      shape: ImageShape(channels: features.count, height: 1, width: 1), train: examples(train, counting: false),
      test: examples(test, counting: true), features: features, files: files)
    describe(all, outside, test.count * features.count)
    data.notes = notes.lines
    data.split = seed
    return data
  }

  private static let mostFeatures = 1 << 16

  private func rows(_ table: Int) -> [Row] { (0..<tables[table].rows).map { Row(table: table, row: $0) } }

  private func labels() throws(DataError) -> ClassLabels {
    var texts: [[String]] = []
    for table in tables {
      var own: [String] = []
      for row in 0..<table.rows {
        let text = table.text(row, target)
        guard !FeatureColumn.isMissing(text) else {
          throw .unexpected(
            place: table.place(row, target), reason: "the class is missing", taken: "leave this row out of the file")
        }
        own.append(text)
      }
      texts.append(own)
    }
    let place = "\(tables[0].path), column \(MessageText.text(tables[0].names[target]))"
    if let classes = tables[0].classes, target == tables[0].columns - 1 {
      return try ClassLabels(numbers: texts, of: classes, place: place)
    }
    return try ClassLabels(named: texts, place: place)
  }

  private func columns(_ work: LoadWork) throws(DataError) -> [FeatureColumn] {
    var leftOut: Set<Int> = [target]
    for name in options.without ?? [] { leftOut.insert(try tables[0].column(name)) }
    var columns: [FeatureColumn] = []
    for index in 0..<tables[0].columns where !leftOut.contains(index) {
      if work.stop.isRequested { throw .stopped }
      work.progress("reading features", Double(index) / Double(tables[0].columns))
      columns.append(try FeatureColumn(tables, index, fills: options.missing != nil))
    }
    return columns
  }

  private mutating func describe(_ columns: [FeatureColumn], _ outside: Outside, _ testValues: Int) {
    let words = columns.filter { $0.words != nil }
    let scale = "numbers became shares of their range in the training part, 0 to 1: eps is a share of that range"
    notes.add(words.isEmpty ? scale : scale + "; words became a feature each")
    let (empty, filled) = (columns.filter(\.isEmpty), columns.filter { !$0.isEmpty && $0.missing > 0 })
    if !filled.isEmpty {
      let count = filled.reduce(0) { $0 + $1.missing }
      notes.add(
        "\(MessageText.count(count, "missing value")) filled with the mean of the training part, in "
          + MessageText.names(filled.map(\.name)))
    }
    if !empty.isEmpty { notes.add("left out, as it has no values: \(MessageText.names(empty.map(\.name)))") }
    if outside.values > 0 {
      notes.add(
        "\(outside.values) of \(MessageText.count(testValues, "test value")) lie outside of the training part's range and were moved to its edge"
      )
    }
    if outside.words > 0 {
      notes.add(
        "\(MessageText.count(outside.words, "test value is a word", "test values are words")) that no training row has")
    }
  }
}

/// Test values that training knows nothing of.
private struct Outside {
  var values = 0
  var words = 0
}

/// A column of one or two tables: numbers, or words.
struct FeatureColumn {
  let name: String
  let place: String
  /// NaN where one is missing; empty for words.
  private(set) var numbers: [Double] = []
  /// Nil for numbers; empty texts where one is missing.
  private(set) var words: [String]?
  /// How many values are missing.
  private(set) var missing = 0
  /// Whether all are.
  private(set) var isEmpty = false
  private let firstRows: Int

  /// What stands where nothing was measured.
  static func isMissing(_ text: String) -> Bool {
    text.isEmpty || (text.utf8.count <= 4 && ["na", "n/a", "nan", "?", "null"].contains(text.lowercased()))
  }

  /// Reads the column, and finds out what it holds.
  ///
  /// - Throws: `DataError.unexpected` for words among numbers, infinities, and missing values that nothing fills; each with
  ///   line and column.
  init(_ tables: [CSVTable], _ column: Int, fills: Bool) throws(DataError) {
    let table = tables[0]
    name = table.names[column]
    place = "\(table.path), column \(MessageText.text(name))"
    firstRows = table.rows
    var firstWord: (place: String, text: String)?
    var firstGap: String?
    var found = 0
    for table in tables {
      for row in 0..<table.rows {
        if let number = table.number(row, column), !number.isNaN {
          guard number.isFinite else {
            throw .unexpected(
              place: table.place(row, column), reason: "\(table.text(row, column)) is not finite",
              taken: "leave this row out of the file, or write what was measured")
          }
          numbers.append(number)
          found += 1
        } else {
          numbers.append(.nan)
          let text = table.text(row, column)
          if Self.isMissing(text) {
            missing += 1
            firstGap = firstGap ?? table.place(row, column)
          } else if firstWord == nil {
            firstWord = (table.place(row, column), "\"\(MessageText.text(text))\"")
          }
        }
      }
    }
    isEmpty = missing == numbers.count
    if isEmpty { return }
    let others = numbers.count - missing - found
    if others > 0, found > others, let firstWord {
      throw .unexpected(
        place: firstWord.place, reason: "\(firstWord.text) is no number, but most values of this column are",
        taken: "what is missing is left empty, or NA"
          + (firstWord.text.contains(",") ? "; numbers are written with a point, as 3.5" : ""))
    }
    if missing > 0, !fills, let firstGap {
      throw .unexpected(
        place: firstGap, reason: "the value is missing (\(missing) of \(numbers.count) in this column)",
        taken:
          "missing: mean fills such values with the mean of the training part; or leave the column out with without:")
    }
    if others > 0 {
      numbers = []
      words = tables.flatMap { table in
        (0..<table.rows).map { row in
          let text = table.text(row, column)
          return Self.isMissing(text) ? "" : text
        }
      }
    }
  }

  /// The place of a row of a table among the values.
  func index(_ table: Int, _ row: Int) -> Int { table == 0 ? row : firstRows + row }
}

/// A column as features from 0 to 1, by what the training part has.
private struct EncodedColumn {
  let source: FeatureColumn
  private(set) var features: [Feature]
  /// What stands in for a missing value.
  private var fill: [Float]
  private var place: [String: Int] = [:]

  private static let mostWords = 100

  init(_ source: FeatureColumn, _ train: [Int]) throws(DataError) {
    self.source = source
    guard let words = source.words else {
      let known = train.map { source.numbers[$0] }.filter { !$0.isNaN }
      guard let low = known.min(), let high = known.max() else {
        throw .unexpected(
          place: source.place, reason: "no training row has a value", taken: "leave the column out with without:")
      }
      let feature = Feature(name: source.name, lower: low, upper: high)
      let mean = known.reduce(0) { $0 + $1 / Double(known.count) }
      (features, fill) = ([feature], [Float(min(max(feature.share(of: mean), 0), 1))])
      return
    }
    let known = train.map { words[$0] }.filter { !$0.isEmpty }
    let found = Set(known).sorted()
    guard found.count <= Self.mostWords, found.count < 20 || found.count * 2 < known.count else {
      throw .unexpected(
        place: source.place, reason: "it holds \(found.count) different words, as names and numbers of things do",
        taken: "leave it out: without: [\"\(source.name)\"]")
    }
    place = Dictionary(uniqueKeysWithValues: found.enumerated().map { ($1, $0) })
    features = found.map { Feature(name: "\(source.name)=\($0)") }
    let counts = known.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    fill = found.map { Float(counts[$0] ?? 0) / Float(max(known.count, 1)) }
  }

  func append(_ index: Int, to floats: inout [Float], _ outside: inout Outside) {
    guard let words = source.words else {
      let number = source.numbers[index]
      guard !number.isNaN else {
        floats += fill
        return
      }
      let share = features[0].share(of: number)
      if share < 0 || share > 1 { outside.values += 1 }
      return floats.append(Float(min(max(share, 0), 1)))
    }
    guard !words[index].isEmpty else {
      floats += fill
      return
    }
    let own = place[words[index]]
    if own == nil { outside.words += 1 }
    for number in features.indices { floats.append(number == own ? 1 : 0) }
  }
}
