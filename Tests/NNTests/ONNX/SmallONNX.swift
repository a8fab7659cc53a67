import Foundation

@testable import NN

/// Writes small ONNX files of any kind for tests, right ones and wrong ones.
struct SmallONNX {
  enum Attribute {
    case integer(Int), float(Float), integers([Int]), text(String), tensor([Int], [Float]), graph
  }

  struct Node {
    var op: String
    var inputs: [String]
    var outputs: [String]
    var attributes: [String: Attribute] = [:]
    var domain = ""
  }

  var opset = 17
  var inputs: [(String, [Int?]?)] = [("x", [nil, 1, 4, 4])]
  var outputs = ["y"]
  var nodes: [Node] = []
  var floats: [(String, [Int], [Float])] = []
  var integers: [(String, [Int])] = []
  var external: [(name: String, extents: [Int], location: String, offset: Int, length: Int)] = []

  mutating func add(_ op: String, _ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]) {
    nodes.append(Node(op: op, inputs: inputs, outputs: [output], attributes: attributes))
  }

  private static func tensor(_ writer: inout WireWriter, _ name: String, _ extents: [Int], _ values: [Float]) {
    for extent in extents { writer.integer(1, extent) }
    writer.integer(2, 1)
    writer.text(8, name)
    writer.bytes(9, values.withUnsafeBytes { Array($0) })
  }

  var bytes: [UInt8] {
    var file = WireWriter()
    file.integer(1, 8)
    file.text(2, "test")
    file.message(8) { $0.integer(2, opset) }
    file.message(7) { graph in
      for node in nodes {
        graph.message(1) { writer in
          for input in node.inputs { writer.text(1, input) }
          for output in node.outputs { writer.text(2, output) }
          writer.text(3, node.op.lowercased() + "_node")
          writer.text(4, node.op)
          for (key, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
            writer.message(5) { part in
              part.text(1, key)
              switch value {
              case .integer(let number): part.integer(3, number)
              case .float(let number): part.float(2, number)
              case .integers(let list): for number in list { part.integer(8, number) }
              case .text(let text): part.text(4, text)
              case .tensor(let extents, let values):
                part.message(5) { Self.tensor(&$0, "", extents, values) }
              case .graph: part.message(6) { $0.text(2, "inner") }
              }
            }
          }
          if !node.domain.isEmpty { writer.text(7, node.domain) }
        }
      }
      for (name, extents, values) in floats { graph.message(5) { Self.tensor(&$0, name, extents, values) } }
      for (name, values) in integers {
        graph.message(5) { writer in
          writer.integer(1, values.count)
          writer.integer(2, 7)
          writer.text(8, name)
          for value in values { writer.integer(7, value) }
        }
      }
      for one in external {
        graph.message(5) { writer in
          for extent in one.extents { writer.integer(1, extent) }
          writer.integer(2, 1)
          writer.text(8, one.name)
          for (key, value) in [("location", one.location), ("offset", "\(one.offset)"), ("length", "\(one.length)")] {
            writer.message(13) { entry in
              entry.text(1, key)
              entry.text(2, value)
            }
          }
          writer.integer(14, 1)
        }
      }
      for (field, values) in [(11, inputs), (12, outputs.map { ($0, [nil, 3]) })] {
        for (name, extents) in values {
          graph.message(field) { value in
            value.text(1, name)
            value.message(2) { type in
              type.message(1) { tensor in
                tensor.integer(1, 1)
                if let extents {
                  tensor.message(2) { shape in
                    for extent in extents {
                      shape.message(1) { if let extent { $0.integer(1, extent) } else { $0.text(2, "n") } }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return file.bytes
  }

  func opened(shape: ImageShape? = nil, path: String = "x.onnx") throws -> OpenedModel {
    try OpenedModel(onnx: ONNXFile(WireSource(bytes, path: path)), path: path, shape: shape)
  }
}
