#!/usr/bin/env python3
"""Exports sessions with the real program and reads the pages: whole, valid, accessible, and harmless.

    python3 Tests/Prompt/export_test.py .build/release/ward

Checks notebooks with nbformat and nbconvert where they are installed (Debian: python3-nbformat, python3-nbconvert).
"""
import base64
import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser

HOSTILE = "select '<script>alert(1)</script>' as \"<b>x</b>\", char(27) || '[31m' as esc, '\"><img src=x onerror=y>' as tag, '`|*_#' as marks"
SESSION = f"""\
let numbers = [1, 2.5, 3e-4]
for x in numbers {{ print "x is {{x}}" }}
{HOSTILE}
tables
let robust = 0.5  # a comment with <tags> & "quotes"
"{{robust}} of <all>"
try {{ check robust > 1 because: "it is <small>" }} catch problem {{ print problem.message }}
robust + nothing_at_all
select name, source from cells, sessions where 1 = 2
"""
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)
        print("FAILED " + message)
    return condition


class Page(HTMLParser):
    VOID = {"meta", "img", "br", "hr", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.problems, self.tags, self.images, self.text = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"left open: {self.open}")

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes, tuple(self.open)))
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes.items():
            if name.startswith("on"):
                self.problems.append(f"a handler: {name}")
            if name in ("src", "href") and not (value or "").startswith(("#", "data:image/")):
                self.problems.append(f"it reaches outside: {value[:60]}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> where {self.open[-1:]} is open")

    def handle_data(self, data):
        self.text.append(data)

    def all(self, name):
        return [(attributes, above) for tag, attributes, above in self.tags if tag == name]


