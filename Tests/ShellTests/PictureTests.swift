import Foundation
import Lang
import Testing

@testable import Shell

@Suite("Pictures")
struct PictureTests {
  /// Red, green, blue and white, in two rows.
  private let four = Bitmap(width: 2, height: 2, channels: 3, bytes: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])

  @Test func aFileGivesBackThePixelsThatWentIn() throws {
    let color = try PNG.pixels(of: PNG.file(four))
    #expect((color.width, color.height) == (2, 2))
    #expect(color.rgba == [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255])
    let grey = try PNG.pixels(of: PNG.file(Bitmap(width: 3, height: 1, channels: 1, bytes: [0, 7, 255])))
    #expect(grey.rgba == [0, 0, 0, 255, 7, 7, 7, 255, 255, 255, 255, 255])
  }

  @Test func whatIsNoPictureIsRefused() throws {
    #expect(throws: PNG.Failure.self) { try PNG.pixels(of: Array("no picture".utf8)) }
    let file = try PNG.file(four)
    #expect(throws: PNG.Failure.self) { try PNG.pixels(of: Array(file.prefix(file.count / 2))) }
    #expect(throws: PNG.Failure.self) { try PNG.pixels(of: file, atMost: 15) }
  }

  @Test func planesOfADataSetBecomePixelsBesideEachOther() {
    let planes: [Float] = [1, 0, 0, 1, 0.5, 2]
    #expect(Bitmap(planes: planes, width: 2, height: 1, channels: 3).bytes == [255, 0, 128, 0, 255, 255])
  }

  @Test func enlargingAndReducingKeepTheColours() {
    #expect(four.enlarged(by: 3)[5, 0] == Color(0x00FF00))
    #expect(four.enlarged(by: 3).reduced(by: 3) == four)
  }

  @Test func aHalfBlockHoldsTwoPixelsAboveEachOther() {
    let picture = Picture(title: "", strips: [.init(caption: "", images: [four.enlarged(by: 6)])])
    let lines = picture.text(width: 80, colors: true).split(separator: "\n")
    // The image is 12 by 12: six lines. In the first, both halves are red, then both are green.
    #expect(lines[0].hasPrefix("\u{1b}[38;2;255;0;0;48;2;255;0;0m▀▀▀▀▀▀\u{1b}[38;2;0;255;0;48;2;0;255;0m▀▀▀▀▀▀"))
    #expect(lines.filter { $0.contains("▀") }.count == 6)
  }

  @Test func withoutColoursBrightnessBecomesSigns() {
    let grey = Bitmap(width: 12, height: 2, channels: 1, bytes: (0..<24).map { $0 % 12 < 6 ? 0 : 255 })
    let picture = Picture(title: "t", strips: [.init(caption: "c", images: [grey])])
    #expect(picture.text(width: 80, colors: false) == "t\n      @@@@@@\n     c")
  }

  @Test func stripsThatDoNotFitBesideEachOtherGoBelow() {
    let strip = Picture.Strip(caption: "x", images: [four.enlarged(by: 10)])
    let picture = Picture(title: "", strips: [strip, strip, strip])
    let lines = picture.text(width: 50, colors: false).split(separator: "\n", omittingEmptySubsequences: false)
    // Two strips of 20 columns and a gap of 3 fit in 50, three do not: two lines of ten rows and a caption.
    #expect(lines.count == 22)
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= 50 })
  }

  @Test func manySmallImagesAreNotEnlarged() {
    let kernel = Bitmap(width: 5, height: 5, filledWith: Color(0xB2182B))
    func lines(_ count: Int) -> Int {
      let strips = (0..<count).map { Picture.Strip(caption: "\($0)", images: [kernel]) }
      return Picture(title: "", strips: strips).text(width: 1000, colors: true).split(separator: "\n").count
    }
    // Ten rows of pixels, or five, and a line of captions.
    #expect(lines(6) == 6)
    #expect(lines(30) == 4)
  }

  @Test func imagesWiderThanTheScreenAreMadeSmaller() {
    let picture = Picture(title: "", strips: [.init(caption: "x", images: [four.enlarged(by: 60)])])
    #expect(
      picture.text(width: 40, colors: false).split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 40 })
  }

  @Test func aStoredPictureComesBackAndADamagedOneIsRefused() throws {
    let picture = Picture(title: "t", parts: ["a"], strips: [.init(caption: "c", images: [four])], legend: "l")
    let json = try JSONEncoder().encode(picture)
    #expect(try JSONDecoder().decode(Picture.self, from: json) == picture)
    let damaged = String(decoding: json, as: UTF8.self).replacing("\"width\":2", with: "\"width\":3")
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Picture.self, from: Data(damaged.utf8)) }
  }

  @Test func theFileOfAPictureHoldsItsImagesEnlargedAndItsCaptions() throws {
    let picture = Picture(title: "Title", strips: [.init(caption: "<&\"'` $(id)", images: [four.enlarged(by: 14)])])
    let page = try PNG.pixels(of: picture.png())
    let reds = (0..<page.width * page.height).count {
      page.rgba[4 * $0] == 255 && page.rgba[4 * $0 + 1] == 0 && page.rgba[4 * $0 + 2] == 0
    }
    #expect(reds == 56 * 56)
    let inks = (0..<page.width * page.height).count {
      page.rgba[4 * $0] < 80 && page.rgba[4 * $0 + 1] < 80 && page.rgba[4 * $0 + 2] < 80
    }
    #expect(inks > 100)
    let svg = try picture.svg()
    #expect(svg.contains("&lt;&amp;&quot;&#39;` $(id)"))
    #expect(XMLCheck.isWellFormed(svg))
  }

  private func gallery(_ count: Int) -> Picture {
    Picture(
      title: "A gallery", parts: ["clean", "adversarial", "difference ×10"],
      strips: (0..<count).map {
        .init(caption: "Coat → Shirt \($0)", images: [four, four, four].map { $0.enlarged(by: 14) })
      },
      legend: "red is brighter")
  }

  /// Pure red, as only the first pixel of each image is.
  private func reds(_ page: (width: Int, height: Int, rgba: [UInt8])) -> Int {
    (0..<page.width * page.height).count {
      page.rgba[4 * $0] == 255 && page.rgba[4 * $0 + 1] == 0 && page.rgba[4 * $0 + 2] == 0
    }
  }

  @Test(arguments: [(1, 1920, 1080), (6, 1920, 1080), (6, 800, 1200), (12, 640, 400)])
  func aPictureFillsTheSizeThatWasAskedFor(count: Int, width: Int, height: Int) throws {
    let look = DrawingLook(size: .init(width: width, height: height))
    let page = try PNG.pixels(of: gallery(count).png(look))
    #expect(page.width == width && page.height == height)
    // Whole images, all alike, and none could be a pixel to each pixel larger by much.
    let each = reds((page.width, page.height, page.rgba)) / (3 * count)
    let side = Double(each).squareRoot()
    #expect(side == side.rounded() && Int(side) % 14 == 0)
    #expect(Double(3 * count * each * 4) > 0.1 * Double(width * height))
    #expect(XMLCheck.isWellFormed(try gallery(count).svg(look)))
  }

  @Test func largerLettersAreLargerAndCutNoWord() throws {
    let (usual, large) = (try gallery(6).svg(), try gallery(6).svg(DrawingLook(font: 26)))
    #expect(large.contains("difference ×10") && large.contains("Coat → Shirt 5"))
    func size(_ svg: String) -> Double? {
      svg.firstMatch(of: /font-size="([0-9.]+)"[^>]*>A gallery/).flatMap { Double($0.output.1) }
    }
    #expect(size(large) == size(usual).map { 2 * $0 })
  }

  @Test func whatDoesNotFitIsRefused() {
    #expect(throws: Problem.self) { try gallery(40).png(DrawingLook(size: .init(width: 100, height: 100))) }
  }
}

