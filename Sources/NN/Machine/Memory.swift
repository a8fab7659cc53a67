import Foundation

/// How much memory there is for work to come.
enum Memory {
  /// Less than this is not worth asking for.
  static let small = 64 << 20

  /// Bytes that can be had now without other programs' harm: what the kernel calls available, within the limits of this
  /// process's control groups and of `ulimit -v`.
  static var available: Int {
    let kernel = text("/proc/meminfo").flatMap { field("MemAvailable:", in: $0) }
    let machine = kernel.map { $0 << 10 } ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let groups = text("/proc/self/cgroup").map { group($0, reading: text) } ?? nil
    return max(0, min(machine, groups ?? .max, addressSpace ?? .max))
  }

  /// The number after a word at the beginning of a line, as in `MemAvailable:  5 kB`.
  static func field(_ name: String, in text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }
    return nil
  }

  /// What the tightest control group leaves, of both versions; nil without a limit.
  ///
  /// - Parameter list: What `/proc/self/cgroup` says: `0::/a/b`, or `4:memory:/a/b`.
  static func group(_ list: String, reading read: (String) -> String?) -> Int? {
    var left: [Int] = []
    for line in list.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { continue }
      let isFirst = parts[1].split(separator: ",").contains("memory")
      guard isFirst || parts[1].isEmpty else { continue }
      let root = isFirst ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup"
      let names =
        isFirst ? ("memory.limit_in_bytes", "memory.usage_in_bytes") : ("memory.max", "memory.current")
      // The groups around this one bind as well. In a container the path may be one of the outside.
      var folders = parts[2].split(separator: "/").map(String.init)
      while true {
        let folder = ([root] + folders).joined(separator: "/")
        func number(_ name: String) -> Int? {
          read("\(folder)/\(name)").flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        if let limit = number(names.0), let used = number(names.1) {
          // Pages of files that nobody has looked at for a while are given back when they are needed.
          let files = read("\(folder)/memory.stat").flatMap { field("inactive_file ", in: $0) } ?? 0
          left.append(limit - max(0, used - files))
        }
        if folders.isEmpty { break }
        folders.removeLast()
      }
    }
    return left.min()
  }

  /// What `ulimit -v` leaves; nil without a limit.
  private static var addressSpace: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
      return nil
    }
    let used = text("/proc/self/status").flatMap { field("VmSize:", in: $0) } ?? 0
    return Int(limit.rlim_cur) - used << 10
  }

  private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}

/// Work that would need more memory than is available. Nothing was allocated for it.
public struct MemoryShortage: Error, Equatable, CustomStringConvertible {
  /// What was to be done: "training lenet with 64 images to a step".
  public let work: String
  /// What the memory would be for, and how many bytes.
  public let parts: [Part]
  /// Bytes available.
  public let available: Int
  /// What to try.
  public let hint: String

  /// One use of memory.
  public struct Part: Sendable, Equatable {
    /// As in "weights".
    public let name: String
    /// Estimated number of bytes.
    public let bytes: Double

    init(_ name: String, _ bytes: Double) { (self.name, self.bytes) = (name, bytes) }
  }

  /// Bytes that would be needed.
  public var needed: Double { parts.reduce(0) { $0 + $1.bytes } }

  /// One sentence: what would be needed, what for, and what there is.
  public var description: String {
    let uses = parts.filter { $0.bytes >= needed / 100 }.map { "\($0.name) \(Self.text($0.bytes))" }
    return "\(work) would take about \(Self.text(needed)) of memory"
      + (uses.count > 1 ? " (\(uses.joined(separator: ", ")))" : "")
      + ", and \(Self.text(Double(available))) can be had"
  }

  private static func text(_ bytes: Double) -> String {
    let steps: [(Double, String)] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB")]
    let (unit, name) = steps.first { bytes >= $0.0 } ?? (1e6, "MB")
    let number = bytes / unit
    return (number >= 100 || unit == 1e6 ? "\(Int(min(number, 1e15).rounded()))" : "\((number * 10).rounded() / 10)")
      + " " + name
  }

  /// Throws if that much is not there.
  ///
  /// - Parameter available: What there is; asked for only if the work is large.
  static func check(
    _ work: @autoclosure () -> String, _ parts: [Part], hint: @autoclosure () -> String,
    available: @autoclosure () -> Int = Memory.available
  ) throws(MemoryShortage) {
    let needed = parts.reduce(0) { $0 + $1.bytes }
    if needed < Double(Memory.small) { return }
    let there = available()
    if needed > Double(there) {
      throw MemoryShortage(work: work(), parts: parts, available: there, hint: hint())
    }
  }
}
