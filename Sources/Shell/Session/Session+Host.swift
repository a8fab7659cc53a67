import Lang
import Store

/// What the language asks of the notebook while code runs.
extension Session: Host {
  func poll() throws {
    if Interrupt.isRequested { throw Lang.Interrupt() }
  }

  func query(sql text: String, bindings: [(name: String, value: Value)], at range: SourceRange) throws -> Value {
    storeSoFar()
    var parameters: [String: SQLValue] = [:]
    for (name, value) in bindings { parameters[name] = try Query.parameter(value, name: name) }
    do {
      let table = try sql.query(text, parameters: parameters, shouldStop: { Interrupt.isRequested })
      for remark in table.notes { note(Diagnostic(ShellCode.integerDivision, remark, at: range, severity: .note)) }
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
