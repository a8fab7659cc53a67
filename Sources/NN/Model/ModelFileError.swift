/// A model from elsewhere that cannot be opened or written: one sentence, and what to try.
public struct ModelFileError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong and where, with the file's name.
  public let description: String
  /// What to do about it.
  public let help: [String]

  /// See the properties.
  public init(_ path: String, _ description: String, help: [String] = []) {
    (self.path, self.description, self.help) = (path, description, help)
  }
}
