import ArgumentParser
import Foundation
import Lang
import Store

/// `ward jupyter install`, `ward jupyter remove`, and what Jupyter starts, `ward jupyter kernel FILE`.
struct JupyterCommand: ParsableCommand {
  enum Action: String, CaseIterable, ExpressibleByArgument { case install, remove, kernel }

  static let configuration = CommandConfiguration(
    commandName: "jupyter", abstract: "Install Ward as a kernel of Jupyter, remove it, or be one.",
    discussion: """
      ACTION is install, remove or kernel. install writes what tells Jupyter of Ward, for this user unless --prefix or \
      --sys-prefix says otherwise; --store, --seed, --threads and --safe are then those of every notebook. remove takes it \
      away. kernel is what Jupyter itself starts, with the connection file; it needs libzmq5.
      """)

  @Flag(help: "Install for this user: in JUPYTER_DATA_DIR, or ~/.local/share/jupyter (the default).")
  var user = false

  @Option(help: ArgumentHelp("Install below this folder, in share/jupyter.", valueName: "dir"))
  var prefix: String?

  @Flag(name: .customLong("sys-prefix"), help: "Install in the Python environment that is active.")
  var sysPrefix = false

  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  @Option(help: "The session seed.")
  var seed: Int?

  @Option(help: "How many threads work; all processors when not given. Results do not depend on it.")
  var threads: Int?

  @Flag(help: "No `!command`, and no writing outside the store and the working folder.")
  var safe = false

  @Argument(help: "What to do: install, remove or kernel.")
  var action: Action

  @Argument(help: ArgumentHelp("The connection file, for kernel.", valueName: "file"))
  var file: String?

  func validate() throws {
    try CommonOptions.check(seed: seed, threads: threads)
    let places = [user, prefix != nil, sysPrefix].count { $0 }
    if places > 1 { throw ValidationError("--user, --prefix and --sys-prefix name three places; give one of them") }
    if action == .kernel {
      if file == nil { throw ValidationError("ward jupyter kernel needs the connection file; Jupyter gives it") }
      if places > 0 { throw ValidationError("ward jupyter kernel is installed nowhere; --user is for install") }
    } else if file != nil {
      throw ValidationError("ward jupyter \(action.rawValue) takes no file")
    }
  }

  func run() throws {
    do {
      switch action {
      case .install:
        let spec = try spec, program = KernelSpec.program
        try spec.write(program: program, options: options)
        print("\(spec.folder): Jupyter now offers Ward, and starts \(program)".withVisibleControls)
        if (try? ZeroMQ()) == nil {
          Notices().report(
            .warning, "the kernel needs libzmq, which is not on this machine",
            help: ["install it: `apt-get install libzmq5`"])
        }
      case .remove:
        let spec = try spec
        try spec.remove()
        print("\(spec.folder): removed".withVisibleControls)
      case .kernel: try runKernel(file ?? "")
      }
    } catch let problem as Problem {
      Notices().report(.error, problem.message, help: problem.help)
      throw Exit(.failed)
    }
  }

  private var spec: KernelSpec {
    get throws {
      if let prefix { return KernelSpec(data: Self.absolute(prefix) + "/share/jupyter") }
      return KernelSpec(data: sysPrefix ? try KernelSpec.environmentFolder() : KernelSpec.userFolder())
    }
  }

  /// What each kernel is started with.
  private var options: [String] {
    var options: [String] = []
    if let store { options += ["--store", Self.absolute(store)] }
    if let seed { options += ["--seed", "\(seed)"] }
    if let threads { options += ["--threads", "\(threads)"] }
    return options + (safe ? ["--safe"] : [])
  }

  private static func absolute(_ path: String) -> String {
    let path = Home.path(path)
    return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private func runKernel(_ file: String) throws {
    let channels = try KernelChannels(try ConnectionFile(reading: file))
    let page = KernelPage(channels)
    let pipes = try CommandPipes { page.write($0, isError: $1) }
    StandardStreams.redirect { page.write($0, isError: $1) }
    Interrupt.install()
    var options = Session.Options(storePath: StoreChoice.path(option: store))
    options.seed = seed ?? 0
    if let threads { options.threads = threads }
    options.isSafe = safe
    options.goesOnInMemory = true
    options.frontend = "jupyter"
    options.notebook = ProcessInfo.processInfo.environment["JPY_SESSION_NAME"].flatMap { $0.isEmpty ? nil : $0 }
    options.terminal = .ofNotebook { page.progress($0) }
    let session = try Session(options, output: Output(renderer: { BlockRenderer(width: 100) }))
    for cell in session.interruptedCells() { session.notices.report(.note, cell.said, help: cell.more) }
    try Kernel(session, channels, page, pipes).run()
  }
}
