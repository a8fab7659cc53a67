/// What an ONNX file says: a graph of operators, and where its numbers lie. Nothing is computed here.
struct ONNXFile {
  /// The version of the operators.
  var opset = 0
  /// What wrote the file.
  var producer = ""
  var nodes: [ONNXNode] = []
  var initializers: [String: ONNXTensor] = [:]
  var inputs: [ONNXValue] = []
  var outputs: [ONNXValue] = []
  /// `metadata_props`.
  var metadata: [String: String] = [:]
  let source: WireSource
}

/// One operator of the graph.
struct ONNXNode {
  var name = ""
  var op = ""
  var domain = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [String: ONNXAttribute] = [:]

  /// As a message shows it: `Conv "conv_3"`, or by what it makes where it has no name.
  var shown: String {
    let kind = domain.isEmpty || domain == "ai.onnx" ? op : domain + "." + op
    return "\(MessageText.text(kind)) \"\(MessageText.text(name.isEmpty ? outputs.first ?? "" : name))\""
  }
}

/// What an operator is told beside its inputs.
enum ONNXAttribute {
  case integer(Int64)
  case float(Float)
  case text(String)
  case integers([Int64])
  case floats([Float])
  case tensor(ONNXTensor)
  /// A graph, or something else that Ward has no use for.
  case other
}

/// An input or output of the graph.
struct ONNXValue {
  var name = ""
  /// Nil for an extent that the file leaves open; nil altogether where it says nothing.
  var extents: [Int?]?
  /// ONNX's number for the type of its elements; 1 is single precision.
  var type = 0
}

/// Numbers in the file or beside it.
struct ONNXTensor {
  enum Place {
    /// Little-endian bytes in the file.
    case raw(Range<Int>)
    /// Lists of numbers, by the field that they are in.
    case fields([(number: Int, range: Wire.Field)])
    /// A part of another file.
    case external([String: String])
  }

  var name = ""
  var extents: [Int] = []
  var type = 0
  var place = Place.fields([])
}

extension ONNXFile {
  /// Most operators that are read.
  static let mostNodes = 100_000

  /// Reads the graph.
  ///
  /// - Throws: `ModelFileError`, `DataError`.
  init(_ source: WireSource) throws {
    self.source = source
    var wire = Wire(source)
    var graph: Range<Int>?
    while let field = try wire.next() {
      switch field.number {
      case 2: producer = try field.text(source)
      case 7: graph = field.range
      case 8: try readOpset(field)
      case 14: try readMetadata(field)
      default: break
      }
    }
    guard let graph else { throw wire.broken("it has no graph") }
    try readGraph(graph)
  }

  private mutating func readOpset(_ field: Wire.Field) throws {
    guard let range = field.range else { return }
    var wire = Wire(source, range)
    var (domain, version) = ("", 0)
    while let field = try wire.next() {
      if field.number == 1 { domain = try field.text(source) }
      if field.number == 2 { version = Int(clamping: field.integer ?? 0) }
    }
    if domain.isEmpty || domain == "ai.onnx" { opset = version }
  }

  private mutating func readMetadata(_ field: Wire.Field) throws {
    guard let range = field.range else { return }
    var wire = Wire(source, range)
    var (key, value) = ("", "")
    while let field = try wire.next() {
      if field.number == 1 { key = try field.text(source) }
      if field.number == 2 { value = try field.text(source) }
    }
    metadata[key] = value
  }

  private mutating func readGraph(_ range: Range<Int>) throws {
    var wire = Wire(source, range)
    while let field = try wire.next() {
      guard let part = field.range else { continue }
      switch field.number {
      case 1:
        guard nodes.count < Self.mostNodes else { throw wire.broken("it has more than \(Self.mostNodes) operators") }
        nodes.append(try ONNXNode(source, part))
      case 5:
        let tensor = try ONNXTensor(source, part)
        initializers[tensor.name] = tensor
      case 11: inputs.append(try ONNXValue(source, part))
      case 12: outputs.append(try ONNXValue(source, part))
      case 15: throw wire.broken("it has sparse weights, which Ward does not read")
      default: break
      }
    }
  }
}

