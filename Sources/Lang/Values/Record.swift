/// Named fields in the order they were given.
public struct Record: Equatable {
  private var fields: [(name: String, value: Value)] = []
  /// Name to position, kept only once a linear search would be slow.
  private var index: [String: Int]?
  /// How large it is.
  public private(set) var extent = Extent(levels: 1)

  /// A record without fields.
  public init() {}

  /// A record of these fields; a name given twice keeps its last value.
  public init(_ fields: [(String, Value)]) {
    for (name, value) in fields { self[name] = value }
  }

  /// The field names, in order.
  public var names: [String] { fields.map(\.name) }
  /// The field values, in order.
  public var values: [Value] { fields.map(\.value) }
  /// The fields, in order.
  public var pairs: [(name: String, value: Value)] { fields }
  /// The number of fields.
  public var count: Int { fields.count }
  /// Whether there are no fields.
  public var isEmpty: Bool { fields.isEmpty }

  /// The value of a field, nil when there is none. Setting adds the field at the end or replaces it; nil removes it.
  public subscript(name: String) -> Value? {
    get { position(of: name).map { fields[$0].value } }
    set {
      switch (position(of: name), newValue) {
      case (let at?, let value?):
        extent.letGo(fields[at].value.extent)
        extent.hold(value.extent)
        fields[at].value = value
      case (let at?, nil):
        extent.letGo(fields[at].value.extent)
        extent.grow(by: -Extent.field - name.utf8.count)
        fields.remove(at: at)
        index = nil
      case (nil, let value?):
        extent.hold(value.extent)
        extent.grow(by: Extent.field + name.utf8.count)
        fields.append((name, value))
        if index != nil { index?[name] = fields.count - 1 } else if fields.count > 12 { buildIndex() }
      case (nil, nil): break
      }
    }
  }

  private func position(of name: String) -> Int? {
    if let index { return index[name] }
    return fields.firstIndex { $0.name == name }
  }

  private mutating func buildIndex() {
    index = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
  }

  /// Field number `at`, from 0.
  func field(_ at: Int) -> (name: String, value: Value) { fields[at] }

  /// Records are equal when they have the same fields, in any order.
  public static func == (a: Record, b: Record) -> Bool {
    a.count == b.count && a.fields.allSatisfy { b[$0.name] == $0.value }
  }
}
