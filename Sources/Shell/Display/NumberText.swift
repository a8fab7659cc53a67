import Foundation
import Lang

/// Numbers as people read them. Machine formats (CSV, JSON) write the exact value instead.
enum NumberText {
  /// `60000` → `60,000`.
  static func count(_ value: Int) -> String { value.grouped }

  /// `0.8934` → `89.3 %`.
  /// Halves are rounded up, as SQL's `round` does. More digits where one would turn nearly all into all, or few into none:
  /// `0.9998` → `99.98 %`.
  static func share(_ value: Double) -> String {
    guard value.isFinite else { return exact(value) }
    var (digits, scale) = (1, 10.0)
    while digits < 4, value > 0, value < 1, [0, 100].contains((100 * value * scale).rounded() / scale) {
      (digits, scale) = (digits + 1, scale * 10)
    }
    return fixed((100 * scale * value).rounded() / scale, digits) + " %"
  }

  /// `28.6 to 52.6 %`.
  static func interval(_ low: Double, _ high: Double) -> String {
    String(share(low).dropLast(2)) + " to " + share(high)
  }

  /// `0.42` → `0.4 s`, `95` → `1:35 min`, `4000` → `1:06:40 h`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    if seconds < 9.95 { return fixed(seconds, 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
    return String(format: "%d:%02d:%02d h", whole / 3600, whole / 60 % 60, whole % 60)
  }

  /// `3200000` → `3.2 MB`; in powers of ten, as disks are sold.
  static func bytes(_ count: Int) -> String {
    let units: [(size: Double, name: String)] = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    guard let unit = units.first(where: { Double(count) >= $0.size }) else { return "\(count) bytes" }
    let value = Double(count) / unit.size
    return fixed(value, value < 100 ? 1 : 0) + " " + unit.name
  }

  /// With three digits, for what is measured: `0.42 ms`, `12.3 ms`, `1.23 s`.
  static func measured(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 9.995 else { return duration(seconds) }
    let (value, unit) = seconds < 0.9995 ? (1000 * seconds, "ms") : (seconds, "s")
    return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + " " + unit
  }

  static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// The shortest decimal form that reads back as the same number; whole numbers without a point.
  static func exact(_ value: Double) -> String { Value.text(of: value) }

  /// A budget: `0.1`, and `4/255` for what was given so, since nobody knows 0.015686275 again. Of other long numbers four
  /// digits; the value itself stays exact.
  static func eps(_ value: Float) -> String {
    let levels = (value * 255).rounded()
    guard "\(value)".count > 8, value.isFinite else { return exact(Double("\(value)") ?? Double(value)) }
    let isOfBytes = levels > 0 && levels < 1e6 && abs(value * 255 - levels) <= 4 * value.ulp * 255
    return isOfBytes ? "\(Int(levels))/255" : reading(Double(value))
  }

  /// How many decimals a column needs for this value at about four significant ones; `nil` asks for exponent form.
  static func decimals(for value: Double) -> Int? {
    guard value.isFinite, value != 0 else { return 0 }
    let size = abs(value)
    if size >= 1e15 || size < 1e-6 { return nil }
    // Four decimals, or four significant digits below 0.1.
    let most = size >= 0.1 ? 4 : Int((3 - log10(size)).rounded(.up))
    let text = fixed(size, most)
    let kept = text.reversed().drop { $0 == "0" }
    return kept.firstIndex(of: ".").map { kept.distance(from: kept.startIndex, to: $0) } ?? 0
  }

  /// One number, rounded for reading.
  static func reading(_ value: Double) -> String {
    guard let digits = decimals(for: value) else { return exact(Double(String(format: "%.4g", value)) ?? value) }
    return fixed(value, digits)
  }

  /// A column of numbers with one number of decimals, so that the points stand under each other.
  static func column(_ values: [Double]) -> [String] {
    let needed = values.map(decimals(for:))
    let digits = min(6, needed.compactMap { $0 }.max() ?? 0)
    return zip(values, needed).map { value, need in
      need == nil || !value.isFinite ? reading(value) : fixed(value, digits)
    }
  }
}
