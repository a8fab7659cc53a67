import Foundation
import Lang

/// What the commands that draw share: the label `save:` and what it does, and how large the file's drawing is.
struct SaveParameter {
  private let file: Parameter<String?>
  private let size: Parameter<[Int]?>
  private let font: Parameter<Double>

  init(_ signature: Signature) {
    file = signature.optional(
      "save", .file, "a file to write it to: \"x.png\" or \"x.svg\"", shown: "not written")
    size = signature.optional(
      "size", .list(of: .integer(in: 100...8000, unit: "pixels")),
      "width and height of that file, [1920, 1080] for a projector", shown: "as large as it needs")
    font = signature.optional(
      "font", .number(in: .within(6...60)),
      "how large its letters are beside what is drawn: 20 for the last row of a room",
      default: DrawingLook.usualFont)
  }

  /// What can be known before anything runs: that the file's name says how to draw, and that its size is one.
  static func check(_ known: KnownArguments) throws {
    if let file = known["save"]?.asString { _ = try DrawingFormat(file) }
    if let size = known["size"]?.asList, size.count != 2 {
      throw Problem(
        code: ShellCode.drawing, message: "size is a width and a height, not \(size.count.of("number"))",
        help: ["for example size: [1920, 1080]"], argument: "size")
    }
    for name in ["size", "font"] where known.isGiven(name) && !known.isGiven("save") {
      throw Problem(
        code: ShellCode.drawing, message: "\(name) is for a file, and none is written",
        help: ["save: \"x.png\" writes one"], argument: name)
    }
  }

  /// Whether the drawing goes to a file.
  func isGiven(_ given: Arguments) -> Bool { given[file] != nil }

  /// Writes the drawing if it is to be saved, and gives it back as a value.
  func deliver(_ content: DrawingValue.Content, _ given: Arguments, _ session: Session) throws -> Value {
    let drawing = DrawingValue(content: content)
    guard let file = given[file] else { return .object(drawing) }
    let format = try DrawingFormat(file)
    try session.checkMayWrite(file)
    let look = DrawingLook(size: given[size].map { .init(width: $0[0], height: $0[1]) }, font: given[font])
    let bytes = try session.drawing { try drawing.file(format, look) }
    try WrittenFile.write(bytes, to: file, argument: "save")
    session.output.show(.text("\(file)  \(drawing.summary)"))
    return .object(drawing)
  }
}

/// How a drawing is written, by the file's name.
enum DrawingFormat: String, CaseIterable {
  case png, svg

  init(_ file: String) throws {
    let suffix = URL(fileURLWithPath: file).pathExtension.lowercased()
    guard let format = Self(rawValue: suffix) else {
      throw Problem(
        code: ShellCode.drawing,
        message: suffix.isEmpty
          ? "'\(file)' does not say whether it is to be a PNG or an SVG file"
          : "drawings are written as PNG or SVG, not as .\(suffix)",
        help: ["end the name with .png (pixels) or .svg (for pages and print)"], argument: "save")
    }
    self = format
  }
}

extension DrawingValue {
  /// The bytes of its file.
  func file(_ format: DrawingFormat, _ look: DrawingLook) throws -> Data {
    switch (content, format) {
    case (.picture(let picture), .png): Data(try picture.png(look))
    case (.picture(let picture), .svg): Data(try picture.svg(look).utf8)
    case (.chart(let chart), .png): Data(try chart.png(look))
    case (.chart(let chart), .svg): Data(try chart.svg(look).utf8)
    }
  }
}

extension Session {
  /// Runs work that draws, whose facts of the world become the user's.
  func drawing<T>(_ work: () throws -> T) throws -> T {
    do { return try work() } catch let failure as Gnuplot.Failure {
      throw Problem(code: ShellCode.drawing, message: failure.description, help: [failure.help])
    } catch let failure as PNG.Failure {
      throw Problem(code: ShellCode.drawing, message: "libpng: \(failure.description)")
    } catch is CancellationError {
      throw Lang.Interrupt()
    }
  }
}
