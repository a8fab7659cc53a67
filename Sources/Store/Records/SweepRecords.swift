import Foundation

/// What a sweep asks for: a script over a grid of its `param` values.
public struct SweepRecord: TableRow, Sendable, Equatable {
  /// Its name.
  public var name: String
  /// SHA-256 of the script and of the scripts it runs.
  public var code: String
  /// The script's file.
  public var script: String
  /// The axes as a JSON object, from each parameter to the list of its values' texts.
  public var axes: String
  /// The expression that chose among the points; nil for all of them.
  public var condition: String?
  /// When it was planned last.
  public var planned: Date

  /// A sweep that was planned just now.
  public init(
    name: String, code: String, script: String, axes: String, condition: String? = nil, planned: Date = Date()
  ) {
    self.name = name
    self.code = code
    self.script = script
    self.axes = axes
    self.condition = condition
    self.planned = planned
  }
}

/// One point of a sweep that ran to its end, well or badly: what its session was run with.
public struct PointRecord: TableRow, Sendable, Equatable {
  /// What became of a point.
  public enum Status: String, Codable, Sendable {
    /// Its script came to its end.
    case done
    /// A cell of it failed.
    case failed
  }

  /// The session that ran it.
  public var session: Int64
  /// Its identity: the script with what it runs, the values of all parameters, and the version of the numerics.
  public var key: String
  /// The value of each parameter as a JSON object.
  public var params: String
  /// `Numerics.version` of the program that ran it.
  public var numerics: Int
  /// The files it read, each with a hash of its contents, as a JSON object.
  public var inputs: String
  /// What became of it.
  public var status: Status
  /// What went wrong, as a sentence; empty where nothing did.
  public var problem: String
  /// Seconds it took.
  public var seconds: Double

  /// A point that ran.
  public init(
    session: Int64, key: String, params: String, numerics: Int, inputs: String = "{}", status: Status,
    problem: String = "", seconds: Double = 0
  ) {
    self.session = session
    self.key = key
    self.params = params
    self.numerics = numerics
    self.inputs = inputs
    self.status = status
    self.problem = problem
    self.seconds = seconds
  }
}
