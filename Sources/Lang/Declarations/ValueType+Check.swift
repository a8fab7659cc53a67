extension ValueType {
  /// For people: `a number from 0 to 1, in pixels`, `an attack`, `a list of strings`.
  public var phrase: String {
    switch self {
    case .number(let bounds, _): "a number" + bounds.phrase
    case .integer(let bounds, _): "a whole number" + bounds.phrase
    case .list(let element): "a list of \(element.plural)" + element.bounds
    case .oneOrMore(let element): "\(element.phrase) or a list of \(element.plural)"
    case .either(let types): types.map(\.phrase).joinedAsAlternatives
    case .any: "any value"
    case .flag: "true or false"
    case .nothing: "none"
    case .variable: "the name of a variable"
    case .word(let kind): kind.isEmpty ? "a word" : kind.withArticle
    case .oneOf(let words): words.joinedAsAlternatives
    default: noun.withArticle
    }
  }

  /// One word for it: `number`, `attack`.
  public var noun: String {
    switch self {
    case .any: "value"
    case .number: "number"
    case .integer: "whole number"
    case .flag: "true or false"
    case .nothing: "none"
    case .string: "string"
    case .file: "file name"
    case .list(let element): "list of \(element.plural)"
    case .record: "record"
    case .range: "range"
    case .table: "table"
    case .function: "function"
    case .object(let name, _): name
    case .choice(let family): family ?? "built-in"
    case .variable: "variable"
    case .word(let kind): kind.isEmpty ? "word" : kind
    case .oneOf: "word"
    case .either(let types): types.map(\.noun).joined(separator: " or ")
    case .oneOrMore(let element): "\(element.noun) or list"
    }
  }

  private var plural: String {
    switch self {
    case .flag: "true or false"
    case .list(let element): "lists of \(element.plural)"
    case .either(let types): types.map(\.plural).joined(separator: " or ")
    default: noun.hasSuffix("s") || noun.hasSuffix("x") ? noun + "es" : noun + "s"
    }
  }

  /// ` from 0 to 1`, empty for what is no number or has no bounds.
  private var bounds: String {
    switch self {
    case .number(let bounds, _), .integer(let bounds, _): bounds.phrase
    default: ""
    }
  }

  /// The unit of a number, empty when it has none.
  public var unit: String {
    switch self {
    case .number(_, let unit), .integer(_, let unit): unit
    case .list(let element), .oneOrMore(let element): element.unit
    case .either(let types): types.first?.unit ?? ""
    default: ""
    }
  }

  /// The families of choices it takes; `[nil]` stands for all.
  var families: [String?] {
    switch self {
    case .choice(let family): [family]
    case .list(let element), .oneOrMore(let element): element.families
    case .either(let types): types.flatMap(\.families)
    default: []
    }
  }

  /// How well a value fits.
  enum Fit { case fits, outOfRange, wrong }

  /// Whether `value` fits, and if not, why.
  func fit(_ value: Value) -> Fit {
    switch (self, value) {
    case (.any, _), (.flag, .bool), (.string, .string), (.file, .string), (.record, .record), (.range, .range),
      (.table, .table), (.function, .function), (.variable, .string), (.word, .string), (.nothing, .none):
      return .fits
    case (.number(let bounds, _), .number(let number)): return bounds.contains(number) ? .fits : .outOfRange
    case (.integer(let bounds, _), .number(let number)):
      guard Int(exactly: number) != nil else { return number.isFinite ? .wrong : .outOfRange }
      return bounds.contains(number) ? .fits : .outOfRange
    case (.oneOf(let words), _): return value.word.map(words.contains) == true ? .fits : .wrong
    case (.list(let element), .list(let values)): return Self.worst(values.elements.lazy.map(element.fit))
    case (.list(let element), .range(let range)):
      if range.count > NumberRange.maxSpelledOut { return .wrong }
      return Self.worst((0..<range.count).lazy.map { element.fit(.number(range[$0])) })
    case (.object(_, let test), .object(let object)): return test(object) ? .fits : .wrong
    case (.choice(let family), .choice(let choice)):
      return family == nil || family == choice.declaration.family ? .fits : .wrong
    case (.either(let types), _):
      let fits = types.map { $0.fit(value) }
      return fits.contains(.fits) ? .fits : fits.contains(.outOfRange) ? .outOfRange : .wrong
    case (.oneOrMore(let element), .list(let values)):
      return values.isEmpty ? .wrong : Self.worst(values.elements.lazy.map(element.fit))
    case (.oneOrMore(let element), _): return element.fit(value)
    default: return .wrong
    }
  }

  /// The words it takes, if it takes words.
  var words: [String] {
    switch self {
    case .oneOf(let words): words
    case .list(let element), .oneOrMore(let element): element.words
    case .either(let types): types.flatMap(\.words)
    default: []
    }
  }

  private static func worst(_ fits: some Sequence<Fit>) -> Fit {
    var worst = Fit.fits
    for fit in fits {
      if fit == .wrong { return .wrong }
      if fit == .outOfRange { worst = .outOfRange }
    }
    return worst
  }

  /// How a message names what takes a value.
  enum Recipient {
    /// A label or setting of a command or built-in: `` `with:` ``.
    case label(String)
    /// What stands without a label behind a command.
    case subject(String, of: String)
    /// A parameter of a function.
    case parameter(String, of: String)

    var name: String {
      switch self {
      case .label(let name), .subject(let name, _), .parameter(let name, _): name
      }
    }
    var shown: String {
      switch self {
      case .label(let name): "`\(name):`"
      case .subject(_, let owner): owner
      case .parameter(let name, let owner): "`\(name)` of \(owner)"
      }
    }
  }

  /// The value itself if it fits; otherwise a problem that names what takes it, what that takes and what came.
  func checked(_ value: Value, for recipient: Recipient) throws -> Value {
    let name = recipient.name
    if case .range(let range) = value, case .list = self { try range.checkLength() }
    if case .file = self, case .string(let path) = value, path.utf8.contains(0) {
      throw Problem(
        .outOfRange, "\(recipient.shown): a file's name cannot hold the character NUL", argument: name)
    }
    switch fit(value) {
    case .fits:
      if case .oneOf = self, let word = value.word { return .string(word) }
      return value
    case .outOfRange:
      throw Problem(
        .outOfRange,
        "\(recipient.shown) takes \(phrase)\(unit.isEmpty ? "" : ", in \(unit)")"
          + mismatchDescription(value, otherwise: value.brief),
        help: ofBytes(value), argument: name)
    case .wrong:
      if case .oneOf(let words) = self, let word = value.word {
        throw Problem(
          .wrongType, "\(recipient.shown) takes \(phrase), not `\(word)`",
          label: Suggestions.hint(for: word, in: words),
          argument: name)
      }
      throw Problem(
        .wrongType, "\(recipient.shown) takes \(phrase)" + mismatchDescription(value, otherwise: value.briefPhrase),
        help: fitting(membersOf: value) + suggestedForms(value), argument: name)
    }
  }

  /// Distances are shares of the whole range of pixels, and other tools count in 255ths.
  private func ofBytes(_ value: Value) -> [String] {
    guard unit.contains("pixel"), let number = value.asNumber, number >= 1, number <= 255, number == number.rounded(),
      fit(.number(number / 255)) == .fits
    else { return [] }
    return ["pixels lie from 0 to 1: write \(value.brief)/255"]
  }

  /// How the value is written so that it fits, where a change of form is enough.
  private func suggestedForms(_ value: Value) -> [String] {
    switch value {
    case .list(let values) where values.count == 1 && fit(values[0]) == .fits: return ["write \(values[0].brief)"]
    case .list(let values) where !values.isEmpty && values.allSatisfy({ fit($0) == .fits }):
      return ["it takes one: write \(values[0].brief), or go through the list with `for`"]
    case .string(let text):
      if let number = Double(text), fit(.number(number)) == .fits { return ["write \(text) without quotes"] }
      if let share = text.hasSuffix("%") ? Double(text.dropLast()) : nil, fit(.number(share / 100)) == .fits {
        return ["write \(text) without quotes"]
      }
      if ["true", "false"].contains(text.lowercased()), fit(.bool(true)) == .fits {
        return ["write \(text.lowercased()) without quotes"]
      }
    case .number(let number) where fit(.bool(true)) == .fits && (number == 0 || number == 1):
      return ["write \(number == 1)"]
    case .number where fit(.string(value.brief)) == .fits: return ["write \"\(value.brief)\" in quotes"]
    default: break
    }
    guard fit(.list([value])) == .fits else { return [] }
    return ["write it as a list: [\(value.brief)]"]
  }

  /// Which members of an object would have fitted: the images of a data set, where images are asked for.
  private func fitting(membersOf value: Value) -> [String] {
    guard case .object(let object) = value else { return [] }
    let names = object.allMembers.filter { member in
      guard let value = try? member.value(of: object), case .object = value else { return false }
      return fit(value) == .fits
    }.map(\.name)
    if names.isEmpty { return [] }
    return [object.advice ?? "it has some: " + names.map { "`.\($0)`" }.joinedAsAlternatives]
  }

  /// What came instead, as the end of a sentence; of a list the element that does not fit.
  private func mismatchDescription(_ value: Value, otherwise whole: String) -> String {
    switch (self, value) {
    case (.list, .list(let values)) where values.isEmpty, (.oneOrMore, .list(let values)) where values.isEmpty:
      return ", not an empty list"
    case (.list(let element), .list(let values)), (.oneOrMore(let element), .list(let values)):
      let wrong = values.firstIndex { element.fit($0) == .wrong }
      guard let at = wrong ?? values.firstIndex(where: { element.fit($0) != .fits }) else { break }
      return ", but element \(at + 1) is \(values[at].briefPhrase)"
    default: break
    }
    return ", not \(whole)"
  }
}

extension Value {
  /// The word it is where a word is asked for: a string, or the name of a built-in that happens to be called so.
  var word: String? {
    if case .function(let function) = self { return function.library?.name }
    return asString ?? asChoice?.name
  }
}

extension [String] {
  /// `a`, `a or b`, `a, b or c`.
  var joinedAsAlternatives: String {
    guard count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " or " + self[count - 1]
  }
}
