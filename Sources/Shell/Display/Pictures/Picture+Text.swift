/// Pictures on a terminal.
extension Picture {
  /// The images by half blocks with 24-bit colour, two pixels to a character; without colours by signs of growing
  /// darkness, one for two pixels.
  ///
  /// - Parameter width: columns there are.
  func text(width: Int, colors: Bool) -> String {
    let factor = factor(for: width)
    let shown = strips.map { Strip(caption: $0.caption, images: $0.images.map { $0.resized(factor) }) }
    guard let first = shown.first?.images.first else { return description }
    let stripWidth = breadth * first.width + (breadth - 1) * Self.gap
    let perLine = max(1, (width + Self.between) / (stripWidth + Self.between))
    var lines = title.isEmpty ? [] : [Style.bold(title.withVisibleControls, if: colors)]
    for start in stride(from: 0, to: shown.count, by: perLine) {
      if start > 0, !parts.isEmpty { lines.append("") }
      let line = shown[start..<min(start + perLine, shown.count)]
      if !parts.isEmpty {
        let heads = parts.map { Self.center($0, in: first.width) }.joined(separator: Self.space(Self.gap))
        lines.append(Style.faint(line.map { _ in heads }.joined(separator: Self.space(Self.between)), if: colors))
      }
      for row in 0..<(first.height + 1) / 2 {
        lines.append(
          line.map { strip in
            strip.images.map { $0.line(row, colors: colors) }.joined(separator: Self.space(Self.gap))
          }.joined(separator: Self.space(Self.between)))
      }
      lines.append(
        line.map { Self.center($0.caption.withVisibleControls, in: stripWidth) }
          .joined(separator: Self.space(Self.between)))
    }
    if !legend.isEmpty { lines.append(Style.faint(legend.withVisibleControls, if: colors)) }
    return lines.map { $0.droppingTrailingSpaces }.joined(separator: "\n")
  }

  private static let gap = 1
  private static let between = 3

  /// Small images are enlarged, so that there is something to see and room for a caption; those wider than the screen are
  /// made smaller.
  private func factor(for width: Int) -> Int {
    func columns(_ width: Int) -> Int { breadth * width + (breadth - 1) * Self.gap }
    // Of many, such as all kernels of a layer, more are seen at once when they are small.
    let least = strips.count * breadth > 24 ? Self.least / 2 : Self.least
    var factor = max(1, least / max(size.width, 1))
    while factor > 1, columns(size.width * factor) > width { factor -= 1 }
    if factor > 1 || columns(size.width) <= width { return factor }
    var smaller = 2
    while size.width / smaller > 4, columns(size.width / smaller) > width { smaller += 1 }
    return -smaller
  }

  /// The least width of an image, in columns.
  private static let least = 12

  private static func space(_ count: Int) -> String { String(repeating: " ", count: count) }

  private static func center(_ text: String, in width: Int) -> String {
    let text = DisplayWidth.truncate(text, to: width)
    let room = width - DisplayWidth.of(text)
    return space(room / 2) + text + space(room - room / 2)
  }
}

extension Bitmap {
  /// Enlarged by a positive number, made smaller by a negative one.
  fileprivate func resized(_ factor: Int) -> Bitmap { factor < 0 ? reduced(by: -factor) : enlarged(by: factor) }

  /// Two rows of pixels as one line of text.
  fileprivate func line(_ row: Int, colors: Bool) -> String {
    let (top, bottom) = (2 * row, 2 * row + 1)
    guard colors else {
      return String(
        (0..<width).map { x in
          let lower = bottom < height ? self[x, bottom].brightness : self[x, top].brightness
          return Self.ramp[Int((self[x, top].brightness + lower) / 2 * Double(Self.ramp.count - 1) + 0.5)]
        })
    }
    var line = ""
    var last: (upper: Color, lower: Color?)?
    for x in 0..<width {
      let (upper, lower) = (self[x, top], bottom < height ? self[x, bottom] : nil)
      if last?.upper != upper || last?.lower != lower {
        line += lower.map { "\u{1b}[\(upper.foreground);\($0.background)m" } ?? "\u{1b}[0;\(upper.foreground)m"
        last = (upper, lower)
      }
      line += "▀"
    }
    return line + "\u{1b}[0m"
  }

  /// From dark to bright.
  private static let ramp = Array(" .:-=+*#%@")
}

extension Color {
  /// As ANSI terminals take it.
  var foreground: String { "38;2;\(red);\(green);\(blue)" }
  var background: String { "48;2;\(red);\(green);\(blue)" }

  /// A text in this colour.
  func callAsFunction(_ text: String, if colored: Bool) -> String {
    colored ? "\u{1b}[\(foreground)m\(text)\u{1b}[0m" : text
  }
}

extension String {
  fileprivate var droppingTrailingSpaces: String {
    var end = endIndex
    while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
    return String(self[..<end])
  }
}
