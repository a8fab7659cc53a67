import Foundation

/// A plot as data: what is drawn, and what the axes mean. How it looks is decided by where it is shown.
struct Chart: Codable, Equatable, Sendable {
  /// One direction of a plot.
  struct Axis: Codable, Equatable, Sendable {
    /// What is measured, with its unit: `eps (pixels)`.
    var label = ""
    var isLogarithmic = false
    /// Whether its numbers go from 0 to 1 and are read as percentages.
    var isShare = false
    /// Whether only whole numbers mean something on it.
    var isWhole = false
    /// The names at the places 0, 1, 2, … of an axis that counts things instead of measuring them.
    var names: [String] = []
  }

  /// A place in a plot, with the interval around it if one is known.
  struct Point: Codable, Equatable, Sendable {
    var x: Double
    var y: Double
    var low: Double?
    var high: Double?
  }

  enum Form: String, Codable, Sendable {
    case line, points
    /// A histogram: each point is the left edge of a bin and its height; the last one ends it.
    case steps
    /// One bar at each place of a named axis.
    case bars
  }

  /// Points that belong together.
  struct Series: Codable, Equatable, Sendable {
    var name: String
    var style = Form.line
    var points: [Point]
    /// Whether its heights are read on the axis at the right.
    var isRight = false
  }

  /// Numbers in rows and columns with names, drawn by colour.
  struct HeatMap: Codable, Equatable, Sendable {
    var rows: [String]
    var columns: [String]
    /// `values[row][column]`; none where there is nothing to show.
    var values: [[Double?]]
  }

  /// More points than any screen has room for, and than are drawn while one waits.
  static let maxPoints = 50_000

  var title: String
  var x = Axis()
  var y = Axis()
  /// A second axis for heights of another kind.
  var right: Axis?
  var series: [Series] = []
  /// Drawn instead of the series, if there is one.
  var heatMap: HeatMap?

  /// What files and transcripts get in its place: short, its numbers rounded.
  var description: String {
    if let heatMap {
      let head = title.withVisibleControls
      return heatMap.showsNumbers ? head + "\n" + heatMap.table(corner: y.label) : "plot: \(head) (\(heatMap.inWords))"
    }
    let up = [y.label, right?.label ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
    let axes = " (across: \(x.label), up: \(up))".withVisibleControls
    let lines = series.prefix(Self.maxNamed).map { "  " + line(about: $0) }
    let rest = series.count > lines.count ? ["  … (\(series.count) in all)"] : []
    return (["plot: " + title.withVisibleControls + axes] + lines + rest).joined(
      separator: "\n")
  }

  private static let maxNamed = 16

  private func line(about series: Series) -> String {
    let head = series.name.isEmpty ? "" : series.name.withVisibleControls + ": "
    let y = axis(of: series)
    let points = series.style == .steps ? Array(series.points.dropLast()) : series.points
    guard let first = points.first, let last = points.last else { return head + "nothing" }
    if !x.names.isEmpty {
      return head
        + points.map { "\(name(at: $0.x).withVisibleControls) \(y.text($0.y))\(interval(of: $0, y))" }
        .joined(separator: ", ")
    }
    if series.style == .steps, let end = series.points.last {
      let highest = points.max { $0.y < $1.y } ?? first
      return head + "\(points.count) bins from \(x.text(first.x)) to \(x.text(end.x)), highest \(y.text(highest.y))"
    }
    guard points.count > 1 else { return head + "\(y.text(first.y)) at \(x.text(first.x))" }
    return head
      + "\(points.count.of("point")), \(y.text(first.y)) at \(x.text(first.x)) to \(y.text(last.y)) at \(x.text(last.x))"
  }

  /// ` (28.6 to 52.6 %)`; empty where no interval is known.
  func interval(of point: Point, _ axis: Axis) -> String {
    guard let low = point.low, let high = point.high else { return "" }
    return axis.isShare ? " (\(NumberText.interval(low, high)))" : " (\(axis.text(low)) to \(axis.text(high)))"
  }

  /// Where its heights are read.
  func axis(of series: Series) -> Axis { series.isRight ? right ?? y : y }

  /// What stands at a place of the horizontal axis.
  func name(at place: Double) -> String {
    Int(exactly: place).flatMap { x.names.indices.contains($0) ? x.names[$0] : nil } ?? x.text(place)
  }
}

extension Chart.Axis {
  /// One of its numbers, for reading.
  func text(_ value: Double) -> String { isShare ? NumberText.share(value) : NumberText.reading(value) }
}

extension Chart.HeatMap {
  /// How many numbers there are, and between which.
  fileprivate var inWords: String {
    let known = values.flatMap { $0 }.compactMap { $0 }.filter(\.isFinite)
    guard let least = known.min(), let most = known.max() else { return "no numbers" }
    return "\(rows.count) × \(columns.count) values from \(NumberText.reading(least)) to \(NumberText.reading(most))"
  }

  /// The numbers themselves, in a box.
  func table(corner: String = "") -> String {
    let numbers = NumberText.column(values.flatMap { $0 }.compactMap { $0 })
    var next = numbers.makeIterator()
    return Grid(
      columns: [.init(title: corner.withVisibleControls)]
        + columns.map { .init(title: $0.withVisibleControls, alignsRight: true) },
      rows: zip(rows, values).map { name, row in
        [name.withVisibleControls] + row.map { $0 == nil ? "" : next.next() ?? "" }
      }
    ).boxed()
  }
}
