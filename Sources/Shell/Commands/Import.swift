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
      "export", "Write a table, a cost matrix or images to a file.", topic: Topic.notebook,
      examples: [
        "export (select model, robust from results) as: \"results.csv\"", "export guard as: \"guard.csv\"",
        "export take(fashion.test, 100) as: \"some.npz\"",
      ],
      details: """
        The ending of the file's name says how: .csv, .json, .jsonl (an object a line) or .md (Markdown). The first three \
        keep every digit and every row. `import` reads them back, and `costs DATA from:` a matrix. `keep` writes a model, \
        `save:` a picture, `:export` the session.
        Images go to .npz (x from 0 to 1 as 32-bit floats [n, channels, height, width], y, indices, class_names; `load` reads it \
        back), to .npy (x alone), or into a new folder of PNG files if the name ends with /. Of `hit.adversarial`, the images that \
        an attack with keep: images changed, the .npz also has x_clean, predictions, predictions_clean and settings, and a \
        folder says how many images still fool the model when rounded to 8 bits. Rows of features also go to .csv, in their own \
        units.
        """
    ) { signature in
      let value = signature.subject(
        "table", .either(.table, .object(CostsValue.self), .object(ImagesValue.self)), "what to write")
      let file = signature.required("as", .file, "the file to write")
      return { session, given in
        try session.checkMayWrite(given[file])
        if case .object(let images as ImagesValue) = given[value] {
          if let table = images.ownUnits, let form = try? TableFile(given[file], argument: "as") {
            try form.write(table)
            return session.wrote(given[file], "\(table.count.of("row")), \(table.columns.count.of("column"))")
          }
          return session.wrote(given[file], try ImageFiles(given[file]).write(images, session))
        }
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
  func wrote(_ file: String, _ what: String) -> Value {
    output.show(.text("\(file)  \(what)"))
    return .none
  }
}
