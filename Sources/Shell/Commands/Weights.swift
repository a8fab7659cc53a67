import Lang
import NN

extension Command<Session> {
  static var weights: Command {
    Command(
      "weights", "How the weights of each layer are spread: the Min-Max table.", topic: Topic.looking,
      examples: ["weights cse"],
      details: """
        The Min-Max property (arXiv:2101.12372): most weights approach zero while a few grow large. l1 - l2 is what the Min-Max \
        defense makes small; it is 0 when one weight is left. hoyer and gini go from 0 (all alike) to 1 (a single weight); \
        kurtosis is 3 for a normal distribution.
        """
    ) { signature in
      let model = signature.model()
      return { session, given in
        let value = given[model]
        let network = value.model
        let statistics = try Interrupt.runDetached { network.weightStatistics }
        session.made(.weights(value))
        let rows = statistics.map { layer -> [Value] in
          [
            .string(layer.layer), .integer(layer.count), .known(layer.l1), .known(layer.l2), .known(layer.l1MinusL2),
            .known(layer.max), .known(layer.std), .number(layer.belowThousandth), .number(layer.belowHundredth),
            .known(layer.kurtosis), .known(layer.hoyer), .known(layer.gini),
          ]
        }
        return .table(
          Table(
            columns: [
              .init("layer"), .init("weights", .count), .init("l1"), .init("l2"), .init("l1_minus_l2"), .init("max"),
              .init("std"),
              .init("below_1e-3", .share), .init("below_1e-2", .share), .init("kurtosis"), .init("hoyer"),
              .init("gini"),
            ], rows: rows))
      }
    }
  }
}
