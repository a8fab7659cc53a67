import Foundation
import Testing

@testable import NN

/// Tables of features, and images in tables.
@Suite struct FeatureTableTests {
  private let folder: Folder

  init() throws { folder = try Folder("tables") }

  private func load(_ text: String, _ set: (inout LoadOptions) -> Void = { _ in }) throws -> Dataset {
    var options = LoadOptions()
    options.share = 0.25
    set(&options)
    return try Dataset.load(folder.write("t.csv", Array(text.utf8)), options: options)
  }

  private func refusal(_ text: String, _ set: (inout LoadOptions) -> Void = { $0.target = "class" }) -> String {
    do {
      _ = try load(text, set)
      return "it was read"
    } catch let error as DataError {
      return "\(error)" + (error.hint.map { " | " + $0 } ?? "")
    } catch { return "\(error)" }
  }

  /// 40 rows: an age from 20 to 59, a colour, and the class.
  private let people =
    "age,colour,class\n"
    + (0..<40).map { "\(20 + $0),\($0 % 3 == 0 ? "blue" : "red"),\($0 % 2 == 0 ? "no" : "yes")\n" }.joined()

  /// `569,30,malignant,benign` over rows of 30 features and a number: so breast_cancer.csv, wine_data.csv and iris.csv begin.
  @Test func theFirstLineOfScikitLearnsFilesNamesTheClasses() throws {
    func file(_ first: String, _ label: @escaping (Int) -> Int = { $0 % 2 }, features: Int = 2) -> String {
      let row = { (index: Int) in (0..<features).map { "\(index).\($0)" } + ["\(label(index))"] }
      return first + "\n" + (0..<40).map { row($0).joined(separator: ",") + "\n" }.joined()
    }
    let data = try load(file("40,2,malignant,benign"))
    #expect(data.classes == ["malignant", "benign"] && data.features?.map(\.name) == ["1", "2"])
    #expect(data.train.count == 30 && data.test.count == 10)
    for position in 0..<data.test.count {
      let first = data.features?[0].value(of: data.test.pixels(at: position)[0]) ?? -1
      #expect(Int(first) % 2 == data.test.label(at: position))
    }
    // As many fields in the first line as in the others, as iris.csv has.
    #expect(try load(file("40,4,a,b,c", { $0 % 3 }, features: 4)).classes == ["a", "b", "c"])
    #expect(try load(file("40,2,malignant,benign")) { $0.names = ["bad", "good"] }.classes == ["bad", "good"])
    let nothing: (inout LoadOptions) -> Void = { _ in }
    #expect(refusal(file("41,2,malignant,benign"), nothing).contains("announces 41 rows, and it has 40"))
    #expect(refusal(file("40,2,malignant,benign", { $0 % 3 }), nothing).contains("2 is the number of no class"))
    #expect(refusal(file("41,3,a,b\n40,3,c,d", features: 3), nothing).contains("d is the number of no class"))
    let pair = try Folder("pair")
    _ = try pair.write("train.csv", Array(file("40,2,a,b").utf8))
    _ = try pair.write("test.csv", Array(file("40,2,b,a").utf8))
    let mixed = #expect(throws: DataError.self) { try Dataset.load(pair.path) }
    #expect(mixed?.description.contains("does not name the classes") == true)
    #expect(refusal(file("40,3,malignant,benign"), nothing).contains("line 2 has 3 fields, but the first line has 4"))
  }

