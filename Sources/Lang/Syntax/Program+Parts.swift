extension Program {
  /// Reads a text without an interpreter: enough for its parameters and its items.
  public static func reading(_ source: Source, in environment: Environment) -> Program {
    Parser.parse(source, environment: environment)
  }
}
