import Foundation
import Lang

/// What the commands that draw share: the label `save:` and what it does.
struct SaveParameter {
  private let file: Parameter<String?>

  init(_ signature: Signature) {
    file = signature.optional(
      "save", .file, "a file to write it to: \"x.png\" or \"x.svg\"", shown: "not written")
  }

  /// What can be known before anything runs: that the file's name says how to draw.
  static func check(_ known: KnownArguments) throws {
    if let file = known["save"]?.asString { _ = try DrawingFormat(file) }
  }

  /// Whether the drawing goes to a file.
  func isGiven(_ given: Arguments) -> Bool { given[file] != nil }

  /// Writes the drawing if it is to be saved, and gives it back as a value.
  func deliver(_ content: DrawingValue.Content, _ given: Arguments, _ session: Session) throws -> Value {
    let drawing = DrawingValue(content: content)
    guard let file = given[file] else { return .object(drawing) }
    let format = try DrawingFormat(file)
    try session.checkMayWrite(file)
    let bytes = try session.drawing { try drawing.file(format) }
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
  func file(_ format: DrawingFormat) throws -> Data {
    switch (content, format) {
    case (.picture(let picture), .png): Data(try picture.png())
    case (.picture(let picture), .svg): Data(try picture.svg().utf8)
    case (.chart(let chart), .png): Data(try chart.png())
    case (.chart(let chart), .svg): Data(try chart.svg().utf8)
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
