import Lang
import NN

extension Command<Session> {
  static var histogram: Command {
    Command(
      "histogram", "How weights, or any numbers, are spread; several layers over each other.", topic: Topic.looking,
      examples: [
        "histogram [normal.conv1, cse.conv1] log: true", "histogram cse.fc1 bins: 40 save: \"fc1.svg\"",
        "histogram result.examples column: l2",
      ],
      details: """
        The Min-Max defense drives most weights to zero and lets a few grow: a peak in the middle with long, thin tails, which \
        a logarithmic axis (log: true) brings out. Several layers are drawn as shares, so that layers of different size compare.
        """, check: SaveParameter.check
    ) { signature in
      let value = signature.subject(
        "value",
        .either(.oneOrMore(.either([.object(LayerValue.self), .object(ModelValue.self), .number()])), .range, .table),
        "layers, models, a list of numbers, or a table")
      let column = signature.optional(
        "column", .word("column"), "which column of a table", shown: "its only one of numbers")
      let bins = signature.optional(
        "bins", .integer(in: 2...1000), "how many bins", shown: "by how many numbers there are")
      let log = signature.flag("log", "whether heights are drawn on a logarithmic axis")
      let save = SaveParameter(signature)
      return { session, given in
        let (subject, name) = (given[value], given[column])
        let numbers = try Interrupt.runDetached { try Numbers(subject, column: name) }
        let (bins, log) = (given[bins], given[log])
        let drawn = try Interrupt.runDetached {
          Histogram.chart(numbers.series, bins: bins, what: numbers.what, x: numbers.label, isLogarithmic: log)
        }
        guard var chart = drawn else {
          throw Problem(code: ShellCode.drawing, message: "there are no numbers to count", argument: "value")
        }
        chart.title = numbers.title
        return try save.deliver(.chart(chart), given, session)
      }
    }
  }
}

/// The numbers that a histogram is drawn of.
private struct Numbers {
  var series: [(name: String, values: [Double])] = []
  var what = "values"
  var label = "value"
  var title: String

  init(_ value: Value, column: String?) throws {
    title = "Histogram"
    if let table = value.asTable {
      try take(table, column)
      return
    }
    if case .range(let range) = value {
      series = [("", try range.spelledOut())]
      return
    }
    let elements = value.asList ?? [value]
    let layers = elements.flatMap { element -> [LayerValue] in
      if let layer = element.asObject(LayerValue.self) { return [layer] }
      return element.asObject(ModelValue.self)?.layers ?? []
    }
    let plain = elements.compactMap(\.asNumber)
    guard layers.isEmpty || plain.isEmpty else {
      throw Problem(
        code: ShellCode.drawing, message: "numbers and layers cannot stand in one histogram", argument: "value")
    }
    guard !layers.isEmpty else {
      series = [("", plain)]
      return
    }
    (what, label, title) = ("weights", "weight", "Weights")
    series = layers.map { layer in
      ("\(layer.model.identity.name).\(layer.name)", layer.tensorValues.map(Double.init))
    }
    if series.count <= 3 { title = "Weights of " + series.map(\.name).joined(separator: ", ") }
    if series.count == 1 { (title, series[0].name) = ("Weights of \(series[0].name)", "") }
  }

  private mutating func take(_ table: Table, _ column: String?) throws {
    let numeric = table.columns.map(\.name).filter { table.isNumeric($0) }
    guard let name = column ?? (numeric.count == 1 ? numeric[0] : nil) else {
      throw Problem(
        code: ShellCode.drawing,
        message: numeric.isEmpty ? "no column of this table holds numbers" : "several columns hold numbers: which one?",
        help: numeric.isEmpty ? [] : ["say column: \(numeric[0]), or one of " + numeric.joined(separator: ", ")],
        argument: "value")
    }
    guard table.isNumeric(name), let values = table.column(name) else {
      throw Problem(
        code: ShellCode.drawing, message: "the table has no column `\(name)` of numbers",
        label: Suggestions.hint(for: name, in: numeric), help: ["it has " + numeric.joined(separator: ", ")],
        argument: "column")
    }
    series = [("", values.compactMap(\.asNumber))]
    (what, label, title) = ("rows", TablePlot.label(name), "Histogram of \(TablePlot.label(name))")
  }
}
