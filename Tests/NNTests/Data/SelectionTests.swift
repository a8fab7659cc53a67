import Testing

@testable import NN

@Suite struct SelectionTests {
  static let data: Dataset? = {
    let bytes = [UInt8](repeating: 7, count: 12 * 4)
    let examples = Dataset.Examples(bytes: bytes, labels: (0..<12).map { UInt8($0 % 3) })
    return try? Dataset(
      name: "small", classes: ["Shirt", "Bag", "[\"odd\" train: 3]"],
      shape: ImageShape(channels: 1, height: 2, width: 2),
      train: examples, test: examples)
  }()

  static let pieces: [(String, @Sendable (Dataset) -> Images)] = [
    ("{\"part\":\"test\"}", { $0.test }),
    ("{\"from\":2,\"part\":\"test\",\"to\":7}", { $0.test.at([2, 3, 4, 5, 6]) }),
    ("{\"indices\":[5,3],\"part\":\"train\"}", { $0.train.at([5, 3]) }),
    ("{\"indices\":[],\"part\":\"train\"}", { $0.train.take(0) }),
  ]

  @Test(arguments: pieces.indices) func imagesAreFoundAgain(piece: Int) throws {
    let json = Self.pieces[piece].0
    let data = try #require(Self.data)
    let chosen = Self.pieces[piece].1(data)
    #expect(ImageSelection(chosen).json == json)
    let again = try ImageSelection(json: json).images(of: data)
    #expect(again.indices == chosen.indices && again.part == chosen.part)
  }

  @Test(arguments: [
    #"{"part":"test","from":5,"to":13}"#, #"{"part":"test","indices":[12]}"#, #"{"part":"test","indices":[-1]}"#,
    #"{"part":"test","from":7,"to":3}"#, #"{"part":"test","from":-1,"to":3}"#,
  ]) func imagesThatAreNotThereAreRefused(json: String) throws {
    let data = try #require(Self.data)
    #expect(throws: DataError.self) { try ImageSelection(json: json).images(of: data) }
  }

  @Test func aDataSetIsNarrowedAgain() throws {
    let data = try #require(Self.data)
    let selection = DataSelection(classes: [.choice("[\"odd\" train: 3]"), .integer(0)], train: 3)
    #expect(try DataSelection(json: selection.json) == selection)
    let narrowed = try selection.applied(to: data)
    #expect(narrowed.classes.count == 2 && narrowed.train.count == 3 && narrowed.test.count == 8)
    #expect(DataSelection().isEmpty && DataSelection().json == "{}")
    #expect(try DataSelection(json: "{}").applied(to: data).train.count == 12)
    #expect(throws: DataError.self) { try DataSelection(classes: [.integer(3)]).applied(to: data) }
    #expect(throws: DataError.self) { try DataSelection(classes: [.choice("Coat")]).applied(to: data) }
  }
}
