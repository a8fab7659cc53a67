import Foundation
import Lang
import NN
import Store

/// What Tab offers: the language's own candidates, and those only the notebook knows (session lines, SQL, files).
enum Completing {
  static func at(_ text: String, cursor: Int, in session: Session) -> LineEditor.Completions? {
    let found = Completion.at(text, cursor, in: session.environment, from: sources(of: session))
    guard !found.candidates.isEmpty else { return nil }
    return LineEditor.Completions(
      start: found.start, candidates: found.candidates.map { .init(text: $0.text, note: $0.summary) })
  }

  static func sources(of session: Session) -> Completion.Sources {
    var sources = Completion.Sources()
    sources.session = { line in
      guard line.hasPrefix(":") else { return [] }
      if let space = line.firstIndex(of: " ") {
        let words = SessionLine.all.first { $0.name == line[..<space].dropFirst() }?.words ?? []
        if !words.isEmpty { return words.map { .init($0, .session, "") } }
        return files(after: line[line.index(after: space)...])
      }
      return SessionLine.all.map { .init($0.name, .session, $0.summary) }
    }
    sources.sql = { _ in sql }
    sources.files = { typed in files(typed) }
    sources.words = { kind in
      switch kind {
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

  private static let sql: [Completion.Candidate] = {
    let tables = Views.all.map { Completion.Candidate($0.name, .sql, $0.summary) }
    let columns = Views.all.flatMap { view in
      view.columns.map { Completion.Candidate($0.name, .sql, "\(view.name): \($0.meaning)") }
    }
    let words = [
      "select", "from", "where", "group by", "order by", "limit", "join", "count(*)", "avg(", "max(", "min(", "round(",
    ]
    return tables + columns + words.map { Completion.Candidate($0, .sql, "SQL") }
  }()

  /// Files for a session line, whose last word is all that a completion replaces.
  private static func files(after typed: Substring) -> [Completion.Candidate] {
    let word = typed.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.count
    return files(String(typed)).filter { $0.text.hasPrefix(typed) }.map {
      .init(String($0.text.dropFirst(typed.count - word)), .file, $0.summary)
    }
  }

  /// Files and folders that continue a path, and the data sets that have a name.
  private static func files(_ typed: String) -> [Completion.Candidate] {
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let real = folder.isEmpty ? "." : Home.path(folder)
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: real)) ?? []).filter { !$0.hasPrefix(".") }
      .sorted()
    let known = folder.isEmpty ? Dataset.knownNames.map { Completion.Candidate($0, .file, "data set") } : []
    return known
      + names.map { name in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: real + "/" + name, isDirectory: &isFolder)
        return .init(folder + name + (isFolder.boolValue ? "/" : ""), .file, isFolder.boolValue ? "folder" : "file")
      }
  }
}
