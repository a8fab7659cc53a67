import ArgumentParser
import Lang
import NN

/// `ward explain E0203`.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "explain", abstract: "Explain a diagnostic by its code.")

  @Argument(help: "The code, such as E0203.")
  var code: String

  func run() throws {
    if let explanation = Explanation.of(code) { return print(explanation.page.text(width: min(100, Terminal().width))) }
    guard let text = ShellCode.explanations[code.uppercased()] else {
      throw ValidationError("there is no diagnostic \(code); codes look like E0203")
    }
    print("\(code.uppercased())\n\(text)")
  }
}

/// `ward version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Say which version this is, and which kernels it runs on this processor.")

  func run() {
    print("ward \(wardVersion), kernels \(Engine.isa)")
  }
}
