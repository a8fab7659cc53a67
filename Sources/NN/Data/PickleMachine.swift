import Foundation

/// The stack machine that a pickle is written for: it fills the table of values. See `Pickle`.
struct PickleMachine {
  private let bytes: [UInt8]
  private let start: Int
  private var at: Int
  private var nodes: [Pickle.Node] = [.none, .bool(false), .bool(true)]
  private var stack: [Int] = []
  private var marks: [Int] = []
  private var memo: [Int: Int] = [:]

  init(_ bytes: [UInt8], at start: Int) { (self.bytes, self.start, at) = (bytes, start, start) }

  mutating func run() throws(PickleError) -> (nodes: [Pickle.Node], result: Int, end: Int) {
    while true {
      let code = try byte()
      if code == UInt8(ascii: ".") {
        let result = try pop()
        return (nodes, result, at)
      }
      guard nodes.count < Pickle.mostValues else { throw wrong("it holds more than \(Pickle.mostValues) values") }
      if try simple(code) { continue }
      if try text(code) { continue }
      if try collection(code) { continue }
      guard try call(code) else {
        throw wrong("there is no instruction 0x\(String(code, radix: 16)) in what Ward reads")
      }
    }
  }

  private func wrong(_ reason: String) -> PickleError { PickleError(reason: reason, offset: max(0, at - start - 1)) }

  // MARK: bytes

  private mutating func byte() throws(PickleError) -> UInt8 {
    guard at < bytes.count else { throw wrong("it is cut short") }
    at += 1
    return bytes[at - 1]
  }

  /// A count or index of some bytes, the lowest first.
  private mutating func number(_ width: Int) throws(PickleError) -> Int {
    guard width <= bytes.count - at else { throw wrong("it is cut short") }
    defer { at += width }
    return bytes.littleEndian(at, width)
  }

  /// As many bytes as are announced; nothing is allocated that is not there.
  private mutating func take(_ count: Int) throws(PickleError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - at else { throw wrong("it is cut short: \(count) bytes announced") }
    defer { at += count }
    return bytes[at..<at + count]
  }

  private mutating func line() throws(PickleError) -> String {
    guard let end = bytes[at...].firstIndex(of: 10) else { throw wrong("it is cut short") }
    defer { at = end + 1 }
    return String(decoding: bytes[at..<end], as: UTF8.self)
  }

  // MARK: the stack

  private mutating func push(_ node: Pickle.Node) {
    stack.append(nodes.count)
    nodes.append(node)
  }

  private mutating func pop() throws(PickleError) -> Int {
    guard stack.count > marks.last ?? 0, let last = stack.popLast() else { throw wrong("its stack is empty") }
    return last
  }

  private func top() throws(PickleError) -> Int {
    guard stack.count > marks.last ?? 0, let last = stack.last else { throw wrong("its stack is empty") }
    return last
  }

  /// What was put on the stack since the last mark.
  private mutating func popToMark() throws(PickleError) -> [Int] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw wrong("there is no mark on its stack") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func recall(_ key: Int) throws(PickleError) {
    guard let known = memo[key] else { throw wrong("it refers to a value \(key) that it never had") }
    stack.append(known)
  }

  // MARK: instructions

