import Foundation
import Lang

/// What tells Jupyter that there is a kernel: a folder `kernels/ward` with `kernel.json` and two pictures.
struct KernelSpec {
  static let name = "ward"

  /// The folder `kernels/ward`.
  let folder: String

  /// - Parameter data: a folder of Jupyter's data, such as `~/.local/share/jupyter`.
  init(data: String) { folder = data + "/kernels/" + Self.name }

  /// The user's own folder, as `jupyter --data-dir` tells it.
  static func userFolder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    if let named = environment["JUPYTER_DATA_DIR"], !named.isEmpty { return Home.path(named) }
    let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return (data ?? Home.path("~/.local/share")) + "/jupyter"
  }

  /// The folder of the Python environment that is active, else of the one that `jupyter` or `python3` on `PATH` belongs to.
  ///
  /// - Throws: `Problem` where there is none.
  static func environmentFolder(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> String {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    if let active { return active + "/share/jupyter" }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    for program in ["jupyter", "python3"] {
      if let found = folders.first(where: { access("\($0)/\(program)", X_OK) == 0 }) {
        return Home.folder(of: String(found)) + "/share/jupyter"
      }
    }
    throw Problem(
      code: ShellCode.file, message: "--sys-prefix: no Python environment is active, and there is no python3 on PATH",
      help: ["name its folder: `ward jupyter install --prefix DIR`"])
  }

  /// Writes the folder; what is there of an earlier version is replaced.
  ///
  /// - Parameters:
  ///   - program: the absolute path of this program.
  ///   - options: what each kernel is started with beside its connection file.
  /// - Throws: `Problem`.
  func write(program: String, options: [String]) throws {
    try WrittenFile.write(Self.json(program: program, options: options), to: folder + "/kernel.json", makesFolder: true)
    for size in [32, 64] {
      let logo: [UInt8]
      do { logo = try PNG.file(KernelLogo.bitmap(size: size)) } catch {
        throw Problem(code: ShellCode.file, message: "\(error)")
      }
      try WrittenFile.write(Data(logo), to: folder + "/logo-\(size)x\(size).png")
    }
  }

  static func json(program: String, options: [String]) -> String {
    let words = [program, "jupyter", "kernel", "{connection_file}"] + options
    return """
      {
        "argv": [\(words.map { JSONText.string($0) }.joined(separator: ", "))],
        "display_name": "Ward",
        "language": "\(NotebookLanguage.name)",
        "interrupt_mode": "message",
        "metadata": {"debugger": false}
      }

      """
  }

  /// Takes away what `write` wrote, and the folder if nothing else is in it.
  ///
  /// - Throws: `Problem` where there is none.
  func remove() throws {
    guard access(folder + "/kernel.json", F_OK) == 0 else {
      throw Problem(
        code: ShellCode.file, message: "there is no kernel at \(folder)",
        help: ["`jupyter kernelspec list` says where there is one; --user, --prefix and --sys-prefix choose the place"])
    }
    for file in ["kernel.json", "logo-32x32.png", "logo-64x64.png"] where unlink("\(folder)/\(file)") != 0 {
      if errno == ENOENT { continue }
      throw Problem(code: ShellCode.file, message: "cannot remove \(folder)/\(file): \(FileFailure(errno).reason)")
    }
    rmdir(folder)
  }

  /// The absolute path of this program, links followed.
  static var program: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }
}

/// What notebooks are told about the language.
enum NotebookLanguage {
  static let name = "ward"
  /// Nobody has taught these tools Ward. Python's colours come nearest: comments, strings and numbers are all right.
  static let pygmentsLexer = "python"
  static let codeMirrorMode = "python"

  /// `language_info` of a file and of a kernel.
  static var info: String {
    JSONText.object([
      ("name", JSONText.string(name)), ("version", JSONText.string(wardVersion)), ("file_extension", "\".ward\""),
      ("mimetype", "\"text/x-ward\""), ("pygments_lexer", JSONText.string(pygmentsLexer)),
      ("codemirror_mode", JSONText.string(codeMirrorMode)),
    ])
  }
}

/// A shield with a W on it.
private enum KernelLogo {
  static func bitmap(size: Int) -> Bitmap {
    let fine = 4
    var bytes: [UInt8] = []
    for y in 0..<size {
      for x in 0..<size {
        var (shield, letter) = (0, 0)
        for place in 0..<fine * fine {
          let across = (Double(x) + (Double(place % fine) + 0.5) / Double(fine)) / Double(size)
          let down = (Double(y) + (Double(place / fine) + 0.5) / Double(fine)) / Double(size)
          guard isShield(across, down) else { continue }
          shield += 1
          if isLetter(across, down) { letter += 1 }
        }
        func mixed(_ ink: Int) -> UInt8 { UInt8(shield == 0 ? 0 : (ink * (shield - letter) + 255 * letter) / shield) }
        bytes += [mixed(31), mixed(78), mixed(140), UInt8(255 * shield / (fine * fine))]
      }
    }
    return Bitmap(width: size, height: size, channels: 4, bytes: bytes)
  }

  private static func isShield(_ x: Double, _ y: Double) -> Bool {
    guard (0.04...0.97).contains(y) else { return false }
    let below = max(0, (y - 0.45) / 0.52)
    return abs(x - 0.5) <= 0.43 * (1 - below * below)
  }

  private static func isLetter(_ x: Double, _ y: Double) -> Bool {
    let corners = [(0.24, 0.24), (0.38, 0.66), (0.5, 0.36), (0.62, 0.66), (0.76, 0.24)]
    return zip(corners, corners.dropFirst()).contains { a, b in
      let (width, height) = (b.0 - a.0, b.1 - a.1)
      let along = min(1, max(0, ((x - a.0) * width + (y - a.1) * height) / (width * width + height * height)))
      let (dx, dy) = (x - a.0 - along * width, y - a.1 - along * height)
      return dx * dx + dy * dy < 0.045 * 0.045
    }
  }
}
