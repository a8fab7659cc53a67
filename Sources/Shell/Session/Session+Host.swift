import Lang
import Store

/// What the language asks of the notebook while code runs.
extension Session: Host {
  func poll() throws {
    if Interrupt.isRequested { throw Lang.Interrupt() }
  }

  func query(sql text: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value {
    storeSoFar()
    var parameters: [String: SQLValue] = [:]
    for binding in bindings { parameters[binding.name] = try Query.parameter(binding) }
    do {
      let table = try sql.query(text, parameters: parameters, shouldStop: { Interrupt.isRequested })
      for remark in table.notes {
        let place = Query.place(remark.place, in: range)
        note(Diagnostic(ShellCode.integerDivision, remark.message, at: place, severity: .note))
      }
      return .table(Query.table(table))
    } catch let error as SQLError {
      throw Query.diagnostic(error, sql: text, at: range)
    }
  }

  func note(_ diagnostic: Diagnostic) {
    output.complain(diagnostic.render(), written: notices.text(of: diagnostic))
  }

  func last(_ number: Int?) throws -> Value { try lastValue(number) }
}
