extension Library {
  static let tables: [LibraryFunction] = [
    LibraryFunction(
      "keys", "The field names of a record, or the column names of a table.", topic: "Tables",
      [.init("x", .either([.record, .table]))],
      example: Example("keys({eps: 0.1, steps: 20})", gives: "[\"eps\", \"steps\"]")
    ) { _, given in
      let names = given[0].asRecord?.names ?? given[0].asTable?.columns.map(\.name) ?? []
      return .list(names.map { .string($0) })
    },
    LibraryFunction(
      "values", "The field values of a record.", topic: "Tables", [.init("x", .record)],
      example: Example("values({eps: 0.1, steps: 20})", gives: "[0.1, 20]")
    ) { _, given in .list(given[0].asRecord?.values ?? []) },
    LibraryFunction(
      "table", "A table made of records with the same fields.", topic: "Tables", [.init("rows", .list(of: .record))],
      example: Example(
        "table([{eps: 0.1, robust: 0.5}, {eps: 0.2, robust: 0.3}])",
        gives: """
          ┌─────┬────────┐
          │ eps │ robust │
          ├─────┼────────┤
          │ 0.1 │    0.5 │
          │ 0.2 │    0.3 │
          └─────┴────────┘
          """)
    ) { caller, given in
      let records = (given[0].asList ?? []).compactMap(\.asRecord)
      var names: [String] = [], known: Set<String> = []
      for record in records {
        try caller.poll()
        for name in record.names where known.insert(name).inserted { names.append(name) }
      }
      try Extent.check(
        bytes: Table.bytes(rows: records.count, columns: names.count),
        "a table of \(records.count) rows and \(names.count) columns")
      let rows = try records.map { record in
        try caller.poll()
        return names.map { record[$0] ?? .none }
      }
      return .table(Table(columns: names.map { Table.Column($0) }, rows: rows))
    },
  ]
}
