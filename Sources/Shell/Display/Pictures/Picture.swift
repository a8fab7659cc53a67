import Foundation

/// Small images with captions, in strips: the images of one thing beside each other (clean, adversarial, difference), and
/// as many strips to a line as fit.
struct Picture: Codable, Equatable, Sendable {
  /// Images that belong together, and what they are of.
  struct Strip: Codable, Equatable, Sendable {
    var caption: String
    /// All images of a picture have the same size.
    var images: [Bitmap]
  }

  /// What it shows, in one line.
  var title: String
  /// What the images of each strip are, in order; empty where a strip is one image.
  var parts: [String] = []
  var strips: [Strip]
  /// What the colours mean; empty where they are those of the images.
  var legend = ""

  /// One image among them, by whose size the others are laid out.
  var size: (width: Int, height: Int) {
    strips.first?.images.first.map { ($0.width, $0.height) } ?? (1, 1)
  }

  /// Images to a strip.
  var breadth: Int { strips.map(\.images.count).max() ?? 1 }

  /// What files and transcripts get in its place: short, and the same whenever the picture is.
  var description: String {
    let shown = strips.prefix(Self.maxNamed).map { $0.caption.withVisibleControls }
    let rest = strips.count > shown.count ? ", … (\(strips.count) in all)" : ""
    let parts = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    return "picture: " + title.withVisibleControls + parts + "\n  " + shown.joined(separator: ", ") + rest
  }

  private static let maxNamed = 12
}
