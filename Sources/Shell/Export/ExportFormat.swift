import Foundation
import Lang

/// The forms in which a session is written, known by the ending of the file's name.
enum ExportFormat: String, CaseIterable {
  case markdown = "md"
  case html
  case notebook = "ipynb"

  init(file: String) throws {
    let ending = URL(fileURLWithPath: file).pathExtension.lowercased()
    guard let format = Self(rawValue: ending == "htm" ? "html" : ending) else {
      throw Problem(
        code: ShellCode.file, message: "\(file) does not say in which form to write: its name ends otherwise",
        help: ["end it with .html for a page, .md for Markdown or .ipynb for Jupyter"])
    }
    self = format
  }

  /// Writes a session to a file, whole or not at all; Markdown's images go to a folder beside it.
  ///
  /// - Parameter mayWrite: throws for a file that must not be written.
  static func write(
    _ session: ExportedSession, to file: String, environment: Environment, mayWrite: (String) throws -> Void = { _ in }
  ) throws {
    let format = try Self(file: file)
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let page =
      switch format {
      case .markdown: MarkdownPage(folder: stem + "-files").page(of: session)
      case .html: Page(text: HTMLPage(environment: environment).text(of: session))
      case .notebook: Page(text: NotebookPage().text(of: session))
      }
    let path = Home.path(file)
    let folder = Home.folder(of: path)
    try mayWrite(file)
    for image in page.images { try mayWrite(folder + "/" + image.name) }
    for image in page.images { try WrittenFile.write(image.bytes, to: folder + "/" + image.name, makesFolder: true) }
    try WrittenFile.write(page.text, to: file)
  }
}

/// A written page with the files that it shows.
struct Page {
  var text: String
  /// Names are relative to the page.
  var images: [(name: String, bytes: Data)] = []
}

/// A drawing as a file.
struct Drawing {
  enum Form: String {
    case svg = "image/svg+xml"
    case png = "image/png"
  }

  var form: Form
  var bytes: Data
  /// What it shows, for those who cannot see it.
  var alternative: String

  /// A plot as SVG, a picture as PNG; `nil` where gnuplot is missing, and then its description has to do.
  init?(_ block: StoredBlock) {
    switch block {
    case .chart(let chart):
      guard let text = try? chart.svg() else { return nil }
      (form, bytes, alternative) = (.svg, Data(text.utf8), Self.alternative(for: chart))
    case .picture(let picture):
      if let file = try? picture.png() {
        (form, bytes) = (.png, Data(file))
      } else if let text = try? picture.svg() {
        (form, bytes) = (.svg, Data(text.utf8))
      } else {
        return nil
      }
      alternative = picture.description
    default: return nil
    }
  }

  /// A plot in words. All numbers of a heat map would be too many to listen to.
  private static func alternative(for chart: Chart) -> String {
    guard let map = chart.heatMap else { return chart.description }
    return
      "heat map: \(chart.title.withVisibleControls), \(map.rows.count.of("row")) and \(map.columns.count.of("column"))"
  }
}
