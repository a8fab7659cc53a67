import Foundation

/// The user's folder.
enum Home {
  /// A path with `~` spelled out. `$HOME` says where that is, as for every shell; Foundation asks the list of users.
  static func path(_ text: String) -> String {
    guard text == "~" || text.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"],
      home.hasPrefix("/")
    else { return NSString(string: text).expandingTildeInPath }
    return home + text.dropFirst()
  }
}
