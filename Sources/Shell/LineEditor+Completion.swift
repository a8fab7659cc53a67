@preconcurrency import CReadline
import Foundation

/// What is on the line when Tab is pressed. Its bytes may be no UTF-8: half a letter, or what was typed in another encoding.
private struct TypedLine {
  let bytes: [UInt8]
  /// What can be read of it; broken bytes stand as U+FFFD.
  let text: String
  /// The cursor, in bytes of `text`.
  let cursor: Int

  /// - Parameter end: The cursor in readline's bytes.
  init(upTo end: Int) {
    // Safety: readline's own length; a NUL inside would end a C string before the cursor.
    bytes = Array(UnsafeRawBufferPointer(start: rl_line_buffer, count: Int(rl_end)))
    let before = String(decoding: bytes[..<end], as: UTF8.self)
    text = before + String(decoding: bytes[end...], as: UTF8.self)
    cursor = before.utf8.count
  }

  /// Where in readline's bytes a word begins that begins at byte `start` of the text and reaches to the cursor at byte `end`;
  /// nil if there are broken bytes in it.
  func place(of start: Int, upTo end: Int) -> Int? {
    let place = end - (cursor - start)
    guard start >= 0, start <= cursor, place >= 0 else { return nil }
    return bytes[place..<end].elementsEqual(Array(text.utf8)[start..<cursor]) ? place : nil
  }
}

extension LineEditor {
  /// Whether `~/.inputrc` says that capitals do not matter to Tab.
  static var ignoresCase: Bool {
    rl_variable_value("completion-ignore-case").map { String(cString: $0) == "on" } ?? false
  }

  /// readline's view of the candidates: a C array of what replaces the word it found, which may begin elsewhere than ours.
  func matches(from start: Int, to end: Int) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    // Ours are all there is: readline would offer names of files.
    rl_attempted_completion_over = 1
    let line = TypedLine(upTo: end)
    let found = complete(line.text, line.cursor)
    offered = []
    guard let found, let ours = line.place(of: found.start, upTo: end), !found.candidates.isEmpty else {
      // readline's name for a second Tab.
      if rl_completion_type == Int32(UInt8(ascii: "?")), let hint = hint(line.text, line.cursor) {
        showBelow(Self.wrapped(hint))
      }
      return nil
    }
    let theirs = min(start, end)
    let typed = line.bytes[theirs..<end]
    var words: [[UInt8]] = []
    for candidate in found.candidates {
      guard let word = Self.fit(candidate.text, from: ours, to: theirs, in: line.bytes) else { continue }
      words.append(word)
      offered.append(candidate)
    }
    guard !words.isEmpty else { return nil }
    let closes = words.count == 1 && words[0].last != UInt8(ascii: "/")
    if closes, !line.bytes[end...].starts(with: found.quote.utf8) { words[0] += Array(found.quote.utf8) }
    let common = Self.common(words)
    // Never take away what was typed, as for candidates that match in the middle.
    let continues =
      common.starts(with: typed) || Self.ignoresCase && Self.lowercased(common).starts(with: Self.lowercased(typed))
    let first = continues || words.count == 1 ? common : typed
    rl_completion_append_character = words.count == 1 && Self.wantsNoSpace(words[0]) ? 0 : Int32(UInt8(ascii: " "))
    return Self.cArray(words.count == 1 ? [first] : [first] + words.map { $0[...] })
  }

  /// A candidate that begins at byte `ours`, as a replacement from byte `theirs` on; nil if it cannot be one.
  private static func fit(_ text: String, from ours: Int, to theirs: Int, in line: [UInt8]) -> [UInt8]? {
    if ours >= theirs { return line[theirs..<ours] + Array(text.utf8) }
    let bytes = Array(text.utf8)
    // With capitals ignored the letters before may differ, even in length: then there is no part of the word to cut off.
    let cut = theirs - ours
    guard cut <= bytes.count, cut == bytes.count || !UTF8.isContinuation(bytes[cut]) else { return nil }
    return Array(bytes[cut...])
  }

  /// What all words begin with, in whole letters.
  private static func common(_ words: [[UInt8]]) -> ArraySlice<UInt8> {
    var length = words.dropFirst().reduce(words[0].count) { length, word in
      zip(words[0].prefix(length), word).prefix { $0 == $1 }.count
    }
    while length > 0, length < words[0].count, UTF8.isContinuation(words[0][length]) { length -= 1 }
    return words[0][..<length]
  }

  private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String.UTF8View {
    String(decoding: bytes, as: UTF8.self).lowercased().utf8
  }

  /// After an opening bracket, a dot, a folder or a text that is still open, the next word follows without a space.
  private static func wantsNoSpace(_ word: [UInt8]) -> Bool {
    word.last.map { Array("(./[{\"'".utf8).contains($0) } ?? true
  }

  /// C strings in an array that ends with a null; readline frees them.
  private static func cArray(_ list: [ArraySlice<UInt8>]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    let room = calloc(list.count + 1, MemoryLayout<UnsafeMutablePointer<CChar>?>.stride)
    let array = room?.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
    for (index, word) in list.enumerated() { array?[index] = strndup(word.map { CChar(bitPattern: $0) }, word.count) }
    return array
  }

  /// The list under the line: with notes a row each, otherwise in columns.
  func showOffered() {
    var (height, width): (Int32, Int32) = (0, 0)
    rl_get_screen_size(&height, &width)
    // Names may come out of files: what would drive the terminal is shown instead.
    let names = offered.map { $0.text.withVisibleControls }
    let notes = offered.map { $0.note.withVisibleControls }
    let column = (names.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    let line = TypedLine(upTo: Int(rl_point))
    var text = hint(line.text, line.cursor).map(Self.wrapped) ?? ""
    if notes.contains(where: { !$0.isEmpty }) {
      // The first screenful; typing on narrows the rest.
      let shown = min(names.count, max(5, Int(height) - 5))
      for index in 0..<shown {
        let note = DisplayWidth.truncate(notes[index], to: max(10, Int(width) - column - 1))
        text += DisplayWidth.pad(names[index], to: column) + note + "\n"
      }
      if shown < names.count { text += "… and \(names.count - shown) more\n" }
    } else {
      let across = max(1, Int(width) / column)
      for start in stride(from: 0, to: names.count, by: across) {
        let row = names[start..<min(start + across, names.count)]
        text += row.map { DisplayWidth.pad($0, to: column) }.joined() + "\n"
      }
    }
    showBelow(text)
  }

  /// How a call is written, broken at blanks; a label stays with what it takes.
  private static func wrapped(_ hint: String) -> String {
    var (height, width): (Int32, Int32) = (0, 0)
    rl_get_screen_size(&height, &width)
    let whole = hint.replacing(": ", with: ":\u{a0}")
    return whole.wrapped(to: max(10, Int(width) - 1), indent: 2).replacing("\u{a0}", with: " ") + "\n"
  }

  /// Shows rows below the line, and the line again below them.
  private func showBelow(_ rows: String) {
    fputs("\n" + rows, rl_outstream)
    rl_forced_update_display()
  }
}
