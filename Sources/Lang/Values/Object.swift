/// A value of the host's: a data set, a model, a cost matrix, a result. It is copied like any other value.
public protocol Object: SendableMetatype {
  /// What it is called and which members it has; declared once per type.
  static var type: ObjectType { get }

  /// Members this very object has beyond its type's, such as the layers of a model.
  var ownMembers: [ObjectType.Member] { get }
  /// Members of its type that this very object does not have.
  var missingMembers: Set<String> { get }
  /// The value of a member that `type` or `ownMembers` declares; nil when this object does not have it.
  func member(_ name: String) throws -> Value?
  /// `object[…]`. Throws a `Problem` when the index does not fit.
  func element(at index: [Value]) throws -> Value
  /// The object after `object[…] = value`.
  func replacing(at index: [Value], with value: Value) throws -> any Object
  /// What a `for` runs over and `len` counts, nil when it is one thing.
  var elements: [Value]? { get }
  /// Arithmetic with it: `guard * 2`, and with `reversed`, `2 * guard`. Nil when the operator means nothing here.
  func combined(_ operation: Arithmetic, with other: Value, reversed: Bool) throws -> Value?
  /// The object after `let NAME = …`: a chance to remember the name. Called for every `let`; keep an older name.
  func named(_ name: String) -> any Object
  /// What `==` means.
  func isEqual(to other: any Object) -> Bool
  /// One line about it, without its name: `60,000 training and 10,000 test images, 28×28, 10 classes`.
  var summary: String { get }
}

/// The arithmetic operators.
public enum Arithmetic: String, Sendable {
  /// `+`
  case add = "+"
  /// `-`
  case subtract = "-"
  /// `*`
  case multiply = "*"
  /// `/`
  case divide = "/"
  /// `mod`
  case remainder = "mod"
  /// `^`
  case power = "^"
}

/// What a kind of object is called and which members it has.
public struct ObjectType: Sendable {
  /// A member and what it means.
  public struct Member: Sendable {
    /// Its name after the dot.
    public let name: String
    /// One sentence.
    public let summary: String

    /// A member called `name`.
    public init(_ name: String, _ summary: String) {
      self.name = name
      self.summary = summary
    }
  }

  /// In the user's words, singular: `model`.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The members every such object has.
  public let members: [Member]

  /// A kind of object.
  public init(_ name: String, _ summary: String, members: [Member] = []) {
    self.name = name
    self.summary = summary
    self.members = members
  }
}

extension Object {
  /// Its type, from a value of unknown Swift type.
  public var objectType: ObjectType { Self.type }
  /// Every member it has, those of its type first.
  public var allMembers: [ObjectType.Member] {
    let missing = missingMembers
    return Self.type.members.filter { !missing.contains($0.name) } + ownMembers
  }

  /// None beyond the type's.
  public var ownMembers: [ObjectType.Member] { [] }
  /// None of the type's.
  public var missingMembers: Set<String> { [] }
  /// One thing.
  public var elements: [Value]? { nil }
  /// No name is kept.
  public func named(_ name: String) -> any Object { self }
  /// No arithmetic.
  public func combined(_ operation: Arithmetic, with other: Value, reversed: Bool) throws -> Value? { nil }
  /// Not indexable.
  public func element(at index: [Value]) throws -> Value {
    throw Problem(.notIndexable, "\(Self.type.name.withArticle) has no elements to index")
  }
  /// Not assignable.
  public func replacing(at index: [Value], with value: Value) throws -> any Object {
    throw Problem(.notIndexable, "the elements of \(Self.type.name.withArticle) cannot be set")
  }
}

extension Object where Self: Equatable {
  /// Equal in type and content.
  public func isEqual(to other: any Object) -> Bool { (other as? Self) == self }
}
