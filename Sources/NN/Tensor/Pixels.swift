import Contract

/// One image, `[channels · height · width]` in row-major order, pixels from 0 to 1; also a change to one or a gradient.
public typealias Pixels = [Float]

/// The few loops over pixels that attacks are made of.
///
/// Each runs over the arrays' own storage by a bare index, which the compiler turns into vector instructions; sums keep
/// eight partial sums in Double, in a fixed order, so they are fast and the same everywhere.
enum Vector {
  /// `f(a[i], b[i])` for every i.
  @inline(__always)
  static func map(_ a: Pixels, _ b: Pixels, _ f: (Float, Float) -> Float) -> Pixels {
    require(a.count == b.count, "\(a.count) pixels against \(b.count)")
    let n = a.count
    // Safety: three arrays of `n` elements each, the result's not yet visible to anyone else.
    return Pixels(unsafeUninitializedCapacity: n) { out, initialized in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let out = out.baseAddress else { return }
          for i in 0..<n { out[i] = f(a[i], b[i]) }
        }
      }
      initialized = n
    }
  }

  /// `x[i] = f(x[i], a[i], b[i])` for every i.
  @inline(__always)
  static func update(_ x: inout Pixels, _ a: Pixels, _ b: Pixels, _ f: (Float, Float, Float) -> Float) {
    require(x.count == a.count && x.count == b.count, "\(x.count), \(a.count) and \(b.count) pixels")
    let n = x.count
    // Safety: `x` is held exclusively, and all three have `n` elements.
    x.withUnsafeMutableBufferPointer { x in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          guard let x = x.baseAddress, let a = a.baseAddress, let b = b.baseAddress else { return }
          for i in 0..<n { x[i] = f(x[i], a[i], b[i]) }
        }
      }
    }
  }

  /// `x[i] = f(x[i], a[i])` for every i.
  @inline(__always)
  static func update(_ x: inout Pixels, _ a: Pixels, _ f: (Float, Float) -> Float) {
    require(x.count == a.count, "\(x.count) pixels against \(a.count)")
    let n = x.count
    // Safety: as above.
    x.withUnsafeMutableBufferPointer { x in
      a.withUnsafeBufferPointer { a in
        guard let x = x.baseAddress, let a = a.baseAddress else { return }
        for i in 0..<n { x[i] = f(x[i], a[i]) }
      }
    }
  }

  /// The sum of `f(a[i], b[i])`, where `f(0, 0) == 0`.
  @inline(__always)
  static func sum(_ a: Pixels, _ b: Pixels, _ f: (SIMD8<Double>, SIMD8<Double>) -> SIMD8<Double>) -> Double {
    var total = SIMD8<Double>.zero
    eights(a, b) { total += f($0, $1) }
    return total.sum()
  }

  /// All elements of both, eight at a time and in order; the last eight are filled up with zeros.
  @inline(__always)
  static func eights(_ a: Pixels, _ b: Pixels, _ body: (SIMD8<Double>, SIMD8<Double>) -> Void) {
    require(a.count == b.count, "\(a.count) pixels against \(b.count)")
    let n = a.count
    // Safety: both have `n` elements and every index stays below it.
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var i = 0
        while i + 8 <= n {
          body(load(a, i, 8), load(b, i, 8))
          i += 8
        }
        if i < n { body(load(a, i, n - i), load(b, i, n - i)) }
      }
    }
  }

  /// Eight elements from `i`, or `count` of them and zeros.
  @inline(__always)
  private static func load(_ a: UnsafeBufferPointer<Float>, _ i: Int, _ count: Int) -> SIMD8<Double> {
    if count == 8, let start = a.baseAddress {
      return SIMD8<Double>(UnsafeRawPointer(start + i).loadUnaligned(as: SIMD8<Float>.self))
    }
    var lanes = SIMD8<Double>.zero
    for k in 0..<count { lanes[k] = Double(a[i + k]) }
    return lanes
  }

  static func dot(_ a: Pixels, _ b: Pixels) -> Double { sum(a, b) { $0 * $1 } }
  static func sumOfSquares(_ a: Pixels) -> Double { sum(a, a) { x, _ in x * x } }
  static func l2(_ a: Pixels) -> Float { Float(sumOfSquares(a).squareRoot()) }
  static func l2(_ a: Pixels, _ b: Pixels) -> Float {
    Float(sum(a, b) { ($0 - $1) * ($0 - $1) }.squareRoot())
  }
  static func l1(_ a: Pixels) -> Float { Float(sum(a, a) { x, _ in x.replacing(with: -x, where: x .< 0) }) }

  /// The largest magnitude.
  static func linf(_ a: Pixels) -> Float {
    a.withUnsafeBufferPointer { a in  // Safety: every index is below the count
      var (lanes, i) = (SIMD8<Float>.zero, 0)
      while i + 8 <= a.count, let start = a.baseAddress {
        let next = UnsafeRawPointer(start + i).loadUnaligned(as: SIMD8<Float>.self)
        let sizes = next.replacing(with: -next, where: next .< 0)
        lanes = lanes.replacing(with: sizes, where: sizes .> lanes)
        i += 8
      }
      return a[i...].reduce(lanes.max()) { max($0, abs($1)) }
    }
  }

  static func difference(_ a: Pixels, _ b: Pixels) -> Pixels { map(a, b) { $0 - $1 } }
  static func sum(_ a: Pixels, _ b: Pixels) -> Pixels { map(a, b) { $0 + $1 } }
  /// `x + scale · direction`.
  static func along(_ x: Pixels, _ scale: Float, _ direction: Pixels) -> Pixels {
    map(x, direction) { $0 + scale * $1 }
  }
  static func scaled(_ a: Pixels, by factor: Float) -> Pixels { map(a, a) { x, _ in factor * x } }
  /// `(1 − t)·a + t·b`.
  static func blend(_ a: Pixels, _ b: Pixels, _ t: Float) -> Pixels { map(a, b) { (1 - t) * $0 + t * $1 } }
  static func clip(_ x: inout Pixels) { update(&x, x) { value, _ in clampToBox(value) } }
  static func clipped(_ x: Pixels) -> Pixels { map(x, x) { value, _ in clampToBox(value) } }

  @inline(__always)
  static func clampToBox(_ value: Float) -> Float { value < 0 ? 0 : (value > 1 ? 1 : value) }
  /// −1, 0 or 1, so that a gradient of exactly zero moves nothing.
  @inline(__always)
  static func sign(_ value: Float) -> Float { value > 0 ? 1 : (value < 0 ? -1 : 0) }
}
