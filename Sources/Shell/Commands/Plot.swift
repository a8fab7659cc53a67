import Lang
import NN

extension Command<Session> {
  static var plot: Command {
    Command(
      "plot", "Draw a table, a result, a training, a cost matrix or a list of numbers.", topic: Topic.looking,
      examples: [
        "plot (curve normal with: pgd on: take(fashion.test, 12) eps: 0..0.1 by 0.02)",
        "plot (select model, eps, robust from results) by: model save: \"robust.svg\"", "plot cse",
        "plot weights over: epochs of: cse y: kurtosis", "plot [normal.conv1, cse.conv1] over: epochs",
        "plot confusion(result)",
      ],
      details: """
        Of a table, x:, y: and by: name columns: across, up, and what tells the lines apart; what is left out is chosen by \
        the columns' names; bars that share a place are drawn as their mean. A result is drawn class by class, with 95 % intervals. Of a model, loss and accuracy are drawn \
        over its epochs, or with y: one of its epochs' columns. `plot weights over: epochs` follows the weights of \
        the layers instead, and so the Min-Max property: y: is then hoyer, kurtosis, gini, l1_minus_l2, max, std or near_zero.
        """, check: SaveParameter.check
    ) { signature in
      let value = signature.subject("value", .either(.any, .oneOf(["weights"])), "what to draw")
      let x = signature.optional(
        "x", .word("column"), "the column across", shown: "eps or epoch, else what the rows are")
      let y = signature.optional(
        "y", .word("column"), "the column up, or what is measured", shown: "accuracies, else the first")
      let by = signature.optional("by", .word("column"), "the column that tells lines apart", shown: "what differs")
      let over = signature.optional(
        "over", .oneOf(["epochs"]), "follow the weights over the epochs of training", shown: "not followed")
      let of = signature.optional(
        "of", .oneOrMore(.object(ModelValue.self)), "whose weights are followed", shown: "all models of the notebook")
      let form = signature.optional(
        "form", .oneOf(["line", "points", "bars"]), "how a table is drawn", shown: "lines over numbers, bars over names"
      )
      let log = signature.flag("log", "whether heights are drawn on a logarithmic axis")
      let title = signature.optional("title", .string, "what stands above it", shown: "what is drawn")
      let save = SaveParameter(signature)
      return { session, given in
        let request = PlotRequest(
          x: given[x], y: given[y], by: given[by], form: given[form].flatMap(Chart.Form.init(rawValue:)),
          followsWeights: given[over] != nil || given[value] == "weights")
        var subject = given[value]
        if subject == "weights" { subject = .list((given[of] ?? session.models).map { .object($0) }) }
        var chart = try Interrupt.runDetached { try request.chart(of: subject) }
        if given[log] { chart.y.isLogarithmic = true }
        if let title = given[title] { chart.title = title }
        guard chart.heatMap != nil || chart.series.contains(where: { !$0.points.isEmpty }) else {
          throw Problem(code: ShellCode.drawing, message: "there are no numbers to draw", argument: "value")
        }
        let points = chart.series.reduce(0) { $0 + $1.points.count }
        guard points <= Chart.maxPoints else {
          throw Problem(
            code: ShellCode.drawing,
            message: "a plot of \(points.of("point")) shows nothing: "
              + "\(NumberText.count(Chart.maxPoints)) are the most",
            help: ["take fewer, for example with `limit` or `take`; `histogram` shows how very many are spread"],
            argument: "value")
        }
        return try save.deliver(.chart(chart), given, session)
      }
    }
  }
}

/// What `plot` is asked to draw.
private struct PlotRequest {
  var x: String?
  var y: String?
  var by: String?
  var form: Chart.Form?
  var followsWeights: Bool

  func chart(of value: Value) throws -> Chart {
    if let chart = try chart(ofObjects: value.asList ?? [value]) { return chart }
    switch value {
    case .table(let table):
      if let map = Chart(square: table, title: "What each class was taken for"), x == nil, y == nil { return map }
      return try TablePlot(table, x: x, y: y, by: by, form: form).chart
    case .range(let range): return numbers(try range.spelledOut())
    case .list(let elements):
      let values = elements.compactMap(\.asNumber)
      if values.count == elements.count, !values.isEmpty { return numbers(values) }
      throw refusal(
        elements.isEmpty ? "there is nothing in it" : "a list is drawn if it holds numbers, models, layers or results")
    case .object(let drawing as DrawingValue):
      if case .chart(let chart) = drawing.content { return chart }
    case .object(let bounds as BoundsValue): return bounds.chart
    case .object(let proof as CertificationValue): return proof.chart
    case .object(let surface as SurfaceValue): return surface.chart
    case .object(let costs as CostsValue):
      if let map = Chart(square: costs.table, title: Chart.title(of: costs)) { return map }
    default: break
    }
    throw refusal("\(value.typePhrase) is not drawn as a plot")
  }

  private func chart(ofObjects values: [Value]) throws -> Chart? {
    let models = values.compactMap { $0.asObject(ModelValue.self) }
    let layers = values.compactMap { $0.asObject(LayerValue.self) }
    let results = values.compactMap { $0.asObject(ResultValue.self) }
    if !values.isEmpty, models.count == values.count {
      return followsWeights
        ? try weights(of: models) : try trainings(models)
    }
    if !layers.isEmpty, layers.count == values.count {
      return try WeightHistory.chart(of: layers, measure: y, form: form)
    }
    if !results.isEmpty, results.count == values.count { return classes(results) }
    return nil
  }

