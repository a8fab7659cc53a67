import Foundation

/// Charts as files, by gnuplot.
extension Chart {
  /// As vectors, for pages. Names stand in it as text, escaped.
  ///
  /// - Throws: `Gnuplot.Failure`.
  func svg(_ look: DrawingLook = DrawingLook()) throws -> String {
    let (size, scale) = (look.size ?? page(look.letters), scale(look))
    let terminal =
      "svg size \(size.width),\(size.height) noenhanced font 'DejaVu Sans,13' \(thickness(scale, scale * look.letters))"
      + "background '#ffffff'"
    return String(decoding: try Gnuplot.run(script(terminal, look.letters)), as: UTF8.self)
  }

  /// As a PNG file, with two pixels for each point of the page unless a size is given.
  ///
  /// - Throws: `Gnuplot.Failure`.
  func png(_ look: DrawingLook = DrawingLook()) throws -> [UInt8] {
    let page = page(look.letters)
    let twice = DrawingLook.Size(width: 2 * page.width, height: 2 * page.height)
    let scale = look.size == nil ? 2 : scale(look)
    let drawing = thickness(scale, 0.95 * scale * look.letters) + "pointscale \(0.8 * scale) "
    return try png(look.size ?? twice, drawing, look.letters)
  }

  /// As a PNG file for the screen of a terminal, a pixel for each point of the page.
  func pngForScreen() throws -> [UInt8] { try png(page(1), "", 1) }

  private func png(_ size: DrawingLook.Size, _ look: String, _ letters: Double) throws -> [UInt8] {
    let terminal =
      "pngcairo size \(size.width),\(size.height) noenhanced font 'DejaVu Sans,10' \(look)background '#ffffff'"
    return [UInt8](try Gnuplot.run(script(terminal, letters)))
  }

  /// How many pixels a point of the page becomes: what is drawn keeps its share of the whole.
  private func scale(_ look: DrawingLook) -> Double {
    guard let size = look.size else { return 1 }
    let page = page(1)
    return min(Double(size.width) / Double(page.width), Double(size.height) / Double(page.height))
  }

  private func thickness(_ scale: Double, _ letters: Double) -> String {
    scale == 1 && letters == 1
      ? "" : "fontscale \(letters) linewidth \(scale) "
  }

  /// In points.
  private func page(_ letters: Double) -> DrawingLook.Size {
    if let heatMap {
      let field = heatMap.showsNumbers ? (62, 46) : (30, 30)
      return .init(
        width: min(1400, 260 + field.0 * heatMap.columns.count), height: min(1400, 170 + field.1 * heatMap.rows.count))
    }
    // The key gets room of its own below, so that the plot keeps its height.
    return .init(width: 800, height: 480 + (hasLongNames(letters) ? min(700, Int(22 * letters) * series.count) : 0))
  }

  /// The title in lines that fit above the plot, around whose middle it stands: a key beside it moves that to the left.
  private func titleLines(_ letters: Double) -> [String] {
    let width = Double(page(letters).width)
    let beside = longestName == 0 || hasLongNames(letters) ? 0 : (Double(longestName) + 6) * 7.3 * letters
    let room = max(20, Int((heatMap == nil ? width - beside + 20 : 0.8 * width) / (9.6 * letters)))
    var lines: [String] = []
    for word in title.split(separator: " ") {
      guard let last = lines.last, DisplayWidth.of(last) + DisplayWidth.of(String(word)) < room else {
        lines.append(String(word))
        continue
      }
      lines[lines.count - 1] = last + " " + word
    }
    return lines.count > 3 ? Array(lines.prefix(2)) + [lines[2] + " …"] : lines
  }

  private func script(_ terminal: String, _ letters: Double) -> String {
    let lines = titleLines(letters)
    let written = lines.map { Gnuplot.quoted($0) }.joined(separator: " . \"\\n\" . ")
    let head = [
      "set encoding utf8", "set terminal \(terminal)", "set title \(lines.isEmpty ? "''" : written) font ',15'",
      "set border 3 linecolor '#555555'", "set tics nomirror textcolor '#333333'",
      "set xlabel \(Gnuplot.quoted(x.label))", "set ylabel \(Gnuplot.quoted(y.label))",
    ]
    return head.joined(separator: "\n") + "\n" + (heatMap.map { script(of: $0) } ?? scriptOfSeries(letters))
  }

  // MARK: - Series