@Suite("Charts")
struct ChartTests {
  /// A file that nobody else makes.
  private static let proof = "was-here-\(UUID().uuidString.prefix(8))"

  /// Names that would run a program, end a string or break a page if they were taken as anything but text.
  private let hostile = ["`touch \(Self.proof)`", "it's \"x\" <b> & 100% %d", "a\\\n$(id) @m {/Bold b}_1", "Ψ 靴"]

  private var lines: Chart {
    Chart(
      title: hostile[1], x: .init(label: "eps (pixels)"), y: .init(label: "robust accuracy", isShare: true),
      series: hostile.enumerated().map { number, name in
        .init(name: name, points: (0..<6).map { .init(x: Double($0) / 50, y: 0.9 / Double($0 + number + 1)) })
      })
  }

  @Test func namesStandInAPageAsTheyAreAndRunNothing() throws {
    let svg = try lines.svg()
    #expect(XMLCheck.isWellFormed(svg))
    #expect(svg.contains("`touch \(Self.proof)`"))
    #expect(svg.contains("&lt;b> &amp; 100% %d"))
    #expect(svg.contains("$(id) @m {/Bold b}_1"))
    #expect(svg.contains("Ψ 靴"))
    #expect(svg.contains("eps (pixels)"))
    #expect(!FileManager.default.fileExists(atPath: Self.proof))
  }

