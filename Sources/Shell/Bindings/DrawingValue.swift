import Lang

/// A picture or a chart in the language: what `plot`, `histogram` and `gallery` give.
struct DrawingValue: Object {
  static let type = ObjectType(
    "drawing", "A picture or a plot: shown as one, and written to a file by save.",
    members: [
      member("title", "what it shows") { .string($0.title) },
      member("data", "a plot's numbers as a table; a picture's captions") { .table($0.table) },
    ])

  enum Content: Equatable {
    case picture(Picture)
    case chart(Chart)
  }

  let content: Content

  var block: Block {
    switch content {
    case .picture(let picture): .picture(picture)
    case .chart(let chart): .chart(chart)
    }
  }

  private var title: String {
    switch content {
    case .picture(let picture): picture.title
    case .chart(let chart): chart.title
    }
  }

  private var table: Table {
    switch content {
    case .picture(let picture):
      Table(columns: [.init("caption")], rows: picture.strips.map { [.string($0.caption)] })
    case .chart(let chart): chart.data
    }
  }

  var summary: String {
    switch content {
    case .picture(let picture): "picture: \(picture.title)"
    case .chart(let chart): "plot: \(chart.title)"
    }
  }

  func isEqual(to other: any Object) -> Bool { (other as? DrawingValue)?.content == content }
}

extension Chart {
  /// What is drawn, as it was given.
  var data: Table {
    if let heatMap {
      return Table(
        columns: [.init("row")] + Query.unique(heatMap.columns).map { .init($0) },
        rows: zip(heatMap.rows, heatMap.values).map { name, row in
          [.string(name)] + row.map { $0.map { .number($0) } ?? .none }
        })
    }
    return Table(
      columns: [.init("series"), .init("x"), .init("y", y.isShare ? .share : .plain)],
      rows: series.flatMap { one in
        one.points.map { point in
          [.string(one.name), x.names.isEmpty ? .number(point.x) : .string(name(at: point.x)), .number(point.y)]
        }
      })
  }
}
