import Foundation

/// The user's folder, and the folders of files. All that takes a file's name from the user goes through `path`, once: where
/// two readings of `~` differ, what was checked is not what is written.
enum Home {
  /// A path with `~` spelled out. `$HOME` says where that is, as for every shell; Foundation asks the list of users.
  static func path(_ text: String) -> String {
    guard text == "~" || text.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"],
      home.hasPrefix("/")
    else { return text.hasPrefix("~") ? NSString(string: text).expandingTildeInPath : text }
    return home + text.dropFirst()
  }

  /// The folder that a file stands in: `.` for a name alone. (NSString's own function ends the program for `d`.)
  static func folder(of path: String) -> String {
    var rest = path[...]
    while rest.count > 1, rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let slash = rest.lastIndex(of: "/") else { return "." }
    return slash == rest.startIndex ? "/" : String(rest[..<slash])
  }

  /// A path for showing, with `~` in place of the user's folder.
  static func shown(_ path: String) -> String {
    let home = Self.path("~")
    return path.hasPrefix(home + "/") ? "~" + path.dropFirst(home.count) : path
  }
}

/// What the machine calls itself. (Foundation's own property may ask a server for it.)
enum MachineName {
  static let own: String = {
    var buffer = [CChar](repeating: 0, count: 256)
    let works = gethostname(&buffer, buffer.count - 1) == 0
    return works ? String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
  }()
}
