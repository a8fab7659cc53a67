/// Charts on a terminal.
extension Chart {
  /// - Parameter width: columns there are.
  func text(width: Int, colors: Bool) -> String {
    if let heatMap { return heatMapText(heatMap, width: width, colors: colors) }
    if series.contains(where: { $0.style == .bars }) { return bars(width: width, colors: colors) }
    return plot(width: width, colors: colors)
  }

  private func heading(_ colors: Bool) -> String { Style.bold(title.withVisibleControls, if: colors) }

  // MARK: - Lines, points and histograms

  private static let signs: [Character] = ["●", "▲", "■", "◆", "○", "△", "□", "◇"]
  private static let rows = 16

  private func plot(width: Int, colors: Bool) -> String {
    let (yScale, labels) = heights(series.filter { !$0.isRight }, y)
    let (rightScale, rightLabels) = heights(series.filter(\.isRight), right ?? y)
    let left = labels.map { DisplayWidth.of($0) }.max() ?? 0
    let after = right == nil ? 0 : 2 + (rightLabels.map { DisplayWidth.of($0) }.max() ?? 0)
    let columns = max(20, min(width, 100) - left - 3 - after)
    let xScale = AxisScale(
      series.flatMap(\.points).map(\.x), isLogarithmic: x.isLogarithmic, ticks: max(2, columns / 10), fits: true,
      isWhole: x.isWhole)
    var canvas = Braille(columns: columns, rows: Self.rows)
    for (number, one) in series.enumerated() {
      draw(one, number, in: &canvas, xScale, one.isRight ? rightScale : yScale, marked: !colors)
    }

    var lines = [heading(colors)]
    if series.contains(where: { !$0.name.isEmpty }) { lines.append(key(width: width, colors: colors)) }
    let heads = [y.label, right?.label ?? ""].map(\.withVisibleControls)
    let gap = max(3, left + 2 + columns + after - DisplayWidth.of(heads[0]) - DisplayWidth.of(heads[1]))
    let head = heads[1].isEmpty ? heads[0] : heads[0] + String(repeating: " ", count: gap) + heads[1]
    if !head.isEmpty { lines.append(Style.faint(head, if: colors)) }
    for row in 0..<Self.rows {
      let label = Self.label(in: row, yScale, labels)
      let edge = DisplayWidth.pad(label ?? "", to: left, right: true) + (label == nil ? " │" : " ┤")
      var line = Style.faint(edge, if: colors) + canvas.text(row, colored: colors)
      if right != nil {
        let label = Self.label(in: row, rightScale, rightLabels)
        line += Style.faint(label.map { "├ " + $0 } ?? "│", if: colors)
      }
      lines.append(line)
    }
    return (lines + axis(xScale, columns: columns, left: left, colors: colors)).joined(separator: "\n")
  }

