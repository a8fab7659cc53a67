import Foundation

/// Words on a picture. gnuplot draws them on a transparent page, as it knows fonts; the page is laid over the images.
enum Lettering {
  enum Anchor: String { case left = "start", middle }

  /// A text at a place in pixels: its middle in height, its beginning or middle in width.
  struct Word: Equatable {
    var text: String
    var x: Int
    var y: Int
    var size: Int
    var anchor: Anchor
    var isFaint = false

    var color: Color { isFaint ? Color(0x777777) : Color(0x222222) }

    /// The same as an element of SVG.
    var svg: String {
      #"<text x="\#(x)" y="\#(y)" dominant-baseline="central" text-anchor="\#(anchor.rawValue)" "#
        + #"font-family="DejaVu Sans, sans-serif" font-size="\#(Double(size) * 4 / 3)" fill="\#(color.html)">"#
        + text.escapedForXML + "</text>"
    }
  }

  /// Red, green, blue and alpha of a page that has nothing on it but the words.
  static func page(_ words: [Word], width: Int, height: Int) throws -> [UInt8] {
    let labels = words.map { word in
      "set label \(Gnuplot.quoted(word.text)) at screen \(Double(word.x) / Double(width)),"
        + "\(1 - Double(word.y) / Double(height)) \(word.anchor == .left ? "left" : "center") font ',\(word.size)' "
        + "textcolor '\(word.color.html)'"
    }
    let script =
      [
        "set encoding utf8",
        "set terminal pngcairo size \(width),\(height) transparent truecolor noenhanced font 'DejaVu Sans,10'",
        "set margins 0,0,0,0", "unset border", "unset tics", "unset key", "set xrange [0:1]", "set yrange [0:1]",
      ] + labels + ["plot NaN notitle"]
    let drawn = try PNG.pixels(of: [UInt8](try Gnuplot.run(script.joined(separator: "\n") + "\n")))
    guard drawn.width == width, drawn.height == height else {
      throw Gnuplot.Failure.refused("a page of \(drawn.width)×\(drawn.height) pixels came back")
    }
    return drawn.rgba
  }
}

extension Bitmap {
  /// Writes words on the image.
  mutating func letter(_ words: [Lettering.Word]) throws {
    guard !words.allSatisfy(\.text.isEmpty) else { return }
    let page = try Lettering.page(words, width: width, height: height)
    for pixel in 0..<width * height where page[4 * pixel + 3] > 0 {
      let alpha = Int(page[4 * pixel + 3])
      for channel in 0..<3 {
        let (under, over) = (Int(bytes[3 * pixel + channel]), Int(page[4 * pixel + channel]))
        bytes[3 * pixel + channel] = UInt8((under * (255 - alpha) + over * alpha + 127) / 255)
      }
    }
  }
}

extension String {
  /// As text of XML and HTML, also inside quotes; control characters, which XML cannot hold, are made visible.
  var escapedForXML: String {
    withVisibleControls.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }
}
