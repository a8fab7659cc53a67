import Foundation
import Lang
import NN

/// What an attack does to a model as the radius grows, as one HTML file for a reader who has nothing installed: a slider for eps,
/// images with the answers to them, the robust accuracy of each class, what was taken for what, and what that costs.
///
/// All figures are computed before; the page only shows them. It needs no network and no other file.
struct ExplorePage {
  /// The attack, of which the largest radius is known.
  let result: ResultValue
  /// From the smallest radius to the largest.
  let points: [Curve.Point]
  /// Positions of the images that are shown, and what the model answers to them at each radius.
  let shown: [Int]
  let predictions: [[Prediction]]
  let session: Int64

  /// The pixels of a page are at most this many bytes, so that it stays below 3 MB: base64 makes four of three.
  private static let pixelBytes = 1_500_000
  private static let mostOfAClass = 6
  /// More images than these make the page too large.
  static let mostImages = 10_000
  /// As many as a slider has places.
  static let mostRadii = 51

  /// Which images to show of a selection: as many of each class as there is room for, the first that are answered rightly.
  static func positions(in result: ResultValue, radii: Int) -> [Int] {
    let images = result.images.images
    guard images.dataset.features == nil else { return [] }
    let room = pixelBytes / (images.shape.count * max(1, radii))
    let classes = images.classes.count
    let each = min(mostOfAClass, max(1, room / max(1, classes)))
    var counts = [Int](repeating: 0, count: classes)
    let right = result.evaluation.outcomes.enumerated().filter { $1.isCleanRight }.map(\.offset)
    let wrong = result.evaluation.outcomes.enumerated().filter { !$1.isCleanRight }.map(\.offset)
    // One that is wrong from the start is worth seeing too, behind those that the attack has to turn.
    let chosen = (right + wrong).filter { position in
      let label = images.label(at: position)
      counts[label] += 1
      return counts[label] <= each
    }
    return Array(chosen.sorted { (images.label(at: $0), $0) < (images.label(at: $1), $1) }.prefix(room))
  }

  /// - Throws: where a figure is no number that JSON has.
  func text() throws -> String {
    let content = try data()
    return HTMLPage.whole(
      title: result.heading, style: HTMLPage.style + "\n" + Self.style,
      body: """
        <header><h1>\(HTMLPage.escaped(result.model.identity.name)) under attack</h1></header>
        <main>
        \(introduction)
        <h2><label for="eps">How much may the attacker change?</label></h2>
        <div class="dial">
        <p class="reading"><output id="value" for="eps"></output> <span id="overall" aria-live="polite"></span></p>
        <input id="eps" type="range" min="0" max="\(points.count - 1)" step="1" value="0" aria-describedby="meaning">
        </div>
        <p id="meaning" class="meaning"></p>
        <section aria-labelledby="classes-title">
        <h2 id="classes-title">Each class</h2>
        <div id="classes" class="classes" role="radiogroup" aria-label="Class to look at"></div>
        </section>
        \(picturesSection)
        <section aria-labelledby="matrix-title">
        <h2 id="matrix-title">What was taken for what, and what it costs</h2>
        <div class="tabs" role="radiogroup" aria-label="What the table shows">
        <label><input type="radio" name="matrix" value="answers" checked> answers at this eps</label>
        <label><input type="radio" name="matrix" value="costs"> cost of each mistake</label>
        </div>
        <div class="scroll" tabindex="0" role="region" aria-label="True classes against answers">
        <table id="matrix" class="matrix"></table>
        </div>
        <p id="cost" class="remark"></p>
        </section>
        <noscript><p>The slider needs JavaScript. All figures stand in the table below.</p></noscript>
        <section aria-labelledby="table-title">
        <h2 id="table-title">All figures</h2>
        \(HTMLPage.table(StoredTable(figures), caption: "Robust accuracy of each class at each eps"))
        </section>
        </main>
        <footer>
        <h2>Where this comes from</h2>
        <dl>\(facts)</dl>
        </footer>
        <script type="application/json" id="data">\(content)</script>
        <script>
        \(Self.script)
        </script>
        """)
  }

  /// What is in it, in a line.
  var summary: String {
    let radii = "\(NumberText.reading(points[0].epsilon)) to \(NumberText.reading(points[points.count - 1].epsilon))"
    return "\(result.heading): eps \(radii), \(result.images.images.counted), \(shown.count) to look at"
  }

  private var introduction: String {
    let (noun, images) = (result.images.images.dataset.noun, result.images.images)
    let norm = result.run?.threat.norm ?? .linf
    let measure =
      switch norm {
      case .linf: "eps is the most by which any value may change; values go from 0 to 1."
      case .l2: "eps is the Euclidean length of the whole change; values go from 0 to 1."
      case .l1: "eps is the sum of all changes; values go from 0 to 1."
      case .l0: "eps is the number of values that may change."
      }
    return """
      <div class="prose">
      <p>The network was asked about \(HTMLPage.escaped(images.counted)). An attacker then changed each \(noun), within a budget called eps, \
      to make it wrong. \(measure)</p>
      <p>Move the slider, with the mouse or the arrow keys. “Robust” means: answered rightly without attack, and still answered \
      rightly under it. A stronger attack may break more: what is left is an upper bound of what withstands.</p>
      </div>
      """
  }

