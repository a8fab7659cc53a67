import CPng

/// PNG files by libpng's simplified interface.
enum PNG {
  /// What libpng says about an image that it cannot write or read.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The file that holds an image.
  static func file(_ bitmap: Bitmap) throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(bitmap.width)
    image.height = UInt32(bitmap.height)
    image.format =
      bitmap.channels == 1 ? 0 : bitmap.channels == 3 ? rgb : rgb | UInt32(PNG_FORMAT_FLAG_ALPHA)
    defer { png_image_free(&image) }
    let stride = Int32(bitmap.width * bitmap.channels)
    // Safety: libpng reads `height` rows of `stride` bytes, which is exactly what a bitmap holds, and writes no more
    // than `size` bytes, which it computed itself in the first call.
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, bitmap.bytes, stride, nil) != 0 else { throw failure(image) }
    var file = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &file, &size, 0, bitmap.bytes, stride, nil) != 0 else {
      throw failure(image)
    }
    return Array(file.prefix(size))
  }

  /// The image in a file, with its transparency: `width · height` pixels of red, green, blue and alpha.
  static func pixels(of file: [UInt8], atMost largest: Int = 100_000_000) throws -> (
    width: Int, height: Int, rgba: [UInt8]
  ) {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    return try file.withUnsafeBytes { bytes in
      guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else { throw failure(image) }
      let (width, height) = (Int(image.width), Int(image.height))
      // A header may claim any size.
      guard width * height * 4 <= largest else { throw Failure(description: "\(width)×\(height) pixels are too many") }
      image.format = rgb | UInt32(PNG_FORMAT_FLAG_ALPHA)
      var pixels = [UInt8](repeating: 0, count: width * height * 4)
      // Safety: `pixels` has four bytes for each pixel of the size that libpng has just read.
      guard png_image_finish_read(&image, nil, &pixels, Int32(width * 4), nil) != 0 else { throw failure(image) }
      return (width, height, pixels)
    }
  }

  private static let rgb = UInt32(PNG_FORMAT_FLAG_COLOR)

  private static func failure(_ image: png_image) -> Failure {
    Failure(
      description: withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }
}
