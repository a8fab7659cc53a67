import CKernels

/// How bounds pass through a layer. A layer says one of these and needs nothing else: its own passes do the rest.
enum Bounding: Sendable {
  /// Sums of its inputs times numbers, plus numbers. `mixes`: whether several values meet in one. The layer that computes
  /// it is `form`, where that is not the layer itself.
  case affine(mixes: Bool, as: (any Layer)? = nil)
  /// A function of each value by itself.
  case activation(Activation.Function)
  /// The largest value of each window.
  case maximum(ward_pool)

  var isAffine: Bool { if case .affine = self { true } else { false } }
}

/// Stands where a layer bends what passes through it; what it computes depends on the box that its input lies in, which
/// `BoundWorkspace` and the bounded step of training know.
struct BendingStage: Stage {
  let bounding: Bounding

  func operation(_ wiring: inout Wiring) -> any Operation {
    BendingOperation(
      bounding: bounding, input: wiring.inputs[0], inputGradient: wiring.inputGradients[0], output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

/// The places of a bending layer; it does nothing by itself.
struct BendingOperation: Operation {
  let bounding: Bounding
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  func forward(_ frame: Frame, phase: Int) {}
  func backward(_ frame: Frame, phase: Int) {}
}

extension Network {
  /// The first layer that bounds cannot pass, as a sentence names it; nil if they can pass all.
  var withoutBounds: String? {
    for (number, node) in nodes.enumerated() where node.layer.bounding == nil {
      let name = type(of: node.layer).entry.name
      return node.name.isEmpty ? "layer \(number + 1), `\(name)`" : "`\(name)` (\(node.name))"
    }
    return nil
  }

  /// The plan for bounds: every layer an operation of its own.
  func planForBounds(training: Bool) -> Plan {
    Plan(self, training: training) { layer in
      switch layer.bounding {
      case .affine(_, let form): training ? layer : form ?? layer
      case .some(let bending): BendingStage(bounding: bending)
      case nil: layer
      }
    }
  }

  /// Values of a model turned into those of its affine layers' absolute forms: every factor positive, nothing added. What a
  /// box reaches around its centre passes through these.
  func absolute(_ values: [Float]) -> [Float] {
    var result = values
    var offset = 0
    for spec in nodes.flatMap(\.parameters) {
      for i in offset..<offset + spec.count {
        switch spec.suffix {
        case "weight": result[i] = abs(values[i])
        case "running_var": break
        default: result[i] = 0
        }
      }
      offset += spec.count
    }
    return result
  }
}
