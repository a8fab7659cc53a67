import Foundation

/// Settings as one line of JSON, for files: kinds are kept apart, so that reading gives back what was written.
enum SettingsText {
  static func write(_ settings: [String: SettingValue]) -> String {
    let object = settings.mapValues(encoded)
    guard let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys) else {
      preconditionFailure("settings are made of numbers, words and lists")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// - Throws: `SettingError` if the text is not what `write` makes.
  static func read(_ text: String) throws -> [String: SettingValue] {
    let wrong = SettingError.wrongType(name: "settings", expected: "what Ward writes", given: String(text.prefix(80)))
    guard let object = try? JSONSerialization.jsonObject(with: Foundation.Data(text.utf8)) as? [String: [String: Any]]
    else { throw wrong }
    return try object.mapValues {
      guard let value = decoded($0) else { throw wrong }
      return value
    }
  }

  private static func encoded(_ value: SettingValue) -> [String: Any] {
    switch value {
    case .number(let number): ["number": number]
    case .integer(let number): ["integer": number]
    case .flag(let flag): ["flag": flag]
    case .choice(let word): ["choice": word]
    case .numbers(let list): ["numbers": list]
    case .integers(let list): ["integers": list]
    case .component(let name, let settings): ["component": name, "settings": settings.mapValues(encoded)]
    case .none: ["none": true]
    }
  }

  private static func decoded(_ object: [String: Any]) -> SettingValue? {
    if let number = object["number"] as? Double { return .number(number) }
    if let number = object["integer"] as? Int { return .integer(number) }
    if let flag = object["flag"] as? Bool { return .flag(flag) }
    if let word = object["choice"] as? String { return .choice(word) }
    if let list = object["numbers"] as? [Double] { return .numbers(list) }
    if let list = object["integers"] as? [Int] { return .integers(list) }
    if let name = object["component"] as? String, let settings = object["settings"] as? [String: [String: Any]] {
      let values = settings.compactMapValues(decoded)
      return values.count == settings.count ? .component(name, values) : nil
    }
    return object["none"] != nil ? SettingValue.none : nil
  }
}
