import Foundation

/// The memory of one group of 16 images: activations, gradients, scratch. Zero at first, so halos are zero for ever.
///
/// Safety: one thread uses an arena at a time; the engine's barrier orders them.
final class Arena: @unchecked Sendable {
  let floats: UnsafeMutablePointer<Float>
  let count: Int

  init(_ layout: ArenaLayout) {
    count = max(layout.count, 16)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
    memset(raw, 0, count * 4)
    floats = raw.bindMemory(to: Float.self, capacity: count)
  }

  deinit { UnsafeMutableRawPointer(floats).deallocate() }
}

/// Numbers that threads share by taking turns: weights, gradients of shards, state of an optimiser.
///
/// Safety: writers own disjoint ranges; the engine's barrier orders them.
final class FloatStorage: @unchecked Sendable {
  let floats: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 16) * 4, alignment: 64)
    memset(raw, 0, max(count, 16) * 4)
    floats = raw.bindMemory(to: Float.self, capacity: max(count, 16))
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    write(values)
  }

  deinit { UnsafeMutableRawPointer(floats).deallocate() }

  /// A copy of all numbers.
  var values: [Float] { Array(UnsafeBufferPointer(start: floats, count: count)) }

  func write(_ values: [Float]) {
    precondition(values.count == count, "\(values.count) values for room of \(count)")
    values.withUnsafeBufferPointer { floats.update(from: $0.baseAddress!, count: count) }
  }
}
