import Foundation
import Lang

/// What shows blocks as they are, in place of a screen: a notebook.
protocol OutputPage: AnyObject {
  /// - Parameter isValue: whether it is what a statement came to, rather than what a command showed.
  func show(_ block: StoredBlock, isValue: Bool)
  /// A diagnostic, plain and as it is written on a screen.
  func complain(_ text: String, written: String)
}

/// Where a session's output goes: on the screen at once, and kept as plain text for the cell's row and for replays.
final class Output {
  private let renderer: () -> BlockRenderer
  private let write: (String) -> Void
  private let writeError: (String) -> Void
  /// What the current cell has shown so far, as a file would get it.
  private(set) var shown = ""
  /// The same as blocks, for exports. Lines that follow each other are one block: a hundred thousand of them would take
  /// a fifth of a second to store, and make as many boxes of a page.
  var blocks: [StoredBlock] { lines.map { finishedBlocks + [.text($0)] } ?? finishedBlocks }
  private var finishedBlocks: [StoredBlock] = []
  /// The text block that the next lines go on with.
  private var lines: String?
  /// Whether the current cell has shown more than is kept.
  private var isFull = false
  private var held = ""
  /// What all cells have shown since `beginTranscript`, all of it; `nil` before that, as at the prompt.
  private(set) var transcript: String?
  /// Whether values are shown; `print`, `show` and errors are never silenced.
  var showsValues = true
  /// How tables are shown. What the store keeps of a cell is a box all the same: a saved session has no `:mode` in it.
  var mode = TableMode.box

  /// Whether nothing is written to the screen; what a cell shows is kept all the same.
  var isMuted = false

  /// Shows everything, if it is there.
  var page: (any OutputPage)?
  private var heldBlocks: [(block: StoredBlock, isValue: Bool)] = []

  /// Shows what is longer than the screen, at the prompt.
  var pager: Pager?

  /// - Parameter renderer: asked before each block, since a window may have changed its width.
  init(
    renderer: @escaping () -> BlockRenderer,
    write: @escaping (String) -> Void = StandardStreams.output,
    writeError: @escaping (String) -> Void = StandardStreams.error
  ) {
    self.renderer = renderer
    self.write = write
    self.writeError = writeError
  }

  /// Shows nothing; what would have been shown is in `shown` and `transcript`.
  static func silent() -> Output { Output(renderer: { .forFiles }, write: { _ in }, writeError: { _ in }) }

  /// What the cell came to: written once `release` says that the cell is stored, so that what was seen is never lost. The
  /// last block is the value, what comes before it stands above it.
  ///
  /// - Throws: `Interrupt`, if Ctrl-C came while it was drawn.
  func hold(_ blocks: [Block]) throws {
    for (place, block) in blocks.enumerated() {
      guard let drawing = draw(block) else { throw Lang.Interrupt() }
      if let block = drawing.page {
        heldBlocks.append((block, place == blocks.count - 1))
      } else {
        held += drawing.text + "\n"
      }
      keep(drawing)
    }
  }

  /// Writes what was held.
  func release() {
    if !held.isEmpty { display(held) }
    held = ""
    for (block, isValue) in heldBlocks { page?.show(block, isValue: isValue) }
    heldBlocks = []
  }

  /// Shows it at once; after a Ctrl-C nothing, and the cell ends at its next safe point.
  func show(_ block: Block) {
    release()
    guard let drawing = draw(block) else { return }
    if let block = drawing.page { page?.show(block, isValue: false) } else { display(drawing.text + "\n") }
    keep(drawing)
  }

  /// A diagnostic: `written` goes to standard error, `text` is kept.
  func complain(_ text: String, written: String) {
    release()
    if let page { page.complain(text, written: written) } else { writeError(written + "\n") }
    keep(text, as: .problem(text.withVisibleControls))
    transcript?.append(text + "\n")
  }

  /// A new cell begins: forgets what the last one showed.
  func beginCell() {
    shown = ""
    finishedBlocks = []
    lines = nil
    isFull = false
  }

  func beginTranscript() { transcript = "" }

  private func display(_ text: String) {
    if !isMuted, pager?.show(text) != true { write(text) }
  }

  /// A block as a screen, the store and a transcript get it.
  private struct Drawing {
    var text: String
    var kept: String
    var stored: StoredBlock
    /// For a notebook, in place of the text.
    var page: StoredBlock?
    var transcript: String?
  }

  /// `nil` after a Ctrl-C: what takes long is drawn on another thread, which is left then.
  private func draw(_ block: Block) -> Drawing? {
    var renderer = renderer(), pages = BlockRenderer.forFiles
    (renderer.mode, pages.mode) = (mode, mode)
    let isTranscribed = transcript != nil, hasPage = page != nil, room = isFull ? 0 : Self.maxKept
    func drawing() -> Drawing {
      let beginning = block.beginning(room)
      return Drawing(
        text: hasPage ? "" : renderer.text(of: block), kept: BlockRenderer.forFiles.text(of: beginning),
        stored: StoredBlock(beginning),
        page: hasPage ? StoredBlock(block, in: renderer.mode) : nil,
        transcript: isTranscribed ? pages.text(of: block) : nil)
    }
    return block.isLarge ? try? Interrupt.runDetached(drawing) : drawing()
  }

  private func keep(_ drawing: Drawing) {
    keep(drawing.kept, as: drawing.stored)
    if let text = drawing.transcript { transcript?.append(text + "\n") }
  }

  /// A cell that shows without end would fill the store: of such a one the beginning is kept. Its `...` stands for any lines
  /// in a saved session.
  private func keep(_ text: String, as block: StoredBlock) {
    if isFull { return }
    let room = Self.maxKept - shown.utf8.count
    isFull = text.utf8.count > room
    guard isFull else {
      shown += text + "\n"
      add(block)
      return
    }
    let beginning = String(decoding: text.utf8.prefix(room), as: UTF8.self).split(separator: "\n").dropLast()
      .joined(separator: "\n")
    shown += (beginning.isEmpty ? "" : beginning + "\n") + "...\n"
    let remark = "… (a cell keeps no more than \(NumberText.bytes(Self.maxKept)) of what it showed)"
    add(.text(beginning.isEmpty ? remark : beginning.withVisibleControls + "\n" + remark))
  }

  private func add(_ block: StoredBlock) {
    if case .text(let text) = block {
      if lines == nil { lines = text } else { lines?.append("\n" + text) }
    } else {
      if let lines { finishedBlocks.append(.text(lines)) }
      lines = nil
      finishedBlocks.append(block)
    }
  }

  private static let maxKept = 1_000_000
}
