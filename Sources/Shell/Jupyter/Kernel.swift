import Foundation
import Lang
import Synchronization

/// A kernel of Jupyter: a session whose cells come in messages. It runs on the thread that calls `run`; `KernelChannels` has
/// the thread of the sockets.
final class Kernel {
  let session: Session
  private let channels: KernelChannels
  private let page: KernelPage
  private let pipes: CommandPipes
  private let info: String

  /// No cell is longer; a file that is was meant for another program.
  private static let maxCell = 64 << 20

  init(_ session: Session, _ channels: KernelChannels, _ page: KernelPage, _ pipes: CommandPipes) {
    (self.session, self.channels, self.page, self.pipes) = (session, channels, page, pipes)
    info = Self.info(banner: session.banner)
    session.output.page = page
    session.announce = { [page] _ in page.nextStatement() }
    session.runsCommand = { [pipes] in try pipes.run($0) }
  }

  /// Answers what comes until somebody ends the kernel.
  func run() throws {
    let control = KernelControl(channels, page, info: info)
    let parent = ParentProcess()
    try channels.start(
      KernelChannels.Duties(
        control: { control.answer($0) }, flush: { [page] in page.flushDue() },
        look: { [channels] in
          if parent.isGone { Interrupt.end() }
          if Interrupt.isEnding { channels.close() }
        }, pipes: pipes.descriptors, pump: { [pipes] in pipes.pump() }))
    channels.send(
      KernelAnswer(
        channel: .iopub, identities: [Array("status".utf8)], type: "status", content: KernelPage.status("starting")))
    while let request = channels.next() {
      page.begin(request)
      let aborted = answer(request)
      page.end(request)
      for request in aborted { abort(request) }
    }
    session.end()
    channels.stop()
  }

  // MARK: - Requests

  /// - Returns: the cells that are not run because this one failed.
  private func answer(_ request: KernelMessage) -> [KernelMessage] {
    Interrupt.reset()
    do {
      switch request.type {
      case "execute_request": return try execute(request)
      case "kernel_info_request": reply(to: request, info)
      case "complete_request":
        let place = try request.content(as: KernelContent.Place.self)
        reply(to: request, KernelHelp.completions(place, in: session))
      case "inspect_request":
        let place = try request.content(as: KernelContent.Place.self)
        reply(to: request, KernelHelp.inspection(place, in: session))
      case "is_complete_request":
        reply(to: request, KernelHelp.completeness(try request.content(as: KernelContent.Code.self).code, in: session))
      case "history_request":
        let wanted = try request.content(as: KernelContent.History.self)
        reply(to: request, try KernelHistory.reply(to: wanted, in: session))
      case "comm_info_request": reply(to: request, Self.object([("comms", "{}")]))
      case "comm_open":
        // There is nothing here that a widget could talk to.
        let comm = try request.content(as: KernelContent.Comm.self)
        channels.send(
          KernelAnswer(
            channel: .iopub, identities: [Array("comm_close".utf8)], type: "comm_close", parent: request.header,
            content: JSONText.object([("comm_id", JSONText.string(comm.id)), ("data", "{}")])))
      case "shutdown_request": KernelControl(channels, page, info: info).shutDown(request, on: .shell)
      default: break
      }
    } catch {
      refuse(request, ShownProblem(name: "BadRequest", message: Self.reason(error), lines: Self.reason(error)))
    }
    return []
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "the request does not say `\(key.stringValue)`"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "`\(context.codingPath.last?.stringValue ?? "content")` of the request is of another type"
    case is DecodingError: "the content of the request is not JSON"
    default: error.inWords
    }
  }

  private func refuse(_ request: KernelMessage, _ problem: ShownProblem) {
    let count = request.type == "execute_request" ? [("execution_count", "\(session.nextCell)")] : []
    reply(to: request, JSONText.object([("status", "\"error\"")] + count + problem.fields))
  }

  private func reply(to request: KernelMessage, _ content: String) {
    guard let type = request.replyType else { return }
    channels.send(
      KernelAnswer(
        channel: .shell, identities: request.identities, type: type, parent: request.header, content: content))
  }

  /// What a reply says that all went well.
  static func object(_ fields: [(String, String)]) -> String { JSONText.object([("status", "\"ok\"")] + fields) }

  // MARK: - Cells

  private func execute(_ request: KernelMessage) throws -> [KernelMessage] {
    let wanted = try request.content(as: KernelContent.Execute.self)
    let isSilent = wanted.silent ?? false
    guard wanted.code.utf8.count <= Self.maxCell else {
      let size =
        "a cell of \(NumberText.bytes(wanted.code.utf8.count)) is too large: the most is \(Self.maxCell >> 20) MB"
      refuse(request, ShownProblem(name: ShellCode.memory, message: size, lines: "error: " + size))
      return []
    }
    page.beginCell(request, isSilent ? .silent : .shown)
    page.publish(
      "execute_input",
      JSONText.object([("code", JSONText.string(wanted.code)), ("execution_count", "\(session.nextCell)")]))
    session.recordsCells = !isSilent && wanted.storesHistory ?? true
    let first = session.nextCell
    let status = session.run(wanted.code)
    session.recordsCells = true
    pipes.pump()
    let count = max(first, session.nextCell - 1)
    let leaves = session.isOver
    if leaves { leave() }
    let problems = page.endCell(number: count).problems
    var fields = [("execution_count", "\(count)"), ("payload", leaves ? Self.leaving : "[]")]
    guard status != .ok else {
      fields.append(("user_expressions", values(of: wanted.expressions ?? [:], request)))
      reply(to: request, Self.object(fields))
      return []
    }
    let problem = problems.first ?? ShownProblem(name: "Failed", message: "the cell failed", lines: "the cell failed")
    let aborted = wanted.stopsOnError ?? true ? channels.takeWaitingCells() : []
    reply(
      to: request,
      JSONText.object([("status", "\"error\""), ("user_expressions", "{}")] + fields + problem.fields))
    return aborted
  }

  private func abort(_ request: KernelMessage) {
    page.begin(request)
    reply(to: request, JSONText.object([("status", "\"aborted\""), ("execution_count", "\(session.nextCell)")]))
    page.end(request)
  }

  /// Each expression's value in the forms that it has, or what is wrong with it. They leave nothing in the store.
  private func values(of expressions: [String: String], _ request: KernelMessage) -> String {
    session.recordsCells = false
    defer { session.recordsCells = true }
    let values = expressions.sorted { $0.key < $1.key }.map { name, code in
      page.beginCell(request, .captured)
      _ = session.run(code)
      let (problems, value) = page.endCell(number: 0)
      guard let problem = problems.first else {
        return (name, Self.object([("data", value ?? "{}"), ("metadata", "{}")]))
      }
      return (name, JSONText.object([("status", "\"error\"")] + problem.fields))
    }
    return JSONText.object(values)
  }

  /// `:quit`. The kernel is the frontend's to end: one that ends by itself is taken for one that has died, and started again.
  private func leave() {
    session.isOver = false
    session.notices.report(.note, "the notebook ends its kernel itself: Kernel, Shut Down")
  }

  /// What a frontend in a terminal leaves by.
  private static let leaving = "[{\"source\":\"ask_exit\",\"keepkernel\":false}]"

  // MARK: - Info

  private static func info(banner: String) -> String {
    return object([
      ("protocol_version", JSONText.string(KernelAnswer.protocolVersion)), ("implementation", "\"ward\""),
      ("implementation_version", JSONText.string(wardVersion)), ("language_info", NotebookLanguage.info),
      ("banner", JSONText.string(banner)), ("debugger", "false"), ("help_links", "[]"),
      ("supported_features", "[]"),
    ])
  }
}

