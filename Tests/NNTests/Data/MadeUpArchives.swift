import CZlib

@testable import NN

/// An array as `numpy.save` writes it, with whatever a test wants in its header.
func npy(_ type: String, _ shape: String, _ data: [UInt8], order: String = "False") -> [UInt8] {
  npy(header: "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }", data)
}

func npy(header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let text = Array(header.utf8)
  let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
}

/// A small data set of 2×2 images, three for training and two for testing; `changed` replaces members, or leaves them out.
func smallArchive(_ changed: [String: [UInt8]?] = [:], deflated: Bool = false) -> [UInt8] {
  var members: [String: [UInt8]?] = [
    "x_train": npy("|u1", "(3, 2, 2)", Array(0..<12)), "y_train": npy("|u1", "(3,)", [0, 1, 0]),
    "x_test": npy("|u1", "(2, 2, 2)", Array(20..<28)), "y_test": npy("|u1", "(2,)", [1, 0]),
  ]
  members.merge(changed) { $1 }
  return zipFile(
    members.compactMapValues { $0 }.sorted { $0.key < $1.key }.map { ($0 + ".npy", $1) }, deflated: deflated)
}

/// A zip file of these members, with right checksums.
func zipFile(_ members: [(name: String, content: [UInt8])], deflated: Bool = false) -> [UInt8] {
  var (archive, directory) = ([UInt8](), [UInt8]())
  for (name, content) in members {
    let packed = deflated ? deflate(content) : content
    let sum = content.withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
    // Version, flags, method, time, date, checksum, sizes, lengths of the name and of what follows it.
    let facts =
      little(20, 0, deflated ? 8 : 0, 0, 0)
      + little(wide: sum, UInt32(packed.count), UInt32(content.count)) + little(UInt16(name.utf8.count), 0)
    directory +=
      little(wide: 0x0201_4b50) + little(20) + facts + little(0, 0, 0) + little(wide: 0, UInt32(archive.count))
      + Array(name.utf8)
    archive += little(wide: 0x0403_4b50) + facts + Array(name.utf8) + packed
  }
  let count = UInt16(members.count)
  return archive + directory + little(wide: 0x0605_4b50) + little(0, 0, count, count)
    + little(wide: UInt32(directory.count), UInt32(archive.count)) + little(0)
}

private func little(_ numbers: UInt16...) -> [UInt8] {
  numbers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
}

private func little(wide numbers: UInt32...) -> [UInt8] {
  numbers.flatMap { number in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) } }
}

/// Raw deflate, as zip has it.
private func deflate(_ content: [UInt8]) -> [UInt8] {
  var (content, stream) = (content, z_stream())
  deflateInit2_(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  let room = Int(deflateBound(&stream, UInt(content.count)))
  return [UInt8](unsafeUninitializedCapacity: room) { output, count in
    content.withUnsafeMutableBufferPointer { input in
      (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
      (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
      _ = CZlib.deflate(&stream, Z_FINISH)
    }
    count = Int(stream.total_out)
  }
}
