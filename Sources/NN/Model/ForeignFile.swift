import Foundation

/// What a file is by its first bytes, whatever it is called.
public enum ModelFileKind: Sendable, Equatable {
  case safetensors
  case onnx
  /// What `torch.save` writes, in today's form or the older one.
  case torch
  /// Something else that has a name; the second says what to do.
  case foreign(what: String, help: String)
  /// Nothing that is known.
  case unknown

  /// Looks at a file.
  ///
  /// - Throws: `DataError` where it cannot be read.
  public init(of path: String) throws {
    let file = try PlainFile(path)
    self.init(head: try file.read(min(512, file.size), at: 0), size: file.size)
  }

  init(head: [UInt8], size: Int) {
    func begins(_ bytes: [UInt8]) -> Bool { head.starts(with: bytes) }
    let text = String(decoding: head.prefix(256), as: UTF8.self)
    let plain = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
    if size == 0 {
      self = .foreign(what: "an empty file", help: "fetch it again")
    } else if text.hasPrefix("version https://git-lfs") {
      self = .foreign(
        what: "a pointer of Git LFS, not the file it stands for", help: "fetch the file itself with `git lfs pull`")
    } else if plain.hasPrefix("<!doctype") || plain.hasPrefix("<html") || plain.hasPrefix("<?xml") {
      self = .foreign(what: "a web page, not a model", help: "the download gave a page: fetch the file itself")
    } else if head.count > 8, head[8] == UInt8(ascii: "{"), head.littleEndian(0, 8) < 1 << 30 {
      self = .safetensors
    } else if begins([0x50, 0x4B, 3, 4]) || Self.isPickle(head) {
      self = .torch
    } else if begins([0x89, 0x48, 0x44, 0x46]) {
      self = .foreign(
        what: "an HDF5 file, as Keras writes", help: "in Python, `python -m tf2onnx.convert` makes ONNX of it")
    } else if begins([0x1F, 0x8B]) {
      self = .foreign(what: "packed by gzip", help: "unpack it with `gunzip`")
    } else if head.count > 8, Array(head[4..<8]) == Array("TFL3".utf8) {
      self = .foreign(what: "a TensorFlow Lite model", help: "`python -m tf2onnx.convert --tflite` makes ONNX of it")
    } else if Self.isONNX(head) {
      self = .onnx
    } else if head.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || (9...13).contains($0) }) {
      self = .foreign(what: "text, not a model", help: "Ward opens safetensors, ONNX, and PyTorch's state dicts")
    } else {
      self = .unknown
    }
  }

  /// What it is called where safetensors are needed, and what to do; nil for what may be such a file.
  var otherThanSafetensors: (what: String, help: String)? {
    switch self {
    case .foreign(let what, let help): (what, help)
    case .onnx: ("an ONNX model", "open it by itself: `open \"model.onnx\"`")
    case .torch:
      ("what `torch.save` or another program packed", "open it with the kind of network: `open \"x.pt\" as: lenet`")
    case .safetensors, .unknown: nil
    }
  }

  /// A pickle of protocol 2 and later.
  private static func isPickle(_ head: [UInt8]) -> Bool {
    head.count > 2 && head[0] == 0x80 && (2...5).contains(head[1])
  }

  /// The fields that a model in protobuf begins with, in the order in which they are written: the version of the format
  /// first, and then a producer, the version of the operators, or the graph.
  private static func isONNX(_ head: [UInt8]) -> Bool {
    guard head.count > 4 else { return false }
    if head[0] == 0x08, (1...64).contains(head[1]) {
      return [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(head[2])
    }
    return head[0] == 0x3A || head[0] == 0x42 && head[1] < 64
  }
}