  @Test func namesOfPlacesAndOfHeatMapsAreTextToo() throws {
    let bars = Chart(
      title: "t", x: .init(names: hostile), y: .init(label: "robust", isShare: true),
      series: [.init(name: "", style: .bars, points: (0..<4).map { .init(x: Double($0), y: 0.2 * Double($0)) })])
    let map = Chart(
      title: "t",
      heatMap: .init(
        rows: hostile, columns: hostile, values: [[1, 2, 3, 4], [0, nil, 9, 1], [1, 1, 1, 1], [0, 0, 0, 0]]))
    for svg in [try bars.svg(), try map.svg()] {
      #expect(XMLCheck.isWellFormed(svg))
      #expect(svg.contains("&lt;b> &amp; 100% %d"))
    }
  }

  @Test func aHeatMapTooWideForNumbersIsDrawnByColoursAndToldInWords() throws {
    let values = (0..<21).map { row in (0..<21).map { Double(row * $0) / 100 as Double? } }
    let names = (0..<21).map { "\($0)" }
    let map = Chart(title: "t", y: .init(label: "up"), heatMap: .init(rows: names, columns: names, values: values))
    let lines = map.text(width: 80, colors: true).split(separator: "\n")
    #expect(lines.count == 2 + 21 + 2)
    #expect(lines[2 + 20].contains(Color(0x08306B).background) && !lines[2].contains(Color(0x08306B).background))
    #expect(lines.allSatisfy { DisplayWidth.ofDrawn(String($0)) <= 80 })
    #expect(lines[23] == "   0  1  2  3  4  5  6  7  8  9  10 11 12 13 14 15 16 17 18 19 20 ")
    #expect(lines[24] == "white 0, dark blue 4")
    #expect(map.description == "plot: t (21 × 21 values from 0 to 4)")
    #expect(try XMLCheck.isWellFormed(map.svg()))
  }

  @Test func aWideHeatMapWithoutColoursIsDrawnByDigits() throws {
    let values = (0..<21).map { row in (0..<21).map { Double(row * $0) / 100 as Double? } }
    let names = (0..<21).map { "\($0)" }
    let map = Chart(title: "t", heatMap: .init(rows: names, columns: names, values: values))
    let lines = map.text(width: 80, colors: false).split(separator: "\n").map(String.init)
    #expect(lines[1] == " 0 " + String(repeating: "0  ", count: 21))
    #expect(lines[21].hasPrefix("20 0  0  1  1  2") && lines[21].hasSuffix("9  "))
    #expect(lines.last == "0: 0, 9: 4" && lines.allSatisfy { DisplayWidth.of($0) <= 80 })
  }

