import Foundation
import Lang
import Store

extension SessionLine {
  static var store: SessionLine {
    SessionLine(
      name: "store", arguments: "[check | backup FILE | prune AGE|SIZE [yes]]",
      summary: "where results are kept; look for damage, copy it, remove what is old",
      details: """
        AGE is such as 30 days, SIZE such as 500 MB. A prune only shows what it would remove; `yes` behind it does it, for \
        good, and never takes what newer work rests on.
        """, example: ":store\n:store check\n:store prune 30 days", words: { _ in ["check", "backup", "prune"] }
    ) { session, text in
      var words = try Words.split(text)
      let word = words.isEmpty ? "" : words.removeFirst()
      switch word {
      case "": session.output.show(.text(place(of: session)))
      case "check" where words.isEmpty: try check(session)
      case "backup" where words.count == 1: try backUp(session, to: words[0])
      case "prune" where !words.isEmpty: try prune(session, words)
      default: throw misuse(of: word)
      }
    }
  }

  /// What is missing behind a word that `:store` has, or the words that it has.
  private static func misuse(of word: String) -> Problem {
    let needs = [
      "check": "takes nothing more", "backup": "needs one file to write", "prune": "needs an age or a size",
    ]
    let message = needs[word].map { ":store \(word) \($0)" } ?? ":store takes check, backup or prune, not `\(word)`"
    return Problem(
      code: ShellCode.sessionLine, message: message,
      label: needs[word] == nil ? Suggestions.hint(for: word, in: needs.keys.sorted()) : "",
      help: [
        ":store backup \"copy.sqlite\"",
        ":store prune 30 days   shows what that would remove; `yes` behind it does it",
      ])
  }

  private static func place(of session: Session) -> String {
    guard let path = session.store.path else {
      return "store  memory only: nothing is kept when this session ends\nsession  \(session.number)"
    }
    return "store  \(path), \(NumberText.bytes(session.store.bytesOnDisk()))\nsession  \(session.number)"
  }

  private static func check(_ session: Session) throws {
    let problems: [String]
    do { problems = try session.store.check(shouldStop: { Interrupt.isRequested }) } catch SQLError.interrupted {
      throw Lang.Interrupt()
    }
    guard problems.isEmpty else {
      throw Problem(
        code: ShellCode.store, message: "the store is damaged: " + problems.prefix(10).joined(separator: "; "),
        help: ["restore a backup, or save with `sqlite3 FILE .recover` what can be read"])
    }
    session.output.show(
      .text("the store is sound: pages, indexes, references and the hash of all weights are as they should be"))
  }

  private static func backUp(_ session: Session, to file: String) throws {
    try session.checkMayWrite(file)
    let size: Int
    do {
      size = try session.store.backup(to: Home.path(file), shouldStop: { Interrupt.isRequested })
    } catch SQLError.interrupted {
      throw Lang.Interrupt()
    }
    session.output.show(.text("\(file)  a copy of the store as it is now, \(NumberText.bytes(size))"))
  }

  private static func prune(_ session: Session, _ words: [String]) throws {
    let isMeant = words.last == "yes"
    let limit = (isMeant ? words.dropLast() : words[...]).joined(separator: " ")
    guard let date = try PruneLimit(limit).date(in: session.store) else {
      return session.output.show(.text("the store is no larger than that: nothing to remove"))
    }
    let plan = isMeant ? try session.store.prune(before: date) : try session.store.planPruning(before: date)
    guard plan.cells > 0 else {
      return session.output.show(.text("nothing is that old, or newer work rests on it: nothing to remove"))
    }
    session.output.show(.table(table(of: plan, removed: isMeant)))
    let rest =
      isMeant
      ? "removed; the store now takes \(NumberText.bytes(session.store.bytesOnDisk()))"
      : "nothing is removed yet: `:store prune \(limit) yes` does it, for good"
    session.output.show(.text(rest))
  }

  private static func table(of plan: Pruning, removed: Bool) -> Table {
    let counts = [
      ("sessions", plan.sessions), ("cells", plan.cells), ("models", plan.models), ("results", plan.results),
      ("examples", plan.examples),
    ]
    return Table(
      columns: [.init(removed ? "removed" : "would go"), .init("how many", .plain)],
      rows: counts.map { [.string($0), .integer($1)] } + [[.string("bytes, about"), .integer(plan.bytes)]])
  }
}

/// How far back a prune leaves the store alone: an age, or a size of the file.
private enum PruneLimit {
  case age(TimeInterval)
  case size(Int)

  /// `30 days`, `2w`, `500 MB`.
  init(_ text: String) throws {
    let units: [(name: Regex<Substring>, limit: (Double) -> PruneLimit)] = [
      (/h|hours?/, { .age($0 * 3_600) }), (/d|days?/, { .age($0 * 86_400) }), (/w|weeks?/, { .age($0 * 604_800) }),
      (/months?/, { .age($0 * 30 * 86_400) }), (/y|years?/, { .age($0 * 365 * 86_400) }),
      (/kb|KB|kB/, { .size(Int($0 * 1e3)) }), (/mb|MB/, { .size(Int($0 * 1e6)) }), (/gb|GB/, { .size(Int($0 * 1e9)) }),
    ]
    if let parts = text.wholeMatch(of: /(\d{1,9}(?:\.\d{1,6})?) ?([A-Za-z]+)/), let number = Double(parts.output.1),
      let unit = units.first(where: { parts.output.2.wholeMatch(of: $0.name) != nil })
    {
      self = unit.limit(number)
      return
    }
    throw Problem(
      code: ShellCode.sessionLine, message: "`\(text)` is neither an age nor a size",
      help: [":store prune 30 days  (hours, days, weeks, months, years)", ":store prune 500 MB  (KB, MB, GB)"])
  }

  /// Cells that began before it go; `nil` when none have to.
  func date(in store: StoreFile) throws -> Date? {
    switch self {
    case .age(let seconds): Date(timeIntervalSinceNow: -seconds)
    case .size(let bytes): try store.pruningDate(toBytes: bytes)
    }
  }
}