  private var picturesSection: String {
    shown.isEmpty
      ? ""
      : """
      <section aria-labelledby="images-title">
      <h2 id="images-title">Images</h2>
      <p class="remark">As it was, as the attacker left it, and the difference at its full strength: \
      \(result.images.images.shape.channels == 3 ? "grey is no change" : "red is brighter, blue is darker").</p>
      <div id="images" class="images"></div>
      </section>
      """
  }

  // MARK: - Data

  private var classNames: [String] { result.evaluation.classNames }

  /// One row a class, one column a radius.
  private var figures: Table {
    func row(_ name: String, _ rates: [Rate]) -> [Value] { [.string(name)] + rates.map(\.known) }
    let byClass = points.map(\.evaluation.byClass)
    return Table(
      columns: [.init("class")] + points.map { .init("eps " + NumberText.reading($0.epsilon), .share) },
      rows: classNames.indices.map { number in row(classNames[number], byClass.map { $0[number].robust }) }
        + [row("all", points.map(\.evaluation.robust))])
  }

  private struct Content: Encodable {
    struct Radius: Encodable {
      let eps: String
      /// The answer to each image; −1 where there is none.
      let answers: [Int]
      /// Whether each is still right after the attack.
      let robust: [Int]
      let cost: Double
    }
    struct Shown: Encodable {
      let label: Int
      let index: Int
      /// One for each radius.
      let answers: [Int]
      let confidences: [Double]
      /// Each as base64 of a byte a value, plane by plane.
      let images: [String]
    }
    let classes: [String]
    let protected: [Bool]
    let labels: [Int]
    let costs: [[Double]]
    let hasCosts: Bool
    /// Whether eps is by how much a value may change, so that steps of a byte mean something.
    let inSteps: Bool
    let width: Int
    let height: Int
    let channels: Int
    let radii: [Radius]
    let shown: [Shown]
  }

  /// What the page's script reads. Nothing in it can end the element that it stands in.
  private func data() throws -> String {
    let images = result.images.images
    let costs = result.costs?.costs
    let count = classNames.count
    let data = Content(
      classes: classNames.map(\.withVisibleControls),
      protected: result.evaluation.byClass.map(\.isProtected), labels: images.labels,
      costs: costs?.rows
        ?? (0..<count).map { row in (0..<count).map { $0 == row ? 0 : 1 } }, hasCosts: costs != nil,
      inSteps: result.run?.threat.norm == .linf && images.dataset.features == nil,
      width: images.shape.width, height: images.shape.height, channels: images.shape.channels,
      radii: points.map { point in
        .init(
          eps: NumberText.reading(point.epsilon), answers: point.evaluation.outcomes.map(\.finalAnswer),
          robust: point.evaluation.outcomes.map { $0.isRobust ? 1 : 0 }, cost: point.evaluation.meanCost)
      },
      shown: shown.enumerated().map { place, position in
        .init(
          label: images.label(at: position), index: images.indices[position],
          answers: predictions.map { $0[place].answer },
          confidences: predictions.map { one in
            one[place].confidence.isFinite ? (Double(one[place].confidence) * 1e4).rounded() / 1e4 : 0
          },
          images: points.map { Self.bytes($0.kept[position] ?? images.pixels(at: position)) })
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(data), as: UTF8.self)
    return text.replacingOccurrences(of: "<", with: "\\u003c").replacingOccurrences(of: "\u{2028}", with: "\\u2028")
  }

  private static func bytes(_ pixels: Pixels) -> String {
    Foundation.Data(pixels.map { UInt8((255 * min(max($0, 0), 1)).rounded()) }).base64EncodedString()
  }

  private var facts: String {
    let model = result.model
    var facts = [
      ("Model", model.summary), ("Images", result.images.summary),
      ("Attack", "\(result.attackText), \(result.run?.threat.norm.symbol ?? ""), \(result.goalText)"),
      ("Seed", result.run.map { "\($0.seed)" } ?? ""), ("Session", "\(session)"), ("Ward", wardVersion),
    ]
    if let costs = result.costs { facts.append(("Costs", costs.summary)) }
    facts.append(("SHA-256 of the data", result.images.images.dataset.sha256.replacingOccurrences(of: "\n", with: " ")))
    return facts.filter { !$0.1.isEmpty }
      .map { "<dt>\(HTMLPage.escaped($0.0))</dt><dd>\(HTMLPage.escaped($0.1))</dd>" }.joined()
  }
}
