import Foundation
import GRDB

extension Date {
  /// As SQLite's functions read it, in UTC and to the millisecond: `2026-11-29 04:06:00.123`, what GRDB would write.
  ///
  /// Its formatter is Foundation's, which takes two milliseconds to make, a tenth of a start.
  var stored: String {
    let milliseconds = Int64((timeIntervalSince1970 * 1000).rounded())
    // Rounded towards minus infinity, so that dates before 1970 are right too.
    let (rest, isBefore) = (milliseconds % 1000, milliseconds % 1000 < 0)
    var seconds = time_t(milliseconds / 1000 - (isBefore ? 1 : 0))
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let day = [padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1, 2), padded(Int(parts.tm_mday), 2)]
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
    let fraction = padded(Int(isBefore ? rest + 1000 : rest), 3)
    return day.joined(separator: "-") + " " + time.joined(separator: ":") + "." + fraction
  }
}
