import Foundation
import Lang
import NN
import Store

/// What a sweep asks for: a script, and a point for each set of values.
struct SweepPlan: Codable {
  /// One set of values.
  struct Point: Codable, Equatable {
    /// Its identity: the same for the same script with the same values, wherever and whenever it is run.
    var key: String
    /// What `--name` is given, for each axis.
    var arguments: [String: String]
    /// The session seed.
    var seed: Int
    /// The value of every parameter of the script as a JSON object.
    var params: String
    /// The values on the axes, as a person reads them.
    var label: String

    /// What its files are called.
    var name: String { String(key.prefix(16)) }
  }

  var name: String
  /// The script's file, from the root.
  var script: String
  /// Its text, as it was when the sweep was planned: that is what runs, whatever becomes of the file.
  var text: String
  /// SHA-256 of the text and of the scripts it runs.
  var code: String
  /// The working folder of every point.
  var folder: String
  var axes: [SweepAxis]
  var condition: String?
  /// Threads of each point, and whether it may write outside of the working folder.
  var threads: Int
  var isSafe: Bool
  var points: [Point] = []

  /// How many points a grid has, before any condition.
  static func size(of axes: [SweepAxis]) -> Int {
    axes.reduce(1) { size, axis in
      let (product, overflow) = size.multipliedReportingOverflow(by: axis.values.count)
      return overflow ? .max : product
    }
  }

  /// Works out the points: the last axis changes fastest.
  ///
  /// - Throws: `Problem`, `Diagnostic` for a condition that is none, `Interrupt`.
  mutating func spellOut(parameters: [ProgramParameter], seed: Int, interpreter: Interpreter) throws {
    let all = ProgramParameter.seed + parameters
    let fallbacks = all.map { parameter in
      parameter.name == "seed"
        ? Value.number(Double(seed)) : interpreter.fallback(of: parameter) ?? .string(parameter.fallbackText)
    }
    // Each value is read once, however many points it is part of.
    let values = try axes.map { axis in
      try axis.values.map { text in
        try interpreter.value(
          of: Source(name: "--over \(axis.name)", text: text), for: all.first { $0.name == axis.name }!)
      }
    }
    let places = axes.map { axis in all.firstIndex { $0.name == axis.name }! }
    let chosen = try condition.map { try Condition($0, interpreter: interpreter, names: all.map(\.name)) }
    points = []
    var digits = [Int](repeating: 0, count: axes.count)
    while true {
      if points.count % 1000 == 0, Interrupt.isRequested { throw Lang.Interrupt() }
      var point = fallbacks
      for axis in axes.indices { point[places[axis]] = values[axis][digits[axis]] }
      if try chosen?.holds(for: point) ?? true {
        points.append(self.point(of: point, names: all.map(\.name), digits: digits))
      }
      // The next number, as on an odometer.
      var axis = axes.count - 1
      while axis >= 0, digits[axis] == axes[axis].values.count - 1 {
        digits[axis] = 0
        axis -= 1
      }
      if axis < 0 { break }
      digits[axis] += 1
    }
  }

  private func point(of values: [Value], names: [String], digits: [Int]) -> Point {
    let params = JSONText.object(zip(names, values).map { ($0, JSONText.value($1)) })
    var arguments: [String: String] = [:]
    for (axis, digit) in zip(axes, digits) where axis.name != "seed" { arguments[axis.name] = axis.values[digit] }
    let seed = values.first?.asNumber.flatMap { Int(exactly: $0) } ?? 0
    let identity = "point of a sweep\n\(code)\n\(Numerics.version)\n\(params)"
    return Point(
      key: Digest.sha256(of: Array(identity.utf8)), arguments: arguments, seed: seed, params: params,
      label: zip(axes, digits).map { "\($0.name) \($0.values[$1])" }.joined(separator: ", "))
  }

  /// The axes as the store keeps them.
  var axesJSON: String {
    JSONText.object(
      axes.map { axis in (axis.name, "[" + axis.values.map(JSONText.string).joined(separator: ",") + "]") })
  }

  /// SHA-256 of a script and of the scripts that its `:run` lines name, and theirs, each once.
  static func code(of source: Source, interpreter: Interpreter) throws -> String {
    var (seen, sum): (Set<String>, String) = ([], "")
    func add(_ source: Source) throws {
      sum += "\(source.text.utf8.count)\n" + source.text
      for item in interpreter.parse(source).items {
        guard case .session(":", let text) = item.kind, text.prefix(while: { !$0.isWhitespace }) == "run" else {
          continue
        }
        let file = text.dropFirst(3).trimmingCharacters(in: .whitespaces.union(CharacterSet(charactersIn: "\"'")))
        guard seen.insert(file).inserted, FileManager.default.fileExists(atPath: Home.path(file)) else { continue }
        try add(Source(name: file, text: try ScriptFile.read(file)))
      }
    }
    try add(source)
    return Digest.sha256(of: Array(sum.utf8))
  }
}

/// The expression behind `--where`, asked of one point after the other.
private struct Condition {
  private let source: Source
  private let names: [String]
  private let interpreter: Interpreter

  init(_ text: String, interpreter: Interpreter, names: [String]) throws {
    // In a list a name is a name, even one that is also a command, such as `seed`.
    source = Source(name: "--where", text: "[\(text)]")
    (self.names, self.interpreter) = (names, interpreter)
  }

  func holds(for values: [Value]) throws -> Bool {
    for (name, value) in zip(names, values) { interpreter.environment.bind(name, to: value) }
    let value: Value
    do { value = try interpreter.evaluate(source) } catch let diagnostic as Diagnostic {
      throw Problem(
        code: ShellCode.sweep, message: "--where cannot be asked: \(diagnostic.message)",
        help: ["it is an expression over " + names.map { "`\($0)`" }.joined(separator: ", ") + ", such as `eps > 0`"])
    }
    guard case .list(let elements) = value, elements.count == 1, case .bool(let flag) = elements[0] else {
      throw Problem(
        code: ShellCode.sweep, message: "--where takes a condition, which is true or false of each point",
        help: ["write such as --where 'eps > 0 and seed < 3'"])
    }
    return flag
  }
}
