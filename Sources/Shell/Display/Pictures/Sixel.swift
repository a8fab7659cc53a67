/// DEC's sixels: bands of six rows, one colour of a palette after the other.
enum Sixel {
  /// - Parameter image: red, green, blue and alpha for each pixel; what is transparent is drawn on white.
  static func text(of image: (width: Int, height: Int, rgba: [UInt8]), colors most: Int) -> String {
    let (palette, places) = Palette.of(image.rgba, colors: most)
    var text = "\u{1b}P0;1q\"1;1;\(image.width);\(image.height)"
    for (index, color) in palette.enumerated() {
      func percent(_ part: UInt8) -> Int { (Int(part) * 100 + 127) / 255 }
      text += "#\(index);2;\(percent(color.red));\(percent(color.green));\(percent(color.blue))"
    }
    for top in stride(from: 0, to: image.height, by: 6) {
      text += band(top, of: places, width: image.width, height: image.height) + "-"
    }
    return text + "\u{1b}\\"
  }

  private static func band(_ top: Int, of places: [UInt8], width: Int, height: Int) -> String {
    // For each colour of the band the six bits of each column.
    var rows: [UInt8: [UInt8]] = [:]
    for y in top..<min(top + 6, height) {
      for x in 0..<width {
        rows[places[y * width + x], default: [UInt8](repeating: 0, count: width)][x] |= 1 << UInt8(y - top)
      }
    }
    return rows.sorted { $0.key < $1.key }.map { "#\($0.key)" + runs($0.value) }.joined(separator: "$")
  }

  /// Columns as signs, equal ones counted: `!12~`.
  private static func runs(_ columns: [UInt8]) -> String {
    var text: [UInt8] = []
    var x = 0
    while x < columns.count {
      var end = x
      while end < columns.count, columns[end] == columns[x] { end += 1 }
      let sign = columns[x] + 63
      if end - x > 3 {
        text += Array("!\(end - x)".utf8) + [sign]
      } else {
        text += Array(repeating: sign, count: end - x)
      }
      x = end
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The colours of an image, and which of them each pixel has.
private enum Palette {
  /// The most frequent colours, told apart by five bits for each part; the others take the nearest.
  static func of(_ rgba: [UInt8], colors most: Int) -> (colors: [Color], places: [UInt8]) {
    let keys = stride(from: 0, to: rgba.count, by: 4).map { start -> Int in
      func part(_ channel: Int) -> Int {
        let alpha = Int(rgba[start + 3])
        return ((Int(rgba[start + channel]) * alpha + 255 * (255 - alpha)) / 255) >> 3
      }
      return part(0) << 10 | part(1) << 5 | part(2)
    }
    var counts: [Int: Int] = [:]
    for key in keys { counts[key, default: 0] += 1 }
    let chosen = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(most).map(\.key)
    var place: [Int: UInt8] = [:]
    for key in counts.keys {
      place[key] = UInt8(chosen.indices.min { distance(chosen[$0], key) < distance(chosen[$1], key) } ?? 0)
    }
    let colors = chosen.map { key in
      func part(_ shift: Int) -> UInt8 { UInt8((key >> shift & 31) * 255 / 31) }
      return Color(red: part(10), green: part(5), blue: part(0))
    }
    return (colors, keys.map { place[$0] ?? 0 })
  }

  private static func distance(_ a: Int, _ b: Int) -> Int {
    [10, 5, 0].reduce(0) { sum, shift in
      let difference = (a >> shift & 31) - (b >> shift & 31)
      return sum + difference * difference
    }
  }
}
