import Foundation
import Lang
import Testing

@testable import Shell

/// What a kernel reads and writes; how it behaves under real clients is tested by Tests/Prompt/jupyter_test.py.
@Suite("Kernel of Jupyter")
struct JupyterTests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// RFC 4231, cases 1, 2 and 6, whose key is longer than a block; the text in pieces.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), ["Hi ", "", "There"],
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      bytes("Jefe"), ["what do ya want", " for nothing?"],
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), ["Test Using Larger Than Block-Size Key - Hash Key First"],
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ]) func signaturesAreThoseOfTheStandard(key: [UInt8], pieces: [String], signature: String) {
    let key = MessageKey(key)
    let frames = pieces.map(Self.bytes)
    #expect(key.hexadecimal(of: frames) == signature)
    #expect(key.accepts(Self.bytes(signature), for: frames))
    for wrong in ["", String(signature.dropLast()), String(signature.dropLast()) + "g", signature.uppercased()] {
      #expect(!key.accepts(Self.bytes(wrong), for: frames))
    }
  }

  @Test func anEmptyKeySignsNothing() {
    #expect(MessageKey([]).hexadecimal(of: [[1]]).isEmpty)
    #expect(MessageKey([]).accepts([], for: [[1]]))
  }

  // MARK: - Messages

  private static let key = MessageKey(bytes("key"))
  private static let header = "{\"msg_id\":\"1\",\"msg_type\":\"execute_request\"}"

  private static func message(
    _ parts: [String] = [header, "{}", "{}", "{\"code\":\"1\"}"], signature: String? = nil
  ) -> [[UInt8]] {
    let frames = parts.map(bytes)
    return [[1, 2], KernelMessage.mark, bytes(signature ?? key.hexadecimal(of: frames.prefix(4)))] + frames
  }

  private static func mistake(_ frames: [[UInt8]]) -> KernelMessage.Mistake? {
    do throws(KernelMessage.Mistake) {
      _ = try KernelMessage(frames, SeenSignatures(key))
      return nil
    } catch { return error }
  }

  @Test func aMessageIsReadWithWhoSentIt() throws {
    let message = try KernelMessage(Self.message() + [[9]], SeenSignatures(Self.key))
    #expect(message.identities == [[1, 2]])
    #expect(message.type == "execute_request" && message.replyType == "execute_reply")
    #expect(try message.content(as: KernelContent.Execute.self).code == "1")
    #expect(message.header == Self.bytes(Self.header))
  }

  @Test func whatIsNoMessageIsRefused() {
    #expect(Self.mistake([]) == .noMark)
    #expect(Self.mistake([[1], [2]]) == .noMark)
    #expect(Self.mistake(Self.message().dropLast()) == .tooFewFrames)
    #expect(Self.mistake([KernelMessage.mark]) == .tooFewFrames)
    #expect(Self.mistake(Self.message(signature: "")) == .badSignature)
    #expect(Self.mistake(Self.message(signature: String(repeating: "0", count: 64))) == .badSignature)
    for header in ["", "[]", "{}", "{\"msg_id\":1,\"msg_type\":2}", "{\"msg_id\":\"1\"", "\u{0}"] {
      #expect(Self.mistake(Self.message([header, "{}", "{}", "{}"])) == .badHeader)
    }
  }

  @Test func aMessageIsTakenOnce() throws {
    let seen = SeenSignatures(Self.key)
    _ = try KernelMessage(Self.message(), seen)
    #expect(throws: KernelMessage.Mistake.repeated) { _ = try KernelMessage(Self.message(), seen) }
  }

  @Test func anAnswerCanBeReadByWhoHasTheKey() throws {
    let answer = KernelAnswer(channel: .shell, identities: [[7]], type: "x_request", content: "{\"code\":\"é\"}")
    let frames = answer.frames(of: "kernel", signedBy: Self.key)
    let read = try KernelMessage(frames, SeenSignatures(Self.key))
    #expect(read.identities == [[7]] && read.type == "x_request")
    #expect(try read.content(as: KernelContent.Code.self).code == "é")
    #expect(throws: KernelMessage.Mistake.badSignature) {
      _ = try KernelMessage(frames, SeenSignatures(MessageKey(Self.bytes("another"))))
    }
  }

  // MARK: - The connection file

  private static let file = """
    {"ip":"127.0.0.1","key":"k","shell_port":1,"control_port":2,"stdin_port":3,"iopub_port":4,"hb_port":5}
    """

  @Test func aConnectionFileSaysWhereToListen() throws {
    let file = try ConnectionFile(json: Data(Self.file.utf8))
    #expect(file.place(of: .shell) == "tcp://127.0.0.1:1" && file.place(of: .heartbeat) == "tcp://127.0.0.1:5")
    let ipc = Self.file.replacing("{\"ip\"", with: "{\"transport\":\"ipc\",\"ip\"")
    #expect(try ConnectionFile(json: Data(ipc.utf8)).place(of: .iopub) == "ipc://127.0.0.1-4")
  }

  @Test(arguments: [
    ("{", "it is not JSON"), ("[]", "of another kind"), (file.replacing("\"key\":\"k\",", with: ""), "`key`"),
    (file.replacing("\"k\"", with: "5"), "`key` is of another kind"),
    (file.replacing(":5}", with: ":0}"), "from 1 to 65535"),
    (file.replacing(":5}", with: ":4}"), "two channels"), (file.replacing(":5}", with: ":99999}"), "from 1 to 65535"),
    (file.replacing("{\"ip\"", with: "{\"transport\":\"udp\",\"ip\""), "udp"),
    (file.replacing("{\"ip\"", with: "{\"signature_scheme\":\"hmac-md5\",\"ip\""), "hmac-md5"),
    (file.replacing("127.0.0.1", with: ""), "`ip`"),
  ]) func aWrongConnectionFileIsRefusedWithTheReason(text: String, reason: String) {
    do {
      _ = try ConnectionFile(json: Data(text.utf8))
      Issue.record("it was taken: \(text)")
    } catch { #expect((error as? Problem)?.message.contains(reason) == true, "\(error)") }
  }

  @Test func aConnectionFileIsMadeItsOwnersAlone() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json").path
    defer { unlink(path) }
    try Self.file.write(toFile: path, atomically: false, encoding: .utf8)
    chmod(path, 0o644)
    _ = try ConnectionFile(reading: path)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(throws: Problem.self) { _ = try ConnectionFile(reading: "/dev/null") }
  }

  @Test func aMissingLibraryIsNamedWithItsPackage() {
    #expect(throws: Problem.self) { _ = try ZeroMQ(loading: "libnowhere.so.5") }
    do { _ = try ZeroMQ(loading: "libnowhere.so.5") } catch {
      #expect((error as? Problem)?.help.first?.contains("apt-get install libzmq5") == true)
    }
  }

  // MARK: - Parts

  @Test func placesAreCountedInCodePoints() {
    let text = "é🛡x"
    #expect((0...4).map { CodePoints.byte(of: $0, in: text) } == [0, 2, 6, 7, 7])
    #expect([0, 2, 6, 7, 99].map { CodePoints.count(before: $0, in: text) } == [0, 1, 2, 3, 3])
    #expect(CodePoints.byte(of: -3, in: text) == 0)
  }

  @Test func theNameAtACursorMayHaveMembers() {
    #expect(KernelHelp.names(in: "show cse.conv1 ", at: 14) == ["cse.conv1", "conv1"])
    #expect(KernelHelp.names(in: "show cse.conv1 ", at: 6) == ["cse"])
    #expect(KernelHelp.names(in: ":save x", at: 3) == [":save", "save"])
    #expect(KernelHelp.names(in: "1 + ", at: 4).isEmpty)
    #expect(KernelHelp.names(in: "", at: 5).isEmpty)
  }

  @Test func aProblemIsTakenApart() {
    let mistake = ShownProblem("error[E0301]: there is nothing\n  help: x")
    #expect(mistake.name == "E0301" && mistake.message == "there is nothing" && mistake.isError)
    #expect(ShownProblem("interrupted in epoch 2").name == "Interrupted")
    #expect(!ShownProblem("warning: the command ended").isError && !ShownProblem("note[N0002]: x").isError)
  }

  @Test func aTableOfClassesIsAHeatMap() {
    let names = ["a", "b"]
    let table = StoredTable(
      columns: [.init(title: "true class", alignsRight: false)] + names.map { .init(title: $0, alignsRight: true) },
      rows: [["a", "8", "2"], ["b", "0", "1,000"]], total: 2)
    let forms = MimeBundle(.table(table)).forms
    #expect(forms.map(\.type) == ["text/html", "text/plain"])
    #expect(forms[0].content.contains("rgba(31, 119, 180, 0.85); color: #fff\">1,000"))
    #expect(forms[0].content.contains("rgba(31, 119, 180, 0.00); color: inherit\">0"))
    var other = table
    other.columns[0].title = "class"
    #expect(!MimeBundle(.table(other)).forms[0].content.contains("rgba"))
  }

  @Test func theKernelsFolderIsWhereJupyterLooks() throws {
    #expect(KernelSpec.userFolder(["JUPYTER_DATA_DIR": "/j", "XDG_DATA_HOME": "/x"]) == "/j")
    #expect(KernelSpec.userFolder(["XDG_DATA_HOME": "/x"]) == "/x/jupyter")
    #expect(KernelSpec.userFolder([:]).hasSuffix("/.local/share/jupyter"))
    #expect(try KernelSpec.environmentFolder(["VIRTUAL_ENV": "/v"]) == "/v/share/jupyter")
    #expect(throws: Problem.self) { _ = try KernelSpec.environmentFolder(["PATH": "/nowhere"]) }
    #expect(KernelSpec(data: "/j").folder == "/j/kernels/ward")
    let json = KernelSpec.json(program: "/a \"b\"", options: ["--safe"])
    struct Spec: Decodable { let argv: [String] }
    let spec = try JSONDecoder().decode(Spec.self, from: Data(json.utf8))
    #expect(spec.argv == ["/a \"b\"", "jupyter", "kernel", "{connection_file}", "--safe"])
  }

  /// A value of a statement before the last is a display; a page gets blocks, and the screen nothing.
  @Test func aPageGetsBlocksInPlaceOfTheScreen() throws {
    final class Page: OutputPage {
      var got: [(StoredBlock, Bool)] = []
      func show(_ block: StoredBlock, isValue: Bool) { got.append((block, isValue)) }
      func complain(_ text: String, written: String) { got.append((.problem(text), false)) }
    }
    var written = ""
    let page = Page()
    let output = Output(renderer: { .forFiles }, write: { written += $0 }, writeError: { written += $0 })
    output.page = page
    try output.hold([.text("above"), .text("value")])
    #expect(page.got.isEmpty)
    output.show(.text("shown"))
    output.complain("error: x", written: "red")
    #expect(page.got.map(\.0) == [.text("above"), .text("value"), .text("shown"), .problem("error: x")])
    #expect(page.got.map(\.1) == [false, true, false, false])
    #expect(written.isEmpty && output.shown == "above\nvalue\nshown\nerror: x\n")
  }
}
