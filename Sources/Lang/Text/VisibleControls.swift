extension String {
  /// The text with control characters made visible (`␛` for escape), so that data cannot drive the terminal.
  public var withVisibleControls: String {
    guard unicodeScalars.contains(where: { $0.isControl }) else { return self }
    var shown = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      guard scalar.isControl else { shown.append(scalar); continue }
      shown.append(scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value)! : "\u{fffd}")
    }
    return String(shown)
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls but for tab and newline, and the marks that reverse the direction of text.
  fileprivate var isControl: Bool {
    switch value {
    case 0x09, 0x0a: false
    case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
