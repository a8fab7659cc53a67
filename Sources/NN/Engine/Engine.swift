import Synchronization

/// Threads that stay, and the kernels that they call. Work is cut into parts that do not depend on how many there are.
///
/// `run` may be called again from inside its own work, or from another thread meanwhile: it then runs on the caller.
public final class Engine: Sendable {
  /// How many threads work, the caller's among them.
  public let threads: Int
  let kernels: Kernels
  private let crew: Crew

  /// An engine of the given number of threads; as many as the machine has processors if nothing is given.
  public convenience init(threads: Int? = nil) { self.init(threads: threads, kernels: .chosen) }

  init(threads: Int?, kernels: Kernels) {
    self.threads = max(1, threads ?? Crew.processors)
    self.kernels = kernels
    crew = Crew(helpers: self.threads - 1)
  }

  deinit { crew.dismiss() }

  /// The instruction set level whose kernels run: `base`, `v3` or `v4`. `WARD_ISA` forces a lower one.
  public static var isa: String { Kernels.chosen.name }

  /// Runs `body` once for each part on all threads; parts are taken in order, whoever is free takes the next.
  ///
  /// - Parameter body: gets the part's number and the thread's, the latter below `threads`.
  func run(_ parts: Int, _ body: (_ part: Int, _ thread: Int) -> Void) { crew.run(parts, body) }

  /// The results of `body` for 0..<count, in order, whatever thread computed which.
  ///
  /// - Throws: `Interrupted` if `stop` is asked for before a block begins; otherwise what the first failing block threw.
  public func map<Output: Sendable>(
    blocks count: Int, stop: Stop = .never, _ body: @Sendable (_ block: Int) throws -> Output
  ) throws -> [Output] {
    let results = Mutex([Int: Swift.Result<Output, any Error>]())
    let failed = Atomic<Bool>(false)
    crew.run(count) { block, _ in
      if failed.load(ordering: .relaxed) { return }
      let result = Swift.Result<Output, any Error> {
        try stop.check()
        return try body(block)
      }
      if case .failure = result { failed.store(true, ordering: .relaxed) }
      results.withLock { $0[block] = result }
    }
    let all = results.withLock { $0 }
    if let first = all.keys.sorted().first(where: { if case .failure = all[$0]! { true } else { false } }) {
      _ = try all[first]!.get()
    }
    return try (0..<count).map { try all[$0]!.get() }
  }
}
