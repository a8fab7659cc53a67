/// A program, checked and compiled.
public struct Prepared {
  /// One item, ready to run.
  public struct Ready {
    /// What it is and where.
    public let item: Item
    var unit: Compiler.Unit?
    /// The `param` it declares, if it is one.
    public var parameter: ProgramParameter? {
      if case .parameter(let parameter) = item.kind { parameter } else { nil }
    }

    /// Makes a `param` take this value instead of its default.
    mutating func overrideValue(_ value: Value) {
      guard let parameter else { return }
      unit = Compiler.Unit(
        run: { frame in
          frame.slots[0] = value
          frame.machine.environment.bind(parameter.name, to: value)
          return .normal
        }, slotCount: 1, cellCount: 0, result: 0)
    }
  }

  /// The program as it was read.
  public let program: Program
  /// Its items, in order.
  public internal(set) var items: [Ready]
  /// Errors and warnings found before anything runs.
  public let diagnostics: [Diagnostic]
  /// The errors among them: if there are any, nothing may run.
  public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
}

/// What running one item gave.
public struct Outcome {
  /// What the value is to the reader.
  public enum Kind: Equatable, Sendable {
    /// The value of an expression or command: to be shown.
    case value
    /// A name got a value (`let`, `param`, assignment): one summary line.
    case bound(String)
    /// A loop, a condition, a function definition, a check: nothing to show.
    case nothing
  }
  /// The item that ran.
  public let item: Item
  /// Its value; `none` for statements that have none.
  public let value: Value
  /// What the value is to the reader.
  public let kind: Kind
  /// Whether a `;` keeps it from being shown.
  public var isSilenced: Bool { item.isSilenced }
}

extension Statement {
  var outcome: Outcome.Kind {
    switch kind {
    case .declare(let name, _), .param(let name, _, _): .bound(name.text)
    case .assign(let place, _), .update(let place, _, _): .bound(place.name.text)
    case .evaluate: .value
    default: .nothing
    }
  }
}
