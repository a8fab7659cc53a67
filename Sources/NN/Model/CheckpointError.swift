/// A file of weights that cannot be used, with what a person can do about it.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String)
  /// There is something of that name, but it is no file, or reading it failed.
  case notRead(path: String, reason: String)
  case unwritable(path: String, reason: String)
  case broken(path: String, reason: String)
  case missing(path: String, name: String, found: [String])
  case unexpected(path: String, names: [String])
  case wrongShape(path: String, name: String, expected: [Int], found: [Int])
  /// Several at once: those that are not there, those of another shape, and what the file has besides.
  case misfits(path: String, missing: [Misfit], wrong: [Misfit], left: [Misfit])
  /// A key that was to be renamed and is not in the file, or a new name that the network does not have.
  case noSuchKey(path: String, key: String, isInFile: Bool, known: [String])
  /// By its content something else than a file of weights.
  case foreign(path: String, what: String, help: String)
  /// Weights that are NaN or infinite: how many of how many, and the first tensor that holds one.
  case notFinite(path: String, name: String, count: Int, of: Int)
  /// The file does not say what network it holds.
  case unknownArchitecture(path: String)
  /// The metadata that Ward writes are there but do not make sense.
  case badMetadata(path: String, reason: String)

  /// A tensor that does not fit: its shape in the network, and in the file.
  public struct Misfit: Sendable, Equatable {
    /// The network's name for it, or the file's.
    public let name: String
    let expected: [Int]?
    let found: [Int]?

    fileprivate var shown: String {
      switch (expected, found) {
      case (let expected?, let found?): "\(name) (needed \(expected), in the file \(found))"
      case (let shape?, nil), (nil, let shape?): "\(name) \(shape)"
      case (nil, nil): name
      }
    }

    fileprivate static func list(_ all: [Misfit]) -> String {
      all.prefix(12).map(\.shown).joined(separator: ", ") + (all.count > 12 ? " and \(all.count - 12) more" : "")
    }
  }

  /// What to do, where `description` does not say it.
  public var hint: String? {
    switch self {
    case .misfits(_, let missing, _, let left):
      if let first = missing.first, let other = left.first {
        "say which is which, as in `keys: {\"\(other.name)\": \"\(first.name)\"}`"
      } else {
        "is it a network of another kind, or for other images or classes?"
      }
    case .foreign(_, _, let help): help
    default: nil
    }
  }

  /// A sentence with the file's name, what is wrong, and what to try.
  public var description: String {
    switch self {
    case .unreadable(let path): "cannot read '\(path)': is there such a file, and may you read it?"
    case .notRead(let path, let reason): "cannot read '\(path)': \(reason)"
    case .unwritable(let path, let reason): "cannot write '\(path)': \(reason)"
    case .broken(let path, let reason): "'\(path)' is not a whole safetensors file: \(reason)"
    case .missing(let path, let name, let found):
      "'\(path)' has no tensor '\(name)'; it has " + (found.isEmpty ? "none" : found.prefix(12).joined(separator: ", "))
    case .unexpected(let path, let names):
      "'\(path)' holds tensors that this architecture does not have: " + names.prefix(12).joined(separator: ", ")
    case .wrongShape(let path, let name, let expected, let found):
      "'\(path)' has '\(name)' of shape \(found), this architecture needs \(expected): other images or classes?"
    case .misfits(let path, let missing, let wrong, let left):
      "'\(path)' does not fit this network: "
        + [
          missing.isEmpty ? nil : "it has no " + Misfit.list(missing),
          wrong.isEmpty ? nil : "of another shape are " + Misfit.list(wrong),
          left.isEmpty ? nil : "it has besides " + Misfit.list(left),
        ].compactMap { $0 }.joined(separator: "; ")
    case .noSuchKey(let path, let key, let isInFile, let known):
      "\(isInFile ? "'\(path)'" : "the network") has no tensor '\(key)'; it has " + MessageText.names(known)
    case .foreign(let path, let what, _): "'\(path)' is \(what)"
    case .notFinite(let path, let name, let count, let all):
      "'\(path)' holds \(count) of \(all) weights that are NaN or infinite, the first in '\(name)': "
        + "its training diverged or the file is damaged, and its answers would mean nothing"
    case .unknownArchitecture(let path):
      "'\(path)' does not say what network it holds: name it, as in `open \"\(path)\" as: lenet mean: 0.2862 std: 0.3204`"
    case .badMetadata(let path, let reason): "'\(path)' describes a network that cannot be built: \(reason)"
    }
  }
}
