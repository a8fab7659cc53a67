import CDecode
import CPng
import Foundation

/// A decoded picture: bytes, rows from the top, the channels of a pixel beside each other.
struct DecodedPicture: Sendable {
  let width: Int
  let height: Int
  /// 1 for grey, 3 for red, green and blue.
  let channels: Int
  let bytes: [UInt8]

  /// A PNG or JPEG file, told apart by how it begins. What is transparent in a PNG becomes black; 16 bits become 8; how a
  /// camera was held (EXIF) is not looked at.
  ///
  /// - Throws: `DataError.unexpected` for what is neither, `.corrupt` for a picture that is broken.
  init(_ file: [UInt8], path: String) throws(DataError) {
    if file.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
      self = try Self.png(file, path)
    } else if file.starts(with: [0xff, 0xd8, 0xff]) {
      self = try Self.jpeg(file, path)
    } else {
      throw .unexpected(
        place: path, reason: file.isEmpty ? "it is empty" : "it is no PNG or JPEG picture, whatever its name says",
        taken: "take it away, or save it as PNG or JPEG")
    }
  }

  init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    (self.width, self.height, self.channels, self.bytes) = (width, height, channels, bytes)
  }

  /// More is no picture that a small network looks at.
  private static let mostPixels = 64 << 20

  private static func check(_ width: Int, _ height: Int, _ path: String) throws(DataError) {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow, pixels <= mostPixels else {
      throw .corrupt(path: path, reason: "its header says \(width)×\(height) pixels")
    }
    try MemoryBound.check(pixels * 3, path)
  }

  private static func png(_ file: [UInt8], _ path: String) throws(DataError) -> DecodedPicture {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    func failure() -> DataError {
      let text = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      return .corrupt(path: path, reason: "libpng says: \(text)")
    }
    // Safety: libpng keeps the address of `file` until `png_image_finish_read`, in the body of this call.
    let result = file.withUnsafeBytes { bytes -> Result<DecodedPicture, DataError> in
      guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
        return .failure(failure())
      }
      let (width, height) = (Int(image.width), Int(image.height))
      do throws(DataError) { try check(width, height, path) } catch { return .failure(error) }
      let isColour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
      image.format = isColour ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
      image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let channels = isColour ? 3 : 1
      var pixels = [UInt8](repeating: 0, count: width * height * channels)
      var black = png_color(red: 0, green: 0, blue: 0)
      // Safety: `pixels` has `channels` bytes for each pixel of the size that libpng has just read.
      guard png_image_finish_read(&image, &black, &pixels, Int32(width * channels), nil) != 0 else {
        return .failure(failure())
      }
      return .success(DecodedPicture(width: width, height: height, channels: channels, bytes: pixels))
    }
    return try result.get()
  }

  private static func jpeg(_ file: [UInt8], _ path: String) throws(DataError) -> DecodedPicture {
    var header = ward_jpeg_header()
    var message = [CChar](repeating: 0, count: Int(WARD_JPEG_MESSAGE))
    func failure() -> DataError {
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return .corrupt(path: path, reason: "libjpeg says: \(text)")
    }
    guard ward_jpeg_read_header(file, file.count, &header, &message) == 1 else { throw failure() }
    let (width, height, channels) = (Int(header.width), Int(header.height), Int(header.channels))
    try check(width, height, path)
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    guard ward_jpeg_decode(file, file.count, &pixels, pixels.count, &message) == 1 else { throw failure() }
    return DecodedPicture(width: width, height: height, channels: channels, bytes: pixels)
  }

  /// The same picture in another size: each new pixel is the mean of the area that it covers, and where it covers less than
  /// a pixel, lies on a straight line between neighbours. The sides are scaled apart: what was oblong is squeezed.
  func scaled(width newWidth: Int, height newHeight: Int) -> DecodedPicture {
    if newWidth == width, newHeight == height { return self }
    let (across, down) = (Self.weights(from: width, to: newWidth), Self.weights(from: height, to: newHeight))
    var rows = [Float](repeating: 0, count: height * newWidth * channels)
    for y in 0..<height {
      for (x, taps) in across.enumerated() {
        for (source, weight) in taps {
          for c in 0..<channels {
            rows[(y * newWidth + x) * channels + c] += weight * Float(bytes[(y * width + source) * channels + c])
          }
        }
      }
    }
    var out = [UInt8](repeating: 0, count: newHeight * newWidth * channels)
    var line = [Float](repeating: 0, count: newWidth * channels)
    for (y, taps) in down.enumerated() {
      for i in line.indices { line[i] = 0 }
      for (source, weight) in taps {
        for i in line.indices { line[i] += weight * rows[source * line.count + i] }
      }
      for i in line.indices { out[y * line.count + i] = UInt8(min(max(line[i].rounded(), 0), 255)) }
    }
    return DecodedPicture(width: newWidth, height: newHeight, channels: channels, bytes: out)
  }

  /// For each new place the old ones that it is made of, with weights that add up to 1.
  private static func weights(from old: Int, to new: Int) -> [[(Int, Float)]] {
    let ratio = Double(old) / Double(new)
    return (0..<new).map { place in
      if ratio <= 1 {
        let center = (Double(place) + 0.5) * ratio - 0.5
        let low = min(max(Int(center.rounded(.down)), 0), old - 1)
        let share = min(max(center - Double(low), 0), 1)
        return [(low, Float(1 - share)), (min(low + 1, old - 1), Float(share))]
      }
      let (start, end) = (Double(place) * ratio, Double(place + 1) * ratio)
      return (Int(start)..<min(old, Int(end.rounded(.up)))).map { source in
        (source, Float((min(end, Double(source + 1)) - max(start, Double(source))) / ratio))
      }
    }
  }

  /// The planes of a data set, `[channels][height][width]`; a grey picture fills three of them alike.
  func planes(_ wanted: Int) -> [UInt8] {
    let area = width * height
    if channels == 1 {
      return wanted == 1 ? bytes : bytes + bytes + bytes
    }
    return [UInt8](unsafeUninitializedCapacity: area * channels) { out, count in
      for c in 0..<channels { for i in 0..<area { out[c * area + i] = bytes[i * channels + c] } }
      count = area * channels
    }
  }
}
