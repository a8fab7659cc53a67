import Foundation

/// libFuzzer's main loop; it comes with `-sanitize=fuzzer`.
@_silgen_name("LLVMFuzzerRunDriver")
private func fuzz(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// `WARD_READER=safetensors FuzzReaders …`: one reader at a time. With `WARD_SEEDS=FOLDER` it writes whole files of the
/// form there, to begin with, and ends.
@main enum FuzzReaders {
  // One thread fuzzes.
  nonisolated(unsafe) static var reader = Reader.all[0]

  static func main() throws {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["WARD_READER"] ?? ""
    guard let chosen = Reader.all.first(where: { $0.name == name }) else {
      fatalError("WARD_READER is one of " + Reader.all.map(\.name).joined(separator: ", "))
    }
    reader = chosen
    if let folder = environment["WARD_SEEDS"] {
      for (number, seed) in chosen.seeds.enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/\(name)-\(number)"))
      }
      return
    }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = fuzz(&count, &arguments) { bytes, length in
      FuzzReaders.reader.take([UInt8](UnsafeBufferPointer(start: bytes, count: length)))
      return 0
    }
  }
}
