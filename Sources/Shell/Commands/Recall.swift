import Lang
import NN
import Store

extension Command<Session> {
  static var recall: Command {
    Command(
      "recall", "Take a model out of the store: one that an earlier session, or this one, has trained.",
      topic: Topic.training,
      examples: ["let again = recall \"normal\"", "recall (select max(id) as id from models)[0].id"],
      details: """
        By its name, the newest if several have it, or by its id in the view models. The model has its weights, its data and \
        its costs again, and is the same model: nothing is stored twice.
        """
    ) { signature in
      let which = signature.subject("model", .either(.string, .integer(in: .atLeast(1))), "its name or id")
      return { session, given in
        guard let name = given[which].asString else {
          return .object(try session.restoredModel(Int64(given[which].asInteger ?? 0)))
        }
        guard let id = try session.store.newestModel(named: name) else {
          throw Problem(
            code: ShellCode.wrongModel, message: "the store has no model called \"\(name)\"",
            help: ["`select id, name, defense, clean from models` lists them"], argument: "model")
        }
        return .object(try session.restoredModel(id))
      }
    }
  }
}
