/// Adam for the pixels of one image (Kingma and Ba, ICLR 2015, Algorithm 1), with bias corrections in Double.
struct PixelAdam {
  private var mean: Pixels
  private var square: Pixels
  private var decays = (mean: 1.0, square: 1.0)
  let rate: Float

  init(_ count: Int, rate: Float) {
    mean = Pixels(repeating: 0, count: count)
    square = mean
    self.rate = rate
  }

  /// The step against a gradient.
  mutating func step(_ gradient: Pixels) -> Pixels {
    decays = (decays.mean * 0.9, decays.square * 0.999)
    Vector.update(&mean, gradient) { 0.9 * $0 + 0.1 * $1 }
    Vector.update(&square, gradient) { 0.999 * $0 + 0.001 * $1 * $1 }
    let (mine, theirs) = (Float(1 / (1 - decays.mean)), Float(1 / (1 - decays.square)))
    let rate = rate
    return Vector.map(mean, square) { -rate * ($0 * mine) / (($1 * theirs).squareRoot() + 1e-8) }
  }
}
