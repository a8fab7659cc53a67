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
      "export", "Write a table, a cost matrix, images or what an attack does to a file.", topic: Topic.notebook,
      examples: [
        "export (select model, robust from results) as: \"results.csv\"", "export guard as: \"guard.csv\"",
        "export take(fashion.test, 100) as: \"some.npz\"",
        "export (attack normal with: pgd on: take(fashion.test, 50)) as: \"attack.html\"",
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
        The result of an attack goes to .html: one page, for a reader who has nothing installed, on which eps is moved with a \
        slider, and images, answers, the accuracy of each class and what mistakes cost follow. The attack is run at each of \
        its radii for it, and each is stored.
        """
    ) { signature in
      let value = signature.subject(
        "table", .either(.table, .object(CostsValue.self), .object(ImagesValue.self), .object(ResultValue.self)),
        "what to write")
      let file = signature.required("as", .file, "the file to write")
      let eps = signature.optional(
        "eps", .list(of: ParameterType<Double>.number(in: .all, unit: "pixel units")), "of an attack's page, the radii",
        shown: "eleven, from 0 to that of the attack")
      return { session, given in
        try session.checkMayWrite(given[file])
        if case .object(let result as ResultValue) = given[value] {
          return try session.export(result, to: given[file], at: given[eps])
        }
        if given[eps] != nil {
          throw Problem(
            code: ShellCode.file, message: "eps belongs to the page of an attack's result", argument: "eps")
        }
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
  fileprivate func export(_ result: ResultValue, to file: String, at radii: [Double]?) throws -> Value {
    guard ["html", "htm"].contains(URL(fileURLWithPath: file).pathExtension.lowercased()) else {
      throw Problem(
        code: ShellCode.file, message: "a result is written as a page, .html",
        help: [
          "`export hit.examples as:` writes its images as a table, `export hit.adversarial as:` the changed images"
        ],
        argument: "as")
    }
    let page = try explorePage(of: result, at: radii, argument: "table")
    try WrittenFile.write(page.text(), to: file, argument: "as")
    return wrote(file, page.summary)
  }

  func wrote(_ file: String, _ what: String) -> Value {
    output.show(.text("\(file)  \(what)"))
    return .none
  }
}
