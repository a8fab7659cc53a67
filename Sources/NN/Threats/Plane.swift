/// The plane {z : normal·z = offset}, and the point of it in the box [0, 1] that is nearest to another.
struct Plane {
  let normal: Pixels
  let offset: Double

  /// The nearest point in L∞, L2 or L1; the corner that comes closest to the plane where it misses the box.
  ///
  /// Croce and Hein, arXiv:1907.02044, §3.1. Along the path of nearest points the sum normal·z falls in straight pieces
  /// that grow flatter, so Newton's method from the start goes from piece to piece and ends at the exact point.
  func projection(of point: Pixels, _ norm: Norm) -> Pixels {
    let ahead = Vector.dot(normal, point) - offset
    // Turned round, if need be, so that normal·z has to become smaller.
    let normal = ahead < 0 ? Vector.scaled(self.normal, by: -1) : self.normal
    let excess = abs(ahead)
    guard excess > 0, Vector.linf(normal) > 0 else { return point }
    switch norm {
    case .linf: return along(point, normal, Vector.map(normal, normal) { value, _ in Vector.sign(value) }, excess)
    case .l2: return along(point, normal, normal, excess)
    case .l1, .l0: return byCoordinate(point, normal, excess)
    }
  }

  /// `clamp(point − λ·direction)` with the λ at which normal·z has fallen by `excess`.
  private func along(_ point: Pixels, _ normal: Pixels, _ direction: Pixels, _ excess: Double) -> Pixels {
    var length: Float = 0
    for _ in 0..<100 {
      let (fallen, speed) = fall(point, normal, direction, length)
      let left = excess - fallen
      guard left > 1e-9 * excess, speed > 0 else { break }
      let next = length + Float(left / speed)
      guard next > length else { break }
      length = next
    }
    return Vector.map(point, direction) { Vector.clampToBox($0 - length * $1) }
  }

  /// How far normal·z has fallen at λ = `length`, and how fast it falls there.
  private func fall(
    _ point: Pixels, _ normal: Pixels, _ direction: Pixels, _ length: Float
  ) -> (fallen: Double, speed: Double) {
    let n = point.count
    // Safety: three arrays of `n` elements, and every index is below it.
    return point.withUnsafeBufferPointer { point in
      normal.withUnsafeBufferPointer { normal in
        direction.withUnsafeBufferPointer { direction in
          var (fallen, speed) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
          var (total, rate) = (0.0, 0.0)
          var i = 0
          while i + 8 <= n {
            let value = lanes(point, i), weight = lanes(normal, i), heading = lanes(direction, i)
            let free = value - length * heading
            let kept = free.replacing(with: 0, where: free .< 0).replacing(with: 1, where: free .> 1)
            fallen += weight * (value - kept)
            // At rest on the edge of the box counts as moving, unless it is the edge that the pixel heads for.
            let isDown = (free .<= 0) .& (heading .> 0)
            let isUp = (free .>= 1) .& (heading .< 0)
            speed += (weight * heading).replacing(with: 0, where: isDown .| isUp)
            i += 8
            // Partial sums leave single precision often enough to lose nothing that matters.
            if i % 64 == 0 {
              total += Double(fallen.sum())
              rate += Double(speed.sum())
              (fallen, speed) = (.zero, .zero)
            }
          }
          while i < n {
            let free = point[i] - length * direction[i]
            total += Double(normal[i] * (point[i] - Vector.clampToBox(free)))
            let isStuck = free <= 0 && direction[i] > 0 || free >= 1 && direction[i] < 0
            if !isStuck { rate += Double(normal[i] * direction[i]) }
            i += 1
          }
          return (total + Double(fallen.sum()), rate + Double(speed.sum()))
        }
      }
    }
  }

  @inline(__always)
  private func lanes(_ row: UnsafeBufferPointer<Float>, _ i: Int) -> SIMD8<Float> {
    guard let start = row.baseAddress else { return .zero }
    return UnsafeRawPointer(start + i).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// L1: the coordinates with the largest weights go all the way, the last as far as is needed.
  private func byCoordinate(_ point: Pixels, _ normal: Pixels, _ excess: Double) -> Pixels {
    var (moved, left) = (point, excess)
    for i in normal.indices.sorted(by: { abs(normal[$0]) > abs(normal[$1]) }) where normal[i] != 0 {
      let room = normal[i] > 0 ? point[i] : 1 - point[i]
      let gain = Double(abs(normal[i])) * Double(room)
      if gain >= left {
        moved[i] = Vector.clampToBox(point[i] - Float(left / Double(normal[i])))
        break
      }
      moved[i] = normal[i] > 0 ? 0 : 1
      left -= gain
    }
    return moved
  }
}