  private func scriptOfSeries(_ letters: Double) -> String {
    var lines = [
      "set grid linecolor '#dddddd' linetype 1", key(letters),
      "set style fill transparent solid 0.25 border", "set bars 0.6",
    ]
    if x.isLogarithmic { lines.append("set logscale x") }
    if y.isLogarithmic { lines.append("set logscale y") }
    if series.contains(where: { $0.style == .steps }) { lines.append("set yrange [\(floor):*]") }
    if x.isShare { lines.append("set format x '%g %%'") }
    if y.isShare { lines.append("set format y '%g %%'") }
    if y.isLogarithmic && !y.isShare { lines.append("set format y '%g'") }
    if let right {
      lines += ["set y2label \(Gnuplot.quoted(right.label))", "set y2tics", "set ytics nomirror", "set border 11"]
      if right.isLogarithmic { lines.append("set logscale y2") }
      if right.isShare { lines.append("set format y2 '%g %%'") }
    }
    if x.isWhole {
      let places = series.flatMap(\.points).map(\.x)
      if (places.max() ?? 0) - (places.min() ?? 0) <= 12 { lines.append("set xtics 1") }
    }
    if series.contains(where: { $0.style == .points }), !x.isLogarithmic {
      lines.append("set offsets graph 0.02, graph 0.02, 0, 0")
    }
    if isBars {
      lines += [
        "set boxwidth \(0.8 / Double(series.count)) absolute", "set style fill solid 0.85 noborder",
        "set xrange [-0.6:\(Double(x.names.count) - 0.4)]", "unset grid",
        "set grid ytics linecolor '#dddddd' linetype 1",
      ]
      // Zero belongs to bars, above it and below.
      if !y.isLogarithmic { lines += ["set yrange [*<0:0<*]", "set xzeroaxis linetype 1 linecolor '#555555'"] }
    } else if y.isShare && !y.isLogarithmic && !series.contains(where: { $0.style == .steps }) {
      // A difference of shares may be negative.
      lines.append("set yrange [*<0:100<*]")
    }
    if !x.names.isEmpty {
      let tics = x.names.enumerated().map { "\(Gnuplot.quotedTic($1)) \($0)" }
      let turned = x.names.reduce(0) { $0 + DisplayWidth.of($1) + 2 } > 70 ? " rotate by 35 right" : ""
      lines.append("set xtics (\(tics.joined(separator: ", ")))\(turned)")
    }
    let data = series.enumerated().map { Gnuplot.data("s\($0)", rows(of: $1, number: $0)) }.joined()
    let drawn = series.enumerated().flatMap { drawing($1, number: $0) }
    return lines.joined(separator: "\n") + "\n" + data + "plot " + drawn.joined(separator: ", ") + "\n"
  }

  /// Outside of the plot, where no line can run through it: beside it, or below where long names would take half of it.
  private func key(_ letters: Double) -> String {
    if longestName == 0 { return "unset key" }
    let place = hasLongNames(letters) ? "below left vertical maxcols 1" : "right top vertical"
    return "set key outside \(place) Left reverse samplen 2 spacing 1.3"
  }

  private var longestName: Int { series.map { DisplayWidth.of($0.name) }.max() ?? 0 }

  /// Whether a key beside the plot would take too much of it.
  private func hasLongNames(_ letters: Double) -> Bool { Double(longestName) * letters > 30 }

  private var isBars: Bool { series.contains { $0.style == .bars } }

  private func rows(of series: Series, number: Int) -> [[Double]] {
    let (byX, byY) = (x.isShare ? 100.0 : 1, axis(of: series).isShare ? 100.0 : 1)
    // Bars of several series stand beside each other.
    let shift =
      series.style == .bars ? (Double(number) - Double(self.series.count - 1) / 2) * 0.8 / Double(self.series.count) : 0
    let points = series.style == .steps ? outline(of: series) : series.points
    return points.map { point in
      [
        point.x * byX + shift, point.y * byY, (point.low ?? point.y) * byY, (point.high ?? point.y) * byY,
      ]
    }
  }

  /// The least height drawn: 0, or on a logarithmic axis half of the least that there is.
  private var floor: Double {
    guard y.isLogarithmic else { return 0 }
    return (series.flatMap(\.points).map(\.y).filter { $0 > 0 }.min() ?? 1) / 2 * (y.isShare ? 100 : 1)
  }

  /// The line around a histogram: up, along and down at each bin.
  private func outline(of series: Series) -> [Point] {
    let bottom = floor / (y.isShare ? 100 : 1)
    var (points, last): ([Point], Double) = ([], bottom)
    for point in series.points {
      let height = max(point.y, bottom)
      points += [Point(x: point.x, y: last), Point(x: point.x, y: height)]
      last = height
    }
    return points
  }

