import Foundation
import Lang
import NN
import Store

/// What Tab offers: the language's own candidates, and those only the notebook knows (session lines, SQL, files).
enum CompletionProvider {
  static func at(
    _ text: String, cursor: Int, in session: Session, ignoringCase: Bool = false
  ) -> LineEditor.Completions? {
    let found = Completion.at(
      text, cursor, in: session.environment, from: sources(of: session), ignoringCase: ignoringCase)
    guard !found.candidates.isEmpty else { return nil }
    return LineEditor.Completions(
      start: found.start, quote: found.quote,
      candidates: found.candidates.map { .init(text: $0.text, note: $0.summary) })
  }

  static func sources(of session: Session) -> Completion.Sources {
    var sources = Completion.Sources()
    sources.session = { line in
      if line.hasPrefix("!"), let space = line.lastIndex(of: " ") {
        return files(after: line[line.index(after: space)...])
      }
      guard line.hasPrefix(":") else { return [] }
      if let space = line.firstIndex(of: " ") {
        let name = line[..<space].dropFirst()
        guard let known = SessionLine.all.first(where: { $0.name == name || $0.name + "!" == name }) else { return [] }
        let words = known.words(session).map { Completion.Candidate($0, .session, "") }
        return words + (known.arguments.contains("FILE") ? files(after: line[line.index(after: space)...]) : [])
      }
      let lines = SessionLine.all + (session.lesson == nil ? [] : SessionLine.ofLessons)
      return lines.map { .init($0.name, .session, $0.summary) }
    }
    sources.sql = { sql(after: $0) }
    sources.texts = { owner, label in texts(of: owner, label, in: session) }
    sources.files = { typed in files(typed) }
    sources.last = { try? session.lastValue($0) }
    sources.words = { kind in
      switch kind {
      case "topic": About.topics(in: session.environment).map { .init($0, .keyword, "") }
      case "table": Views.all.map { .init($0.name, .sql, $0.summary) }
      case "training": trainings(of: session)
      default: []
      }
    }
    return sources
  }

  private static func trainings(of session: Session) -> [Completion.Candidate] {
    let stopped = (try? session.store.unfinishedTrainings()) ?? []
    return stopped.map { .init($0.name, .variable, "stopped after epoch \($0.epoch) of \($0.epochs)") }
  }

  /// What a string may say: a model of the store, or a class of the data that has a name.
  private static func texts(of owner: String, _ label: String?, in session: Session) -> [Completion.Candidate] {
    if owner == "load", label == nil { return Dataset.knownNames.map { .init($0, .file, "data set") } }
    if owner == "recall" {
      return ((try? session.store.modelNames(atMost: 100)) ?? []).map { .init($0, .variable, "a model of the store") }
    }
    let values = session.environment.variables.map(\.value)
    let named = session.environment.value(of: owner)?.asObject(CostsValue.self)
    guard label.map(classLabels.contains) ?? (owner == "only" || named != nil) else { return [] }
    let classes = named?.classes ?? values.compactMap { $0.asObject(DatasetValue.self)?.dataset.classes }.flatMap { $0 }
    return classes.map { .init($0, .choice, "a class") }
  }

  /// The labels that take a class by its name.
  private static let classLabels: Set = ["protect", "classes", "class", "true", "answered"]

  /// Tables where one must follow, else columns and SQL's own words: the columns of the tables named so far, if any are.
  private static func sql(after text: String) -> [Completion.Candidate] {
    let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map { $0.lowercased() }
    let typing = text.last.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    let tables = Views.all.map { Completion.Candidate($0.name, .sql, $0.summary) }
    if let before = words.dropLast(typing ? 1 : 0).last, ["from", "join"].contains(before) { return tables }
    if let found = text.firstMatch(of: /([A-Za-z_]\w*)\.\w*$/) {
      // `r.` of `results r` or `results as r`; of what stands behind the cursor nothing is known yet.
      let owner = found.output.1.lowercased()
      let at = words.indices.dropFirst().first { index in
        words[index] == owner && (Views.named(words[index - 1]) != nil || words[index - 1] == "as")
      }
      let table = at.map { words[$0 - 1] == "as" && $0 > 1 ? words[$0 - 2] : words[$0 - 1] }
      let view = Views.named(owner) ?? table.flatMap { Views.named($0) }
      return (view.map { [$0] } ?? Views.all).flatMap { view in
        view.columns.map { .init($0.name, .sql, "\(view.name): \($0.meaning)") }
      }
    }
    let named = Views.all.filter { words.contains($0.name) }
    let columns = (named.isEmpty ? Views.all : named).flatMap { view in
      view.columns.map { Completion.Candidate($0.name, .sql, "\(view.name): \($0.meaning)") }
    }
    return columns + (named.isEmpty ? tables : []) + sqlWords
  }

  private static let sqlWords = [
    "select", "from", "where", "group by", "order by", "limit", "join", "as", "and", "or", "desc", "distinct",
    "count(*)", "avg(", "max(", "min(", "sum(", "round(",
  ].map { Completion.Candidate($0, .sql, "SQL") }

  /// Files for a session line, whose last word is all that a completion replaces.
  private static func files(after typed: Substring) -> [Completion.Candidate] {
    let word = typed.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.count
    return files(String(typed)).filter { $0.text.hasPrefix(typed) }.map {
      .init(String($0.text.dropFirst(typed.count - word)), .file, $0.summary)
    }
  }

  /// Files and folders that continue a path.
  private static func files(_ typed: String) -> [Completion.Candidate] {
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let real = folder.isEmpty ? "." : Home.path(folder)
    // Only these are looked at more closely: a folder may hold very many.
    let begun = (slash.map { typed[typed.index(after: $0)...] } ?? typed[...]).lowercased()
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: real)) ?? []).filter {
      !$0.hasPrefix(".") && $0.lowercased().hasPrefix(begun)
    }.sorted()
    return names.map { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: real + "/" + name, isDirectory: &isFolder)
      return .init(folder + name + (isFolder.boolValue ? "/" : ""), .file, isFolder.boolValue ? "folder" : "file")
    }
  }
}
