import Foundation
import Lang

/// A piece of output as the store keeps it (`cells.output`): what an export draws again, without the values behind it.
enum StoredBlock: Codable, Equatable {
  /// Lines of text.
  case text(String)
  /// The line about a value: the name it was bound to, and what it is.
  case summary(name: String?, text: String)
  /// A table with its numbers rounded as they were shown. `total` counts its rows; no more than 200 are kept.
  case table(StoredTable)
  case picture(Picture)
  case chart(Chart)
  /// A mistake, a warning or a note, as it was said.
  case problem(String)

  init(_ block: Block) {
    switch block {
    case .text(let text): self = .text(text.withVisibleControls)
    case .page(let text): self = .text(text(100).withVisibleControls)
    case .summary(let name, let text, _): self = .summary(name: name, text: text.withVisibleControls)
    case .table(let table): self = .table(StoredTable(table))
    case .picture(let picture): self = .picture(picture)
    case .chart(let chart): self = .chart(chart)
    }
  }

  /// The same, with a table in the form that `:mode` asks for: all forms but the box are text.
  init(_ block: Block, in mode: TableMode) {
    if case .table = block, mode != .box {
      var renderer = BlockRenderer.forFiles
      renderer.mode = mode
      self = .text(renderer.text(of: block))
    } else {
      self.init(block)
    }
  }

  /// As plain text, for readers of a notebook that draws nothing.
  var plain: String {
    switch self {
    case .text(let text), .problem(let text): text
    case .summary(let name, let text): (name.map { $0 + "  " } ?? "") + text
    case .table(let table): table.grid.plain()
    case .picture(let picture): picture.description
    case .chart(let chart): chart.description
    }
  }

  /// As a file shows it, tables in boxes: what a saved session has.
  var shown: String {
    guard case .table(let table) = self, !table.columns.isEmpty else { return plain }
    return table.grid.boxed(width: BlockRenderer.forFiles.width, mayTurn: false)
      + (table.remark.isEmpty ? "" : "\n" + table.remark)
  }

  /// The column `output` of a cell: empty for none.
  static func json(_ blocks: [StoredBlock]) -> String {
    guard !blocks.isEmpty, let data = try? JSONEncoder().encode(blocks) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }

  /// What a cell showed: its blocks, or what can be read from its text where a cell has none, as in early stores.
  static func of(json: String, text: String) -> [StoredBlock] {
    let blocks = json.isEmpty ? nil : try? JSONDecoder().decode([StoredBlock].self, from: Data(json.utf8))
    return blocks ?? ShownText.blocks(of: text)
  }
}

/// A table's texts.
struct StoredTable: Codable, Equatable {
  struct Column: Codable, Equatable {
    var title: String
    var alignsRight: Bool
  }

  var columns: [Column]
  var rows: [[String]]
  var total: Int
  /// Counts its columns; none in a store of an earlier version, which kept all.
  var totalColumns: Int?

  init(columns: [Column], rows: [[String]], total: Int, totalColumns: Int? = nil) {
    (self.columns, self.rows, self.total, self.totalColumns) = (columns, rows, total, totalColumns)
  }

  init(_ table: Table) {
    let grid = Grid(table.beginning)
    self.init(
      columns: grid.columns.map { Column(title: $0.title, alignsRight: $0.alignsRight) }, rows: grid.rows,
      total: table.count, totalColumns: table.columns.count > grid.columns.count ? table.columns.count : nil)
  }

  var grid: Grid {
    Grid(columns: columns.map { Grid.Column(title: $0.title, alignsRight: $0.alignsRight) }, rows: rows)
  }

  /// What stands under the rows; empty where they are all there.
  var remark: String {
    BlockRenderer.remark(rows: (rows.count, total), columns: (columns.count, totalColumns ?? columns.count))
  }
}
