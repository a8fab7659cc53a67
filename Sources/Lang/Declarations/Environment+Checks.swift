extension ParameterDeclaration {
  /// How a message names it.
  func recipient(of command: CommandDeclaration) -> ValueType.Recipient {
    isSubject ? .subject(name, of: command.name) : .label(name)
  }

  /// Whether a value is as good as none given: `none` for a label that may be left out, where it means nothing of its own.
  func leavesOut(_ value: Value?) -> Bool {
    value?.isNone == true && !isSubject && !isRequired && type.fit(.none) != .fits
  }
}

extension Environment {
  /// Who has a setting that is not one here, by its name or by what another tool calls it: "`steps` is a setting of bim, pgd".
  func owners(of label: String, in families: [String?]) -> [String] {
    let names = [label] + others.names(for: label).flatMap(\.here)
    let all = Set(families).flatMap { choices(of: $0) }
    guard let name = names.first(where: { name in all.contains { $0.setting(name) != nil } }) else { return [] }
    let having = all.filter { $0.setting(name) != nil }.map(\.name).sorted()
    let shown = having.prefix(5).joined(separator: ", ") + (having.count > 5 ? " and others" : "")
    return ["`\(name)` is a setting of \(shown)"]
  }

  /// The value if the parameter takes it, or may be left out so; see `checked(_:_:for:)`.
  func checked(_ value: Value, _ parameter: ParameterDeclaration, of command: CommandDeclaration) throws -> Value {
    if parameter.leavesOut(value) { return value }
    return try checked(value, parameter.type, for: parameter.recipient(of: command))
  }

  /// The value if it fits. What is not right is told, and, of a name that was put into quotes, to write it without.
  func checked(_ value: Value, _ type: ValueType, for recipient: ValueType.Recipient) throws -> Value {
    do { return try type.checked(value, for: recipient) } catch var problem as Problem {
      guard case .string(let text) = value, problem.code == Code.wrongType.rawValue else { throw problem }
      let named = self.value(of: text) ?? builtIn(text)
      if let named, type.fit(named) == .fits {
        problem.message = "\(recipient.shown) takes \(type.phrase): write \(text) without quotes"
        problem.help = []
      } else {
        let names = type.families.flatMap { choices(of: $0).map(\.name) } + type.words
        let meant = suggestion(for: text, among: names)
        if meant.isFound { problem.label = meant.label }
        problem.help += meant.help
      }
      throw problem
    }
  }
}
