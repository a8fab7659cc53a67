import Foundation
import Testing

@testable import NN

/// Python pickles, read as data.
@Suite struct PickleTests {
  /// `{b'data': np.arange(6, dtype='u1').reshape(2, 3), 'labels': [1, 2], 't': (1.5, None, True, -3, 2**70, 'é')}` as Python
  /// 3.13 and NumPy 2 write it.
  private static let written = [
    2: """
    gAJ9cQAoY19jb2RlY3MKZW5jb2RlCnEBWAQAAABkYXRhcQJYBgAAAGxhdGluMXEDhnEEUnEFY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKX3JlY29uc3Ry\
    dWN0CnEGY251bXB5Cm5kYXJyYXkKcQdLAIVxCGgBWAEAAABicQloA4ZxClJxC4dxDFJxDShLAUsCSwOGcQ5jbnVtcHkKZHR5cGUKcQ9YAgAAAHUxcRCJ\
    iIdxEVJxEihLA1gBAAAAfHETTk5OSv////9K/////0sAdHEUYoloAVgGAAAAAAECAwQFcRVoA4ZxFlJxF3RxGGJYBgAAAGxhYmVsc3EZXXEaKEsBSwJl\
    WAEAAAB0cRsoRz/4AAAAAAAATohK/f///4oJAAAAAAAAAABAWAIAAADDqXEcdHEddS4=
    """,
    4: """
    gASV1AAAAAAAAAB9lChDBGRhdGGUjBZudW1weS5fY29yZS5tdWx0aWFycmF5lIwMX3JlY29uc3RydWN0lJOUjAVudW1weZSMB25kYXJyYXmUk5RLAIWU\
    QwFilIeUUpQoSwFLAksDhpRoBYwFZHR5cGWUk5SMAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGKJQwYAAQIDBAWUdJRijAZsYWJlbHOU\
    XZQoSwFLAmWMAXSUKEc/+AAAAAAAAE6ISv3///+KCQAAAAAAAAAAQIwCw6mUdJR1Lg==
    """,
  ]

  private func written(_ number: Int) throws -> [UInt8] {
    let data = Self.written[number].flatMap { Foundation.Data(base64Encoded: $0) }
    return [UInt8](try #require(data))
  }

  @Test(arguments: [2, 4]) func whatPythonWroteIsRead(protocol number: Int) throws {
    let bytes = try written(number)
    let pickle = try Pickle(bytes)
    #expect(pickle.end == bytes.count)
    #expect(pickle.value["labels"]?.items?.map(\.integer) == [1, 2])
    let mixed = try #require(pickle.value["t"]?.items)
    guard case .float(1.5) = mixed[0].content, case .none = mixed[1].content, case .bool(true) = mixed[2].content,
      case .integer(-3) = mixed[3].content, case .long(let large) = mixed[4].content
    else {
      Issue.record("the tuple is another")
      return
    }
    #expect(large == [0, 0, 0, 0, 0, 0, 0, 0, 64] && mixed[5].text == "é")
    // The key is bytes, which protocol 2 writes as a call.
    #expect(pickle.value["data"] != nil)
    let array = try #require(pickle.value.pairs?.first { $0.key.bytes == Array("data".utf8) }?.value)
    guard case .object(let made) = array.content else {
      Issue.record("the array is no object")
      return
    }
    #expect(made.callable.isGlobal("numpy._core.multiarray", "_reconstruct"))
    #expect(made.state?.items?.last?.bytes == [0, 1, 2, 3, 4, 5])
  }

  @Test func whatAPickleWouldCallIsNotCalled() throws {
    // What `os.system('echo no')` looks like.
    let value = try Pickle(Array("cposix\nsystem\n(S'echo no'\ntR.".utf8)).value
    guard case .object(let object) = value.content else {
      Issue.record("it is no object")
      return
    }
    #expect(object.callable.isGlobal("posix", "system") && object.arguments.items?.first?.text == "echo no")
  }

  @Test func aListMayHoldItself() throws {
    let value = try Pickle([
      0x80, 2, UInt8(ascii: "]"), UInt8(ascii: "q"), 0, UInt8(ascii: "h"), 0, UInt8(ascii: "a"), 46,
    ]).value
    #expect(value.items?.first?.items?.count == 1)
  }

  @Test func whatIsCutShortOrDamagedIsRefusedWithItsPlace() throws {
    let whole = try written(4)
    for end in 0..<whole.count - 1 { #expect(throws: PickleError.self) { _ = try Pickle(Array(whole[..<end])) } }
    for bad: [UInt8] in [
      Array("(.".utf8), Array("a.".utf8), Array("h\u{7}.".utf8), Array("Nu.".utf8),
      [0x8e] + [UInt8](repeating: 255, count: 8),
      Array("N(Nu.".utf8), [0x80, 4, 0x82, 1, 46],
    ] {
      #expect(throws: PickleError.self) { _ = try Pickle(bad) }
    }
    #expect(problem(PickleError.self) { _ = try Pickle([UInt8(ascii: "K")]) }?.description.contains("byte 0") == true)
  }

  /// A byte each would be a value of many bytes.
  @Test func thereAreNotMoreValuesThanAnyFileHas() {
    let many = [UInt8](repeating: UInt8(ascii: ")"), count: Pickle.mostValues + 10)
    #expect(throws: PickleError.self) { _ = try Pickle(many) }
  }
}
