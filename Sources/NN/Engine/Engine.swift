import Synchronization

/// A persistent thread pool and the kernels it runs. Work is split into parts independently of the number of threads.
///
/// `run` is reentrant: called from inside its own work, or from another thread while busy, it runs on the caller's
/// thread.
public final class Engine: Sendable {
  /// The number of threads, including the caller's.
  public let threads: Int
  let kernels: Kernels
  private let pool: ThreadPool

  /// An engine of the given number of threads; as many as the machine has processors if nothing is given.
  public convenience init(threads: Int? = nil) { self.init(threads: threads, kernels: .chosen) }

  init(threads: Int?, kernels: Kernels) {
    self.threads = max(1, threads ?? ThreadPool.processors)
    self.kernels = kernels
    pool = ThreadPool(helpers: self.threads - 1)
  }

  deinit { pool.shutDown() }

  /// The instruction set level whose kernels run: `base`, `v3` or `v4`. `WARD_ISA` forces a lower one.
  public static var isa: String { Kernels.chosen.name }

  /// Runs `body` once for each part on all threads; parts are taken in order, whoever is free takes the next.
  ///
  /// - Parameter body: gets the part's number and the thread's, the latter below `threads`.
  func run(_ parts: Int, _ body: (_ part: Int, _ thread: Int) -> Void) { pool.run(parts, body) }

  /// The results of `body` for 0..<count, in order, whichever thread computed them.
  ///
  /// - Throws: `Interrupted` if `stop` is asked for before a block begins; otherwise what the first failing block threw.
  public func map<Output: Sendable>(
    blocks count: Int, stop: Stop = .never, _ body: @Sendable (_ block: Int) throws -> Output
  ) throws -> [Output] {
    let results = Mutex([Int: Swift.Result<Output, any Error>]())
    let failed = Atomic<Bool>(false)
    pool.run(count) { block, _ in
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
