import Contract
import Foundation
import Lang

/// Where the parts of a picture stand on a page, in pixels.
private struct Canvas {
  /// How many pixels a pixel becomes.
  let factor: Int
  let image: (width: Int, height: Int)
  let strip: (width: Int, height: Int)
  /// How wide the images of a strip are together; they stand in its middle.
  let inner: Int
  /// From one image of a strip to the next.
  private let pitch: Int
  let perLine: Int
  let lines: Int
  /// The space above the first line.
  let top: Int
  let picture: Picture
  /// The width that a letter of a caption takes.
  private let letter: Double
  /// How much larger words are.
  private let words: Double
  let zoom: Double
  private let margin: Int
  private let gap: Int
  private let textHeight: Int
  private let legendHeight: Int
  private let between: (x: Int, y: Int)

  static let frame = Color(0xCCCCCC)

  /// - Parameters:
  ///   - zoom: how much larger everything is.
  ///   - letters: how much larger words are besides.
  ///   - perLine: strips to a line; nil for as many as a page has room for.
  init(_ picture: Picture, zoom: Double = 1, letters larger: Double = 1, perLine wantedPerLine: Int? = nil) {
    (self.picture, self.zoom) = (picture, zoom)
    func zoomed(_ length: Double) -> Int { Int((zoom * length).rounded()) }
    (margin, gap, between) = (zoomed(18), zoomed(6), (zoomed(26), zoomed(12)))
    (textHeight, letter, words) = (zoomed(22 * larger), 7 * zoom * larger, zoom * larger)
    let size = picture.size
    // Many images are drawn smaller.
    let images = picture.strips.count * picture.breadth
    let wanted = images > 60 ? 42.0 : images > 24 ? 72 : 104
    factor = max(
      1, Int((zoom * wanted / Double(max(size.width, size.height))).rounded(zoom == 1 ? .toNearestOrEven : .down)))
    image = (size.width * factor, size.height * factor)
    // Letters that are larger than usual push the images apart, so that what stands above them is read.
    let part = larger > 1 ? picture.parts.map { DisplayWidth.of($0) }.max() ?? 0 : 0
    pitch = max(image.width, Int((letter * Double(part)).rounded(.up)) + 1) + gap
    inner = picture.breadth * pitch - gap
    // Of few images every caption is whole, up to twice the image's width; of many, the images come first.
    let letters = images > 24 ? 0 : picture.strips.map { DisplayWidth.of($0.caption) }.max() ?? 0
    strip = (
      max(inner, min(Int(letter * Double(letters)) - zoomed(16), 2 * inner)),
      image.height + textHeight + (picture.parts.isEmpty ? 0 : textHeight)
    )
    // As wide as a page, no wider than needed, the lines evenly filled.
    let room = wantedPerLine ?? (zoomed(1000) + between.x) / (strip.width + between.x)
    let most = max(1, min(picture.strips.count, room))
    lines = max(1, (picture.strips.count + most - 1) / most)
    perLine = max(1, (picture.strips.count + lines - 1) / lines)
    top = margin + (picture.title.isEmpty ? 0 : zoomed(34 * larger))
    legendHeight = picture.legend.isEmpty ? 0 : zoomed(30 * larger)
  }

  var width: Int {
    let strips = perLine * strip.width + (perLine - 1) * between.x
    // Room for the words too, at about eight pixels a letter.
    let title = 9 / 7 * letter * Double(DisplayWidth.of(picture.title))
    let legend = 8 / 7 * letter * Double(DisplayWidth.of(picture.legend))
    return max(strips, Int(title), Int(legend)) + 2 * margin
  }

  var height: Int {
    top + lines * strip.height + (lines - 1) * between.y + legendHeight + margin
  }

  /// The upper left corner of an image.
  func place(strip index: Int, image number: Int) -> (x: Int, y: Int) {
    let (line, column) = (index / perLine, index % perLine)
    return (
      margin + column * (strip.width + between.x) + (strip.width - inner) / 2 + number * pitch
        + (pitch - gap - image.width) / 2,
      top + line * (strip.height + between.y) + (picture.parts.isEmpty ? 0 : textHeight)
    )
  }

  /// Everything written on the sheet.
  var lettering: [Lettering.Word] {
    func points(_ size: Double) -> Int { max(1, Int((words * size).rounded())) }
    func fitting(_ text: String, _ width: Int) -> String {
      DisplayWidth.truncate(text, to: max(1, Int(Double(width) / letter)))
    }
    var all: [Lettering.Word] = []
    if !picture.title.isEmpty {
      all.append(.init(text: picture.title, x: margin, y: margin + points(8), size: points(15), anchor: .left))
    }
    for (index, strip) in picture.strips.enumerated() {
      let first = place(strip: index, image: 0)
      for (number, part) in picture.parts.enumerated() {
        let x = place(strip: index, image: number).x + image.width / 2
        all.append(
          .init(
            text: fitting(part, max(image.width, pitch - gap)), x: x, y: first.y - points(10), size: points(10),
            anchor: .middle,
            isFaint: true))
      }
      all.append(
        .init(
          text: fitting(strip.caption, self.strip.width + points(16)), x: first.x + inner / 2,
          y: first.y + image.height + points(12), size: points(11), anchor: .middle))
    }
    if !picture.legend.isEmpty {
      all.append(
        .init(
          text: picture.legend, x: margin, y: height - margin - points(4), size: points(10), anchor: .left,
          isFaint: true))
    }
    return all
  }
}

