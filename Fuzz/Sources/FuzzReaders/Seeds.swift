import CZlib
import Foundation

@testable import NN

/// Small whole files of every form, made by code so that no bytes lie in the repository.
enum Seeds {
  static let model: Model = {
    var network = MLP()
    network.hidden = [2]
    do {
      return try Model(network, input: ImageShape(channels: 1, height: 2, width: 1), classes: 2, seed: 1)
    } catch { fatalError("\(error)") }
  }()

  static let state: TrainingState = {
    var state = TrainingState(model)
    state.moments = [model.values, model.values]
    state.steps = 3
    state.epochs = [
      EpochRecord(
        epoch: 1, loss: .nan, trainAccuracy: 0.5, testAccuracy: nil, rate: 0.001, seconds: 2, imagesPerSecond: 3)
    ]
    return state
  }()

  /// One tensor of each type that is read.
  static let tensors: [UInt8] = {
    var (entries, end) = ([String](), 0)
    for (type, width) in [("F32", 4), ("F16", 2), ("BF16", 2), ("F64", 8), ("U8", 1), ("I32", 4), ("I64", 8)] {
      entries.append("\"\(type)\":{\"dtype\":\"\(type)\",\"shape\":[1,2],\"data_offsets\":[\(end),\(end + 2 * width)]}")
      end += 2 * width
    }
    let header = "{\"__metadata__\":{\"a\":\"\\u0041\"}," + entries.joined(separator: ",") + "}"
    return (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8)
      + (0..<end).map { UInt8($0) }
  }()

  static let settings = [
    (MLP.entry.values(of: MLP()) ?? [:]).json, (PGD.entry.values(of: PGD()) ?? [:]).json, TrainingSpec().json,
    "{\"a\":{\"component\":\"pgd\",\"settings\":{\"steps\":{\"integer\":3}}},\"b\":{\"none\":true},\"c\":{\"flag\":false}}",
  ]

  /// Small networks with every kind of layer.
  static let networks: [String] = {
    let image = ImageShape(channels: 1, height: 8, width: 8)
    var all = [MLP(), CNN(), ResNet8(), VGGSmall()].compactMap { (kind: any Architecture) in
      try? kind.network(for: image, classes: 2).json
    }
    all.append(
      """
      {"classes":2,"input":[2,6,5],"layers":[{"layer":{"conv":{"channels":3,"kernel":[3,2],"stride":[1,2],"padding":[1,0]}}},\
      {"layer":{"gelu":{}}},{"after":[0,1],"layer":{"concat":{}}},{"layer":{"avgpool":{"kernel":2}}},{"layer":{"tanh":{}}},\
      {"layer":{"dropout":{"rate":0.5}}},{"layer":{"flatten":{}}},{"layer":{"dense":{"units":2}},"name":"fc"}]}
      """)
    return all
  }()

  static let tables = [
    "age;colour;class\r\n20;red;a\r\n31;\"b;l\";b\r\nNA;red;a\r\n44;red;b\r\n",
    "label,pixel0,pixel1,pixel2,pixel3\n0,1,2,3,4\n1,5,6,7,255\n0,0.5,0,0,0\n1,0,0,0,0\n",
  ].map { Array($0.utf8) }

  /// A grey picture of 4×4 as PNG and as JPEG.
  static let pictures = [
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAAFElEQVR4nGNk4OLiYtTg4uJigRMACR8A+/JeFnAAAAAASUVORK5CYII=",
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkK"
      + "Cgr/wAALCAAEAAQBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8ASB//2Q==",
  ].compactMap { Foundation.Data(base64Encoded: $0).map { [UInt8]($0) } }

  /// Protocols 2 and 0.
  static let pickles: [[UInt8]] = [
    [0x80, 2, 0x7d, 0x71, 0, 0x28, 0x55, 1, 0x61, 0x5d, 0x71, 1, 0x28, 0x4b, 1, 0x4e, 0x88, 0x65, 0x75, 0x2e],
    Array("(dp0\nS'a'\np1\ncm\nf\n(I1\nF2.5\nV\\u00e9\ntRp2\n(lp3\ng2\nasbs.".utf8),
  ]

  static let images = numbers(0x803, 2, 2, 3) + Array(0..<12)
  static let labels = numbers(0x801, 4) + [0, 1, 1, 0]
  static let batch = [3] + [UInt8](repeating: 7, count: 3072)
  static let archives = [false, true].map { archive(deflated: $0) }

  private static func numbers(_ values: UInt32...) -> [UInt8] {
    values.flatMap { value in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) } }
  }

  private static func little(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func array(_ type: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
    let header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(header.count, 2) + header + data
  }

  private static func archive(deflated: Bool) -> [UInt8] {
    let members: [(String, [UInt8])] = [
      ("x_train.npy", array("|u1", "(2, 2, 1, 3)", Array(0..<12))),
      ("y_train.npy", array("<i2", "(2, 1)", [0, 0, 1, 0])),
      ("x_test.npy", array("<f4", "(1, 2, 1, 3)", [UInt8](repeating: 0, count: 24))),
      ("y_test.npy", array("|u1", "(1,)", [1])),
    ]
    var (file, directory) = ([UInt8](), [UInt8]())
    for (name, content) in members {
      let packed = deflated ? squeezed(content, -15) : content
      let sum = content.withUnsafeBufferPointer { Int(crc32_z(0, $0.baseAddress, $0.count)) }
      let facts =
        little(20, 2) + little(0, 2) + little(deflated ? 8 : 0, 2) + little(0, 4) + little(sum, 4)
        + little(packed.count, 4) + little(content.count, 4) + little(name.utf8.count, 2) + little(0, 2)
      directory +=
        little(0x0201_4b50, 4) + little(20, 2) + facts + little(0, 10) + little(file.count, 4) + Array(name.utf8)
      file += little(0x0403_4b50, 4) + facts + Array(name.utf8) + packed
    }
    return file + directory + little(0x0605_4b50, 4) + little(0, 4) + little(members.count, 2)
      + little(members.count, 2) + little(directory.count, 4) + little(file.count, 4) + little(0, 2)
  }

  static func gzip(_ content: [UInt8]) -> [UInt8] { squeezed(content, 31) }

  /// Deflate, raw for negative window bits, as gzip for 31.
  private static func squeezed(_ content: [UInt8], _ windowBits: Int32) -> [UInt8] {
    var (content, stream) = (content, z_stream())
    deflateInit2_(
      &stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    let room = Int(deflateBound(&stream, UInt(content.count))) + 32
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      content.withUnsafeMutableBufferPointer { input in
        (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
        _ = deflate(&stream, Z_FINISH)
      }
      count = Int(stream.total_out)
    }
  }
}
