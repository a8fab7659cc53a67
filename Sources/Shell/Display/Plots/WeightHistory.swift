import Lang

/// The weights of layers, followed over the epochs of their models' trainings.
enum WeightHistory {
  /// What can be followed, by the name of its column in `epoch_weights`.
  private static let measures: [(name: String, value: @Sendable (StoredWeights) -> Double?)] = [
    ("hoyer", \.hoyer), ("kurtosis", \.kurtosis), ("gini", \.gini), ("l1_minus_l2", { $0.l1 - $0.l2 }), ("l1", \.l1),
    ("l2", \.l2), ("max", \.max), ("std", \.std), ("near_zero", \.nearZero),
  ]

  /// - Throws: `Problem` for a measure that there is none of, and for models whose epochs are not known.
  static func chart(of layers: [LayerValue], measure name: String?, form: Chart.Form?) throws -> Chart {
    guard let measure = measures.first(where: { $0.name == name ?? measures[0].name }) else {
      let names = measures.map(\.name)
      throw Problem(
        code: ShellCode.drawing, message: "the weights have no measure `\(name ?? "")`",
        label: Suggestions.hint(for: name ?? "", in: names), help: ["they have " + names.joined(separator: ", ")],
        argument: "y")
    }
    let models = Set(layers.map { ObjectIdentifier($0.model.identity) })
    let series = try layers.map { layer in
      let model = layer.model
      let points = model.origin.epochs.compactMap { epoch -> Chart.Point? in
        let weights = epoch.weights.first { $0.layer == layer.name }
        return weights.flatMap(measure.value).flatMap { $0.isFinite ? Chart.Point(x: Double(epoch.epoch), y: $0) : nil }
      }
      guard !points.isEmpty else {
        throw Problem(
          code: ShellCode.drawing,
          message: "the epochs of \(model.identity.name) are not known, so its weights cannot be followed",
          help: ["models trained by this version keep them: train or defend it again"], argument: "value")
      }
      return Chart.Series(
        name: models.count > 1 ? "\(model.identity.name).\(layer.name)" : layer.name, style: form ?? .line,
        points: points)
    }
    let label = TablePlot.label(measure.name)
    let whose = models.count == 1 ? layers.first.map { " of \($0.model.identity.name)" } ?? "" : ""
    return Chart(
      title: "Weights\(whose) over the epochs",
      x: .init(label: "epoch", isWhole: true),
      y: .init(label: label, isShare: measure.name == "near_zero"), series: series)
  }
}