  /// The scale of some series' heights, and its ticks' labels.
  private func heights(_ series: [Series], _ axis: Axis) -> (AxisScale, [String]) {
    let values = series.flatMap(\.points).flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }
    let isHistogram = series.contains { $0.style == .steps }
    let scale = AxisScale(
      values, isLogarithmic: axis.isLogarithmic, startsAtZero: isHistogram || axis.isShare, ticks: 5)
    return (scale, scale.ticks.map { tick($0, among: scale.ticks, axis) })
  }

  /// The label of the tick that lies in a row of characters.
  private static func label(in row: Int, _ scale: AxisScale, _ labels: [String]) -> String? {
    zip(scale.ticks, labels).first { tick, _ in
      scale.place(tick).map { Int(((1 - $0) * Double(4 * rows - 1)).rounded()) / 4 == row } ?? false
    }?.1
  }

  private func draw(
    _ series: Series, _ number: Int, in canvas: inout Braille, _ xScale: AxisScale, _ yScale: AxisScale, marked: Bool
  ) {
    let size = (Double(canvas.width - 1), Double(canvas.height - 1))
    func place(_ point: Point) -> (x: Double, y: Double)? {
      // On a logarithmic axis nothing lies at the bottom.
      guard let x = xScale.place(point.x) else { return nil }
      guard let y = yScale.place(point.y) else { return series.style == .steps ? (x * size.0, size.1) : nil }
      return (x * size.0, (1 - y) * size.1)
    }
    func drawInterval(_ point: Point) {
      guard let low = point.low, let high = point.high, let from = place(Point(x: point.x, y: low)),
        let to = place(Point(x: point.x, y: high))
      else { return }
      canvas.line(from: from, to: to, color: number)
    }
    var last: (x: Double, y: Double)?
    for point in series.points {
      let here = place(point)
      if let here {
        switch series.style {
        case .points:
          canvas.set(Int(here.x.rounded()), Int(here.y.rounded()), color: number)
          drawInterval(point)
          if point.low != nil {
            canvas.mark(
              Int(here.x.rounded()), Int(here.y.rounded()), Self.signs[number % Self.signs.count], color: number)
          }
        case .line:
          if let last { canvas.line(from: last, to: here, color: number) }
          drawInterval(point)
        case .steps, .bars:
          if let last {
            canvas.line(from: last, to: (here.x, last.y), color: number)
            canvas.line(from: (here.x, last.y), to: here, color: number)
          }
        }
      }
      last = here
    }
    // Where colours do not tell the series apart, and where points are few, each is marked.
    let isSparse = series.style == .line && series.points.count <= canvas.columns / 3
    let every = max(1, series.points.count / 12)
    let shift = number * every / max(1, self.series.count)
    for (index, point) in series.points.enumerated() where isSparse || (marked && self.series.count > 1) {
      if isSparse || (index + shift).isMultiple(of: every), let here = place(point) {
        canvas.mark(
          Int(here.x.rounded()), Int(here.y.rounded()), Self.signs[number % Self.signs.count], color: number)
      }
    }
  }

  /// Which sign and colour is which series.
  private func key(width: Int, colors: Bool) -> String {
    var lines = [""]
    for (number, one) in series.enumerated() {
      let name = DisplayWidth.truncate(one.name.withVisibleControls, to: max(8, width - 4))
      let entry = "\(Self.signs[number % Self.signs.count]) \(name)"
      let drawn = ColorScale.onTerminals[number % ColorScale.onTerminals.count](entry, if: colors)
      let used = DisplayWidth.ofDrawn(lines[lines.count - 1])
      if used > 0, used + 3 + DisplayWidth.of(entry) > width { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : "   ") + drawn
    }
    return lines.joined(separator: "\n")
  }

  private func axis(_ scale: AxisScale, columns: Int, left: Int, colors: Bool) -> [String] {
    var rule = Array(repeating: Character("─"), count: columns)
    var texts = Array(repeating: Character(" "), count: columns + left + 2)
    var free = 0
    for tick in scale.ticks {
      guard let share = scale.place(tick), share >= -1e-9, share <= 1 + 1e-9 else { continue }
      let column = min(columns - 1, Int((share * Double(columns - 1)).rounded()))
      rule[column] = "┬"
      let text = Array(x.names.isEmpty ? self.tick(tick, among: scale.ticks, x) : name(at: tick))
      let start = min(max(left + 2 + column - text.count / 2, 0), texts.count - text.count)
      guard start >= free else { continue }
      for (offset, character) in text.enumerated() { texts[start + offset] = character }
      free = start + text.count + 1
    }
    let space = String(repeating: " ", count: left + 1)
    let label = x.label.withVisibleControls
    let middle = String(repeating: " ", count: max(0, left + 2 + (columns - DisplayWidth.of(label)) / 2))
    return [space + "└" + String(rule), String(texts), middle + label].map { Style.faint($0, if: colors) }
  }

  /// A tick's number, with as many decimals as the ticks beside it need.
  private func tick(_ value: Double, among ticks: [Double], _ axis: Axis) -> String {
    let factor = axis.isShare ? 100.0 : 1
    if axis.isLogarithmic { return NumberText.reading(value * factor) + (axis.isShare ? " %" : "") }
    let index = ticks.firstIndex(of: value) ?? 0
    return NumberText.column(ticks.map { ($0 * factor * 1e9).rounded() / 1e9 })[index] + (axis.isShare ? " %" : "")
  }

  // MARK: - Bars

  private func bars(width: Int, colors: Bool) -> String {
    let scale = AxisScale(
      series.flatMap(\.points).flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }, isLogarithmic: y.isLogarithmic,
      startsAtZero: true,
      ticks: 4, fits: true)
    let names = x.names.map { DisplayWidth.truncate($0.withVisibleControls, to: 28) }
    let left = names.map { DisplayWidth.of($0) }.max() ?? 0
    let numbers = series.flatMap { one in one.points.map { DisplayWidth.of(y.text($0.y) + interval(of: $0, y)) } }
    let room = max(10, min(width, 100) - left - 6 - (numbers.max() ?? 0))
    var lines = [heading(colors)]
    if series.contains(where: { !$0.name.isEmpty }) { lines.append(key(width: width, colors: colors)) }
    if !y.label.isEmpty { lines.append(Style.faint(y.label.withVisibleControls, if: colors)) }
    for (place, name) in names.enumerated() {
      var label = name
      for (number, one) in series.enumerated() {
        guard let point = one.points.first(where: { $0.x == Double(place) }), let share = scale.place(point.y) else {
          continue
        }
        let bar = bar(point, to: share, scale, room: room)
        let sign = series.count > 1 && !colors ? "\(Self.signs[number % Self.signs.count]) " : ""
        lines.append(
          DisplayWidth.pad(label, to: left, right: true) + "  " + sign
            + ColorScale.onTerminals[number % ColorScale.onTerminals.count](bar, if: colors) + (bar.isEmpty ? "" : " ")
            + y.text(point.y) + interval(of: point, y))
        label = ""
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The upper part of an interval, from the end of its bar on; the lower one lies inside the bar and stands in numbers.
  private func whisker(_ point: Point, _ scale: AxisScale, from share: Double, room: Int) -> String {
    guard let high = point.high, let end = scale.place(high) else { return "" }
    let length = Int((end * Double(room)).rounded()) - Int((share * Double(room)).rounded(.up))
    return length < 1 ? "" : String(repeating: "─", count: length - 1) + "┤"
  }

  /// The bar of a point, with its interval's end. Where some bars go below zero, all start at a line at zero.
  private func bar(_ point: Point, to share: Double, _ scale: AxisScale, room: Int) -> String {
    let zero = scale.isLogarithmic ? 0 : scale.place(0) ?? 0
    guard zero > 0 else { return Self.bar(share, room: room) + whisker(point, scale, from: share, room: room) }
    let origin = Int((zero * Double(room)).rounded())
    if point.y >= 0 {
      return String(repeating: " ", count: origin) + "│" + Self.bar(share - zero, room: room)
        + whisker(point, scale, from: share, room: room)
    }
    let length = min(origin, max(1, Int(((zero - share) * Double(room)).rounded())))
    let low = point.low.flatMap { scale.place($0) }.map { Int((($0 - share) * -Double(room)).rounded()) } ?? 0
    let tail = low < 1 ? "" : "├" + String(repeating: "─", count: min(low, origin - length + 1) - 1)
    return DisplayWidth.pad(tail + String(repeating: "█", count: length), to: origin, right: true) + "│"
  }

  /// A bar in eighths of a column.
  private static func bar(_ share: Double, room: Int) -> String {
    let eighths = Int((min(max(share, 0), 1) * Double(room) * 8).rounded())
    let rest = eighths % 8 == 0 ? "" : String(Unicode.Scalar(UInt32(0x2590 - eighths % 8)).map(Character.init) ?? " ")
    return String(repeating: "█", count: eighths / 8) + rest
  }

  // MARK: - Heat-maps

  private func heatMapText(_ map: HeatMap, width: Int, colors: Bool) -> String {
    let axes = [y.label, x.label].filter { !$0.isEmpty }.joined(separator: " ↓   ") + (x.label.isEmpty ? "" : " →")
    let head = [heading(colors)] + (axes.isEmpty ? [] : [Style.faint(axes.withVisibleControls, if: colors)])
    let left = min(20, map.rows.map { DisplayWidth.of($0) }.max() ?? 0)
    let needed = map.texts.flatMap { $0 }.map { DisplayWidth.of($0) }.max() ?? 1
    let room = (width - left - 1) / max(1, map.columns.count)
    if !colors {
      let table = map.table()
      let widest = table.split(separator: "\n").map { DisplayWidth.of(String($0)) }.max() ?? 0
      if widest <= width || room < 1 { return (head + [table]).joined(separator: "\n") }
    }
    // Where columns leave no room for numbers, colours or single digits show what there is to see.
    guard room >= needed + 1 else {
      let legend = colors ? map.legend : map.legendOfDigits
      return (head + fields(map, column: max(1, min(room, 4)), left: left, colors: colors) + [legend])
        .joined(separator: "\n")
    }
    let column = min(room, max(needed + 2, min(9, (map.columns.map { DisplayWidth.of($0) }.max() ?? 0) + 1)))
    var lines = head
    lines.append(
      String(repeating: " ", count: left + 1)
        + map.columns.map { name in
          DisplayWidth.pad(DisplayWidth.truncate(name.withVisibleControls, to: column - 1), to: column, right: true)
        }.joined())
    for (row, name) in map.rows.enumerated() {
      let cells = zip(map.values[row], map.texts[row]).map { value, text -> String in
        let padded = DisplayWidth.pad(text, to: column - 1, right: true) + " "
        guard let value, colors else { return padded }
        let color = map.color(value)
        let ink = color.brightness < 0.55 ? Color.white : Color(0x222222)
        return "\u{1b}[\(ink.foreground);\(color.background)m\(padded)\u{1b}[0m"
      }
      let label = DisplayWidth.truncate(name.withVisibleControls, to: left)
      lines.append(DisplayWidth.pad(label, to: left, right: true) + " " + cells.joined())
    }
    return lines.joined(separator: "\n")
  }

  /// The rows as coloured fields, or as digits, and names under as many columns as have room.
  private func fields(_ map: HeatMap, column: Int, left: Int, colors: Bool) -> [String] {
    var lines = zip(map.rows, map.values).map { name, row in
      let label = DisplayWidth.truncate(name.withVisibleControls, to: left)
      return DisplayWidth.pad(label, to: left, right: true) + " "
        + row.map { value in
          let blank = String(repeating: " ", count: column)
          guard let value else { return blank }
          guard colors else { return DisplayWidth.pad(map.digit(value), to: column) }
          return "\u{1b}[\(map.color(value).background)m\(blank)\u{1b}[0m"
        }.joined()
    }
    let widest = map.columns.map { DisplayWidth.of($0.withVisibleControls) }.max() ?? 0
    let every = max(1, (min(widest, 12) + column) / column)
    var names = String(repeating: " ", count: left + 1)
    for name in stride(from: 0, to: map.columns.count, by: every).map({ map.columns[$0] }) {
      names += DisplayWidth.pad(DisplayWidth.truncate(name.withVisibleControls, to: 12), to: every * column)
    }
    lines.append(names)
    return lines
  }
}
