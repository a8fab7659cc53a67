import CKernels
import Foundation

/// The table of inner loops for one instruction set level.
struct Kernels: @unchecked Sendable {  // Safety: the tables are constants of the C module
  let table: UnsafePointer<ward_kernels>

  /// `base`, `v3` or `v4`.
  var name: String { String(cString: table.pointee.name) }

  /// The best level of this processor, or the one that `WARD_ISA` forces if the processor has it.
  static let chosen: Kernels = {
    let wanted = ProcessInfo.processInfo.environment["WARD_ISA"]
    return wanted.flatMap(named) ?? all.last!
  }()

  /// The levels of this processor, slowest first.
  static let all: [Kernels] = (0...ward_best_level()).compactMap { ward_kernels_at($0).map(Kernels.init) }

  /// The level of that name, if this processor has it.
  static func named(_ name: String) -> Kernels? { all.first { $0.name == name } }
}
