/// How large a drawing's file is, and its letters.
struct DrawingLook {
  /// Width and height in pixels.
  struct Size: Equatable {
    var width: Int
    var height: Int
  }

  /// The size of letters, in points of a page that is 800 wide.
  static let usualFont = 13.0

  /// The whole file; nil for as large as what is drawn needs.
  var size: Size?
  var font = Self.usualFont

  /// How much larger than usual letters are.
  var letters: Double { font / Self.usualFont }
}
