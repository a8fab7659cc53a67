import Contract
import Foundation

/// Where the parts of a picture stand on a page, in pixels.
private struct Canvas {
  /// How many pixels a pixel becomes.
  let factor: Int
  let image: (width: Int, height: Int)
  let strip: (width: Int, height: Int)
  /// How wide the images of a strip are together; they stand in its middle.
  let inner: Int
  let perLine: Int
  let lines: Int
  /// The space above the first line.
  let top: Int
  let picture: Picture

  static let margin = 18
  static let frame = Color(0xCCCCCC)
  private static let gap = 6
  private static let textHeight = 22
  private static let between = (x: 26, y: 12)

  init(_ picture: Picture) {
    self.picture = picture
    let size = picture.size
    // Many images are drawn smaller.
    let images = picture.strips.count * picture.breadth
    let wanted = images > 60 ? 42.0 : images > 24 ? 72 : 104
    factor = max(1, Int((wanted / Double(max(size.width, size.height))).rounded()))
    image = (size.width * factor, size.height * factor)
    inner = picture.breadth * image.width + (picture.breadth - 1) * Self.gap
    // Of few images every caption is whole, up to twice the image's width; of many, the images come first.
    let letters = images > 24 ? 0 : picture.strips.map { DisplayWidth.of($0.caption) }.max() ?? 0
    strip = (
      max(inner, min(7 * letters - 16, 2 * inner)),
      image.height + Self.textHeight + (picture.parts.isEmpty ? 0 : Self.textHeight)
    )
    // As wide as a page, no wider than needed, the lines evenly filled.
    let most = max(1, min(picture.strips.count, (1000 + Self.between.x) / (strip.width + Self.between.x)))
    lines = max(1, (picture.strips.count + most - 1) / most)
    perLine = max(1, (picture.strips.count + lines - 1) / lines)
    top = Self.margin + (picture.title.isEmpty ? 0 : 34)
  }

  var width: Int {
    let strips = perLine * strip.width + (perLine - 1) * Self.between.x
    // Room for the words too, at about eight pixels a letter.
    return max(strips, 9 * DisplayWidth.of(picture.title), 8 * DisplayWidth.of(picture.legend)) + 2 * Self.margin
  }

  var height: Int {
    top + lines * strip.height + (lines - 1) * Self.between.y + (picture.legend.isEmpty ? 0 : 30) + Self.margin
  }

  /// The upper left corner of an image.
  func place(strip index: Int, image number: Int) -> (x: Int, y: Int) {
    let (line, column) = (index / perLine, index % perLine)
    return (
      Self.margin + column * (strip.width + Self.between.x) + (strip.width - inner) / 2 + number
        * (image.width + Self.gap),
      top + line * (strip.height + Self.between.y) + (picture.parts.isEmpty ? 0 : Self.textHeight)
    )
  }

  /// Everything written on the sheet.
  var words: [Lettering.Word] {
    var words: [Lettering.Word] = []
    if !picture.title.isEmpty {
      words.append(.init(text: picture.title, x: Self.margin, y: Self.margin + 8, size: 15, anchor: .left))
    }
    for (index, strip) in picture.strips.enumerated() {
      let first = place(strip: index, image: 0)
      for (number, part) in picture.parts.enumerated() {
        let x = place(strip: index, image: number).x + image.width / 2
        words.append(
          .init(
            text: DisplayWidth.truncate(part, to: image.width / 7), x: x, y: first.y - 10, size: 10, anchor: .middle,
            isFaint: true))
      }
      words.append(
        .init(
          text: DisplayWidth.truncate(strip.caption, to: (self.strip.width + 16) / 7),
          x: first.x + inner / 2,
          y: first.y + image.height + 12, size: 11, anchor: .middle))
    }
    if !picture.legend.isEmpty {
      words.append(
        .init(text: picture.legend, x: Self.margin, y: height - Self.margin - 4, size: 10, anchor: .left, isFaint: true)
      )
    }
    return words
  }
}

extension Picture {
  /// As a PNG file: the images enlarged, with their captions.
  ///
  /// - Throws: `Gnuplot.Failure`, since gnuplot draws the captions; `PNG.Failure`.
  func png() throws -> [UInt8] {
    let sheet = Canvas(self)
    var page = Bitmap(width: sheet.width, height: sheet.height, filledWith: .white)
    for (index, strip) in strips.enumerated() {
      for (number, image) in strip.images.enumerated() {
        let place = sheet.place(strip: index, image: number)
        // A thin frame, or white images would have no edge.
        let (width, height) = (sheet.image.width + 2, sheet.image.height + 2)
        page.draw(Bitmap(width: width, height: height, filledWith: Canvas.frame), x: place.x - 1, y: place.y - 1)
        page.draw(image.enlarged(by: sheet.factor), x: place.x, y: place.y)
      }
    }
    try page.letter(sheet.words)
    return try PNG.file(page)
  }

  /// As an SVG page that holds each image as a PNG. It needs no gnuplot.
  ///
  /// - Throws: `PNG.Failure`.
  func svg() throws -> String {
    let sheet = Canvas(self)
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" "#
        + #"width="\#(sheet.width)" height="\#(sheet.height)" viewBox="0 0 \#(sheet.width) \#(sheet.height)">"#,
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
    lines += sheet.words.map(\.svg)
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
