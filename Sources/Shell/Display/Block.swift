import Lang

/// A piece of output before it is drawn: what `Session` records and every way of showing reads.
enum Block {
  /// Lines of text, as they are.
  case text(String)
  /// Text that is laid out for a number of columns, at most 100.
  case page((Int) -> String)
  /// The one line about a value: the name it was bound to, what it is, and how long it took.
  case summary(name: String?, text: String, seconds: Double?)
  /// A table; its values are exact.
  case table(Table)
  /// Images.
  case picture(Picture)
  /// A plot.
  case chart(Chart)
}

extension Block {
  /// How a value is shown: a table as a table, a drawing drawn, another object by its summary, anything else as it would be
  /// typed.
  /// `nil` when there is nothing to show.
  static func showing(_ value: Value, name: String? = nil, seconds: Double? = nil) -> Block? {
    switch value {
    case .none: nil
    case .table(let table):
      name == nil ? .table(table) : .summary(name: name, text: summary(of: table), seconds: seconds)
    case .object(let drawing as DrawingValue) where name == nil: drawing.block
    case .object(let object): .summary(name: name, text: object.summary, seconds: seconds)
    default: .summary(name: name, text: shortened(literal(value), to: name == nil ? 20_000 : 400), seconds: nil)
    }
  }

  /// The beginning of a text that nobody would read to its end, and how long it is; `print` writes all of it.
  private static func shortened(_ text: String, to most: Int) -> String {
    guard text.utf8.count > most else { return text }
    return String(text.prefix(most)) + "…  (\(text.count.of("character")))"
  }

  /// What `print` writes: text without quotes, objects by their summary.
  static func printed(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .object(let object): object.summary
    case .table(let table): BlockRenderer.forFiles.text(of: .table(table))
    default: literal(value)
    }
  }

  /// A value in one line: text in quotes, tables and objects by their summary.
  static func summarized(_ value: Value) -> String {
    switch value {
    case .object(let object): object.summary
    case .table(let table): summary(of: table)
    default: shortened(literal(value), to: 400)
    }
  }

  static func summary(of table: Table) -> String {
    "table of \(table.count.of("row")): "
      + table.columns.map(\.name).joined(separator: ", ")
  }

  /// The value as it would be typed; long lists are cut, and say so.
  private static func literal(_ value: Value) -> String {
    if case .list(let elements) = value, elements.count > 100 {
      return Value.list(Array(elements.prefix(20))).literal.dropLast()
        + ", …]  (\(elements.count.of("element")))"
    }
    return value.literal
  }
}

/// Draws blocks as text.
struct BlockRenderer {
  /// Columns of the screen, or of a page.
  var width = 120
  /// Whether a table that is too wide is turned on its side; in files and pipes it stays as it is.
  var mayTurnTables = false
  var colors = false
  /// Whether a summary ends with how long it took. Files leave it out: it is never the same twice.
  var showsTimes = false
  /// Whether pictures and charts are drawn by characters; files say in words what they are.
  var draws = false
  /// How whole images are put on this screen, if it takes any; asked only when there is one to draw.
  var graphics: @Sendable () -> TerminalGraphics? = { nil }
  /// How tables are drawn.
  var mode = TableMode.box

  /// What a file, a pipe and the store get.
  static let forFiles = BlockRenderer()

  /// The most rows a table shows at the prompt; all are there, and the last line says how many.
  static let mostRows = 200

  func text(of block: Block) -> String {
    switch block {
    case .text(let text): text.withVisibleControls
    case .page(let text): text(min(width, 100)).withVisibleControls
    case .summary(let name, let text, let seconds): line(name: name, text: text.withVisibleControls, seconds: seconds)
    case .table(let table): self.text(of: table)
    case .picture(let picture):
      !draws
        ? picture.description
        : image { try picture.png() } ?? picture.text(width: width, colors: colors)
    case .chart(let chart):
      !draws
        ? chart.description
        : image { try chart.png(scale: 1) } ?? chart.text(width: width, colors: colors)
    }
  }

  /// An image for a screen that takes some; nil where characters have to do, also if gnuplot is missing.
  private func image(_ png: () throws -> [UInt8]) -> String? {
    guard colors, let graphics = graphics() else { return nil }
    return try? graphics.text(of: png())
  }

  private func line(name: String?, text: String, seconds: Double?) -> String {
    let head = name.map { Style.bold($0, if: colors) + "  " } ?? ""
    guard showsTimes, let seconds, seconds >= 0.05 else { return head + text }
    let time = NumberText.duration(seconds)
    let used = (name.map { DisplayWidth.of($0) + 2 } ?? 0) + DisplayWidth.of(text)
    let gap = max(2, min(width, 100) - used - DisplayWidth.of(time) - 1)
    return head + text + String(repeating: " ", count: gap) + Style.faint(time, if: colors)
  }

  private func text(of table: Table) -> String {
    // On a screen and in a transcript a line ends as all others do.
    // What stands in a table may come out of a file: on a screen it must not drive the terminal.
    guard !mode.isExact else {
      let text = String(mode.text(of: table).unicodeScalars.filter { $0 != "\r" })
      return draws ? text.withVisibleControls : text
    }
    guard !table.columns.isEmpty else { return "(no columns)" }
    let shown = table.count > Self.mostRows ? table.with(rows: Array(table.rows.prefix(Self.mostRows))) : table
    let drawn =
      mode == .box ? Grid(shown).boxed(width: width, mayTurn: mayTurnTables) : mode.text(of: shown, width: width)
    if table.count == 0 { return drawn + "\n(no rows)" }
    guard shown.count < table.count else { return drawn }
    return drawn + "\n(\(NumberText.count(shown.count)) of \(table.count.of("row")) shown)"
  }
}

extension Grid {
  /// A table with its numbers rounded for reading, by column.
  init(_ table: Table) {
    let cells = table.columns.indices.map { index in
      Self.texts(table.rows.map { $0[index] }, table.columns[index].presentation)
    }
    columns = table.columns.enumerated().map { index, column in
      let values = table.rows.map { $0[index] }.filter { !$0.isNone }
      return Column(
        title: column.name.withVisibleControls, alignsRight: !values.isEmpty && values.allSatisfy { $0.asNumber != nil }
      )
    }
    rows = table.rows.indices.map { row in cells.map { $0[row] } }
  }

  private static func texts(_ values: [Value], _ presentation: Table.Presentation) -> [String] {
    let numbers = values.compactMap(\.asNumber)
    // A column of all sorts of values is no column of numbers: each is written by itself.
    guard numbers.count == values.count(where: { !$0.isNone }) else { return values.map(single) }
    var formatted = numbers.map { number in
      switch presentation {
      case .share: NumberText.share(number)
      case .seconds: NumberText.duration(number)
      case .count: NumberText.count(Int(number.rounded()))
      case .plain, .distance: ""
      }
    }[...]
    if presentation == .plain || presentation == .distance { formatted = NumberText.column(numbers)[...] }
    return values.map { $0.isNone ? "" : formatted.removeFirst() }
  }

  /// One value in one line.
  private static func single(_ value: Value) -> String {
    switch value {
    case .none: ""
    case .number(let number): NumberText.exact(number)
    case .table(let table): Block.summary(of: table)
    default: Block.printed(value).replacing("\n", with: " ").withVisibleControls
    }
  }
}
