/// The elements of a list, which know how large they are together.
public struct ValueList: RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral, Equatable {
  /// The elements themselves.
  public private(set) var elements: [Value]
  /// How large the list is.
  public private(set) var extent: Extent

  /// A list of these.
  public init(_ elements: [Value]) {
    self.elements = elements
    extent = Self.extent(of: elements)
  }

  /// A list written out.
  public init(arrayLiteral elements: Value...) { self.init(elements) }

  private static func extent(of elements: some Sequence<Value>) -> Extent {
    var extent = Extent(levels: 1), count = 0
    for element in elements {
      count += 1
      switch element {
      case .none, .bool, .number: continue
      default: extent.hold(element.extent)
      }
    }
    extent.grow(by: count * Extent.place)
    return extent
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// How many elements there are.
  public var endIndex: Int { elements.count }

  /// Changing an element keeps the list's extent right.
  public subscript(index: Int) -> Value {
    get { elements[index] }
    set {
      extent.letGo(elements[index].extent)
      extent.hold(newValue.extent)
      elements[index] = newValue
    }
  }

  /// Adds the elements of another list at the end. Throws a `Problem` if there would be too many.
  mutating func extend(by others: ValueList) throws {
    try Extent.check(bytes: extent.bytes + others.extent.bytes, "a list")
    elements += others.elements
    extent.join(others.extent)
  }

  /// Equal are lists of equal elements.
  public static func == (a: ValueList, b: ValueList) -> Bool { a.elements == b.elements }
}

extension Value {
  /// A list of these elements.
  public static func list(_ elements: [Value]) -> Value { .list(ValueList(elements)) }
}
