import Contract
import Foundation

/// The memory of one group of 16 images: activations, gradients, scratch. Zero at first, so halos are zero for ever.
///
/// Safety: one thread uses an arena at a time; the engine's barrier orders them.
final class Arena: @unchecked Sendable {
  let floats: UnsafeMutablePointer<Float>
  let count: Int
  /// The part that operations share; its contents last as long as one call.
  let scratch: UnsafeMutablePointer<Float>
  private let zeros: ZeroedBuffer

  init(_ layout: ArenaLayout) {
    count = max(layout.count, 16)
    zeros = ZeroedBuffer(count)
    floats = zeros.floats
    scratch = floats + layout.kept
  }

  deinit { zeros.free() }
}

/// Numbers that threads share by taking turns: weights, gradients of shards, state of an optimiser.
///
/// Safety: writers own disjoint ranges; the engine's barrier orders them.
final class FloatStorage: @unchecked Sendable {
  let floats: UnsafeMutablePointer<Float>
  let count: Int

  private let zeros: ZeroedBuffer

  init(count: Int) {
    self.count = count
    zeros = ZeroedBuffer(max(count, 16))
    floats = zeros.floats
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    write(values)
  }

  deinit { zeros.free() }

  /// A copy of all numbers.
  var values: [Float] { Array(UnsafeBufferPointer(start: floats, count: count)) }

  func write(_ values: [Float]) {
    require(values.count == count, "\(values.count) values for room of \(count)")
    values.withUnsafeBufferPointer { floats.update(from: $0.baseAddress!, count: count) }
  }
}

/// Zeros on a cache line of their own. A large block costs nothing before it is used: the system hands out its pages when they
/// are first touched, so that a step of gigabytes begins at once and Ctrl-C is heard.
private struct ZeroedBuffer {
  let floats: UnsafeMutablePointer<Float>
  private let raw: UnsafeMutableRawPointer
  /// Bytes that were mapped; nil for a block of the heap.
  private let mapped: Int?

  /// What a large page holds. Blocks of several are asked for in such pages: channels lie far apart, and a convolution that
  /// reads all of them would wait for the addresses of small ones.
  private static let largePage = 2 << 20
  private static let smallPage = 4096

  init(_ count: Int) {
    let bytes = count * 4 + 64
    if bytes >= 2 * Self.largePage, let raw = Self.map(bytes + Self.largePage) {
      (self.raw, mapped) = (raw, bytes + Self.largePage)
      let start = raw.alignedUp(toMultipleOf: Self.largePage)
      madvise(start, bytes, MADV_HUGEPAGE)
      floats = start.bindMemory(to: Float.self, capacity: count)
      return
    }
    guard let raw = calloc(bytes, 1) else { fatalError("no memory for \(count) numbers") }
    (self.raw, mapped) = (raw, nil)
    floats = raw.alignedUp(toMultipleOf: 64).bindMemory(to: Float.self, capacity: count)
    // The system maps a page that is read first to one page of zeros for all. Writing it later, as the optimiser's state is,
    // stops all threads, page by page.
    for place in stride(from: 0, to: count, by: Self.smallPage / 4) { floats[place] = 0 }
  }

  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let raw = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    return raw == MAP_FAILED ? nil : raw
  }

  func free() {
    if let mapped { munmap(raw, mapped) } else { Foundation.free(raw) }
  }
}
