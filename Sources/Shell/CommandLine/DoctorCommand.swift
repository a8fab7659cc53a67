import ArgumentParser
import Foundation
import Lang
import NN
import Store

/// `ward doctor`: what Ward finds on this machine, and how to get what is missing.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what is missing on this machine, and how to get it.",
    discussion: """
      Looks for the data of the lessons, for gnuplot, Jupyter and a pager, and whether the store can be written. It changes \
      nothing, and ends with status 1 if something is missing that the lessons need.
      """)

  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  func run() throws {
    let findings = Self.examinations.map { examine in examine(self) }
    let terminal = Terminal()
    for finding in findings { print(finding.text(width: min(100, terminal.width))) }
    let missing = findings.filter { !$0.isFine }
    let needed = missing.filter(\.isNeeded)
    print(
      missing.isEmpty
        ? "Nothing is missing."
        : "\(missing.count.of("thing")) \(missing.count == 1 ? "is" : "are") missing"
          + (needed.isEmpty ? ", none that the lessons need." : ", \(needed.count) that the lessons need."))
    if !needed.isEmpty { throw Exit(.failed) }
  }

  /// What is looked at, in the order in which it is told; to look at something else, add it here.
  private static var examinations: [(DoctorCommand) -> Finding] {
    [processor, data, { $0.storeFinding }, charts, jupyter, pager]
  }

  /// One thing that was looked at.
  struct Finding: Equatable {
    /// What it is, in a word.
    let name: String
    /// What was found, or what is missing.
    let said: String
    /// How to get what is missing; nil where nothing is.
    var remedy: String?
    /// Whether lessons cannot do without.
    var isNeeded = false

    var isFine: Bool { remedy == nil }

    func text(width: Int) -> String {
      let head = DisplayWidth.pad(isFine ? "ok" : "missing", to: 9) + DisplayWidth.pad(name, to: 11)
      return said.withVisibleControls.hanging(after: head, at: 20, width: width)
        + (remedy.map { "\n" + String(repeating: " ", count: 20) + $0 } ?? "")
    }
  }

  private static func processor(_: DoctorCommand) -> Finding {
    Finding(
      name: "processor",
      said: "\(ProcessInfo.processInfo.activeProcessorCount.of("processor")), kernels \(Engine.isa), "
        + "\(NumberText.bytes(Int(ProcessInfo.processInfo.physicalMemory))) of memory")
  }

  private static func data(_: DoctorCommand) -> Finding {
    do {
      let data = try Dataset.load("fashion-mnist")
      return Finding(
        name: "data",
        said:
          "Fashion-MNIST: \(data.train.count.of("training image")), \(data.test.count.of("test image")), in \(data.path)"
      )
    } catch {
      return Finding(
        name: "data", said: "\(error)",
        remedy: "apt-get install dataset-fashion-mnist", isNeeded: true)
    }
  }

  /// Room for some hundred trainings of LeNet.
  private static let leastFree = 50_000_000

  private var storeFinding: Finding {
    let path = Home.path(StoreChoice.path(option: store))
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
    // Where there is no store yet, the nearest folder that is there has to take it.
    var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    while access(folder.path, F_OK) != 0, folder.path != "/" { folder.deleteLastPathComponent() }
    let place = size == nil ? folder.path : path
    guard access(place, W_OK) == 0 else {
      return Finding(
        name: "store", said: "\(place) cannot be written: \(FileFailure(errno).reason)",
        remedy: "name another store: --store FILE, or WARD_STORE=FILE", isNeeded: true)
    }
    let free = (try? folder.resourceValues(forKeys: [.volumeAvailableCapacityKey]))?.volumeAvailableCapacity
    if let free, free < Self.leastFree {
      return Finding(
        name: "store", said: "\(folder.path) has \(NumberText.bytes(free)) left, and trainings are kept there",
        remedy: "make room, or name another store: --store FILE, or WARD_STORE=FILE", isNeeded: true)
    }
    return Finding(
      name: "store",
      said: path + (size.map { ", \(NumberText.bytes($0))" } ?? ", not there yet")
        + (free.map { ", \(NumberText.bytes($0)) free" } ?? ""))
  }

  private static func charts(_: DoctorCommand) -> Finding {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    if let program = Gnuplot.program(in: path) { return Finding(name: "charts", said: "gnuplot: \(program.path)") }
    return Finding(
      name: "charts", said: "gnuplot, which draws charts for files and pages; a terminal needs none",
      remedy: "apt-get install gnuplot-nox")
  }

  private static func jupyter(_: DoctorCommand) -> Finding {
    do { _ = try ZeroMQ() } catch {
      return Finding(name: "Jupyter", said: "libzmq, for Ward in notebooks", remedy: "apt-get install libzmq5")
    }
    let folders = [
      KernelSpec.userFolder(), try? KernelSpec.environmentFolder(), "/usr/local/share/jupyter", "/usr/share/jupyter",
    ]
    let installed = folders.compactMap { $0.map { KernelSpec(data: $0).folder } }
      .first { access($0 + "/kernel.json", F_OK) == 0 }
    if let installed { return Finding(name: "Jupyter", said: "the kernel is installed: \(installed)") }
    return Finding(
      name: "Jupyter", said: "the kernel is not installed, so Jupyter does not offer Ward",
      remedy: "ward jupyter install")
  }

  private static func pager(_: DoctorCommand) -> Finding {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders = path.split(separator: ":")
    if let found = folders.first(where: { access("\($0)/less", X_OK) == 0 }) {
      return Finding(name: "pager", said: "less: \(found)/less")
    }
    return Finding(
      name: "pager", said: "less, through which what is longer than the screen is read", remedy: "apt-get install less")
  }
}
