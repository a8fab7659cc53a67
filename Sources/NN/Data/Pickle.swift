/// Why bytes are no pickle that Ward reads.
public struct PickleError: Error, Equatable, CustomStringConvertible {
  /// What is wrong.
  public let reason: String
  /// How many bytes into the pickle.
  public let offset: Int

  /// One sentence.
  public var description: String { "\(reason) (byte \(offset) of a Python pickle)" }
}

/// What a Python pickle describes, read as data: nothing that it names is looked up, called or made.
///
/// A pickle is a program for a stack machine. This one knows the instructions of protocols 0 to 5; where Python would call
/// something, what was to be called and its arguments are kept as an `Object`, for the reader of a known kind of file to
/// make sense of. Values lie in one table and name one another by number, since lists may hold themselves and one value may
/// stand in many places: memory is bounded by the length of the pickle, and nothing here recurses.
public final class Pickle {
  /// A value of a pickle; taking it apart goes one level at a time. One may hold itself: bound the depth of what walks it.
  public struct Value {
    fileprivate let pickle: Pickle
    fileprivate let index: Int
  }

  /// What a value is.
  public enum Content {
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number of more than 64 bits: two's complement, the lowest byte first.
    case long([UInt8])
    case float(Double)
    case string(String)
    /// Bytes, or a string of Python 2, which had no other.
    case bytes([UInt8])
    case list([Value])
    case tuple([Value])
    case set([Value])
    /// In the order of the file; a key may come twice, and then the later one counts.
    case dictionary([(key: Value, value: Value)])
    /// A class or function by name; it is not looked up.
    case global(module: String, name: String)
    /// What a call would have made; it is not called.
    case object(Object)
    /// What stands outside of the pickle, by what the pickle calls it.
    case persistent(Value)
  }

  /// What Python would have made by calling something.
  public struct Object {
    /// What would have been called: mostly a `global`.
    public let callable: Value
    /// A tuple.
    public let arguments: Value
    /// What it would have been given after that, by `__setstate__` or into its attributes.
    public let state: Value?
    /// What would have been appended to it.
    public let items: [Value]
    /// What would have been put into it by key.
    public let pairs: [(key: Value, value: Value)]
  }

  /// A value as the table has it: those inside of it by their numbers.
  enum Node {
    case none
    case bool(Bool)
    case integer(Int)
    case long([UInt8])
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case list([Int])
    case tuple([Int])
    case set([Int])
    case dictionary([(Int, Int)])
    case global(String, String)
    case object(callable: Int, arguments: Int, state: Int?, items: [Int], pairs: [(Int, Int)])
    case persistent(Int)
  }

  fileprivate var nodes: [Node] = []
  private var result = 0
  /// Where the pickle ends: the place after its last instruction. Some files have several, one after another.
  public private(set) var end: Int

  /// More values than that are in no file that Ward reads: the memory of a small file of nothing but values.
  static let mostValues = 4_000_000

  /// Reads a pickle that begins at a place of `bytes`.
  ///
  /// - Throws: `PickleError` for what is cut short, damaged, or needs an instruction of another kind.
  public init(_ bytes: [UInt8], from start: Int = 0) throws(PickleError) {
    end = start
    var machine = PickleMachine(bytes, at: start)
    (nodes, result, end) = try machine.run()
  }

  /// The value that it describes.
  public var value: Value { Value(pickle: self, index: result) }
}

extension Pickle.Value {
  /// What it is; values inside are taken apart when they are asked.
  public var content: Pickle.Content {
    func value(_ index: Int) -> Pickle.Value { Pickle.Value(pickle: pickle, index: index) }
    func pairs(_ pairs: [(Int, Int)]) -> [(key: Pickle.Value, value: Pickle.Value)] {
      pairs.map { (value($0), value($1)) }
    }
    switch pickle.nodes[index] {
    case .none: return .none
    case .bool(let flag): return .bool(flag)
    case .integer(let number): return .integer(number)
    case .long(let bytes): return .long(bytes)
    case .float(let number): return .float(number)
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .bytes(bytes)
    case .list(let items): return .list(items.map(value))
    case .tuple(let items): return .tuple(items.map(value))
    case .set(let items): return .set(items.map(value))
    case .dictionary(let items): return .dictionary(pairs(items))
    case .global(let module, let name): return .global(module: module, name: name)
    case .object(let callable, let arguments, let state, let items, let keyed):
      return .object(
        Pickle.Object(
          callable: value(callable), arguments: value(arguments), state: state.map(value), items: items.map(value),
          pairs: pairs(keyed)))
    case .persistent(let id): return .persistent(value(id))
    }
  }

  /// A whole number, or nil.
  public var integer: Int? {
    switch pickle.nodes[index] {
    case .integer(let number): number
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// A text: a string, or bytes that are UTF-8; or nil.
  public var text: String? {
    switch pickle.nodes[index] {
    case .string(let text): text
    default: bytes.flatMap { String(validating: $0, as: UTF8.self) }
    }
  }

  /// The items of a list or a tuple, or nil.
  public var items: [Pickle.Value]? {
    switch content {
    case .list(let items), .tuple(let items): items
    default: nil
    }
  }

  /// The pairs of a dictionary, also of one that a call makes (`OrderedDict`), or nil.
  public var pairs: [(key: Pickle.Value, value: Pickle.Value)]? {
    switch content {
    case .dictionary(let pairs): pairs
    case .object(let object) where object.callable.isGlobal("collections", "OrderedDict"): object.pairs
    default: nil
    }
  }

  /// What stands under a text as key, or nil.
  public subscript(key: String) -> Pickle.Value? { pairs?.last { $0.key.text == key }?.value }

  /// Bytes, or nil; also those that Python 3 writes for Python 2: as Latin text and the call that turns it back.
  public var bytes: [UInt8]? {
    switch content {
    case .bytes(let bytes): return bytes
    case .object(let object) where object.callable.isGlobal("_codecs", "encode"):
      guard let text = object.arguments.items?.first, case .string(let latin) = text.content else { return nil }
      let bytes = latin.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
      return bytes.count == latin.unicodeScalars.count ? bytes : nil
    // `bytes()` is how the empty ones are written.
    case .object(let object) where object.callable.isGlobal("__builtin__", "bytes"):
      return object.arguments.items?.isEmpty == true ? [] : nil
    default: return nil
    }
  }

  /// Whether it is a class or function of that name.
  public func isGlobal(_ module: String, _ name: String) -> Bool {
    if case .global(module, name) = pickle.nodes[index] { return true }
    return false
  }
}
