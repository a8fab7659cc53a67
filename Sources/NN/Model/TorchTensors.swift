/// Tensors as PyTorch pickles them: a call that would have made one, of a storage outside of the pickle, a place in it,
/// extents and strides.
final class TorchTensors {
  /// What is known of a tensor before its numbers are read.
  struct Spec {
    let key: String
    let type: String
    let offset: Int
    let shape: [Int]
    let strides: [Int]
    var count: Int { shape.reduce(1, *) }
  }

  private let storages: any TorchStorages
  private let path: String
  /// The storage read last: tensors that share one follow each other.
  private var last: (key: String, bytes: [UInt8])?

  init(storages: any TorchStorages, path: String) { (self.storages, self.path) = (storages, path) }

  /// The bytes of an element, by the name of the storage's class or of the type.
  private static let widths: [String: Int] = [
    "FloatStorage": 4, "DoubleStorage": 8, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8, "IntStorage": 4,
    "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1, "float32": 4, "float64": 8, "float16": 2,
    "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1, "UntypedStorage": 1,
  ]

  /// The call that makes a tensor, through the call that makes a parameter of it; nil for anything else.
  private static func call(_ value: Pickle.Value) -> (arguments: [Pickle.Value], isThird: Bool)? {
    var value = value
    for _ in 0..<3 {
      guard case .object(let object) = value.content, let arguments = object.arguments.items else { return nil }
      if object.callable.isGlobal("torch._utils", "_rebuild_tensor_v2") { return (arguments, false) }
      if object.callable.isGlobal("torch._utils", "_rebuild_tensor_v3") { return (arguments, true) }
      let wrappers = ["_rebuild_parameter", "_rebuild_parameter_with_state"]
      guard wrappers.contains(where: { object.callable.isGlobal("torch._utils", $0) }), let inner = arguments.first
      else { return nil }
      value = inner
    }
    return nil
  }

  func isTensor(_ value: Pickle.Value) -> Bool { Self.call(value) != nil }

  /// The storage that a reference names, and its type.
  private static func storage(_ value: Pickle.Value?) -> (key: String, type: String)? {
    guard case .persistent(let id)? = value?.content, let items = id.items, items.count >= 5,
      items[0].text == "storage", let key = items[2].text, case .global(_, let type) = items[1].content
    else { return nil }
    return (key, type)
  }

  /// The bytes of an element of each storage that is named: the older form does not say how long a storage is.
  static func storages(in value: Pickle.Value) -> [String: Int] {
    var (widths, left, steps) = ([String: Int](), [value], 0)
    // Values may hold themselves: as many steps as a file of that kind can need.
    while let value = left.popLast(), steps < Pickle.mostValues {
      steps += 1
      switch value.content {
      case .list(let items), .tuple(let items), .set(let items): left += items
      case .dictionary(let pairs): left += pairs.map(\.value)
      case .object(let object):
        left += [object.arguments] + object.items + object.pairs.map(\.value) + (object.state.map { [$0] } ?? [])
      case .persistent:
        if let (key, type) = storage(value) { widths[key] = Self.widths[type] ?? 1 }
      default: break
      }
    }
    return widths
  }

  /// What a value says of a tensor; nil for what is none.
  ///
  /// - Throws: `ModelFileError` for one that cannot be read.
  func spec(_ value: Pickle.Value, named name: String) throws -> Spec? {
    func broken(_ reason: String) -> ModelFileError {
      ModelFileError(path, "'\(path)': the tensor '\(MessageText.text(name))' \(reason)")
    }
    guard let (arguments, isThird) = Self.call(value) else { return nil }
    guard arguments.count >= 4, let (key, storageType) = Self.storage(arguments[0]), let offset = arguments[1].integer,
      let shape = arguments[2].items?.compactMap(\.integer), let strides = arguments[3].items?.compactMap(\.integer),
      shape.count == strides.count, shape.count <= 16, shape.count == arguments[2].items?.count
    else { throw broken("is described in a way that Ward does not read") }
    var type = storageType
    if isThird, arguments.count > 6, case .global("torch", let named) = arguments[6].content { type = named }
    guard let width = Self.widths[type], type != "UntypedStorage" else {
      throw broken("has the type \(MessageText.text(type)), which Ward does not read")
    }
    guard let size = storages.size(key) else { throw broken("has its numbers in a part that is not in the file") }
    guard let count = ONNXTensor.product(shape), strides.allSatisfy({ $0 >= 0 }), offset >= 0 else {
      throw broken("claims the impossible \(MessageText.shape(shape))")
    }
    var end = offset
    for (extent, stride) in zip(shape, strides) where extent > 0 {
      let (reach, tooFar) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow) = end.addingReportingOverflow(reach)
      guard !tooFar, !overflow else { throw broken("reaches beyond its numbers") }
      end = sum
    }
    guard count == 0 || end < size / width, count <= max(size / width, 1 << 16) else {
      throw broken("of \(MessageText.shape(shape)) reaches beyond the \(size / width) numbers that are there")
    }
    return Spec(key: key, type: type, offset: offset, shape: shape, strides: strides)
  }

  /// The numbers of a tensor, in the order of its extents.
  func tensor(_ spec: Spec, named name: String) throws -> Tensor {
    if last?.key != spec.key { last = (spec.key, try storages.bytes(spec.key)) }
    let bytes = last?.bytes ?? []
    let count = spec.count
    guard count > 0 else { return Tensor(shape: spec.shape, values: []) }
    let number = Self.reader(spec.type)
    var values: [Float] = []
    values.reserveCapacity(count)
    var index = Array(repeating: 0, count: spec.shape.count)
    var place = spec.offset
    // Safety: `spec` has compared the last place with the size of the storage; loads need no alignment.
    bytes.withUnsafeBytes { all in
      for _ in 0..<count {
        values.append(number(all, place))
        var axis = spec.shape.count - 1
        while axis >= 0 {
          index[axis] += 1
          place += spec.strides[axis]
          if index[axis] < spec.shape[axis] { break }
          place -= spec.strides[axis] * spec.shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
    }
    return Tensor(shape: spec.shape, values: values)
  }

  private static func reader(_ type: String) -> (UnsafeRawBufferPointer, Int) -> Float {
    func load<Stored: BitwiseCopyable>(_ all: UnsafeRawBufferPointer, _ place: Int, _: Stored.Type) -> Stored {
      all.loadUnaligned(fromByteOffset: place * MemoryLayout<Stored>.size, as: Stored.self)
    }
    switch type {
    case "FloatStorage", "float32": return { load($0, $1, Float.self) }
    case "DoubleStorage", "float64": return { Float(load($0, $1, Double.self)) }
    case "HalfStorage", "float16": return { HalfPrecision.float(load($0, $1, UInt16.self)) }
    case "BFloat16Storage", "bfloat16": return { Float(bitPattern: UInt32(load($0, $1, UInt16.self)) << 16) }
    case "LongStorage", "int64": return { Float(load($0, $1, Int64.self)) }
    case "IntStorage", "int32": return { Float(load($0, $1, Int32.self)) }
    case "ShortStorage", "int16": return { Float(load($0, $1, Int16.self)) }
    case "CharStorage", "int8": return { Float(load($0, $1, Int8.self)) }
    default: return { Float(load($0, $1, UInt8.self)) }
    }
  }
}
