import Contract
import Lang

/// A table as a plot: which columns go where, chosen by name where the user does not say.
struct TablePlot {
  private let table: Table
  private let x: String
  private let y: [String]
  private let by: [String]
  private let form: Chart.Form?

  /// - Throws: `Problem` when a column is not there, or is not of numbers.
  init(_ table: Table, x: String?, y: String?, by: String?, form: Chart.Form?) throws {
    self.table = table
    self.form = form
    guard table.count > 0 else { throw Self.problem("the table has no rows, so there is nothing to plot", "value") }
    let names = table.columns.map(\.name)
    for (label, name) in [("x", x), ("y", y), ("by", by)] {
      if let name, !names.contains(name) {
        throw Problem(
          code: ShellCode.drawing, message: "the table has no column `\(name)`",
          label: Suggestions.hint(for: name, in: names), help: ["it has " + names.joined(separator: ", ")],
          argument: label)
      }
    }
    // Spread belongs to what it is the spread of.
    let numeric = names.filter { name in
      table.isNumeric(name)
        && !["_sd", "_low", "_high"].contains { name.hasSuffix($0) && names.contains(String(name.dropLast($0.count))) }
    }
    let texts = names.filter { !numeric.contains($0) && table.column($0)?.contains { $0.asString != nil } == true }
    if let y, !numeric.contains(y) { throw Self.problem("column `\(y)` is not numeric, so it has no height", "y") }
    guard !numeric.isEmpty else { throw Self.problem("no column of this table holds numbers", "value") }

    let varying = texts.filter { table.distinct($0) > 1 }
    // A column that names each row is what the rows are: the class, the layer.
    let naming = varying.first { table.distinct($0) == table.count && $0 != by }
    // Radii of several norms have no common axis.
    let isMixed = names.contains("norm") && table.distinct("norm") > 1
    let usual = numeric.first {
      Self.usualX.contains($0) && $0 != y && table.distinct($0) > 1 && !(isMixed && $0 == "eps")
    }
    self.x =
      x ?? usual ?? naming ?? varying.last { $0 != by } ?? texts.last { $0 != by } ?? numeric.first { $0 != y }
      ?? numeric[0]
    let place = self.x
    // Rows that share their place must be told apart.
    self.by = by.map { [$0] } ?? (table.distinct(place) < table.count ? varying.filter { $0 != place } : [])
    self.y = y.map { [$0] } ?? Self.heights(table, numeric.filter { $0 != place && $0 != by }, single: !self.by.isEmpty)
    if self.y.isEmpty { throw Self.problem("beside `\(place)` no column of this table holds numbers", "value") }
  }

  var chart: Chart {
    let isNamed = !table.isNumeric(x)
    var places: [String] = []
    if isNamed {
      for value in table.column(x) ?? [] where !places.contains(value.label) { places.append(value.label) }
    }
    let atX = table.position(x), groups = self.groups
    // A line through several heights at one place would run up and down there.
    let repeats = groups.contains { group in
      let places = group.rows.compactMap { $0[atX].asNumber }
      return Set(places).count < places.count
    }
    let form = form ?? (isNamed ? .bars : repeats ? .points : .line)
    var series: [Chart.Series] = []
    var averaged = 1
    for group in groups {
      for height in y {
        let at = table.position(height)
        let (low, high) = interval(of: height)
        var points = group.rows.compactMap { row -> Chart.Point? in
          let place = isNamed ? places.firstIndex(of: row[atX].label).map(Double.init) : row[atX].asNumber
          guard let place, let value = row[at].asNumber, place.isFinite, value.isFinite else { return nil }
          return Chart.Point(
            x: place, y: value, low: low.flatMap { row[$0].asNumber }, high: high.flatMap { row[$0].asNumber })
        }
        if form == .line { points.sort { $0.x < $1.x } }
        if form == .bars { points = Self.averaged(points, &averaged) }
        let name = [group.name, y.count > 1 ? table.label(height) : ""].filter { !$0.isEmpty }.joined(separator: ", ")
        if !points.isEmpty { series.append(Chart.Series(name: name, style: form, points: points)) }
      }
    }
    let heights = y.map(table.label)
    var yLabel = y.count == 1 ? heights[0] : isShare ? "share of images" : heights.joined(separator: ", ")
    if averaged > 1 { yLabel += ", mean and range of up to \(averaged) rows" }
    let title = Self.title(heights, isNamed ? "by" : "against", table.label(x))
    let whose = table.subject.isEmpty ? series.count == 1 ? constants : [] : [table.subject]
    return Chart(
      title: whose.isEmpty ? title : "\(title): \(whose.joined(separator: ", "))",
      x: Chart.Axis(
        label: table.label(x), isShare: !isNamed && table.isShare(x), isWhole: x == "epoch", names: places),
      y: Chart.Axis(label: yLabel, isShare: isShare), series: series)
  }

  /// Bars at one place would hide each other: one stands for them all, with a line from the least to the largest.
  private static func averaged(_ points: [Chart.Point], _ most: inout Int) -> [Chart.Point] {
    var places: [Double] = []
    var rows: [Double: [Chart.Point]] = [:]
    for point in points {
      if rows[point.x] == nil { places.append(point.x) }
      rows[point.x, default: []].append(point)
    }
    most = max(most, rows.values.map(\.count).max() ?? 0)
    return places.map { place in
      let own = rows[place] ?? []
      let heights = own.map(\.y)
      guard own.count > 1 else { return own[0] }
      return Chart.Point(
        x: place, y: heights.reduce(0, +) / Double(own.count), low: heights.min(), high: heights.max())
    }
  }

