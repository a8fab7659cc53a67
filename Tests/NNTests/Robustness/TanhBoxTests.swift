import Foundation
import Testing

@testable import NN

/// The way from tanh space into the box of pixels, which Carlini and Wagner's attack goes at every step.
@Suite struct TanhBoxTests {
  private func inBox(_ points: [Float], level: String) throws -> [Float] {
    var pixels = [Float](repeating: -1, count: points.count + 1)
    try #require(Kernels.named(level)).table.pointee.tanh_box(Int64(points.count), points, &pixels)
    #expect(pixels.last == -1, "written beyond the end")
    return Array(pixels.dropLast())
  }

  @Test(arguments: Kernels.all.map(\.name)) func itIsTheHyperbolicTangentToTheLastBits(level: String) throws {
    let points = stride(from: Float(-43), through: 43, by: 0.00917).map { $0 } + [0, 1e-7, -1e-7, 0.17328, -0.17329]
    for (point, pixel) in zip(points, try inBox(points, level: level)) {
      // Not ½ + ½·tanh, which has few digits where it is small.
      let exact = 1 / (1 + exp(-2 * Double(point)))
      #expect(abs(Double(pixel) - exact) <= 3e-7 * exact, "\(pixel) for \(exact) at \(point)")
    }
  }

  @Test(arguments: Kernels.all.map(\.name)) func whatLiesFarOutIsBlackOrWhite(level: String) throws {
    let pixels = try inBox([-44, -1000, -.infinity, 44, 1000, .infinity, .nan], level: level)
    #expect(pixels[0...2].allSatisfy { $0 >= 0 && $0 < 1e-37 })
    #expect(pixels[3...5].allSatisfy { $0 == 1 })
    #expect(pixels[6].isNaN)
  }

  @Test(arguments: Kernels.all.map(\.name)) func noPixelDependsOnItsPlace(level: String) throws {
    let points = (0..<49).map { Float($0) * 0.31 - 7 }
    let whole = try inBox(points, level: level)
    for count in [0, 1, 15, 16, 17, 31, 48] {
      let part = try inBox(Array(points.suffix(count)), level: level)
      #expect(part == Array(whole.suffix(count)))
    }
  }
}