extension ONNXNode {
  init(_ source: WireSource, _ range: Range<Int>) throws {
    var wire = Wire(source, range)
    while let field = try wire.next() {
      switch field.number {
      case 1: inputs.append(try field.text(source))
      case 2: outputs.append(try field.text(source))
      case 3: name = try field.text(source)
      case 4: op = try field.text(source)
      case 5: if let part = field.range { try readAttribute(source, part) }
      case 7: domain = try field.text(source)
      default: break
      }
    }
  }

  private mutating func readAttribute(_ source: WireSource, _ range: Range<Int>) throws {
    var wire = Wire(source, range)
    var (key, content) = ("", ONNXAttribute?.none)
    var (integers, floats) = ([Int64](), [Float]())
    while let field = try wire.next() {
      switch field.number {
      case 1: key = try field.text(source)
      case 2: content = field.float.map { .float($0) }
      case 3: content = field.integer.map { .integer($0) }
      case 4: content = .text(try field.text(source))
      case 5: if let part = field.range { content = .tensor(try ONNXTensor(source, part)) }
      case 7: floats += try field.floats(source)
      case 8: integers += try field.integers(source)
      case 6, 9, 10, 11: content = .other
      default: break
      }
    }
    attributes[key] = content ?? (floats.isEmpty ? .integers(integers) : .floats(floats))
  }
}

extension ONNXValue {
  init(_ source: WireSource, _ range: Range<Int>) throws {
    var wire = Wire(source, range)
    while let field = try wire.next() {
      if field.number == 1 { name = try field.text(source) }
      guard field.number == 2, let part = field.range else { continue }
      var type = Wire(source, part)
      while let field = try type.next() {
        if field.number == 1, let part = field.range { try readTensorType(source, part) }
      }
    }
  }

  private mutating func readTensorType(_ source: WireSource, _ range: Range<Int>) throws {
    var wire = Wire(source, range)
    while let field = try wire.next() {
      if field.number == 1 { type = Int(clamping: field.integer ?? 0) }
      guard field.number == 2, let part = field.range else { continue }
      var (shape, all) = (Wire(source, part), [Int?]())
      while let field = try shape.next() {
        guard field.number == 1, let part = field.range else { continue }
        var (extent, value) = (Wire(source, part), Int?.none)
        while let field = try extent.next() {
          // Some exporters write 0 or -1 for what is left open.
          if field.number == 1, let number = field.integer, number > 0 { value = Int(clamping: number) }
        }
        all.append(value)
      }
      extents = all
    }
  }
}

extension ONNXTensor {
  init(_ source: WireSource, _ range: Range<Int>) throws {
    var wire = Wire(source, range)
    var lists: [(number: Int, range: Wire.Field)] = []
    var (raw, outside, isOutside) = (Range<Int>?.none, [String: String](), false)
    while let field = try wire.next() {
      switch field.number {
      case 1: extents += try field.integers(source).map { Int(clamping: $0) }
      case 2: type = Int(clamping: field.integer ?? 0)
      case 4, 5, 7, 10, 11: lists.append((field.number, field))
      case 8: name = try field.text(source)
      case 9: raw = field.range
      case 13:
        guard let part = field.range else { continue }
        var (entry, key, value) = (Wire(source, part), "", "")
        while let field = try entry.next() {
          if field.number == 1 { key = try field.text(source) }
          if field.number == 2 { value = try field.text(source) }
        }
        outside[key] = value
      case 14: isOutside = field.integer == 1
      default: break
      }
    }
    place = isOutside ? .external(outside) : raw.map { .raw($0) } ?? .fields(lists)
  }
}
