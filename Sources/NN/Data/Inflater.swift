import CZlib
import Contract

/// Raw deflate, as zip has it, unpacked in pieces: bytes go in by `feed` and come out by `next`.
final class Inflater {
  /// On the heap, as zlib keeps the address of its stream.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var input: [UInt8] = []
  private var used = 0
  private var status = Z_OK

  init() {
    stream.initialize(to: z_stream())
    // Negative window bits: no header and no checksum.
    let started = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    require(started == Z_OK, "zlib does not start: \(started)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Whether all that was fed is used up.
  var needsInput: Bool { used == input.count }
  /// Whether more can come out when more goes in.
  var isRunning: Bool { status == Z_OK || (status == Z_BUF_ERROR && needsInput) }
  var isDamaged: Bool { !isRunning && status != Z_STREAM_END }

  /// Gives more packed bytes, once it is hungry.
  func feed(_ bytes: [UInt8]) { (input, used) = (bytes, 0) }

  /// Up to `count` unpacked bytes, and at most a megabyte; none if it is hungry, at its end, or damaged.
  func next(_ count: Int) -> [UInt8] {
    guard isRunning else { return [] }
    // Safety: both buffers outlive the call of `inflate`, which is told how long they are and forgets them after it.
    return [UInt8](unsafeUninitializedCapacity: min(count, 1 << 20)) { output, got in
      input.withUnsafeMutableBufferPointer { packed in
        (stream.pointee.next_in, stream.pointee.avail_in) = (
          packed.baseAddress.map { $0 + used }, UInt32(packed.count - used)
        )
        (stream.pointee.next_out, stream.pointee.avail_out) = (output.baseAddress, UInt32(output.count))
        status = inflate(stream, Z_NO_FLUSH)
        used = packed.count - Int(stream.pointee.avail_in)
      }
      got = output.count - Int(stream.pointee.avail_out)
    }
  }
}
