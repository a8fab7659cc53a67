@testable import NN

/// The plain loops of every operation, one image and one number at a time, in double precision: what the kernels are
/// compared with. n, c, y, x: image, channel, row, column; o: output channel.
struct Planes {
  let shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ values: [Double]? = nil) {
    self.shape = shape
    self.values = values ?? Array(repeating: 0, count: shape.reduce(1, *))
  }

  init(_ tensor: Tensor) { self.init(tensor.shape, tensor.values.map(Double.init)) }

  func index(_ n: Int, _ c: Int, _ y: Int, _ x: Int) -> Int { ((n * shape[1] + c) * shape[2] + y) * shape[3] + x }

  /// 0 outside.
  subscript(n: Int, c: Int, y: Int, x: Int) -> Double {
    get { y < 0 || x < 0 || y >= shape[2] || x >= shape[3] ? 0 : values[index(n, c, y, x)] }
    set { if y >= 0, x >= 0, y < shape[2], x < shape[3] { values[index(n, c, y, x)] = newValue } }
  }

  var floats: [Float] { values.map { Float($0) } }
}

enum ReferenceLoops {
  /// Calls `body` with (n, o, y, x, c, in-row, in-column, weight index) for every product of a convolution.
  private static func eachProduct(
    _ layer: Convolution, _ input: [Int], _ output: [Int],
    _ body: (_ n: Int, _ o: Int, _ y: Int, _ x: Int, _ c: Int, _ row: Int, _ column: Int, _ weight: Int) -> Void
  ) {
    let inputs = input[1] / layer.groups
    let outputs = layer.outputs / layer.groups
    for n in 0..<input[0] {
      for o in 0..<layer.outputs {
        for y in 0..<output[2] {
          for x in 0..<output[3] {
            for c in 0..<inputs {
              for ky in 0..<layer.kernel.height {
                for kx in 0..<layer.kernel.width {
                  body(
                    n, o, y, x, o / outputs * inputs + c,
                    y * layer.stride.height - layer.padding.height + ky * layer.dilation.height,
                    x * layer.stride.width - layer.padding.width + kx * layer.dilation.width,
                    ((o * inputs + c) * layer.kernel.height + ky) * layer.kernel.width + kx)
                }
              }
            }
          }
        }
      }
    }
  }

  static func convolution(_ layer: Convolution, _ x: Planes, _ w: [Double], _ b: [Double], to shape: [Int]) -> Planes {
    var out = Planes(shape)
    for i in out.values.indices where !b.isEmpty { out.values[i] = b[i / (shape[2] * shape[3]) % shape[1]] }
    eachProduct(layer, x.shape, shape) { n, o, y, column, c, row, at, weight in
      out[n, o, y, column] += w[weight] * x[n, c, row, at]
    }
    return out
  }

  static func convolutionGradients(
    _ layer: Convolution, _ x: Planes, _ w: [Double], _ gy: Planes
  ) -> (gx: Planes, gw: [Double], gb: [Double]) {
    var gx = Planes(x.shape)
    var gw = [Double](repeating: 0, count: w.count)
    var gb = [Double](repeating: 0, count: layer.outputs)
    eachProduct(layer, x.shape, gy.shape) { n, o, y, column, c, row, at, weight in
      gx[n, c, row, at] += w[weight] * gy[n, o, y, column]
      gw[weight] += x[n, c, row, at] * gy[n, o, y, column]
    }
    for i in gy.values.indices { gb[i / (gy.shape[2] * gy.shape[3]) % gy.shape[1]] += gy.values[i] }
    return (gx, gw, gb)
  }

  /// ReLU and 2×2 maximum, and back; the first of equals wins and nothing flows to what is not positive.
  static func pooledReLU(_ z: Planes, _ gy: (Planes) -> Planes) -> (y: Planes, gz: Planes) {
    let shape = [z.shape[0], z.shape[1], z.shape[2] / 2, z.shape[3] / 2]
    var y = Planes(shape)
    var winners: [(Int, Int)] = []
    eachPixel(shape) { n, c, row, column in
      var best = (2 * row, 2 * column)
      for (dy, dx) in [(0, 1), (1, 0), (1, 1)]
      where z[n, c, 2 * row + dy, 2 * column + dx] > z[n, c, best.0, best.1] {
        best = (2 * row + dy, 2 * column + dx)
      }
      winners.append(best)
      y[n, c, row, column] = max(0, z[n, c, best.0, best.1])
    }
    let gradient = gy(y)
    var gz = Planes(z.shape)
    var next = winners.makeIterator()
    eachPixel(shape) { n, c, row, column in
      guard let best = next.next(), z[n, c, best.0, best.1] > 0 else { return }
      gz[n, c, best.0, best.1] = gradient[n, c, row, column]
    }
    return (y, gz)
  }

  private static func eachPixel(_ shape: [Int], _ body: (Int, Int, Int, Int) -> Void) {
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for y in 0..<shape[2] {
          for x in 0..<shape[3] { body(n, c, y, x) }
        }
      }
    }
  }

  static func dense(_ x: Planes, _ w: [Double], _ b: [Double]) -> Planes {
    let (inputs, outputs) = (x.shape[1], b.count)
    var out = Planes([x.shape[0], outputs, 1, 1])
    for n in 0..<x.shape[0] {
      for o in 0..<outputs {
        out.values[n * outputs + o] = (0..<inputs).reduce(b[o]) { $0 + w[o * inputs + $1] * x.values[n * inputs + $1] }
      }
    }
    return out
  }
}

func magnitudes(_ x: [Double]) -> [Double] { x.map(abs) }

/// The largest error as a share of the magnitudes of the products that were added: transforms round parts that later cancel.
func share(_ found: [Float], _ exact: [Double], of products: [Double], atLeast least: Double = 1e-2) -> Double {
  guard found.count == exact.count else { return .infinity }
  return zip(zip(found, exact), products).reduce(0) { worst, each in
    let off = abs(Double(each.0.0) - each.0.1) / max(each.1, least)
    return off.isNaN ? .infinity : max(worst, off)
  }
}
