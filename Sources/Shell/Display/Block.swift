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
  /// typed. The last block is the value's own, what comes before it stands above it.
  /// Empty when there is nothing to show.
  static func showing(_ value: Value, name: String? = nil, seconds: Double? = nil) -> [Block] {
    guard name == nil else { return named(value, name, seconds: seconds) }
    return switch value {
    case .none: []
    case .table(let table): preface(of: table) + [.table(table)]
    case .object(let drawing as DrawingValue): [drawing.block]
    case .object(let prediction as PredictionValue):
      (try? prediction.table()).map { [.table($0)] } ?? named(value, nil, seconds: seconds)
    case .object(let proof as CertificationValue): [.table(proof.classTable)] + named(value, nil, seconds: seconds)
    case .object(let bounds as BoundsValue): [.text(bounds.summary), .table(bounds.table)]
    case .object(let gradient as GradientValue):
      gradient.picture.map { [.picture($0)] } ?? (try? gradient.table()).map { [.table($0)] }
        ?? named(value, nil, seconds: seconds)
    case .object(let surface as SurfaceValue): [.chart(surface.chart)]
    default: named(value, nil, seconds: seconds)
    }
  }

  /// One line; a table's is below the line that stands above it.
  private static func named(_ value: Value, _ name: String?, seconds: Double?) -> [Block] {
    switch value {
    case .none: []
    case .table(let table):
      (table.preface.asString.map { [.text($0)] } ?? [])
        + [.summary(name: name, text: summary(of: table), seconds: seconds)]
    case .object(let object): [.summary(name: name, text: object.summary, seconds: seconds)]
    default: [.summary(name: name, text: literal(value, upTo: name == nil ? 20_000 : 400), seconds: nil)]
    }
  }

  private static func preface(of table: Table) -> [Block] {
    switch table.preface {
    case .string(let line): [.text(line)]
    case .table(let other): [.table(other)]
    default: []
    }
  }

  /// What `print` writes: text without quotes, objects by their summary. What is longer than anybody reads is cut, unless it
  /// is text.
  static func printed(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .object(let object): object.summary
    case .table(let table): BlockRenderer.forFiles.text(of: .table(table))
    default: literal(value, upTo: 1_000_000)
    }
  }

  /// A value in one line: text in quotes, tables and objects by their summary.
  static func summarized(_ value: Value) -> String {
    switch value {
    case .object(let object): object.summary
    case .table(let table): summary(of: table)
    default: literal(value, upTo: 400)
    }
  }

  static func summary(of table: Table) -> String {
    let names = table.columns.prefix(100).map(\.name).joined(separator: ", ") + (table.columns.count > 100 ? ", …" : "")
    return "table of \(table.count.of("row")): "
      + (names.utf8.count > 4000 ? names.prefix(4000) + "…" : names)
  }

  /// The value as it would be typed; long lists are cut, and so is what takes more than so many bytes, and both say so.
  private static func literal(_ value: Value, upTo most: Int) -> String {
    if case .list(let elements) = value, elements.count > 100 {
      let (text, isWhole) = Value.list(Array(elements.prefix(20))).literal(upTo: most)
      return (isWhole ? text.dropLast() + ", " : text.prefix(most) + "")
        + "…]  (\(elements.count.of("element")))"
    }
    let (text, isWhole) = value.literal(upTo: most)
    return isWhole ? text : text.prefix(most) + "…  (\(NumberText.bytes(value.extent.bytes)))"
  }

  /// Whether to draw it may take so long that somebody would press Ctrl-C meanwhile.
  var isLarge: Bool {
    switch self {
    case .text(let text): text.utf8.count > 100_000
    case .summary(_, let text, _): text.utf8.count > 100_000
    case .table(let table): table.extent.bytes > 1_000_000 || table.columns.count > 100
    case .page, .picture, .chart: false
    }
  }

  /// The same, of long text only the beginning: what is kept of a cell.
  func beginning(_ most: Int) -> Block {
    guard case .text(let text) = self, text.utf8.count > most else { return self }
    return .text(String(decoding: text.utf8.prefix(most + 4), as: UTF8.self))
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
  static let maxRows = 200
  /// The same for columns.
  static let maxColumns = 1000

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
        : image { try chart.pngForScreen() } ?? chart.text(width: width, colors: colors)
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
    let shown = table.beginning
    let drawn =
      mode == .box ? Grid(shown).boxed(width: width, mayTurn: mayTurnTables) : mode.text(of: shown, width: width)
    let remark = Self.remark(rows: (shown.count, table.count), columns: (shown.columns.count, table.columns.count))
    return remark.isEmpty ? drawn : drawn + "\n" + remark
  }

  /// What stands under the rows; empty where all is there.
  static func remark(rows: (shown: Int, all: Int), columns: (shown: Int, all: Int)) -> String {
    let left = [(rows, "row"), (columns, "column")].filter { $0.0.shown < $0.0.all }.map { part, name in
      "\(NumberText.count(part.shown)) of \(part.all.of(name))"
    }
    let remark = left.isEmpty ? "" : "(\(left.joined(separator: " and ")) shown)"
    return rows.all == 0 ? (remark.isEmpty ? "(no rows)" : "(no rows)\n" + remark) : remark
  }
}