  /// `Robust accuracy against ε`: units stand at the axes.
  private static func title(_ heights: [String], _ word: String, _ across: String) -> String {
    let text = (heights.joined(separator: ", ") + " \(word) " + across).replacing(/\ \([^)]*\)/, with: "")
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// Whose heights these are, where the table names one model or one attack for all rows.
  private var constants: [String] {
    ["model", "attack"].compactMap { name in
      guard name != x, let values = table.column(name), let first = values.first?.asString,
        values.allSatisfy({ $0.asString == first })
      else { return nil }
      return first
    }
  }

  private var isShare: Bool { y.allSatisfy { table.isShare($0) } }

  /// The rows of each series.
  private var groups: [(name: String, rows: [[Value]])] {
    guard !by.isEmpty else { return [("", table.rows)] }
    var groups: [(name: String, rows: [[Value]])] = []
    var known: [String: Int] = [:]
    for row in table.rows {
      let name = by.map { row[table.position($0)].label }.joined(separator: ", ")
      if let index = known[name] {
        groups[index].rows.append(row)
      } else {
        known[name] = groups.count
        groups.append((name, [row]))
      }
    }
    return groups
  }

  /// The columns of the interval that belongs to a column, where they are: those that `summary` gives, and for robust
  /// accuracy those of the views.
  private func interval(of column: String) -> (low: Int?, high: Int?) {
    if table.isNumeric(column + "_low"), table.isNumeric(column + "_high") {
      return (table.position(column + "_low"), table.position(column + "_high"))
    }
    guard column == "robust", table.isNumeric("low"), table.isNumeric("high") else { return (nil, nil) }
    return (table.position("low"), table.position("high"))
  }

  // MARK: - What columns mean

  private static let usualX = ["eps", "epoch", "x"]
  private static let accuracies = ["clean", "robust", "protected"]
  private static let notHeights = [
    "id", "seed", "cell", "session", "images", "number", "index", "low", "high", "seeds",
  ]

  private static func heights(_ table: Table, _ numeric: [String], single: Bool) -> [String] {
    let rates = accuracies.filter(numeric.contains)
    if !rates.isEmpty { return single ? [rates.contains("robust") ? "robust" : rates[0]] : rates }
    let shares = numeric.filter { table.isShare($0) && !notHeights.contains($0) }
    if !shares.isEmpty { return single ? [shares[0]] : shares }
    // Columns of different kinds have no common axis.
    let others = numeric.filter { !notHeights.contains($0) && !$0.hasSuffix("_id") }
    return others.first.map { [$0] } ?? numeric.first.map { [$0] } ?? []
  }

  /// A column's name on an axis, with its unit where that is known: what SQL gives may be of images and of features.
  static func label(_ column: String, _ presentation: Table.Presentation = .plain) -> String {
    (labels[column] ?? column.replacing("_", with: " ")) + (presentation.unit.map { " (\($0))" } ?? "")
  }

  private static let labels = [
    "eps": "ε", "robust": "robust accuracy", "clean": "clean accuracy",
    "protected": "accuracy on protected classes", "train_accuracy": "training accuracy", "seconds": "time (s)",
    "images_per_second": "images per second", "linf": "L∞ distance", "l2": "L2 distance",
    "l1": "L1 distance", "l0": "changed pixels", "l1_minus_l2": "‖w‖₁ − ‖w‖₂", "success": "share fooled",
    "near_zero": "share of weights near zero", "hoyer": "Hoyer sparsity", "gini": "Gini coefficient",
    "std": "standard deviation", "max": "largest weight",
  ]

  private static func problem(_ message: String, _ argument: String) -> Problem {
    Problem(code: ShellCode.drawing, message: message, argument: argument)
  }
}

extension Table {
  fileprivate func position(_ name: String) -> Int {
    guard let index = columns.firstIndex(where: { $0.name == name }) else { unreachable("no column \(name)") }
    return index
  }

  /// Whether a column holds numbers and nothing else, rows without a value left aside.
  func isNumeric(_ name: String) -> Bool {
    guard let values = column(name)?.filter({ !$0.isNone }), !values.isEmpty else { return false }
    return values.allSatisfy { $0.asNumber != nil }
  }

  fileprivate func label(_ name: String) -> String {
    TablePlot.label(name, columns[position(name)].presentation)
  }

  fileprivate func distinct(_ name: String) -> Int { Set((column(name) ?? []).map(\.label)).count }

  fileprivate func isShare(_ name: String) -> Bool {
    columns[position(name)].presentation == .share || holdsShares(name)
  }

  /// Whether a column holds rates from 0 to 1. SQL knows no such thing, so of its columns the names tell.
  func holdsShares(_ name: String) -> Bool {
    let rates = ["clean", "robust", "protected", "success", "low", "high"]
    guard rates.contains(name) || name.hasSuffix("accuracy") else { return false }
    return (column(name) ?? []).compactMap(\.asNumber).allSatisfy { (0...1).contains($0) }
  }
}

extension Value {
  /// As a name at a tick.
  fileprivate var label: String { Block.printed(self) }
}