  /// scikit-learn's digits: 8×8 pixels from 0 to 16, the label last.
  @Test func pixelsAreSharesOfTheNumberThatIsSaidToBeWhite() throws {
    let rows = (0..<40).map { index in
      (["0"] + (1..<64).map { "\(($0 + index) % 17)" } + ["\(index % 10)"]).joined(separator: ",") + "\n"
    }
    let text = rows.joined()
    let data = try load(text) { $0.white = 16 }
    #expect(data.shape == ImageShape(channels: 1, height: 8, width: 8) && data.classes.count == 10)
    let first = data.train.pixels(at: 0)
    let index = Int(first[1] * 16) + 16
    #expect(first[0] == 0 && (1..<64).allSatisfy { first[$0] == Float(($0 + index) % 17) / 16 })
    #expect(
      refusal(text) { $0.white = 15 }.contains("line 1, column 17: a pixel is 16, which is not from 0 to white: 15"))
    #expect(refusal(people) { ($0.target, $0.white) = ("class", 16) }.contains("no use for white:"))
  }

  @Test func numbersBecomeSharesOfTheirRangeInTheTrainingPart() throws {
    let data = try load(people) { $0.target = "class" }
    #expect(data.train.count == 30 && data.test.count == 10 && data.classes == ["no", "yes"])
    #expect(data.test.labels.count { $0 == 0 } == 5)
    let features = try #require(data.features)
    #expect(features.map(\.name) == ["age", "colour=blue", "colour=red"])
    #expect(data.shape == ImageShape(channels: 3, height: 1, width: 1) && data.split == 0)
    // Each row in its own units is a row of the file.
    for part in [data.train, data.test] {
      for position in 0..<part.count {
        let pixels = part.pixels(at: position)
        let age = features[0].value(of: pixels[0]).rounded()
        let isBlue = (Int(age) - 20) % 3 == 0
        if pixels[0] > 0, pixels[0] < 1 { #expect(part.label(at: position) == (Int(age) - 20) % 2) }
        if pixels[0] > 0, pixels[0] < 1 { #expect(pixels[1] == (isBlue ? 1 : 0) && pixels[2] == (isBlue ? 0 : 1)) }
      }
    }
    let ages = (0..<30).map { data.train.pixels(at: $0)[0] }
    #expect(ages.min() == 0 && ages.max() == 1)
  }

  @Test func testValuesOutsideOfTheTrainingRangeAreMovedToItsEdgeAndSaid() throws {
    try folder.write("a_train.csv", Array("x,class\n10,a\n20,b\n".utf8))
    try folder.write("a_test.csv", Array("x,class\n5,a\n15,b\n30,b\n".utf8))
    var options = LoadOptions()
    options.target = "class"
    let data = try Dataset.load(folder.path, options: options)
    #expect((0..<3).map { data.test.pixels(at: $0)[0] } == [0, 0.5, 1])
    #expect(data.notes.contains { $0.hasPrefix("2 of 3 test values lie outside") })
  }

  @Test func theSplitHangsOnTheSeedAlone() throws {
    func rows(_ seed: Int) throws -> [Float] {
      let data = try load(people) {
        $0.target = "class"
        $0.seed = seed
      }
      return data.test.tensor(0..<10).values
    }
    #expect(try rows(1) == rows(1) && rows(1) != rows(2))
  }

  @Test func semicolonsTabsQuotesAndWindowsLinesAreRead() throws {
    for separator in [";", "\t"] {
      let text = people.replacingOccurrences(of: ",", with: separator).replacingOccurrences(of: "\n", with: "\r\n")
        .replacingOccurrences(of: "red", with: "\"r,e;d\"")
      let data = try load(text) { $0.target = "Class" }
      #expect(data.features?.map(\.name) == ["age", "colour=blue", "colour=r,e;d"])
    }
  }

  @Test func missingValuesAreRefusedOrFilledWithTheMean() throws {
    let text = "x,class\n" + (0..<20).map { "\($0 == 7 ? "NA" : "\($0 % 2 * 10)"),\($0 % 2)\n" }.joined()
    #expect(refusal(text).contains("line 9, column x: the value is missing"))
    let data = try load(text) {
      $0.target = "class"
      $0.missing = "mean"
    }
    #expect(data.notes.contains { $0.hasPrefix("1 missing value filled") })
    let all =
      (0..<data.train.count).map { data.train.pixels(at: $0)[0] }
      + (0..<data.test.count).map { data.test.pixels(at: $0)[0] }
    #expect(all.contains { $0 > 0.2 && $0 < 0.8 })
  }

  @Test func whatIsWrongIsNamedWithLineAndColumn() {
    #expect(refusal("a,class\n1,x\n2,y,z\n").contains("line 3 has 3 fields, but the first line has 2"))
    #expect(refusal("a,class\n1,x\n2,y\noops,x\n3,y\n").contains("line 4, column a: \"oops\" is no number"))
    #expect(refusal("a,class\n1,x\n2,y\ninf,x\n").contains("line 4, column a: inf is not finite"))
    #expect(refusal("a,class\n").contains("no row of data"))
    #expect(refusal("").contains("is empty"))
    #expect(refusal("a,a,class\n1,2,x\n").contains("two columns are called \"a\""))
    #expect(refusal("a,clas\n1,x\n2,y\n").contains("no column \"class\""))
    #expect(refusal("a,class\n1,x\n2,x\n").contains("of one class, x"))
    #expect(refusal("a,class\n1,x\n2,\n").contains("line 3, column class: the class is missing"))
    #expect(refusal("a,class\n1,x\n2,y\n") { _ in }.contains("target: \"NAME\" says it, one of: a, class"))
    let prices = (0..<60).map { "\($0),\(Double($0) * 1.7 + 0.3)\n" }.joined()
    #expect(refusal("a,class\n" + prices).contains("regression"))
    let names = (0..<60).map { "name\($0),\($0 % 2)\n" }.joined()
    #expect(refusal("who,class\n" + names).contains("without: [\"who\"]"))
    #expect(refusal((0..<300_000).map { "c\($0)" }.joined(separator: ",")).contains("more than 200000 fields"))
    #expect(refusal(people) { ($0.target, $0.share) = ("class", nil) }.contains("test: 20%"))
    #expect(refusal(people) { ($0.target, $0.size) = ("class", 8) }.contains("which has no use for size:"))
    #expect(refusal(people) { ($0.target, $0.names) = ("class", ["a"]) }.contains("1 name for 2 classes"))
    #expect(refusal(people) { ($0.target, $0.names) = ("class", ["a", "a"]) }.contains("two classes are called \"a\""))
  }

  @Test func columnsCanBeLeftOutAndAHeaderIsNotNeeded() throws {
    let data = try load((0..<20).map { "\($0),\($0 % 5),\($0 % 2 == 0 ? "a" : "b")\n" }.joined()) {
      $0.target = "3"
      $0.without = ["1"]
    }
    #expect(data.features?.map(\.name) == ["2"] && data.classes == ["a", "b"])
  }

  // MARK: images

  private func pixels(_ label: Int, _ header: Bool = true, last: Bool = false) -> String {
    let names = (0..<9).map { "pixel\($0)" }
    let head = header ? (last ? names + ["label"] : ["label"] + names).joined(separator: ",") + "\n" : ""
    return head
      + (0..<20).map { row in
        let values = (0..<9).map { "\(($0 * 7 + row) % 256)" }
        let own = "\(row % 2 * label)"
        return (last ? values + [own] : [own] + values).joined(separator: ",") + "\n"
      }.joined()
  }

  @Test(arguments: [false, true]) func kagglesTablesAreImages(last: Bool) throws {
    let data = try load(pixels(1, last: last)) { $0.share = 0.2 }
    #expect(data.shape == ImageShape(channels: 1, height: 3, width: 3) && data.test.count == 4 && data.features == nil)
    #expect(data.train.bytes(at: 0).count == 9 && data.train.labels.max() == 1)
    var shaped = LoadOptions()
    (shaped.share, shaped.shape) = (0.2, [1, 9])
    let path = try folder.write("u.csv", Array(pixels(1, last: last).utf8))
    #expect(try Dataset.load(path, options: shaped).shape == ImageShape(channels: 1, height: 1, width: 9))
    shaped.shape = [2, 4]
    #expect(problem(DataError.self) { _ = try Dataset.load(path, options: shaped) } != nil)
  }

  @Test func aPairOfTablesIsTwoPartsAndATestFileWithoutLabelsIsLeftOut() throws {
    try folder.write("train.csv", Array(pixels(1).utf8))
    try folder.write("test.csv", Array(pixels(1).utf8))
    let pair = try Dataset.load(folder.path)
    #expect(pair.train.count == 20 && pair.test.count == 20 && pair.files.count == 2 && pair.split == nil)
    let unlabelled = pixels(1).split(separator: "\n").map { $0.drop { $0 != "," }.dropFirst() }.joined(separator: "\n")
    try folder.write("test.csv", Array(unlabelled.utf8))
    var options = LoadOptions()
    options.count = 6
    let single = try Dataset.load(folder.path, options: options)
    #expect(single.test.count == 6 && single.notes.contains { $0.hasPrefix("test.csv has no labels") })
  }
}
