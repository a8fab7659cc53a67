/// A drawing by braille signs: two dots across and four down to a character, one colour to a character.
struct Braille {
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  private var colors: [Int?]
  /// Signs that stand in place of dots.
  private var marks: [Character?]

  /// Dots across and down.
  var width: Int { 2 * columns }
  var height: Int { 4 * rows }

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = Array(repeating: 0, count: columns * rows)
    colors = Array(repeating: nil, count: columns * rows)
    marks = Array(repeating: nil, count: columns * rows)
  }

  /// Sets a dot, counted from the upper left; dots outside are no dots.
  mutating func set(_ x: Int, _ y: Int, color: Int) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let place = y / 4 * columns + x / 2
    dots[place] |= Self.bits[y % 4][x % 2]
    colors[place] = color
  }

  mutating func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double), color: Int) {
    let steps = max(1, Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)))
    for step in 0...steps {
      let share = Double(step) / Double(steps)
      set(Int((a.x + (b.x - a.x) * share).rounded()), Int((a.y + (b.y - a.y) * share).rounded()), color: color)
    }
  }

  /// Puts a sign where a dot would be.
  mutating func mark(_ x: Int, _ y: Int, _ sign: Character, color: Int) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let place = y / 4 * columns + x / 2
    (marks[place], colors[place]) = (sign, color)
  }

  /// One line of text, without trailing colours.
  func text(_ row: Int, colored: Bool) -> String {
    var line = ""
    for column in 0..<columns {
      let place = row * columns + column
      let sign =
        marks[place] ?? (dots[place] == 0 ? " " : Character(Unicode.Scalar(0x2800 + UInt32(dots[place])) ?? " "))
      let color = ColorScale.onTerminals[(colors[place] ?? 0) % ColorScale.onTerminals.count]
      line += color(String(sign), if: colored && sign != " ")
    }
    return line
  }

  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
}

extension ColorScale {
  /// The colours of `series`, bright enough for dark screens and dark enough for bright ones.
  static let onTerminals: [Color] = [
    0x3D9BE0, 0xE0702A, 0x22AA80, 0xCC79A7, 0xD09A10, 0x8A7FD6, 0x8C8C8C, 0xB05A5A,
  ].map { Color($0) }
}