  private func drawing(_ series: Series, number: Int) -> [String] {
    let (name, data) = ("title \(Gnuplot.quoted(series.name))", "$s\(number)")
    let look = "linecolor '\(ColorScale.series[number % ColorScale.series.count].html)'"
    let hasIntervals = series.points.contains { $0.low != nil }
    let mark = "pointtype \([7, 5, 9, 13, 11, 4, 6, 8][number % 8])"
    switch series.style {
    case .bars:
      let intervals =
        "\(data) using 1:3:(0):($4-$3) with vectors heads size screen 0.004,90 linecolor '#333333' notitle"
      return ["\(data) using 1:2 with boxes \(look) \(name)"] + (hasIntervals ? [intervals] : [])
    case .steps:
      return [
        "\(data) using 1:2 with filledcurves y=\(floor) \(look) notitle",
        "\(data) using 1:2 with lines linewidth 1.5 \(look) \(name)",
      ]
    case .points:
      let size = series.points.count > 40 ? 0.6 : 1
      // The marks stand on the intervals: gnuplot clears the middle of an interval.
      return (hasIntervals ? ["\(data) using 1:2:3:4 with yerrorbars pointtype 0 \(look) notitle"] : [])
        + ["\(data) using 1:2 with points \(mark) pointsize \(size) \(look) \(name)"]
    case .line:
      let line =
        series.points.count > 40
        ? "with lines linewidth 2" : "with linespoints linewidth 2 \(mark) pointsize 0.6"
      return (hasIntervals ? ["\(data) using 1:3:4 with filledcurves \(look) notitle"] : [])
        + ["\(data) using 1:2 \(line) \(look) \(name)\(series.isRight ? " axes x1y2" : "")"]
    }
  }

  // MARK: - Heat-maps

  private func script(of map: HeatMap) -> String {
    func tics(_ names: [String]) -> String {
      names.enumerated().map { "\(Gnuplot.quotedTic($1)) \($0)" }.joined(separator: ", ")
    }
    let scale = map.isSigned ? stride(from: -1, through: 1, by: 0.25).map { $0 } : [0, 0.25, 0.5, 0.75, 1]
    let most = map.largest
    let colors = scale.map { "\($0) '\(map.color($0 * most).html)'" }.joined(separator: ", ")
    var lines = [
      "unset key", "set xtics (\(tics(map.columns))) rotate by 40 right scale 0",
      "set ytics (\(tics(map.rows))) scale 0",
      "set xrange [-0.5:\(Double(map.columns.count) - 0.5)]", "set yrange [\(Double(map.rows.count) - 0.5):-0.5]",
      "set palette defined (\(colors))", "set cbrange [\(map.isSigned ? -most : 0):\(most > 0 ? most : 1)]",
      "unset border",
    ]
    var rows: [[Double]] = []
    let texts = map.texts
    for (y, row) in map.values.enumerated() {
      for (x, value) in row.enumerated() {
        guard let value else { continue }
        rows.append([Double(x), Double(y), value])
        // The number itself, light on dark and dark on light.
        if map.showsNumbers {
          let color = map.color(value).brightness < 0.55 ? "#ffffff" : "#222222"
          lines.append(
            "set label \(Gnuplot.quoted(texts[y][x])) at \(x),\(y) center front font ',11' textcolor '\(color)'")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n" + Gnuplot.data("h", rows) + "plot $h using 1:2:3 with image pixels\n"
  }
}

extension Chart.HeatMap {
  /// Whether there is room for the numbers themselves in its fields.
  var showsNumbers: Bool { columns.count <= 20 }

  private var known: [Double] { values.flatMap { $0 }.compactMap { $0 }.filter(\.isFinite) }

  /// Whether some numbers are negative, as margins are.
  var isSigned: Bool { known.contains { $0 < 0 } }

  /// The largest magnitude in it.
  var largest: Double { known.map(abs).max() ?? 0 }

  /// The colour of a number: white for 0, dark blue for the largest; where some are negative these are blue, and the others red.
  func color(_ value: Double) -> Color {
    let share = largest > 0 ? value / largest : 0
    return isSigned ? ColorScale.diverging(share) : ColorScale.sequential(share)
  }

  /// A number as one digit: 0 for the least, 9 for the largest.
  func digit(_ value: Double) -> String {
    let (low, high) = (known.min() ?? 0, known.max() ?? 0)
    return value.isFinite ? "\(high > low ? Int(((value - low) / (high - low) * 9).rounded()) : 0)" : " "
  }

  /// What digits mean, for a line below them.
  var legendOfDigits: String {
    "0: \(NumberText.reading(known.min() ?? 0)), 9: \(NumberText.reading(known.max() ?? 0))"
  }

  /// What its colours mean, for a line below it.
  var legend: String {
    let most = NumberText.reading(largest)
    return isSigned ? "blue −\(most), white 0, red +\(most)" : "white 0, dark blue \(most)"
  }

  /// The numbers for reading; empty where there is none.
  var texts: [[String]] {
    values.map { $0.map { $0.map(NumberText.reading) ?? "" } }
  }
}
