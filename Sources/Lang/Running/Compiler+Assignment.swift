extension Compiler {
  /// `place = value`
  func assign(_ place: Place, _ node: Node) -> Exec {
    let value = expression(node).eval
    guard let access = access(place) else { return { _ in .normal } }
    guard !place.steps.isEmpty else {
      let set = access.set, mustExist = access.isGuess ? undeclared(place.name) : nil
      return { frame in
        let value = try value(frame)
        if let mustExist, access.get(frame) == nil { throw mustExist }
        set(frame, value)
        return .normal
      }
    }
    let steps = place.steps.map(compile), range = range(place.name.start, place.end)
    return { frame in
      let value = try value(frame)
      let path = try steps.map { try $0(frame) }
      try Self.change(access, frame, range) { root in try root.replace(path[...], with: { _ in value }) }
      return .normal
    }
  }

  /// `place += value` and `place -= value`. Numbers and the end of a list change where they are.
  func update(_ place: Place, _ operation: Arithmetic, _ node: Node, _ range: SourceRange) -> Exec {
    let value = expression(node).eval
    guard let access = access(place) else { return { _ in .normal } }
    let sign: Double = operation == .add ? 1 : -1
    if place.steps.isEmpty, case .slot(let slot) = access.binding {
      return { frame in
        let value = try value(frame)
        if case .number(let old) = frame.slots[slot], case .number(let change) = value {
          let sum = old + sign * change
          if sum.isFinite {
            frame.slots[slot] = .number(sum)
            return .normal
          }
        }
        try Self.change(access, frame, range) { try $0.combine(operation, value) }
        return .normal
      }
    }
    if place.steps.isEmpty, case .global(let cell) = access.binding {
      return { frame in
        let value = try value(frame)
        if case .number(let old)? = cell.storage.pointee, case .number(let change) = value {
          let sum = old + sign * change
          if sum.isFinite {
            cell.storage.pointee = .number(sum)
            return .normal
          }
        }
        try Self.change(access, frame, range) { try $0.combine(operation, value) }
        return .normal
      }
    }
    let steps = place.steps.map(compile)
    return { frame in
      let value = try value(frame)
      let path = try steps.map { try $0(frame) }
      try Self.change(access, frame, range) { root in
        try root.replace(path[...]) { old in
          var new = old
          try new.combine(operation, value)
          return new
        }
      }
      return .normal
    }
  }

  /// How a variable is read and written.
  struct Access {
    let binding: Binding
    let name: String
    let range: SourceRange
    let get: (Frame) -> Value?
    let set: (Frame, Value) -> Void
    /// Whether nothing in the text declares it: a script run before may have.
    var isGuess = false
  }

  private func access(_ place: Place) -> Access? {
    let name = place.name.text, range = range(place.name)
    let known = lookUp(name)
    let guess = isLenient && !environment.isBuiltIn(name) ? Binding.global(environment.cell(for: name)) : nil
    guard let binding = known ?? guess else {
      diagnostics.append(undeclared(place.name))
      return nil
    }
    switch binding {
    case .slot(let slot):
      return Access(binding: binding, name: name, range: range, get: { $0.slots[slot] }, set: { $0.slots[slot] = $1 })
    case .cell(let index):
      return Access(
        binding: binding, name: name, range: range, get: { $0.cells[index]?.value },
        set: { $0.cells[index]?.value = $1 })
    case .global(let cell):
      return Access(
        binding: binding, name: name, range: range, get: { _ in cell.value },
        set: { frame, value in
          if cell.value == nil { frame.machine.environment.bind(name, to: value) } else { cell.value = value }
        }, isGuess: known == nil)
    }
  }

  private func undeclared(_ name: Name) -> Diagnostic {
    if environment.isBuiltIn(name.text) {
      return Diagnostic(
        .readOnly, "`\(name.text)` is built in and cannot be changed", at: range(name),
        help: ["`let \(name.text) = …` makes a variable of that name"])
    }
    return Diagnostic(
      .undeclared, "there is no variable `\(name.text)`", at: range(name),
      says: Suggestions.hint(for: name.text, in: scope.names + declared),
      help: ["`let \(name.text) = …` makes one"])
  }

  private func compile(_ step: Place.Step) -> (Frame) throws -> PathStep {
    switch step {
    case .member(let name):
      let range = range(name), text = name.text
      return { _ in .member(text, range) }
    case .index(let nodes):
      let evals = nodes.map { expression($0).eval }
      let range = range(nodes.first?.start ?? 0, nodes.last?.end ?? 0)
      return { frame in .index(try evals.map { try $0(frame) }, range) }
    }
  }

  /// Changes a variable's value in place. While it is being changed the variable is empty, so that the value has one owner
  /// and a list is not copied; after a mistake the old value is back.
  private static func change(
    _ access: Access, _ frame: Frame, _ range: SourceRange, _ body: (inout Value) throws -> Void
  ) throws {
    guard var value = access.get(frame) else { throw noValue(access.name, access.range) }
    access.set(frame, .none)
    defer { access.set(frame, value) }
    do {
      try body(&value)
      try frame.machine.allocated(Extent.field)
    } catch { throw Problem.place(error, at: range) }
    // What an edit made is the variable's, as what a `let` binds is.
    if case .object(let object) = value { value = .object(object.named(access.name)) }
  }
}

/// One evaluated step of a place.
enum PathStep {
  case member(String, SourceRange)
  case index([Value], SourceRange)
}

extension Value {
  /// Replaces the part that `path` leads to. Leaves the value alone when it throws.
  mutating func replace(_ path: ArraySlice<PathStep>, with change: (Value) throws -> Value) throws {
    guard let step = path.first else {
      self = try change(self)
      return
    }
    let rest = path.dropFirst()
    switch step {
    case .index(let index, let range):
      do {
        if rest.isEmpty, index.count == 1, case .number(let at) = index[0], case .list(var values) = self {
          let position = try Self.position(at, in: values.count)
          let new = try change(values[position])
          try values.extent.check(with: new.extent, in: "a list")
          self = .none
          values[position] = new
          self = .list(values)
          return
        }
        if rest.isEmpty, case .record = self, let name = index.first?.asString, index.count == 1 {
          try replace(field: name, with: change)
          return
        }
        var part = try element(at: index)
        try part.replace(rest, with: change)
        self = try replacing(at: index, with: part).bounded()
      } catch { throw Problem.place(error, at: range) }
    case .member(let name, let range):
      do {
        if rest.isEmpty, case .record = self {
          try replace(field: name, with: change)
          return
        }
        var part = try member(name)
        try part.replace(rest, with: change)
        self = try replacing(member: name, with: part).bounded()
      } catch { throw Problem.place(error, at: range) }
    }
  }

  /// A field of a record; a record grows at its end.
  private mutating func replace(field name: String, with change: (Value) throws -> Value) throws {
    guard case .record(var record) = self else { return }
    let new = try change(record[name] ?? .none)
    try record.extent.check(with: new.extent, in: "a record")
    self = .none
    record[name] = new
    self = .record(record)
  }

  /// `self = self + value`; a list grows at its end.
  mutating func combine(_ operation: Arithmetic, _ value: Value) throws {
    if operation == .add, case .list(var values) = self, case .list(let more) = value {
      self = .none
      defer { self = .list(values) }
      try values.extend(by: more)
      return
    }
    self = try Operators.arithmetic(operation, self, value)
  }
}
