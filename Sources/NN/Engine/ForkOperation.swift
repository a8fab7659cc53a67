import CKernels

/// Where several layers read one value, its gradient is the sum of theirs. The plan puts it in.
struct ForkOperation: Operation {
  let branches: [Slot]
  let gradient: Slot

  func forward(_ f: Frame, phase: Int) {}

  func backward(_ f: Frame, phase: Int) {
    var sum = branches[0]
    for branch in branches.dropFirst() {
      f.call.add(sum.planes, f.at(sum), branch.planes, f.at(branch), gradient.planes, f.at(gradient), 0)
      sum = gradient
    }
  }
}
