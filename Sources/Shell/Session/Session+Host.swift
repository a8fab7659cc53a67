import Lang
import Store
import Synchronization

/// What the language asks of the notebook while code runs.
extension Session: Host {
  func poll() throws {
    if Interrupt.isRequested { throw Lang.Interrupt() }
  }

  func query(sql text: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value {
    var parameters: [String: SQLValue] = [:]
    for binding in bindings { parameters[binding.name] = try Query.parameter(binding) }
    do {
      let table = try answer(text, parameters)
      for remark in UserSQL.remarks(on: text) {
        let place = Query.place(remark.place, in: range)
        note(Diagnostic(ShellCode.integerDivision, remark.message, at: place, severity: .note))
      }
      return .table(table)
    } catch let error as SQLError {
      throw Query.diagnostic(error, sql: text, at: range)
    }
  }

  /// Runs a query on a thread of its own. A single step of SQLite's machine cannot be stopped, nor can the compiling of a
  /// query: one that is in the middle of either when Ctrl-C comes is left behind, with its connection.
  private func answer(_ text: String, _ parameters: [String: SQLValue]) throws -> Table {
    let (connection, isLeft) = (try sql, Flag())
    do {
      return try Interrupt.runDetached {
        try Query.table(
          of: text, from: connection, parameters: parameters, shouldStop: { Interrupt.isRequested || isLeft.isUp })
      }
    } catch let interrupt as Lang.Interrupt {
      isLeft.raise()
      renewSQL()
      throw interrupt
    }
  }

  func note(_ diagnostic: Diagnostic) {
    output.complain(diagnostic.render(), written: notices.text(of: diagnostic))
  }

  /// A note on what a command was asked for; each text once a cell, and a few at most: loops would repeat them.
  func remark(_ text: String) {
    guard cell.remarks.count < 5, cell.remarks.insert(text).inserted else { return }
    output.complain("note: " + text, written: notices.text(.note, text))
  }

  func letGo() { releaseEarlierValues() }

  func last(_ number: Int?) throws -> Value { try lastValue(number) }
}

/// A word from one thread to another: what was waited for is not wanted any more.
private final class Flag: Sendable {
  private let state = Atomic<Bool>(false)
  var isUp: Bool { state.load(ordering: .relaxed) }
  func raise() { state.store(true, ordering: .relaxed) }
}