def luminance(color):
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    a, b = sorted((luminance(a), luminance(b)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def check_colors(text):
    roots = re.findall(r":root \{(.*?)\}", text, re.S)[:2]
    for name, root in zip(("light", "dark"), roots):
        colors = dict(re.findall(r"--(\w+): (#\w{6})", root))
        on_code = ("keyword", "command", "label", "builtin", "string", "number", "comment", "session", "ink")
        pairs = [(c, "code") for c in on_code] + [(c, "page") for c in ("ink", "faint", "link", "error")]
        pairs += [("error", "errorpage"), ("warning", "warningpage")]
        for ink, paper in pairs:
            ratio = contrast(colors[ink], colors[paper])
            expect(ratio >= 4.5, f"{name}: {ink} on {paper} has a contrast of {ratio:.2f}")


def check_html(file):
    text = open(file, encoding="utf-8").read()
    page = Page(text)
    expect(not page.problems, f"{file}: {page.problems[:5]}")
    expect(not page.all("script") and not page.all("link"), f"{file}: it has scripts or links to other files")
    expect(page.all("html")[0][0].get("lang") == "en", f"{file}: no language")
    expect(len(page.all("h1")) == 1 and page.all("h2"), f"{file}: headings are missing")
    expect(any(a.get("name") == "viewport" for a, _ in page.all("meta")), f"{file}: no viewport")
    for attributes, _ in page.all("img"):
        expect(len(attributes.get("alt", "")) > 10, f"{file}: a picture without words for it")
    tables = page.all("table")
    expect(len(page.all("caption")) == len(tables), f"{file}: a table without a caption")
    expect(all("scope" in a for a, _ in page.all("th")), f"{file}: a heading of a table without its scope")
    ids = [a["id"] for _, a, _ in page.tags if "id" in a]
    expect(len(ids) == len(set(ids)), f"{file}: an id stands twice")
    expect("\x1b" not in text, f"{file}: it holds an escape character")
    check_colors(text)
    return page


def check_notebook(file, holds="x is 2.5"):
    notebook = json.load(open(file, encoding="utf-8"))
    expect(notebook["metadata"]["language_info"]["name"] == "ward", f"{file}: no language")
    expect("\x1b" not in open(file, encoding="utf-8").read(), f"{file}: it holds an escape character")
    try:
        import nbformat
    except ImportError:
        print("nbformat is not installed: the notebook's form was not checked")
        return notebook
    nbformat.validate(nbformat.read(file, as_version=4))
    try:
        import nbconvert
    except ImportError:
        print("nbconvert is not installed: the notebook was not converted")
        return notebook
    body, _ = nbconvert.HTMLExporter().from_filename(file)
    expect(holds in body, f"{file}: nbconvert lost the output")
    return notebook


class Ward:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.environment = dict(os.environ, WARD_STORE=os.path.join(folder, "ward.sqlite"), XDG_CONFIG_HOME=folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def __call__(self, *arguments, text=None):
        return subprocess.run([self.program, *arguments], input=text or "", capture_output=True, text=True,
                              cwd=self.folder, env=self.environment, timeout=300)


def check_sessions(ward):
    # As parts of a recording, so that a mistake does not end the session.
    with open(os.path.join(ward.folder, "work.ward"), "w") as file:
        file.write("# Some work.\n" + "".join(line + "\n#> ?\n" for line in SESSION.splitlines()))
    done = ward("replay", "work.ward", "--store", "ward.sqlite", "--accept")
    expect(done.returncode == 0, f"the session did not run: {done.stderr}")
    for source, name in (("last", "stored"), ("work.ward", "saved")):
        for ending in ("html", "md", "ipynb"):
            file = f"{name}.{ending}"
            run = ward("export", source, "--to", file)
            expect(run.returncode == 0, f"{file}: {run.stderr}")
            path = os.path.join(ward.folder, file)
            mode = stat.S_IMODE(os.stat(path).st_mode)
            expect(mode == 0o640, f"{file} is not as the umask has it ({oct(mode)})")
        page = check_html(os.path.join(ward.folder, f"{name}.html"))
        words = "".join(page.text)
        for word in ("x is 2.5", "<script>alert(1)</script>", "error[E0301]", "ward 0."):
            expect(word in words, f"{name}.html lacks {word}")
        notebook = check_notebook(os.path.join(ward.folder, f"{name}.ipynb"))
        kinds = [output["output_type"] for cell in notebook["cells"] for output in cell.get("outputs", [])]
        expect({"stream", "error", "display_data"} <= set(kinds), f"{name}.ipynb has only {set(kinds)}")
        markdown = open(os.path.join(ward.folder, f"{name}.md")).read()
        expect("<script" not in re.sub(r"```.*?```", "", markdown, flags=re.S), f"{name}.md lets HTML through")
        expect("| table | what it holds |" in markdown, f"{name}.md lacks its table")


def check_mistakes(ward):
    for arguments, word in (
        (("export", "last", "--to", "x.pdf"), ".html"), (("export", "99", "--to", "x.html"), "no session 99"),
        (("export", "nowhere.ward", "--to", "x.html"), "no file"), (("export", "last", "--to", "/none/x.html"), "no folder"),
    ):
        run = ward(*arguments)
        expect(run.returncode != 0 and word in run.stderr, f"{arguments}: {run.stderr}")


SCRIPT = """# A script of *mine*, with a `budget`.
param eps = 0.1 "the budget"  # in pixel units

# --- Twice ---
# - one
# - two
let x = eps * 2; let y = x
x + y
"""


def check_prose(ward):
    """Comments are kept with the cells, and are the text of every page."""
    with open(ward.path("prose.ward"), "w") as file:
        file.write(SCRIPT + "# The end.\n")
    run = ward("export", "prose.ward", "--run", "--to", "prose.html", "--eps", "0.3")
    expect(run.returncode == 0 and run.stdout == "prose.html: 4 cells\n", f"--run: {run.stdout}{run.stderr}")
    page = open(ward.path("prose.html")).read()
    for part in ("<h2>Twice</h2>", "<li>two</li>", "<em>mine</em>", "<code>budget</code>", "The end.", ">1.2<", "prose.ward"):
        expect(part in page, f"prose.html has no {part}")
    check_html(ward.path("prose.html"))
    ward("export", "last", "--to", "prose.ipynb")
    check_notebook(ward.path("prose.ipynb"), holds="The end.")
    run = ward("import-notebook", "prose.ipynb", "--to", "again.ward")
    shown = SCRIPT.replace("budget\"  # in pixel units\n", "budget\"  # in pixel units\n#> eps  0.3\n").replace("; let", ";\nlet")
    shown = shown.replace("let y = x\n", "let y = x\n#> y  0.6\n") + "#> 1.2\n\n# The end.\n"
    expect(open(ward.path("again.ward")).read() == shown, f"again.ward: {open(ward.path('again.ward')).read()}")
    run = ward("import-notebook", "prose.ipynb", "--to", "again.ward")
    expect(run.returncode == 1 and "--force" in run.stderr, f"over a file: {run.stderr}")
    with open(ward.path("failing.ward"), "w") as file:
        file.write("let a = 1\n# wrong\ncheck a > 2\nlet b = 3\n")
    run = ward("export", "failing.ward", "--run", "--to", "failing.md")
    text = open(ward.path("failing.md")).read()
    expect(run.returncode == 3 and "the check failed" in run.stderr and "the check failed" in text, f"{run.stderr}{text}")
    expect("wrong" in text and "let b" not in text, text)
    run = ward("export", "failing.ward", "--run", "--to", "/none/x.html")
    expect(run.returncode == 1 and "no folder" in run.stderr and "check failed" not in run.stderr, run.stderr)
    run = ward("export", "last", "--seed", "3", "--to", "x.md")
    expect(run.returncode == 2 and "--run" in run.stderr, run.stderr)


def check_interrupted_run(ward):
    """What was shown before Ctrl-C is on the page, drawn."""
    with open(ward.path("long.ward"), "w") as file:
        file.write("plot select 1 as x, 2 as y union select 2, 3\nsleep 600\n")
    run = subprocess.Popen([ward.program, "export", "long.ward", "--run", "--to", "long.html"], cwd=ward.folder,
                           env=ward.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    query = "select count(*) from cells where source = 'sleep 600' and status = 'running'"
    while run.poll() is None and ward("sql", query, "--mode", "csv").stdout.split()[-1] != "1":
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    page = open(ward.path("long.html")).read()
    expect(run.returncode == 130 and "interrupted" in said, f"ended with {run.returncode}: {said}")
    expect("data:image/svg+xml" in page and "interrupted" in page, "the plot of an interrupted script is not drawn")


LESSON = """\
# A small lesson
let three = 1 + 2
# --- Task 1: the double ---
# Call the double of `three` by the name `double`.
# Hint: times two.
let double = 2 * three
# The check sees to it.
check double == 6 because: "it is six"

# Behind it:
let after = double + 1
# --- Task 2: a word ---
# Call any word `word`.
let word = "secret"
check len(word) > 0

# --- The end ---
"""


def check_handout(ward):
    with open(ward.path("small-lesson.ward"), "w") as file:
        file.write(LESSON)
    for ending in ("html", "md", "ipynb"):
        run = ward("export", "small-lesson.ward", "--run", "--to", f"handout.{ending}")
        text = open(ward.path(f"handout.{ending}")).read()
        expect(run.returncode == 0, f"handout.{ending}: {run.stderr}")
        expect("secret" not in text and "2 * three" not in re.sub("<[^>]*>", "", text) and "it is six" not in text, f"handout.{ending} has an answer")
        plain = re.sub("<[^>]*>", "", text)
        for there in ("Task 1: the double", "times two", "let after = double + 1", "Task 2: a word", "The end"):
            expect(there in plain, f"handout.{ending} lacks {there!r}")
        expect(("# Your answer:" in text) == (ending == "ipynb"), f"handout.{ending}: a cell for the answer")
        ward("export", "small-lesson.ward", "--run", "--answers", "--to", f"answers.{ending}")
        plain = re.sub("<[^>]*>", "", open(ward.path(f"answers.{ending}")).read())
        expect("secret" in plain and "2 * three" in plain and "it is six" in plain, f"answers.{ending} lacks an answer")
    run = ward("export", "small-lesson.ward", "--answers", "--to", "answers.html")
    expect(run.returncode == 2 and "need --run" in run.stderr, f"--answers without --run: {run}")


ATTACKED = """\
let fashion = load "fashion-mnist" train: 600 test: 60
let guard = costs fashion protect: ["Shirt"] weight: 10
let normal = train lenet on: fashion epochs: 2
let first = attack normal with: fgsm on: take(fashion.test, 50) eps: 0.1 costs: guard keep: images
let later = attack normal with: fgsm on: take(fashion.test, 10) eps: 0.2
"""
# A class whose name would end the script, if it could.
FEATURES = "a,b,kind\n" + "".join(
    f"{n % 7},{n % 5},{'</script><script>document.title=1</script>' if n % 2 else 'plain'}\n" for n in range(60))


def explored(ward, name):
    """A page's data, and that it is whole, small, and needs nothing else."""
    with open(ward.path(name)) as file:
        text = file.read()
    page = Page(text)
    expect(not page.problems, f"{name}: {page.problems}")
    expect(len(text.encode()) < 3_000_000, f"{name} has {len(text):,} bytes")
    expect(not re.search(r"""(src|href)=["']?(https?:|//)|@import|url\(""", text), f"{name} needs another file")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def check_explored(ward):
    with open(ward.path("attacked.ward"), "w") as file:
        file.write(ATTACKED)
    run = ward("export", "attacked.ward", "--run", "--explore", "--to", "explored.html")
    expect(run.returncode == 0 and "a page of first" in run.stdout, f"{run.stdout}{run.stderr}")
    data = explored(ward, "explored.html")
    query = "select round(eps, 6) as eps, clean, robust, mean_cost from results where attack = 'fgsm' and images = 50 order by id desc limit 11"
    rows = json.loads(ward("sql", query, "--mode", "json").stdout)[::-1]
    expect([row["eps"] for row in rows] == [float(radius["eps"]) for radius in data["radii"]], f"the radii: {rows}")
    for row, radius in zip(rows, data["radii"]):
        expect(sum(radius["robust"]) == round(50 * row["robust"]), f"robust at {row['eps']}: {sum(radius['robust'])}, not {row}")
        expect(abs(radius["cost"] - row["mean_cost"]) < 1e-9, f"cost at {row['eps']}")
        costs = sum(data["costs"][label][answer] for label, answer in zip(data["labels"], radius["answers"]))
        expect(abs(costs / 50 - row["mean_cost"]) < 1e-9, f"the matrix of costs at {row['eps']}: {costs / 50}, not {row['mean_cost']}")
    size = data["width"] * data["height"] * data["channels"]
    for one in data["shown"]:
        images = [base64.b64decode(image) for image in one["images"]]
        expect(all(len(image) == size for image in images), "an image has another size")
        for image, radius in zip(images, data["radii"]):
            largest = max(abs(a - b) for a, b in zip(image, images[0])) / 255
            expect(largest <= float(radius["eps"]) + 1 / 255, f"an image changed by {largest} at {radius['eps']}")
    for image in data["shown"]:
        expect(image["answers"][0] == data["radii"][0]["answers"][image["index"]], "the clean answer of what is shown")
        expect(image["answers"][-1] == data["radii"][-1]["answers"][image["index"]], "the last answer of what is shown")
    browse(ward.path("explored.html"), data)

    with open(ward.path("kinds.csv"), "w") as file:
        file.write(FEATURES)
    script = ('let kinds = load "kinds.csv" target: "kind" test: 25%\nlet m = train network([dense(4), relu, dense]) on: kinds epochs: 2\n'
              'export (attack m with: pgd(steps: 3) on: kinds.test eps: 0.2) as: "kinds.html" eps: [0, 0.1, 0.2]\n'
              'export (attack m with: fmn on: kinds.test norm: l0 eps: 2) as: "counts.html"\n'
              'try { export (evaluate m) as: "none.html" } catch problem { print problem.message }\n'
              'try { export (attack m with: fgsm on: kinds.test) as: "none.csv" } catch problem { print problem.message }\n'
              'try { export (attack m with: fgsm on: kinds.test) as: "none.html" eps: [0.1] } catch problem { print problem.message }\n'
              'try { export kinds.test as: "none.csv" eps: [0.1] } catch problem { print problem.message }\n')
    run = ward("--no-init", "-", text=script)
    expect("0 to look at" in run.stdout and "no eps to move" in run.stdout and "as a page, .html" in run.stdout
           and "2 to 51 radii" in run.stdout and "eps belongs to" in run.stdout, f"{run.stdout}{run.stderr}")
    expect(not os.path.exists(ward.path("none.html")) and not os.path.exists(ward.path("none.csv")), "what was refused is written")
    expect([radius["eps"] for radius in explored(ward, "counts.html")["radii"]] == ["0", "1", "2"], "L0 counts values")
    data = explored(ward, "kinds.html")
    expect("</script>" in data["classes"][0] + data["classes"][1] and data["shown"] == [], "the classes of a table")
    with open(ward.path("quiet.ward"), "w") as file:
        file.write("let a = 1\n")
    run = ward("export", "quiet.ward", "--run", "--explore", "--to", "none.html")
    expect(run.returncode == 1 and "no result of an attack" in run.stderr, f"a script without an attack: {run.stderr}")


def browse(path, data):
    """Moves the slider by keyboard in a browser, where there is one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no playwright: the page was not opened in a browser")
        return
    chromium = shutil.which("chromium")
    if not chromium:
        print("no chromium: the page was not opened in a browser")
        return
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width, scheme in [(1280, "light"), (400, "dark")]:
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            wrong = []
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.goto("file://" + path)
            page.focus("#eps")
            for _ in range(4):
                page.keyboard.press("ArrowRight")
            robust = 100 * sum(data["radii"][4]["robust"]) / len(data["labels"])
            expect(page.inner_text("#value") == "eps " + data["radii"][4]["eps"], f"eps: {page.inner_text('#value')}")
            expect(f"{robust:.0f} %" in page.inner_text("#overall"), f"robust: {page.inner_text('#overall')}")
            page.focus("#classes input")
            for _ in range(7):
                page.keyboard.press("ArrowDown")
            shown = page.evaluate("[...document.querySelectorAll('#images figure:not([hidden]) figcaption')].map(e => e.innerText)")
            expect(shown and all(caption.startswith("Shirt") for caption in shown), f"the images of a class: {shown}")
            page.check("input[value=costs]")
            expect(page.inner_text("#matrix tbody tr:nth-child(7) td:nth-of-type(5)") == "10", "the cost of a Shirt taken for a Coat")
            expect(page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen")
            expect(not wrong, f"the page's script: {wrong}")
        browser.close()


def check_speed(ward, cells=1000):
    lines = [f'select {i} as i, round({i} / 7.0, 3) as share, "cell {i}" as name' for i in range(cells)]
    ward("--no-init", "-", text="\n".join(lines) + "\n")
    for ending in ("html", "md", "ipynb"):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = ward("export", "last", "--to", f"long.{ending}")
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
        expect(run.returncode == 0 and f"{cells:,} cells" in run.stdout, f"long.{ending}: {run.stdout}{run.stderr}")
        # Processor time, which a busy machine leaves as it is.
        expect(seconds < 5, f"long.{ending} took {seconds:.1f} s of the processor")
        print(f"{cells} cells to long.{ending}: {seconds:.2f} s of the processor")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    os.umask(0o027)
    with tempfile.TemporaryDirectory(prefix="ward-export-") as folder:
        ward = Ward(program, folder)
        check_sessions(ward)
        check_mistakes(ward)
        check_prose(ward)
        check_interrupted_run(ward)
        check_handout(ward)
        check_explored(ward)
        check_speed(ward)
    print(f"{'all is well' if not failures else str(len(failures)) + ' failures'}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