extension Table {
  /// As much of it as somebody reads: what is shown, and what the store keeps of it.
  var beginning: Table {
    let rows = rows.prefix(BlockRenderer.maxRows)
    if columns.count <= BlockRenderer.maxColumns { return rows.count == count ? self : with(rows: Array(rows)) }
    return Table(
      columns: Array(columns.prefix(BlockRenderer.maxColumns)),
      rows: rows.map { Array($0.prefix(BlockRenderer.maxColumns)) }, subject: subject)
  }
}

extension Grid {
  /// A table with its numbers rounded for reading, by column.
  init(_ table: Table) {
    // Long texts are cut, sooner where there are many: all that is drawn stays within a few megabytes.
    let most = min(10_000, max(100, 4_000_000 / max(1, table.count * table.columns.count)))
    let cells = table.columns.indices.map { index in
      Self.texts(table.rows.map { $0[index] }, table.columns[index].presentation, most)
    }
    columns = table.columns.enumerated().map { index, column in
      let values = table.rows.map { $0[index] }.filter { !$0.isNone }
      return Column(
        title: Self.cut(column.name, most).withVisibleControls,
        alignsRight: !values.isEmpty && values.allSatisfy { $0.asNumber != nil }
      )
    }
    rows = table.rows.indices.map { row in cells.map { $0[row] } }
  }

  private static func texts(_ values: [Value], _ presentation: Table.Presentation, _ most: Int) -> [String] {
    let numbers = values.compactMap(\.asNumber)
    // A column of all sorts of values is no column of numbers: each is written by itself.
    guard numbers.count == values.count(where: { !$0.isNone }) else { return values.map { single($0, most) } }
    var formatted = numbers.map { number in
      switch presentation {
      case .share: NumberText.share(number)
      case .seconds: NumberText.duration(number)
      case .count: NumberText.count(Int(number.rounded()))
      case .plain, .distance, .featureDistance: ""
      }
    }[...]
    if [.plain, .distance, .featureDistance].contains(presentation) { formatted = NumberText.column(numbers)[...] }
    return values.map { $0.isNone ? "" : formatted.removeFirst() }
  }

  /// A text, or the beginning of one that is longer than so many characters, with its size.
  private static func cut(_ text: String, _ most: Int) -> String {
    guard text.utf8.count > most, text.prefix(most).endIndex < text.endIndex else { return text }
    return text.prefix(most) + "…  (\(NumberText.bytes(text.utf8.count)))"
  }

  /// One value in one line.
  private static func single(_ value: Value, _ most: Int) -> String {
    switch value {
    case .none: ""
    case .number(let number): NumberText.exact(number)
    case .table(let table): Block.summary(of: table)
    default: cut(Block.printed(value), most).replacing("\n", with: " ").withVisibleControls
    }
  }
}