/// What is answered at once, also while a cell runs: on the thread of the sockets.
struct KernelControl: Sendable {
  private let channels: KernelChannels
  private let page: KernelPage
  private let info: String

  init(_ channels: KernelChannels, _ page: KernelPage, info: String) {
    (self.channels, self.page, self.info) = (channels, page, info)
  }

  func answer(_ request: KernelMessage) {
    page.publish(status: "busy", of: request)
    switch request.type {
    case "interrupt_request":
      Interrupt.request()
      reply(to: request, Kernel.object([]), on: .control)
    case "kernel_info_request": reply(to: request, info, on: .control)
    case "shutdown_request": shutDown(request, on: .control)
    default: break
    }
    page.publish(status: "idle", of: request)
  }

  /// What runs ends at its next safe point, what it has made so far is stored, and the process ends.
  func shutDown(_ request: KernelMessage, on channel: ConnectionFile.Channel) {
    let isRestart = (try? request.content(as: KernelContent.Shutdown.self))?.restart ?? false
    let content = Kernel.object([("restart", isRestart ? "true" : "false")])
    reply(to: request, content, on: channel)
    channels.send(
      KernelAnswer(
        channel: .iopub, identities: [Array("shutdown_reply".utf8)], type: "shutdown_reply", parent: request.header,
        content: content))
    Interrupt.end()
    channels.close()
  }

  private func reply(to request: KernelMessage, _ content: String, on channel: ConnectionFile.Channel) {
    guard let type = request.replyType else { return }
    channels.send(
      KernelAnswer(
        channel: channel, identities: request.identities, type: type, parent: request.header, content: content))
  }
}

/// The process that started this kernel: when it dies nobody is left who could end the kernel.
private struct ParentProcess: Sendable {
  private let parent: pid_t?

  init() {
    let named = ProcessInfo.processInfo.environment["JPY_PARENT_PID"].flatMap { pid_t($0) }
    parent = named == getppid() ? named : nil
  }

  var isGone: Bool { parent.map { $0 != getppid() } ?? false }
}