extension Picture {
  /// Laid out for a size, as large as fits; without one as large as it needs.
  ///
  /// - Throws: `Problem` where not even a pixel for each pixel fits.
  private func laidOut(_ look: DrawingLook) throws -> (sheet: Canvas, size: DrawingLook.Size) {
    let usual = Canvas(self, letters: look.letters)
    guard let size = look.size else { return (usual, .init(width: usual.width, height: usual.height)) }
    // As many strips to a line as let the images become largest, and of those the page with the largest words.
    let best = (1...max(1, min(strips.count, 16))).compactMap { perLine in
      largest(in: size, look, perLine: perLine)
    }.max { ($0.factor, $0.zoom) < ($1.factor, $1.zoom) }
    if let best { return (best, size) }
    throw Problem(
      code: ShellCode.drawing,
      message: "\(strips.count.of("picture")) do not fit into \(size.width)×\(size.height) pixels",
      help: ["take fewer images, a larger size:, or a smaller font:"], argument: "size")
  }

  /// The largest sheet with so many strips to a line that fits; images grow by whole pixels and words by whole points.
  private func largest(in size: DrawingLook.Size, _ look: DrawingLook, perLine: Int) -> Canvas? {
    let usual = Canvas(self, letters: look.letters, perLine: perLine)
    let start = min(Double(size.width) / Double(usual.width), Double(size.height) / Double(usual.height))
    return (0..<100).lazy.map {
      Canvas(self, zoom: start * 1.1 * pow(0.98, Double($0)), letters: look.letters, perLine: perLine)
    }
    .first { $0.width <= size.width && $0.height <= size.height }
  }

  /// As a PNG file: the images enlarged, with their captions, in the middle of the file if that is larger.
  ///
  /// - Throws: `Gnuplot.Failure`, since gnuplot draws the captions; `PNG.Failure`, `Problem`.
  func png(_ look: DrawingLook = DrawingLook()) throws -> [UInt8] {
    let (sheet, size) = try laidOut(look)
    let corner = (x: (size.width - sheet.width) / 2, y: (size.height - sheet.height) / 2)
    var page = Bitmap(width: size.width, height: size.height, filledWith: .white)
    for (index, strip) in strips.enumerated() {
      for (number, image) in strip.images.enumerated() {
        let place = sheet.place(strip: index, image: number)
        // A thin frame, or white images would have no edge.
        let (width, height) = (sheet.image.width + 2, sheet.image.height + 2)
        let (x, y) = (corner.x + place.x, corner.y + place.y)
        page.draw(Bitmap(width: width, height: height, filledWith: Canvas.frame), x: x - 1, y: y - 1)
        page.draw(image.enlarged(by: sheet.factor), x: x, y: y)
      }
    }
    try page.letter(
      sheet.lettering.map { word in
        var moved = word
        (moved.x, moved.y) = (word.x + corner.x, word.y + corner.y)
        return moved
      })
    return try PNG.file(page)
  }

  /// As an SVG page that holds each image as a PNG. It needs no gnuplot.
  ///
  /// - Throws: `PNG.Failure`, `Problem`.
  func svg(_ look: DrawingLook = DrawingLook()) throws -> String {
    let (sheet, size) = try laidOut(look)
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" "#
        + #"width="\#(size.width)" height="\#(size.height)" viewBox="0 0 \#(sheet.width) \#(sheet.height)">"#,
      ##"<rect width="100%" height="100%" fill="#ffffff"/>"##,
    ]
    for (index, strip) in strips.enumerated() {
      for (number, image) in strip.images.enumerated() {
        let place = sheet.place(strip: index, image: number)
        lines.append(
          #"<rect x="\#(Double(place.x) - 0.5)" y="\#(Double(place.y) - 0.5)" width="\#(sheet.image.width + 1)" "#
            + #"height="\#(sheet.image.height + 1)" fill="none" stroke="\#(Canvas.frame.html)"/>"#)
        let file = Data(try PNG.file(image.enlarged(by: sheet.factor))).base64EncodedString()
        lines.append(
          #"<image x="\#(place.x)" y="\#(place.y)" width="\#(sheet.image.width)" height="\#(sheet.image.height)" "#
            + #"xlink:href="data:image/png;base64,\#(file)"/>"#)
      }
    }
    lines += sheet.lettering.map(\.svg)
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }
}

extension Bitmap {
  /// Puts a smaller image into this one; both lie inside.
  mutating func draw(_ image: Bitmap, x left: Int, y top: Int) {
    require(
      channels == 3 && left >= 0 && top >= 0 && left + image.width <= width && top + image.height <= height,
      "\(image.width)×\(image.height) at \(left), \(top) of \(width)×\(height)×\(channels)")
    for y in 0..<image.height {
      for x in 0..<image.width {
        let (color, start) = (image[x, y], ((top + y) * width + left + x) * 3)
        (bytes[start], bytes[start + 1], bytes[start + 2]) = (color.red, color.green, color.blue)
      }
    }
  }
}
