import CKernels
import Contract
import Foundation

/// Single kernels, to be measured by themselves: what benchmarks print beside whole networks.
public enum Probe {
  /// Multiply-adds on vectors in registers, FLOP/s of all threads together: the peak that kernels are compared with.
  public static func peak(_ engine: Engine, seconds: Double) -> Double {
    let rounds: Int64 = 200_000
    let kernels = engine.kernels
    var best = 0.0
    let end = Date().addingTimeInterval(seconds)
    repeat {
      let start = DispatchTime.now().uptimeNanoseconds
      engine.run(engine.threads) { _, _ in _ = kernels.table.pointee.peak(rounds) }
      let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
      best = max(best, Double(rounds) * 768 * Double(engine.threads) / elapsed)
    } while Date() < end
    return best
  }

  /// The three passes over a convolution.
  public enum Pass: String, CaseIterable, Sendable {
    case forward, input, weights
  }

  /// One 3×3 convolution, padded by 1, as many channels out as in.
  public final class Convolution3x3 {
    private let plan: Plan
    private let arenas: [Arena]
    private let weights: PreparedWeights
    private let gradients: FloatStorage
    private let engine: Engine
    private let operation: ConvolutionOperation

    /// Memory for a batch, a multiple of 16.
    public init(channels: Int, extent: Int, batch: Int, engine: Engine) {
      self.engine = engine
      var network = Network(input: ImageShape(channels: channels, height: extent, width: extent), classes: channels)
      do {
        try network.add("conv", NN.Convolution(channels, kernel: 3, padding: 1, bias: false))
      } catch { unreachable("\(error)") }
      plan = Plan(network, training: true)
      guard let only = plan.operations.first as? ConvolutionOperation else { unreachable("one operation") }
      operation = only
      arenas = (0..<(batch / WARD_LANES)).map { [plan] _ in Arena(plan.arena) }
      weights = PreparedWeights(
        FloatStorage((0..<plan.parameterCount).map { Float($0 % 7) * 0.01 }), for: plan, kernels: engine.kernels)
      gradients = FloatStorage(count: plan.parameterCount * (batch / WARD_LANES))
      fill(channels * extent * extent)
    }

    /// Images and gradients of both signs: zeros are a case of their own to some kernels.
    private func fill(_ values: Int) {
      var random = Random(seed: 0, stream: 1)
      let rows = (0..<WARD_LANES * values).map { _ in random.uniform() - 0.5 }
      for arena in arenas {
        let frame = Frame(
          arena: arena, weights: weights, wantsInputGradient: true, count: WARD_LANES, kernels: engine.kernels)
        plan.load(rows, into: frame, .none(channels: plan.input.shape.channels))
        plan.setOutputGradient(rows, of: frame)
      }
    }

    /// FLOP of one pass over one image.
    public static func work(channels: Int, extent: Int) -> Double {
      2 * 9 * Double(channels * channels * extent * extent)
    }

    /// One pass over the batch on all threads.
    public func run(_ pass: Pass) {
      engine.run(arenas.count) { group, _ in
        let frame = Frame(
          arena: arenas[group], weights: weights,
          gradients: pass == .weights ? gradients.floats + group * plan.parameterCount : nil,
          wantsInputGradient: pass == .input, count: WARD_LANES, transforms: true, kernels: engine.kernels)
        if pass == .forward { operation.forward(frame, phase: 0) } else { operation.backward(frame, phase: 0) }
      }
    }
  }
}