  private mutating func simple(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case 0x80: _ = try byte()  // protocol
    case 0x95: _ = try number(8)  // the length of a frame
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):
      if stack.count > marks.last ?? 0 { _ = try pop() } else { _ = try popToMark() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "N"): stack.append(0)
    case 0x89: stack.append(1)
    case 0x88: stack.append(2)
    case UInt8(ascii: "K"): push(.integer(try number(1)))
    case UInt8(ascii: "M"): push(.integer(try number(2)))
    case UInt8(ascii: "J"): push(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
    case UInt8(ascii: "G"):
      push(.float(Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })))
    case 0x8a: long(Array(try take(try number(1))))
    case 0x8b: long(Array(try take(try number(4))))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): try written(code)
    case UInt8(ascii: "F"):
      let text = try line()
      guard let value = Double(text) else { throw wrong("\(MessageText.text(text)) is no number") }
      push(.float(value))
    case UInt8(ascii: "g"), UInt8(ascii: "p"):
      guard let key = Int(try line()) else { throw wrong("it is damaged") }
      if code == UInt8(ascii: "g") { try recall(key) } else { memo[key] = try top() }
    case UInt8(ascii: "h"): try recall(try number(1))
    case UInt8(ascii: "j"): try recall(try number(4))
    case UInt8(ascii: "q"): memo[try number(1)] = try top()
    case UInt8(ascii: "r"): memo[try number(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    default: return false
    }
    return true
  }

  private mutating func long(_ bytes: [UInt8]) {
    guard bytes.count <= 8 else { return push(.long(bytes)) }
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    var bits: UInt64 = isNegative ? .max : 0
    for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
    push(.integer(Int(Int64(bitPattern: bits))))
  }

  /// A number in digits; `I00` and `I01` are truth values.
  private mutating func written(_ code: UInt8) throws(PickleError) {
    var text = try line()
    if code == UInt8(ascii: "I"), text == "00" || text == "01" { return stack.append(text == "01" ? 2 : 1) }
    if text.hasSuffix("L") { text.removeLast() }
    guard let value = Int(text) else { throw wrong("\(MessageText.text(text)) is no number of 64 bits") }
    push(.integer(value))
  }

  private mutating func text(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case UInt8(ascii: "X"): try unicode(4)
    case 0x8c: try unicode(1)
    case 0x8d: try unicode(8)
    case UInt8(ascii: "B"), UInt8(ascii: "T"): push(.bytes(Array(try take(try number(4)))))
    case UInt8(ascii: "C"), UInt8(ascii: "U"): push(.bytes(Array(try take(try number(1)))))
    case 0x8e, 0x96: push(.bytes(Array(try take(try number(8)))))
    case UInt8(ascii: "S"): push(.bytes(try quoted()))
    case UInt8(ascii: "V"): push(.string(Self.unescaped(try line())))
    default: return false
    }
    return true
  }

  private mutating func unicode(_ width: Int) throws(PickleError) {
    push(.string(String(decoding: try take(try number(width)), as: UTF8.self)))
  }

  /// Text as Python writes it in its own programs: `'a\x00\n'`.
  private mutating func quoted() throws(PickleError) -> [UInt8] {
    guard let end = bytes[at...].firstIndex(of: 10) else { throw wrong("it is cut short") }
    let line = Array(bytes[at..<end])
    at = end + 1
    guard line.count >= 2, line.first == line.last, line[0] == UInt8(ascii: "'") || line[0] == UInt8(ascii: "\"") else {
      throw wrong("a text is not in quotes")
    }
    var (out, place) = ([UInt8](), 1)
    while place < line.count - 1 {
      guard line[place] == UInt8(ascii: "\\"), place + 1 < line.count - 1 else {
        out.append(line[place])
        place += 1
        continue
      }
      let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "0"): 0,
      ]
      let letter = line[place + 1]
      place += 2
      if letter == UInt8(ascii: "x"), place + 2 <= line.count - 1,
        let value = UInt8(String(decoding: line[place..<place + 2], as: UTF8.self), radix: 16)
      {
        out.append(value)
        place += 2
      } else {
        out.append(escapes[letter] ?? letter)
      }
    }
    return out
  }

  /// `\u00e9` in a line of text.
  private static func unescaped(_ text: String) -> String {
    let parts = text.components(separatedBy: "\\u")
    return parts.dropFirst().reduce(parts[0]) { out, part in
      guard part.count >= 4, let code = UInt32(part.prefix(4), radix: 16), let scalar = Unicode.Scalar(code) else {
        return out + "\\u" + part
      }
      return out + String(Character(scalar)) + part.dropFirst(4)
    }
  }

  private mutating func collection(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case UInt8(ascii: "]"): push(.list([]))
    case UInt8(ascii: "}"): push(.dictionary([]))
    case UInt8(ascii: ")"): push(.tuple([]))
    case 0x8f: push(.set([]))
    case UInt8(ascii: "l"): push(.list(try popToMark()))
    case UInt8(ascii: "t"): push(.tuple(try popToMark()))
    case 0x91: push(.set(try popToMark()))
    case UInt8(ascii: "d"): push(.dictionary(try Self.pairs(popToMark(), wrong("a key of it has no value"))))
    case 0x85, 0x86, 0x87:
      var items: [Int] = []
      for _ in 0...(code - 0x85) { items.insert(try pop(), at: 0) }
      push(.tuple(items))
    case UInt8(ascii: "a"):
      let item = try pop()
      try add([item])
    case UInt8(ascii: "e"), 0x90: try add(popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try set([(try pop(), value)])
    case UInt8(ascii: "u"): try set(Self.pairs(popToMark(), wrong("a key of it has no value")))
    default: return false
    }
    return true
  }

  private static func pairs(_ items: [Int], _ odd: PickleError) throws(PickleError) -> [(Int, Int)] {
    guard items.count % 2 == 0 else { throw odd }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  private mutating func add(_ more: [Int]) throws(PickleError) {
    let target = try top()
    // The node is taken out while it grows, so that its array is not copied each time.
    let node = nodes[target]
    nodes[target] = .none
    switch node {
    case .list(var items):
      items += more
      nodes[target] = .list(items)
    case .set(var items):
      items += more
      nodes[target] = .set(items)
    case .object(let callable, let arguments, let state, var items, let pairs):
      items += more
      nodes[target] = .object(callable: callable, arguments: arguments, state: state, items: items, pairs: pairs)
    default: throw wrong("it appends to what is no list")
    }
  }

  private mutating func set(_ more: [(Int, Int)]) throws(PickleError) {
    let target = try top()
    let node = nodes[target]
    nodes[target] = .none
    switch node {
    case .dictionary(var pairs):
      pairs += more
      nodes[target] = .dictionary(pairs)
    case .object(let callable, let arguments, let state, let items, var pairs):
      pairs += more
      nodes[target] = .object(callable: callable, arguments: arguments, state: state, items: items, pairs: pairs)
    default: throw wrong("it puts a key into what is no dictionary")
    }
  }

  private mutating func call(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case UInt8(ascii: "c"): push(.global(try line(), try line()))
    case 0x93:
      let (name, module) = (try pop(), try pop())
      guard case .string(let name) = nodes[name], case .string(let module) = nodes[module] else {
        throw wrong("a name in it is no text")
      }
      push(.global(module, name))
    case UInt8(ascii: "R"), 0x81:
      let (arguments, callable) = (try pop(), try pop())
      made(callable, arguments)
    case 0x92:
      _ = try pop()  // arguments by name
      let (arguments, callable) = (try pop(), try pop())
      made(callable, arguments)
    case UInt8(ascii: "i"):
      push(.global(try line(), try line()))
      let callable = try pop()
      push(.tuple(try popToMark()))
      made(callable, try pop())
    case UInt8(ascii: "o"):
      var items = try popToMark()
      guard !items.isEmpty else { throw wrong("it makes an object of nothing") }
      let callable = items.removeFirst()
      push(.tuple(items))
      made(callable, try pop())
    case UInt8(ascii: "b"):
      let state = try pop()
      let target = try top()
      guard case .object(let callable, let arguments, _, let items, let pairs) = nodes[target] else {
        throw wrong("it gives a state to what has none")
      }
      nodes[target] = .object(callable: callable, arguments: arguments, state: state, items: items, pairs: pairs)
    case UInt8(ascii: "P"):
      push(.string(try line()))
      push(.persistent(try pop()))
    case UInt8(ascii: "Q"): push(.persistent(try pop()))
    default: return false
    }
    return true
  }

  private mutating func made(_ callable: Int, _ arguments: Int) {
    push(.object(callable: callable, arguments: arguments, state: nil, items: [], pairs: []))
  }
}
