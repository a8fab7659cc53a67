import Lang
import Store

extension SessionLine {
  static var history: SessionLine {
    SessionLine(
      name: "history", arguments: "[TEXT|CELLS]",
      summary: "what was typed, in this session and before; only lines with TEXT, or only some cells",
      details: """
        The newest 200 cells, in this session and in those before it. CELLS are numbers: 3, 3-5, or 12/3-5 of session 12; \
        `:run 3-5` runs them again. `select * from cells` asks for more.
        """, example: ":history train"
    ) { session, text in
      let range = try CellRange(text)
      let cells =
        try range?.cells(of: session)
        ?? session.store.history(limit: 200, containing: text.isEmpty ? nil : text)
      guard cells.isEmpty else { return session.output.show(.table(table(cells))) }
      let found = range == nil ? "no line typed so far contains `\(text)`" : "there are no cells \(text)"
      session.output.show(.text(text.isEmpty ? "nothing has been typed yet" : found))
    }
  }

  private static func table(_ cells: [StoredCell]) -> Table {
    Table(
      columns: [.init("session"), .init("cell"), .init("status"), .init("seconds", .seconds), .init("source")],
      rows: cells.map { cell in
        [
          .integer(Int(cell.record.session)), .integer(cell.record.number), .string(cell.status.rawValue),
          cell.seconds.map { .number($0) } ?? Value.none, .string(cell.record.source),
        ]
      })
  }
}
