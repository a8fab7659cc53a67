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
  /// Calls `body` with the places of input, output and weight for every product of a convolution that lies inside.
  ///
  /// By `while` and pointers: tests are not optimised, and these loops took a third of all their time.
  private static func eachProduct(
    _ layer: Convolution, _ input: [Int], _ output: [Int], _ body: (_ x: Int, _ y: Int, _ weight: Int) -> Void
  ) {
    let (inputs, outputs) = (input[1] / layer.groups, layer.outputs / layer.groups)
    let (channels, height, width, rows, columns) = (input[1], input[2], input[3], output[2], output[3])
    let (kernel, stride, padding, dilation) = (layer.kernel, layer.stride, layer.padding, layer.dilation)
    let pixels = rows * columns
    var at = 0
    while at < input[0] * layer.outputs * pixels {
      let (n, o, y, x) = (at / pixels / layer.outputs, at / pixels % layer.outputs, at / columns % rows, at % columns)
      var c = 0
      while c < inputs {
        let plane = (n * channels + o / outputs * inputs + c) * height
        var ky = 0
        while ky < kernel.height {
          let row = y * stride.height - padding.height + ky * dilation.height
          var kx = row < 0 || row >= height ? kernel.width : 0
          while kx < kernel.width {
            let column = x * stride.width - padding.width + kx * dilation.width
            if column >= 0, column < width {
              body((plane + row) * width + column, at, ((o * inputs + c) * kernel.height + ky) * kernel.width + kx)
            }
            kx += 1
          }
          ky += 1
        }
        c += 1
      }
      at += 1
    }
  }

  static func convolution(_ layer: Convolution, _ x: Planes, _ w: [Double], _ b: [Double], to shape: [Int]) -> Planes {
    var out = Planes(shape)
    for i in out.values.indices where !b.isEmpty { out.values[i] = b[i / (shape[2] * shape[3]) % shape[1]] }
    out.values.withUnsafeMutableBufferPointer { out in
      x.values.withUnsafeBufferPointer { values in
        w.withUnsafeBufferPointer { w in
          let (out, values, w) = (out.baseAddress!, values.baseAddress!, w.baseAddress!)
          eachProduct(layer, x.shape, shape) { out[$1] += w[$2] * values[$0] }
        }
      }
    }
    return out
  }

  static func convolutionGradients(
    _ layer: Convolution, _ x: Planes, _ w: [Double], _ gy: Planes
  ) -> (gx: Planes, gw: [Double], gb: [Double]) {
    var gx = Planes(x.shape)
    var gw = [Double](repeating: 0, count: w.count)
    var gb = [Double](repeating: 0, count: layer.outputs)
    gx.values.withUnsafeMutableBufferPointer { gx in
      gw.withUnsafeMutableBufferPointer { gw in
        x.values.withUnsafeBufferPointer { values in
          w.withUnsafeBufferPointer { w in
            gy.values.withUnsafeBufferPointer { slopes in
              let (gx, gw) = (gx.baseAddress!, gw.baseAddress!)
              let (values, w, slopes) = (values.baseAddress!, w.baseAddress!, slopes.baseAddress!)
              eachProduct(layer, x.shape, gy.shape) { x, y, weight in
                gx[x] += w[weight] * slopes[y]
                gw[weight] += values[x] * slopes[y]
              }
            }
          }
        }
      }
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
