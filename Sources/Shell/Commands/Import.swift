import Foundation
import Lang
import NN
import Store

extension Command<Session> {
  static var `import`: Command {
    Command(
      "import", "Read a table from a file: comma-separated text, JSON, or JSON lines.", topic: Topic.notebook,
      examples: ["import \"others.csv\""],
      details: """
        The ending of its name says what it is: .csv (the first line names the columns), .json (a list of objects) or .jsonl \
        (an object a line). A column of a CSV file holds numbers, or true and false, if all that stands in it is; an empty \
        field is none. What is no table inside JSON stays JSON text. `export` writes such files.
        """
    ) { signature in
      let file = signature.subject("file", .file, "the file to read")
      return { _, given in
        .table(try TableFile(given[file], argument: "file").read())
      }
    }
  }

  static var export: Command {
    Command(
      "export", "Write a table or a cost matrix to a file.", topic: Topic.notebook,
      examples: ["export (select model, robust from results) as: \"results.csv\"", "export guard as: \"guard.csv\""],
      details: """
        The ending of the file's name says how: .csv, .json, .jsonl (an object a line) or .md (Markdown). The first three \
        keep every digit and every row. `import` reads them back, and `costs DATA from:` a matrix. `keep` writes a model, \
        `save:` a picture, `:export` the session.
        """
    ) { signature in
      let value = signature.subject("table", .either(.table, .object(CostsValue.self)), "what to write")
      let file = signature.required("as", .file, "the file to write")
      return { session, given in
        try session.checkMayWrite(given[file])
        let form = try TableFile(given[file], argument: "as")
        if case .object(let costs as CostsValue) = given[value] {
          try form.write(costs)
          return session.wrote(given[file], "costs of \(costs.classes.count.of("class", "classes"))")
        }
        guard let table = given[value].asTable else { return .none }
        try form.write(table)
        let rows = table.count.of("row")
        return session.wrote(
          given[file], "\(rows), \(table.columns.count.of("column"))")
      }
    }
  }
}

extension Session {
  fileprivate func wrote(_ file: String, _ what: String) -> Value {
    output.show(.text("\(file)  \(what)"))
    return .none
  }
}