  /// All layers of one model; of several the convolutions, on which the Min-Max defense works.
  private func weights(of models: [ModelValue]) throws -> Chart {
    let layers = models.flatMap(\.layers)
    let convolutions = layers.filter { $0.extents.count == 4 }
    return try WeightHistory.chart(
      of: models.count == 1 || convolutions.isEmpty ? layers : convolutions, measure: y, form: form)
  }

  private func refusal(_ message: String) -> Problem {
    Problem(
      code: ShellCode.drawing, message: message,
      help: ["plot draws tables, results, models, layers, cost matrices, and lists of numbers"], argument: "value")
  }

  private func numbers(_ values: [Double]) -> Chart {
    Chart(
      title: "\(NumberText.count(values.count)) numbers", x: .init(label: "position"), y: .init(label: "value"),
      series: [.init(name: "", style: form ?? .line, points: values.enumerated().map { .init(x: Double($0), y: $1) })])
  }

  // MARK: - Trainings

  private func trainings(_ models: [ModelValue]) throws -> Chart {
    for model in models where model.origin.epochs.isEmpty {
      throw Problem(
        code: ShellCode.drawing, message: "\(model.identity.name) was not trained here, so its epochs are not known",
        argument: "value")
    }
    let names = models.map(\.identity.name).joined(separator: ", ")
    let column = y ?? (models.count > 1 ? "loss" : nil)
    if let column {
      var tables = models.map { $0.epochTable.prefixed($0.identity.name) }
      let all = tables.removeFirst()
      let rows = all.rows + tables.flatMap(\.rows)
      var chart = try TablePlot(
        all.with(rows: rows), x: "epoch", y: column, by: models.count > 1 ? "model" : nil, form: form
      )
      .chart
      let label = TablePlot.label(column)
      chart.title = label.prefix(1).uppercased() + label.dropFirst() + " of \(names) over the epochs"
      return chart
    }
    let epochs = models[0].origin.epochs
    func line(_ name: String, isRight: Bool, _ value: (StoredEpoch) -> Double?) -> Chart.Series {
      Chart.Series(
        name: name,
        points: epochs.compactMap { epoch in value(epoch).map { Chart.Point(x: Double(epoch.epoch), y: $0) } },
        isRight: isRight)
    }
    let lines = [
      line("training accuracy", isRight: false, \.trainAccuracy), line("test accuracy", isRight: false, \.testAccuracy),
      line("validation accuracy", isRight: false, \.validationAccuracy),
      line("robust, validation", isRight: false, \.validationRobust),
      line("protected, validation", isRight: false, \.validationProtected),
      line("loss (right)", isRight: true) { $0.loss },
    ]
    let kept = epochs.first { $0.picked == true }.map { ": epoch \($0.epoch) is kept" } ?? ""
    return Chart(
      title: "The training of \(names)\(kept)", x: .init(label: "epoch", isWhole: true),
      y: .init(label: "accuracy", isShare: true),
      right: .init(label: "loss"), series: lines.filter { !$0.points.isEmpty })
  }

  // MARK: - Results, class by class

  private func classes(_ results: [ResultValue]) -> Chart {
    let classes = results[0].evaluation.byClass
    func bars(_ name: String, _ rates: [Rate]) -> Chart.Series {
      Chart.Series(
        name: name, style: .bars,
        points: rates.enumerated().filter { $1.count > 0 }.map { place, rate in
          Chart.Point(x: Double(place), y: rate.value, low: rate.interval.low, high: rate.interval.high)
        })
    }
    let attacked = results.map { result in
      let attack = result.attackText
      let name = results.count == 1 ? "under \(attack)" : "\(result.model.identity.name), \(attack)"
      return bars(name, result.evaluation.byClass.map(\.robust))
    }
    let isClean = results.count == 1 && results[0].run == nil
    let clean = results.count == 1 ? [bars("clean", classes.map(\.clean))] : []
    return Chart(
      title: results.count == 1 ? results[0].heading : "Robust accuracy by class",
      x: .init(label: "class", names: classes.map { $0.name + ($0.isProtected ? " *" : "") }),
      y: .init(
        label: "accuracy, with 95 % intervals" + (classes.contains(where: \.isProtected) ? "; * protected" : ""),
        isShare: true),
      series: isClean ? clean : clean + attacked)
  }
}

extension Table {
  /// The same rows under a column `model` that says whose they are.
  fileprivate func prefixed(_ model: String) -> Table {
    Table(columns: [Column("model")] + columns, rows: rows.map { [.string(model)] + $0 })
  }
}

extension Session {
  /// The models that have a name in this notebook and whose epochs are known, each once.
  fileprivate var models: [ModelValue] {
    var models: [ModelValue] = []
    for (_, value) in environment.variables {
      if let model = value.asObject(ModelValue.self), !model.origin.epochs.isEmpty,
        !models.contains(where: { $0.identity === model.identity })
      {
        models.append(model)
      }
    }
    return models
  }
}
