import Contract

/// A value of the host's: a data set, a model, a cost matrix, a result. It is copied like any other value.
public protocol Object: SendableMetatype {
  /// What it is called and which members it has, each with how it is computed; declared once per type.
  static var type: ObjectType { get }

  /// Members this very object has beyond its type's, such as the layers of a model.
  var ownMembers: [ObjectType.Member] { get }
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
  /// What to write instead where an object of another type is asked for; nil to offer those of its members that would fit.
  var advice: String? { get }
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
  /// A member: what it means and how it is computed. `Object.member(_:_:when:_:)` makes one.
  public struct Member: Sendable {
    /// Its name after the dot.
    public let name: String
    /// One sentence.
    public let summary: String
    let isPresent: @Sendable (any Object) -> Bool
    let compute: @Sendable (any Object) throws -> Value

    /// Its value in an object that has it.
    public func value(of object: any Object) throws -> Value { try compute(object) }
  }

  /// In the user's words, singular: `model`.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The members such objects have.
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
  public var allMembers: [ObjectType.Member] { Self.type.members.filter { $0.isPresent(self) } + ownMembers }

  /// The member of that name, nil when this object has none.
  func member(_ name: String) -> ObjectType.Member? {
    Self.type.members.first { $0.name == name && $0.isPresent(self) } ?? ownMembers.first { $0.name == name }
  }

  /// Declares a member of this type of object: `member("clean", "accuracy on the test images") { .number($0.clean) }`.
  /// Objects for which `when` is false do not have it.
  public static func member(
    _ name: String, _ summary: String, when isPresent: @escaping @Sendable (Self) -> Bool = { _ in true },
    _ value: @escaping @Sendable (Self) throws -> Value
  ) -> ObjectType.Member {
    @Sendable func own(_ object: any Object) -> Self {
      guard let object = object as? Self else { unreachable("\(name) was declared for \(Self.self)") }
      return object
    }
    return ObjectType.Member(
      name: name, summary: summary, isPresent: { isPresent(own($0)) }, compute: { try value(own($0)) })
  }

  /// None: a member may fit.
  public var advice: String? { nil }
  /// None beyond the type's.
  public var ownMembers: [ObjectType.Member] { [] }
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
