import Contract

/// Single steps that spend their whole length inside the box [0, 1].
///
/// A black pixel cannot get darker. A step that is made first and cut to the box afterwards loses what is cut off, which
/// is much of it where pixels are black or white; these steps give it to the other pixels instead.
enum BoxStep {
  /// The step of a length in a norm that climbs a gradient furthest, as a straight line goes, without leaving the box.
  ///
  /// - L∞: every pixel by `length`, as far as the box lets it.
  /// - L2: along the gradient, cut to the box and stretched until it is `length` long.
  /// - L1: the steepest pixel to the edge of the box, then the next, until `length` is spent, as Croce and Hein derive in
  ///   arXiv:2103.01208, §2.
  static func steepest(from point: Pixels, along gradient: Pixels, length: Float, _ norm: Norm) -> Pixels {
    switch norm {
    case .linf: Vector.clipped(Vector.map(point, gradient) { $0 + length * Vector.sign($1) })
    case .l2: stretched(from: point, along: gradient, to: length, norm)
    case .l1: filled(from: point, along: gradient, length: length)
    case .l0: unreachable("no attack makes steps of a length in L0")
    }
  }

  /// The point that lies along `direction`, cut to the box, and differs from `point` by `length` in L2 or L1; the corner
  /// of the box, if that is nearer.
  ///
  /// Rauber and Bethge, "Fast Differentiable Clipping-Aware Normalization and Rescaling", arXiv:2007.07677. Each round
  /// solves for the scale with the pixels that have met the edge so far; the scale only grows, so the set does too.
  static func stretched(from point: Pixels, along direction: Pixels, to length: Float, _ norm: Norm) -> Pixels {
    let (isSquared, headroom) = (norm == .l2, headroom(point, direction))
    let whole = isSquared ? Double(length) * Double(length) : Double(length)
    var scale = 0.0
    while true {
      var (atEdge, free) = (0.0, 0.0)
      for i in direction.indices where direction[i] != 0 {
        let (size, room) = (Double(abs(direction[i])), Double(headroom[i]))
        if scale * size >= room {
          atEdge += isSquared ? room * room : room
        } else {
          free += isSquared ? size * size : size
        }
      }
      guard free > 0 else { break }
      let share = max(whole - atEdge, 0) / free
      let next = isSquared ? share.squareRoot() : share
      // Written so that a NaN ends here too.
      guard next > scale else { break }
      scale = next
    }
    return Vector.clipped(Vector.map(point, direction) { $0 + Float(scale * Double($1)) })
  }

  /// How far each pixel can go the way that its gradient points.
  private static func headroom(_ point: Pixels, _ gradient: Pixels) -> Pixels {
    Vector.map(point, gradient) { value, gradient in gradient > 0 ? 1 - value : (gradient < 0 ? value : 0) }
  }

  /// The pixels with the steepest gradients (of equally steep ones the first) moved to the edge of the box, until `length` is
  /// spent; the last of them goes as far as is left.
  private static func filled(from point: Pixels, along gradient: Pixels, length: Float) -> Pixels {
    let headroom = headroom(point, gradient)
    let order = gradient.indices.filter { headroom[$0] > 0 }.sorted {
      abs(gradient[$0]) == abs(gradient[$1]) ? $0 < $1 : abs(gradient[$0]) > abs(gradient[$1])
    }
    var (next, left) = (point, Double(length))
    for i in order where left > 0 {
      let move = min(Double(headroom[i]), left)
      next[i] = Vector.clampToBox(point[i] + Float(move) * Vector.sign(gradient[i]))
      left -= move
    }
    return next
  }
}
