import Contract
import Foundation

/// A small image as bytes, rows from the top, the channels of a pixel beside each other.
struct Bitmap: Equatable, Sendable {
  let width: Int
  let height: Int
  /// 1 for grey, 3 for red, green and blue, 4 with the opacity behind them.
  let channels: Int
  /// `height · width · channels` of them.
  var bytes: [UInt8]

  /// An image of the given bytes; there must be exactly as many as it has places.
  init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    require(bytes.count == width * height * channels, "\(bytes.count) bytes for \(width)×\(height)×\(channels)")
    (self.width, self.height, self.channels, self.bytes) = (width, height, channels, bytes)
  }

  /// One colour everywhere.
  init(width: Int, height: Int, filledWith color: Color) {
    self.init(
      width: width, height: height, channels: 3,
      bytes: (0..<width * height).flatMap { _ in [color.red, color.green, color.blue] })
  }

  /// The image of planes of values from 0 to 1, `[channels][height][width]`, as data sets and attacks have them.
  init(planes values: some Collection<Float>, width: Int, height: Int, channels: Int) {
    let (values, size, shown) = (Array(values), width * height, channels == 3 ? 3 : 1)
    var bytes = [UInt8](repeating: 0, count: size * shown)
    for channel in 0..<shown {
      for place in 0..<size {
        bytes[place * shown + channel] = UInt8((255 * min(max(values[channel * size + place], 0), 1)).rounded())
      }
    }
    self.init(width: width, height: height, channels: shown, bytes: bytes)
  }

  subscript(x: Int, y: Int) -> Color {
    let start = (y * width + x) * channels
    if channels == 1 { return Color(red: bytes[start], green: bytes[start], blue: bytes[start]) }
    return Color(red: bytes[start], green: bytes[start + 1], blue: bytes[start + 2])
  }

  /// Each pixel as a square of `factor` × `factor`.
  func enlarged(by factor: Int) -> Bitmap {
    guard factor > 1 else { return self }
    var larger: [UInt8] = []
    larger.reserveCapacity(bytes.count * factor * factor)
    for y in 0..<height {
      var row: [UInt8] = []
      for x in 0..<width {
        let start = (y * width + x) * channels
        for _ in 0..<factor { row += bytes[start..<start + channels] }
      }
      for _ in 0..<factor { larger += row }
    }
    return Bitmap(width: width * factor, height: height * factor, channels: channels, bytes: larger)
  }

  /// Squares of `factor` × `factor` pixels as their mean; what is left over at the edges is dropped.
  func reduced(by factor: Int) -> Bitmap {
    guard factor > 1, width >= factor, height >= factor else { return self }
    let (newWidth, newHeight) = (width / factor, height / factor)
    var smaller: [UInt8] = []
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        for channel in 0..<channels {
          var sum = 0
          for row in y * factor..<(y + 1) * factor {
            for column in x * factor..<(x + 1) * factor {
              sum += Int(bytes[(row * width + column) * channels + channel])
            }
          }
          smaller.append(UInt8(sum / (factor * factor)))
        }
      }
    }
    return Bitmap(width: newWidth, height: newHeight, channels: channels, bytes: smaller)
  }
}

extension Bitmap: Codable {
  private enum Key: CodingKey { case width, height, channels, bytes }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(channels, forKey: .channels)
    try container.encode(Data(bytes), forKey: .bytes)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let (width, height) = (
      try container.decode(Int.self, forKey: .width), try container.decode(Int.self, forKey: .height)
    )
    let channels = try container.decode(Int.self, forKey: .channels)
    let bytes = [UInt8](try container.decode(Data.self, forKey: .bytes))
    // A stored picture is believed only if its numbers agree.
    guard (1...65_536).contains(width), (1...65_536).contains(height), channels == 1 || channels == 3,
      bytes.count == width * height * channels
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .bytes, in: container, debugDescription: "\(bytes.count) bytes for \(width)×\(height)×\(channels)")
    }
    self.init(width: width, height: height, channels: channels, bytes: bytes)
  }
}

/// A colour of a screen, each part from 0 to 255.
struct Color: Equatable, Sendable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  static let white = Color(0xFFFFFF)
  static let black = Color(0)

  init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

  /// A colour as it is written in HTML: `0xD55E00`.
  init(_ code: UInt32) {
    self.init(red: UInt8(code >> 16 & 0xFF), green: UInt8(code >> 8 & 0xFF), blue: UInt8(code & 0xFF))
  }

  /// `#d55e00`.
  var html: String { String(format: "#%02x%02x%02x", Int(red), Int(green), Int(blue)) }

  /// How bright it looks, from 0 to 1 (Rec. 709 weights, on the stored values).
  var brightness: Double { (0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue)) / 255 }

  func mixed(with other: Color, _ share: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8((Double(a) + (Double(b) - Double(a)) * min(max(share, 0), 1)).rounded())
    }
    return Color(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }
}

/// The colours that stand for numbers. All can be told apart by readers who do not tell red from green.
enum ColorScale {
  /// From blue (−1) over white (0) to red (1).
  static func diverging(_ value: Double) -> Color {
    ramp(value < 0 ? [0xFFFFFF, 0x92C5DE, 0x2166AC] : [0xFFFFFF, 0xF4A582, 0xB2182B], at: abs(value))
  }

  /// From near white (0) to dark blue (1).
  static func sequential(_ value: Double) -> Color { ramp(heat, at: value) }

  /// The colours of `sequential`, from 0 to 1 in equal steps.
  static let heat: [UInt32] = [0xF7FBFF, 0xC6DBEF, 0x6BAED6, 0x2171B5, 0x08306B]

  /// The colours of lines and bars, in order.
  static let series: [Color] = [
    0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x7A5195, 0x555555,
  ].map { Color($0) }

  private static func ramp(_ colors: [UInt32], at value: Double) -> Color {
    guard value.isFinite else { return Color(0x808080) }
    let place = min(max(value, 0), 1) * Double(colors.count - 1)
    let first = min(Int(place), colors.count - 2)
    return Color(colors[first]).mixed(with: Color(colors[first + 1]), place - Double(first))
  }
}
