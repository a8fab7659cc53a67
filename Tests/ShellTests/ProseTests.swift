import Foundation
import Lang
import Testing

@testable import Shell

/// Comments as the text of pages and notebooks, and back.
@Suite("Prose")
struct ProseTests {
  private let comments = """
    #!/usr/bin/env ward
    # --- First: a look at `x` ----------
    # A paragraph that goes
    # on here, *and* 2*3 * 4.
    #> not a comment
    #
    # - one
    #   and more
    # - two
    # 1. first
    # Another
    #     let x = [
    #       1]
    # ---
    # The end_of it
    """

  @Test func commentsAreHeadingsParagraphsListsAndCode() {
    #expect(
      Prose(comments: comments).blocks == [
        .heading("First: a look at `x`"), .paragraph("A paragraph that goes on here, *and* 2*3 * 4."),
        .list(["one and more", "two"], isNumbered: false), .list(["first"], isNumbered: true), .paragraph("Another"),
        .code("let x = [\n  1]"), .paragraph("The end_of it"),
      ])
    #expect(Prose(comments: "\n#\n\n").isEmpty && Prose(comments: "").isEmpty)
  }

  @Test func markdownAndPagesShowThemAsWritten() {
    let prose = Prose(comments: comments)
    #expect(
      prose.markdown == """
        ## First: a look at `x`

        A paragraph that goes on here, *and* 2\\*3 \\* 4.

        - one and more
        - two

        1. first

        Another

        ```ward
        let x = [
          1]
        ```

        The end_of it
        """)
    #expect(prose.html.first == "<h2>First: a look at <code>x</code></h2>")
    #expect(Prose(comments: "# a <b> `<c>`").html == ["<p>a &lt;b&gt; <code>&lt;c&gt;</code></p>"])
    #expect(Prose(comments: "# 3. is a number\n# - x").blocks.count == 2)
  }

  private func notebook(_ script: String) -> String {
    NotebookPage().text(
      of: ExportedSession(transcript: Transcript(script), file: "a.ward", environment: Vocabulary.environment()))
  }

  @Test(arguments: [
    "1 + 1\n", "# only a comment\n",
    "let x = 1; let y = 2  # both\n\n\n# --- a ---\n#\n# b\nx\n#> 1\n#>\n#> ~ c\n\n# end\n",
    "#> ~10%\n\n# first\nlet x = 1\n#> x  1\nx\n#> 1\n", "let x = (\n  1\n)\n# wrong here\nlet = 3\n",
    "#!/usr/bin/env ward\nfor i in 0..2 {\n  # inside\n  print i\n}\n#> 0\n#> 1\n",
  ])
  func aScriptMadeANotebookIsTheSameScriptAgain(script: String) throws {
    #expect(try NotebookScript(json: notebook(script), file: "a.ipynb").text == script)
  }

  /// As an editor keeps it: other lines, other output, cells of its own.
  @Test func whatWasChangedInANotebookIsInTheScript() throws {
    let script = "# About x.\nlet x = 1\n#> x  1\n\n# Then y.\nlet y = 2\n#> y  2\n"
    var notebook = try #require(
      try JSONSerialization.jsonObject(with: Data(notebook(script).utf8)) as? [String: Any])
    var cells = try #require(notebook["cells"] as? [[String: Any]])
    cells[1]["source"] = "About *x* and `y`:\n\n## Now\n\n- a\\_b &lt;"
    cells[2]["outputs"] = [
      ["output_type": "stream", "text": ["x  ", "9\n"]],
      ["output_type": "display_data", "data": ["text/plain": "┌┐\n└┘"]],
      ["output_type": "error", "traceback": ["\u{1b}[31merror\u{1b}[0m: no"]],
    ]
    cells.insert(["cell_type": "code", "source": ["x +\n", "1"], "metadata": [String: Any](), "outputs": []], at: 3)
    notebook["cells"] = cells
    let json = String(decoding: try JSONSerialization.data(withJSONObject: notebook), as: UTF8.self)
    #expect(
      try NotebookScript(json: json, file: "a.ipynb").text == """
        # About *x* and `y`:
        #
        # --- Now ---
        #
        # - a_b <
        let x = 1
        #> x  9
        #> ┌┐
        #> └┘
        #> error: no
        x +
        1

        # Then y.
        let y = 2
        #> y  2

        """)
  }

  @Test(arguments: [
    ("", "it is not JSON"), ("[1]", "it is not JSON"), ("{}", "it has no cells"),
    (#"{"cells": 3}"#, "it has no cells"), (#"{"cells": [{"source": 3}]}"#, "cell 1 has no source that is text"),
    (#"{"cells": [], "metadata": {"kernelspec": {"language": "python"}}}"#, "is a notebook of python, not of Ward"),
  ])
  func whatIsNoNotebookOfWardIsRefusedInWords(json: String, message: String) {
    #expect {
      try NotebookScript(json: json, file: "a.ipynb")
    } throws: { error in
      (error as? Problem)?.message.contains(message) == true
    }
  }
}
