import Lang

extension SessionLine {
  static var history: SessionLine {
    SessionLine(
      name: "history", arguments: "[TEXT]", summary: "what was typed, in this session and before; only lines with TEXT"
    ) { session, text in
      session.output.show(.table(try cells(session, containing: text)))
    }
  }

  private static func cells(_ session: Session, containing text: String) throws -> Table {
    let cells = try session.store.history(limit: 200, containing: text.isEmpty ? nil : text)
    return Table(
      columns: [.init("session"), .init("cell"), .init("status"), .init("seconds", .seconds), .init("source")],
      rows: cells.map { cell in
        [
          .integer(Int(cell.record.session)), .integer(cell.record.number), .string(cell.status.rawValue),
          cell.seconds.map { .number($0) } ?? Value.none, .string(cell.record.source),
        ]
      })
  }
}