  @Test func barsBelowZeroAreDrawnFromZeroDown() throws {
    let bars = Chart(
      title: "gain", x: .init(names: ["Shirt", "Coat", "Bag"]), y: .init(isShare: true),
      series: [
        .init(
          name: "", style: .bars,
          points: [.init(x: 0, y: 0.4), .init(x: 1, y: -0.2, low: -0.3, high: -0.1), .init(x: 2, y: 0)])
      ])
    let lines = bars.text(width: 60, colors: false).split(separator: "\n").map(String.init).suffix(3)
    let zeros = lines.map { line in line.firstIndex(of: "│").map { line.distance(from: line.startIndex, to: $0) } }
    #expect(Set(zeros).count == 1 && zeros[0] != nil, "all start at one line")
    func cells(_ line: String?) -> Int { line?.count { $0 == "█" } ?? 0 }
    #expect(abs(cells(lines.first) - 2 * cells(lines.dropFirst().first)) <= 1, "\(lines)")
    #expect(lines.dropFirst().first?.contains("├─") == true && cells(lines.last) == 0)
    // In a file the bar below zero is as tall as it is meant: its rectangle is not cut away.
    let corners = try bars.svg().matches(of: /<polygon fill[^>]*points = '([^']*)'/).map { polygon in
      polygon.output.1.split(separator: " ").compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
    }
    try #require(corners.count == 3)
    let heights = corners.map { ($0.max() ?? 0) - ($0.min() ?? 0) }
    #expect(abs(heights[0] - 2 * heights[1]) < 1 && heights[1] > 10 && heights[2] < 1, "\(heights)")
  }

  @Test func aLongTitleIsWrittenInLinesThatFit() throws {
    let words = (1...30).map { "word\($0)" }
    let svg = try Chart(
      title: words.joined(separator: " "), series: [.init(name: "a", points: [.init(x: 0, y: 1), .init(x: 1, y: 2)])]
    ).svg()
    let lines = svg.matches(of: /<text[^>]*>([^<]*)<\/text>|<text><tspan[^>]*>([^<]*)<\/tspan>/).compactMap {
      $0.output.1 ?? $0.output.2
    }.filter { $0.contains("word") }
    #expect(lines.count == 3 && lines.allSatisfy { $0.count <= 86 }, "\(lines)")
    #expect(lines.first?.hasPrefix("word1 ") == true && lines.joined().contains("word30"))
  }

  @Test func pointsStandOnTheirIntervalsInFiles() throws {
    let points = Chart(
      title: "t", series: [.init(name: "", style: .points, points: [.init(x: 1, y: 2, low: 1, high: 3)])])
    let svg = try points.svg()
    let bar = try #require(svg.range(of: "gpDot", options: .backwards)?.lowerBound)
    let mark = try #require(svg.range(of: "<use xlink:href='#gpPt6'", options: .backwards)?.lowerBound)
    #expect(mark > bar && svg[mark...].contains("rgb("), "the last mark drawn has its colour")
  }

  @Test func distancesOfFeaturesAreNotInPixels() throws {
    func label(_ unit: Table.Presentation) throws -> String {
      let table = Table(columns: [.init("eps", unit), .init("robust", .share)], rows: [[0, 0.9], [0.1, 0.5]])
      return try TablePlot(table, x: nil, y: nil, by: nil, form: nil).chart.x.label
    }
    #expect(try label(.distance) == "ε (pixel units)")
    #expect(try label(.featureDistance) == "ε (shares of the features' ranges)")
    #expect(try label(.plain) == "ε", "the store has both")
  }

  @Test func negativeNumbersOfAHeatMapAreBlueAndPositiveOnesRed() throws {
    let map = Chart.HeatMap(rows: ["a"], columns: ["b", "c", "d"], values: [[-4, 0, 2]])
    #expect(map.color(-4) == ColorScale.diverging(-1) && map.color(0) == .white)
    #expect(map.color(2) == ColorScale.diverging(0.5) && map.color(2).red > map.color(2).blue)
    #expect(map.legend == "blue −4, white 0, red +4")
    #expect(try XMLCheck.isWellFormed(Chart(title: "t", heatMap: map).svg()))
  }

  @Test func everyFormIsDrawnAsAPictureToo() throws {
    let histogram = Chart(
      title: "h", y: .init(isLogarithmic: true),
      series: [.init(name: "a", style: .steps, points: [.init(x: 0, y: 3), .init(x: 1, y: 0), .init(x: 2, y: 0)])])
    for chart in [lines, histogram] {
      let page = try PNG.pixels(of: chart.png())
      #expect(page.width == 1600 && page.height == 960)
      #expect(Set(stride(from: 0, to: page.rgba.count, by: 4).map { page.rgba[$0] }).count > 10)
    }
  }

  @Test func aChartHasTheSizeThatWasAskedForAndLettersOfItsShare() throws {
    let look = DrawingLook(size: .init(width: 640, height: 384), font: 20)
    let page = try PNG.pixels(of: lines.png(look))
    #expect(page.width == 640 && page.height == 384)
    let svg = try lines.svg(look)
    #expect(svg.contains("width=\"640\" height=\"384\"") && XMLCheck.isWellFormed(svg))
    func largest(_ svg: String) -> Double {
      svg.matches(of: /font-size="([0-9.]+)"/).compactMap { Double($0.output.1) }.max() ?? 0
    }
    // 640 of 800 points, and letters of 20 in place of 13.
    #expect(abs(largest(svg) / largest(try lines.svg()) - 0.8 * 20 / 13) < 0.01)
  }

  @Test func numbersThatAreNoneAreLeftOut() throws {
    let chart = Chart(
      title: "t",
      series: [
        .init(
          name: "a", points: [.init(x: 0, y: .nan), .init(x: 1, y: .infinity), .init(x: 2, y: 1), .init(x: 3, y: 2)])
      ])
    #expect(XMLCheck.isWellFormed(try chart.svg()))
    #expect(chart.text(width: 60, colors: false).contains("●"))
  }

  @Test func aTerminalShowsTicksLabelsAndNames() {
    let text = Chart(
      title: "How robust", x: .init(label: "eps (pixels)"), y: .init(label: "robust accuracy", isShare: true),
      series: [
        .init(name: "normal", points: [.init(x: 0, y: 0.9), .init(x: 0.1, y: 0.1)]),
        .init(name: "cse", points: [.init(x: 0, y: 0.8), .init(x: 0.1, y: 0.4)]),
      ]
    ).text(width: 60, colors: false)
    for expected in ["How robust", "● normal   ▲ cse", "80 %", "0 %", "0.04", "eps (pixels)", "robust accuracy"] {
      #expect(text.contains(expected), "\(expected) in\n\(text)")
    }
    #expect(text.split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 60 })
  }

  @Test func barsEndWithTheirNumbers() {
    let chart = Chart(
      title: "t", x: .init(names: ["Shirt", "Bag"]), y: .init(label: "robust", isShare: true),
      series: [.init(name: "", style: .bars, points: [.init(x: 0, y: 0.5), .init(x: 1, y: 1)])])
    let lines = chart.text(width: 40, colors: false).split(separator: "\n")
    #expect(lines.contains("Shirt  ███████████ 50.0 %"))
    #expect(lines.contains("  Bag  ██████████████████████ 100.0 %"))
  }

  @Test func anIntervalIsDrawnAndToldWhereItIsPromised() {
    var chart = Chart(
      title: "t", x: .init(names: ["Shirt"]), y: .init(label: "robust", isShare: true),
      series: [.init(name: "", style: .bars, points: [.init(x: 0, y: 0.5, low: 0.25, high: 0.75)])])
    let bar = chart.text(width: 60, colors: false).split(separator: "\n").last.map(String.init) ?? ""
    #expect(bar.hasPrefix("Shirt  ███") && bar.contains("──┤ 50.0 % (25.0 to 75.0 %)"))
    #expect(chart.description.contains("Shirt 50.0 % (25.0 to 75.0 %)"))
    chart.series[0].style = .points
    func dots(_ chart: Chart) -> Int {
      chart.text(width: 60, colors: false).unicodeScalars.count { (0x2801...0x28FF).contains($0.value) }
    }
    let drawn = dots(chart)
    chart.series[0].points[0] = .init(x: 0, y: 0.5)
    #expect(drawn > dots(chart) + 3)
  }

  @Test func barsThatShareAPlaceAreOneWithItsRange() throws {
    let rows: [[Value]] = [["pgd", .number(0.25)], ["pgd", .number(0.75)], ["fgsm", .number(0.5)]]
    let chart = try TablePlot(
      Table(columns: [.init("attack"), .init("robust")], rows: rows), x: nil, y: nil, by: nil, form: nil
    ).chart
    #expect(chart.series.map(\.points) == [[.init(x: 0, y: 0.5, low: 0.25, high: 0.75), .init(x: 1, y: 0.5)]])
    #expect(chart.y.label == "robust accuracy, mean and range of up to 2 rows")
  }

  @Test func radiiOfSeveralNormsHaveNoCommonAxis() throws {
    func across(_ norms: [Value]) throws -> String {
      let rows = zip(norms, [0.1, 10]).map { [["fgsm", "jsma"][$1 == 10 ? 1 : 0], $0, .number($1), .number(0.5)] }
      let table = Table(
        columns: [.init("attack"), .init("norm"), .init("eps", .distance), .init("robust")], rows: rows)
      return try TablePlot(table, x: nil, y: nil, by: nil, form: nil).chart.x.label
    }
    #expect(try across(["linf", "linf"]) == "ε (pixel units)" && across(["linf", "l0"]) != "ε (pixel units)")
  }

  @Test func filesGetWordsAndRoundedNumbers() {
    let chart = Chart(
      title: "t", x: .init(label: "eps"), y: .init(label: "robust", isShare: true),
      series: [.init(name: "a", points: [.init(x: 0, y: 0.9), .init(x: 0.1, y: 0.123456)])])
    #expect(
      BlockRenderer.forFiles.text(of: .chart(chart))
        == "plot: t (across: eps, up: robust)\n  a: 2 points, 90.0 % at 0 to 12.3 % at 0.1")
  }

  @Test func aTableOfOneModelIsNamedAndRepeatedPlacesArePoints() throws {
    func chart(_ places: [Value], models: [Value] = ["normal", "normal"], form: Chart.Form? = nil) throws -> Chart {
      let table = Table(
        columns: [.init("model"), .init("attack"), .init("eps"), .init("robust")],
        rows: zip(models, places).map { [$0, "fgsm", $1, .number(0.5)] })
      return try TablePlot(table, x: nil, y: nil, by: "model", form: form).chart
    }
    let line = try chart([.number(0), .number(0.1)])
    #expect(line.title == "Robust accuracy against ε: normal, fgsm")
    #expect(line.series.map(\.style) == [.line])
    let other = try chart([.number(0), .number(0.1)], models: ["normal", "cse"])
    #expect(other.title == "Robust accuracy against ε")
    let repeated = try TablePlot(
      Table(
        columns: [.init("eps"), .init("robust")],
        rows: [0, 0, 0.1].map { [.number($0), .number(0.5)] }), x: "eps", y: nil, by: nil, form: nil)
    #expect(repeated.chart.series.map(\.style) == [.points])
  }

  @Test func longNamesStandBelowAPlotThatKeepsItsHeight() throws {
    var chart = lines
    chart.series[0].name = String(repeating: "long ", count: 10)
    #expect(try PNG.pixels(of: chart.png()).height > 960)
  }

  @Test func aStoredChartComesBack() throws {
    let json = try JSONEncoder().encode(lines)
    #expect(try JSONDecoder().decode(Chart.self, from: json) == lines)
  }
}

/// Whether a text is well-formed XML.
enum XMLCheck {
  static func isWellFormed(_ text: String) -> Bool {
    (try? TranscriptFilesTests.python("import sys,xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())", text))
      == 0
  }
}

extension TranscriptFilesTests {
  /// Runs a line of Python on a text; its exit status.
  static func python(_ line: String, _ input: String) throws -> Int32 {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", line]
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
