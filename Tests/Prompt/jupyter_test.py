#!/usr/bin/env python3
"""Runs the real program as a kernel of Jupyter, under the clients that people use.

    python3 Tests/Prompt/jupyter_test.py .build/release/ward [all]

Needs jupyter_client, jupyter_kernel_test, nbclient, nbformat and papermill; without them it says so and passes. With `all` every
lesson and every recorded session runs as a notebook (ten minutes), otherwise one short lesson.
"""
import contextlib
import glob
import io
import json
import os
import queue
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import jupyter_kernel_test
    import nbclient
    import nbformat
    import papermill
    import zmq
    from jupyter_client.manager import KernelManager
    from jupyter_client.session import Session
except ImportError as error:
    print(f"jupyter_test.py: skipped, Python has no {error.name}")
    sys.exit(0)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IDLE = ("status", {"execution_state": "idle"})
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)
        print("FAILED " + message)
    return condition


class Notebook:
    """A kernel and a client of it."""

    def __init__(self, **options):
        self.manager = KernelManager(kernel_name="ward", **options)
        self.manager.start_kernel()
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def until(self, request, is_enough, timeout=60):
        """What all frontends see of a request, kind and content of each message, until that is enough."""
        shown = []
        while not is_enough(shown):
            if shown[-1:] == [IDLE]:
                raise AssertionError(f"it ended after {shown}")
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == request:
                shown.append((message["msg_type"], message["content"]))
        return shown

    def until_idle(self, request, timeout=60):
        return self.until(request, lambda shown: shown[-1:] == [IDLE], timeout)[:-1]

    def reply(self, request, timeout=60):
        while True:
            message = self.client.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == request:
                return message["content"]

    def run(self, code, **arguments):
        request = self.client.execute(code, **arguments)
        shown = self.until_idle(request)
        reply = self.reply(request)
        return reply, [(kind, content) for kind, content in shown if kind not in ("status", "execute_input")]

    def text(self, code):
        """What a cell shows, as plain text."""
        return "".join(
            content.get("text") or content.get("data", {}).get("text/plain", "") or "\n".join(content.get("traceback", []))
            for _, content in self.run(code)[1])

    def ask(self, kind, *arguments, **named):
        return self.reply(getattr(self.client, kind)(*arguments, **named))


# MARK: - What every kernel is tested by


class Generic(jupyter_kernel_test.KernelTests):
    kernel_name = "ward"
    language_name = "ward"
    file_extension = ".ward"
    code_hello_world = 'print "hello, world"'
    code_stderr = "!echo oops >&2"
    completion_samples = [
        {"text": "atta", "matches": ["attack"]}, {"text": "train lenet epo", "matches": ["epochs:"]},
        {"text": 'load "fashion-m', "matches": ['fashion-mnist"']},
    ]
    complete_code_samples = ["1 + 1", "let x = 5", "for x in [1] { print x }", "?attack", ""]
    incomplete_code_samples = ["for x in [1] {", "take([1,", "let x ="]
    invalid_code_samples = ["let = 5", "1 + )"]
    code_generate_error = "nothing_at_all + 1"
    code_execute_result = [
        {"code": "6*7", "result": "42"}, {"code": '"abc"', "result": '"abc"'}, {"code": "tables", "mime": "text/html"},
    ]
    code_display_data = [{"code": "let rows = tables;\nshow rows", "mime": "text/html"}]
    code_history_pattern = "6?7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "attack"


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "ward"
    support_iopub_welcome = True


def check_generic():
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (Generic, Welcome))
    log = io.StringIO()
    result = unittest.TextTestRunner(log, verbosity=0).run(suite)
    expect(result.wasSuccessful(), f"jupyter_kernel_test: {log.getvalue()}")
    print(f"jupyter_kernel_test: {result.testsRun} tests, {len(result.skipped)} do not apply")


# MARK: - Cells


def check_cells(note):
    reply, shown = note.run("let x = 5\nx * 2\nx * 3")
    expect([kind for kind, _ in shown] == ["display_data", "display_data", "execute_result"], f"three values: {shown}")
    expect(shown[-1][1]["data"] == {"text/plain": "15"}, f"the last value is the result: {shown}")
    expect(shown[-1][1]["execution_count"] == reply["execution_count"], "the result has the number of its cell")
    expect(note.text(f"_{reply['execution_count']}") == "15", "the number is that by which the value is called")

    before = reply["execution_count"]
    reply, shown = note.run("let hidden = 7", silent=True)
    expect(shown == [] and reply["status"] == "ok", f"a silent cell shows {shown}")
    reply, shown = note.run("hidden", store_history=False)
    expect(shown[0][1]["data"]["text/plain"] == "7", f"what a silent cell names stays: {shown}")
    reply, shown = note.run("1")
    expect(reply["execution_count"] == before + 2, f"only cells of the history count: {reply}")
    history = note.ask("history", hist_access_type="tail", n=20, output=False)["history"]
    expect(not any("hidden" in row[2] for row in history), "what is not for the history is not in it")

    reply, _ = note.run("let y = 3", user_expressions={"good": "y + 1", "bad": "nowhere", "rich": "tables"})
    values = reply["user_expressions"]
    expect(values["good"]["data"] == {"text/plain": "4"}, f"an expression: {values['good']}")
    expect(values["bad"]["status"] == "error" and values["bad"]["ename"], f"a wrong one: {values['bad']}")
    expect("<table>" in values["rich"]["data"]["text/html"], "a table among the expressions")

    reply, shown = note.run("let z = 1\nz + nowhere\nprint z")
    kind, error = shown[-2] if shown[-1][0] == "stream" else shown[-1]
    expect(reply["status"] == "error" and reply["ename"] == "E0301", f"a mistake: {reply}")
    expect(kind == "error" and any("^" in line for line in error["traceback"]), f"its mark: {shown}")
    expect("\x1b[" in "".join(error["traceback"]), "a mistake has colours")

    # Cells sent together with one that fails do not run, unless the one that fails says so.
    for stops, status in ((True, "aborted"), (False, "ok")):
        first = note.client.execute("nowhere", stop_on_error=stops)
        second = note.client.execute("2 + 2")
        expect(note.reply(first)["status"] == "error", "the first fails")
        expect(note.reply(second)["status"] == status, f"with stop_on_error {stops} the next is {status}")
        note.until_idle(second)

    expect(note.text("!echo out; echo err >&2").split() == ["out", "err"], "a command of the shell writes into the cell")
    expect("status 3" in note.text("!exit 3"), "its status is told")
    expect(note.text("!cat").strip() == "", "it reads nothing, and ends")
    expect("Ctrl-D" in note.text("?quit") or "leave" in note.text("?quit"), "? explains")
    expect("store" in note.text(":store"), "lines about the session work")
    reply, _ = note.run(":quit")
    expect(reply["payload"][0]["source"] == "ask_exit", f"a frontend in a terminal leaves: {reply}")
    expect(note.text("1") == "1", "any other ends its kernel itself")
    rows = note.text("select frontend, notebook from sessions where id = (select max(id) from sessions)")
    expect("jupyter" in rows and "lesson.ipynb" in rows, f"the session's row: {rows}")
    many = note.text("for i in 0..<20000 { print i }")
    expect(many.splitlines() == [str(i) for i in range(20000)], "twenty thousand lines all come, in their order")


def check_rich(note):
    note.run('let f = load "fashion-mnist" train: 1000 test: 200\nlet m = train mlp on: f epochs: 1')
    note.run("let r = attack m with: fgsm keep: images")
    for code, kind in (
        ("tables", "text/html"), ("show f.test[0..<3]", "image/png"), ("gallery r", "image/png"),
        ('show (costs f protect: ["Shirt"])', "image/svg+xml"), ("histogram m", "image/svg+xml"), ("confusion(r)", "text/html"),
    ):
        reply, shown = note.run(code)
        forms = [content["data"] for _, content in shown if "data" in content]
        if expect(forms, f"{code}: {shown} {reply}"):
            expect(kind in forms[-1] and "text/plain" in forms[-1], f"{code} comes as {list(forms[-1])}")
    expect("background" in note.run("confusion(r)")[1][-1][1]["data"]["text/html"], "a confusion matrix is a heat map")


def check_progress_and_interrupt(note):
    def interrupted():
        request = note.client.execute("let long = train cnn on: f epochs: 10000\nprint 1")
        waiting = note.client.execute("2")
        shown = note.until(request, lambda shown: sum(kind == "update_display_data" for kind, _ in shown) == 8)
        begun = time.monotonic()
        note.manager.interrupt_kernel()
        reply = note.reply(request)
        took = time.monotonic() - begun - 0.05  # the moment in which cells are waited for that were sent together
        expect(reply["status"] == "error" and reply["ename"] == "Interrupted", f"the reply says so: {reply}")
        expect(note.reply(waiting)["status"] == "aborted", "the cells that waited do not run")
        return took, shown, note.until_idle(request)

    # One of several tries must be as fast as that: the machine may be busy with other things.
    for _ in range(8):
        took, shown, rest = interrupted()
        if took < 0.2:
            break
    expect(took < 0.2, f"an interrupt took {took:.2f} s")
    displays = [(kind, content) for kind, content in shown + rest if "display_id" in content.get("transient", {})]
    kinds = [kind for kind, _ in displays]
    expect(kinds[0] == "display_data" and set(kinds[1:]) == {"update_display_data"}, f"one place for progress: {kinds}")
    expect(len({content["transient"]["display_id"] for _, content in displays}) == 1, "it has one name")
    expect(displays[-1][1]["data"] == {"text/plain": ""}, f"it is empty at the end: {displays[-1]}")
    expect("epoch" in displays[1][1]["data"]["text/plain"], f"it says how far it is: {displays[1]}")
    expect(not any(kind == "stream" and content["text"] == "1\n" for kind, content in rest), "what follows does not run")

    request = note.client.execute("!echo begun; exec sleep 600")
    note.until(request, lambda shown: shown[-1:] and shown[-1][0] == "stream")
    begun = time.monotonic()
    note.manager.interrupt_kernel()
    reply = note.reply(request)
    took = time.monotonic() - begun
    expect(reply["status"] == "error" and took < 1.7, f"a command of the shell is interrupted: {reply}, {took:.1f} s")


def check_help(note):
    found = note.ask("complete", "é = 1\nattack m wi", 17)
    expect(found["matches"] == ["with:"] and (found["cursor_start"], found["cursor_end"]) == (15, 17), f"places are code points: {found}")
    expect(found["metadata"]["_jupyter_types_experimental"][0]["type"] == "label", f"kinds: {found}")
    expect("clean" in note.ask("complete", "m.cle", 5)["matches"], "members")
    for code, place, word in (
        ("attack m with: pgd", 17, "pgd  (attack)"), ("attack m with: pgd", 2, "attack  (command)"), ("m", 1, "m  (model"),
        ("train lenet on: f ", 18, "train  (command)"), (":save x", 3, ":save"),
    ):
        page = note.ask("inspect", code, place)
        expect(page["found"] and word in page["data"]["text/plain"], f"{code} at {place}: {page}")
    expect(not note.ask("inspect", "zzzz", 2)["found"], "of what there is not there is no page")
    expect(note.ask("is_complete", "def f(a) {\n  [1,") == {"status": "incomplete", "indent": "    "}, "an indentation")


# MARK: - Frontends that are hostile or broken


def check_subscribers(note):
    """Who subscribes while the kernel is talking is welcomed before it hears anything else."""
    connection = json.load(open(note.manager.connection_file))
    session, context = Session(key=connection["key"].encode()), zmq.Context()
    wire = context.socket(zmq.DEALER)
    wire.linger = 0
    wire.connect(f"tcp://127.0.0.1:{connection['control_port']}")
    first, readers = {}, {}
    for number in range(300):
        reader = context.socket(zmq.SUB)
        reader.linger = 0
        reader.subscribe(b"")
        readers[number] = reader
        for _ in range(5):  # each is told to all, twice
            session.send(wire, "kernel_info_request", {})
        reader.connect(f"tcp://127.0.0.1:{connection['iopub_port']}")
        if len(readers) > 20:
            hear(session, first, *min(readers.items()))
            readers.pop(min(readers)).close()
    for item in readers.items():
        hear(session, first, *item)
        item[1].close()
    wire.close()
    late = sum(kind != "iopub_welcome" for kind in first.values())
    expect(late == 0, f"{late} of {len(first)} subscribers hear something before their welcome")


def hear(session, first, number, reader):
    if expect(reader.poll(20000), f"subscriber {number} hears nothing"):
        _, message = session.feed_identities(reader.recv_multipart())
        first[number] = json.loads(message[1])["msg_type"]


def check_hostile(note):
    connection = json.load(open(note.manager.connection_file))
    expect(stat.S_IMODE(os.stat(note.manager.connection_file).st_mode) == 0o600, "the connection file is for its owner")
    context = zmq.Context()

    def dealer(channel):
        channel = context.socket(zmq.DEALER)
        channel.linger = 0
        channel.connect(f"tcp://127.0.0.1:{connection[name]}")
        return channel

    good = Session(key=connection["key"].encode())
    wrong = Session(key=b"wrong")
    header = good.msg_header("execute_request")
    content = {"code": "print 666", "silent": False}
    for name in ("shell_port", "control_port", "stdin_port"):
        wire = dealer(name)
        wrong.send(wire, "execute_request", content)
        for frames in (
            [b""], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"x", b"{}"], [b"a", b"b"], [b"<IDS|MSG>"] * 9, [b"\xff" * 100] * 20,
        ):
            wire.send_multipart(frames)
        for parts in (
            [b"{", b"{}", b"{}", b"{}"], [b"[]", b"{}", b"{}", b"{}"], [b'{"msg_id": 1, "msg_type": 2}', b"{}", b"{}", b"{}"],
            [json.dumps(header, default=str).encode(), b"{}", b"{}", b"[]"], [json.dumps(header, default=str).encode(), b"{}", b"{}", b"{"],
            [b"\xff\xfe", b"", b"", b""], [b"[" * 100000, b"", b"", b""],
        ):
            wire.send_multipart([b"<IDS|MSG>", good.sign(parts), *parts])
        good.send(wire, "no_such_request", {})
        good.send(wire, "comm_open", {"comm_id": "1", "target_name": "nothing"})
        wire.close()
    name = "shell_port"
    wire = dealer(name)
    for kind, content in (
        ("execute_request", {}), ("execute_request", {"code": 5}), ("complete_request", {"code": "x"}),
        ("complete_request", {"code": "x", "cursor_pos": "y"}), ("inspect_request", {"code": None, "cursor_pos": 1}),
        ("history_request", {"hist_access_type": "nonsense"}), ("history_request", {}), ("is_complete_request", {"code": {}}),
        ("execute_request", {"code": "1", "user_expressions": [1]}),
    ):
        message = good.send(wire, kind, content)
        expect(wire.poll(10000), f"{kind} {content} is not answered")
        _, answer = good.feed_identities(wire.recv_multipart())
        answer = good.deserialize(answer)
        expect(answer["content"]["status"] == "error" and answer["content"]["evalue"], f"{kind} {content}: {answer['content']}")
    for place in (10**9, -5):
        good.send(wire, "complete_request", {"code": "atta", "cursor_pos": place})
        _, answer = good.feed_identities(wire.recv_multipart())
        expect(good.deserialize(answer)["content"]["status"] == "ok", f"a cursor at {place}")
    # What was sent before is not run again.
    good.send(wire, "execute_request", {"code": "let once = 1", "silent": False})
    wire.recv_multipart()
    signed = good.serialize(good.msg("execute_request", {"code": "print 555", "silent": False, "store_history": True}))
    wire.send_multipart(signed)
    wire.recv_multipart()
    wire.send_multipart(signed)
    expect(not wire.poll(500), "a message that is repeated is not answered")
    # Not a word of ZeroMQ, and a megabyte of nonsense.
    for port in (connection[key] for key in connection if key.endswith("_port")):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\0" * 1000000)
    begun = time.time()
    good.send(wire, "execute_request", {"code": "x" * 100_000_000, "silent": False})
    expect(wire.poll(30000), "a cell of 100 MB is not answered")
    _, answer = good.feed_identities(wire.recv_multipart())
    answer = good.deserialize(answer)["content"]
    expect(answer["status"] == "error" and "too large" in answer["evalue"], f"a cell of 100 MB: {answer}")
    print(f"a cell of 100 MB is refused within {time.time() - begun:.1f} s")
    wire.close()
    context.term()
    while True:
        try:
            message = note.client.get_iopub_msg(timeout=0.3)
        except queue.Empty:
            break
        expect("666" not in str(message["content"]), "what is signed wrongly does not run")
    expect(note.text("1 + 1") == "2", "the kernel lives")


def check_files(ward, folder):
    def run(*arguments):
        return subprocess.run([ward, "jupyter", *arguments], capture_output=True, text=True, timeout=60)

    os.mkfifo(f"{folder}/fifo")
    open(f"{folder}/bad.json", "w").write("{")
    open(f"{folder}/half.json", "w").write('{"ip": "127.0.0.1", "key": "k"}')
    for file, word in (
        ("fifo", "regular file"), (".", "regular file"), ("bad.json", "not JSON"), ("half.json", "does not say"), ("none.json", "there is no file"),
    ):
        ended = run("kernel", f"{folder}/{file}")
        expect(ended.returncode == 1 and word in ended.stderr, f"{file}: {ended.stderr}")
    here = f"{folder}/prefix"
    os.mkdir(here)
    expect(run("install", "--prefix", here, "--seed", "3").returncode == 0, "it is installed below a prefix")
    spec = json.load(open(f"{here}/share/jupyter/kernels/ward/kernel.json"))
    expect(spec["argv"][-2:] == ["--seed", "3"] and os.path.isabs(spec["argv"][0]), f"what starts it: {spec}")
    for size in (32, 64):
        logo = open(f"{here}/share/jupyter/kernels/ward/logo-{size}x{size}.png", "rb").read()
        expect(logo[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(logo[16:20], "big") == size, f"the logo of {size} pixels")
    expect(run("remove", "--prefix", here).returncode == 0, "it is removed")
    expect(not os.path.exists(f"{here}/share/jupyter/kernels/ward"), "nothing is left")
    expect(run("remove", "--prefix", here).returncode == 1, "what is not there is not removed")


# MARK: - Whole notebooks


def exported(ward, source, folder):
    target = f"{folder}/{os.path.basename(source)[:-5]}.ipynb"
    done = subprocess.run([ward, "export", source, "--to", target], capture_output=True, text=True, cwd=ROOT)
    expect(done.returncode == 0, f"{source}: {done.stderr}")
    return nbformat.read(target, as_version=4)


def check_notebook(ward, source, folder, fails=False):
    book = exported(ward, source, folder)
    expect(book.metadata.kernelspec.name == "ward", f"{source}: {book.metadata.kernelspec}")
    begun = time.time()
    client = nbclient.NotebookClient(book, timeout=600, kernel_name="ward", allow_errors=fails, resources={"metadata": {"path": ROOT}})
    try:
        client.execute()
    except Exception as error:  # whatever ends it is what the test tells
        expect(False, f"{source}: {error}")
    nbformat.validate(book)
    print(f"{os.path.basename(source)} as a notebook: {time.time() - begun:.0f} s")
    return book


def results(ward, store):
    """Every result of a store; the same seed gives the same bits."""
    query = ("select model, attack, norm, eps, images, clean, robust, protected, mean_cost, queries from results order by id")
    return subprocess.run([ward, "sql", "--store", store, query, "--mode", "csv"], capture_output=True, text=True).stdout


def check_recorded(ward, source, folder):
    """A recorded session that replays as it was recorded comes to the same results, to the last bit, as a notebook."""
    name = os.path.basename(source)
    replayed, ran = f"{folder}/{name}.replay.sqlite", f"{folder}/{name}.notebook.sqlite"
    ended = subprocess.run([ward, "replay", source, "--store", replayed], capture_output=True, text=True, cwd=ROOT)
    expect(ended.returncode == 0, f"{name} does not replay: {ended.stdout}{ended.stderr}")
    usual, os.environ["WARD_STORE"] = os.environ["WARD_STORE"], ran
    check_notebook(ward, source, folder, fails=True)
    os.environ["WARD_STORE"] = usual
    before, after = results(ward, replayed), results(ward, ran)
    expect(before.count("\n") > 1 and before == after, f"{name}: replayed\n{before}\nas a notebook\n{after}")


def check_papermill(folder):
    cells = [
        nbformat.v4.new_code_cell("param eps = 0.1\nparam name = \"a\"", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell('print "{eps * 2} {name}"'),
    ]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "ward", "display_name": "Ward", "language": "ward"}})
    nbformat.write(book, f"{folder}/in.ipynb")
    # Papermill knows no Ward; Julia's assignments, lists, truth values and texts are written alike.
    with contextlib.redirect_stderr(io.StringIO()):
        papermill.execute_notebook(
            f"{folder}/in.ipynb", f"{folder}/out.ipynb", parameters={"eps": 0.25, "name": "b"}, language="julia", progress_bar=False)
    said = nbformat.read(f"{folder}/out.ipynb", as_version=4).cells[-1].outputs
    expect(said[0].text == "0.5 b\n", f"papermill: {said}")


def check_console(folder):
    console = subprocess.run(
        [sys.executable, "-m", "jupyter_console", "--kernel", "ward", "--simple-prompt"], input="6 * 7\nnowhere\n", text=True,
        capture_output=True, timeout=60)
    if "No module named" in console.stderr:
        return print("jupyter_console is not installed: it was not tried")
    expect("42" in console.stdout and "E0301" in console.stdout + console.stderr, f"jupyter console: {console.stdout} {console.stderr}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    ward = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="ward-jupyter-") as folder:
        os.environ.update(
            JUPYTER_DATA_DIR=f"{folder}/data", WARD_STORE=f"{folder}/ward.sqlite", JPY_SESSION_NAME="/work/lesson.ipynb",
            JUPYTER_RUNTIME_DIR=f"{folder}/runtime", IPYTHONDIR=f"{folder}/ipython")
        installed = subprocess.run([ward, "jupyter", "install"], capture_output=True, text=True)
        if not expect(installed.returncode == 0, installed.stderr):
            sys.exit(1)
        if "libzmq" in installed.stderr:
            return print("jupyter_test.py: skipped, there is no libzmq")
        check_files(ward, folder)
        check_generic()
        with Notebook() as note:
            check_cells(note)
            check_rich(note)
            check_help(note)
            check_progress_and_interrupt(note)
            check_subscribers(note)
            check_hostile(note)
            begun = time.time()
            note.manager.restart_kernel(now=False)
            note.client.wait_for_ready(timeout=20)
            expect(note.run("m")[0]["status"] == "error" and note.text("1") == "1", "a restart begins anew")
            training = note.client.execute("let long = train cnn on: (load \"fashion-mnist\") epochs: 10000")
            note.until(training, lambda shown: shown[-1:] and shown[-1][0] == "update_display_data")
            note.manager.shutdown_kernel(now=False)
            expect(time.time() - begun < 15, "restart and shutdown are soon done")
            asked = subprocess.run(
                [ward, "sql", "select status, count(*) from cells where session = (select max(id) from sessions) and number > 2 "
                 "or status = 'running' group by 1", "--mode", "csv"], capture_output=True, text=True)
            expect("interrupted,1" in asked.stdout and "running" not in asked.stdout, f"shutdown in a training: {asked.stdout}")
        with Notebook(transport="ipc", ip=f"{folder}/ipc") as note:
            expect(note.text("1 + 1") == "2", "a kernel listens on ipc too")
        check_papermill(folder)
        check_console(folder)
        lessons = sorted(glob.glob(f"{ROOT}/examples/lessons/*.ward"))
        if "all" in sys.argv[2:]:
            for lesson in lessons:
                check_notebook(ward, lesson, folder)
            for session in sorted(glob.glob(f"{ROOT}/history/*.ward")):
                check_recorded(ward, session, folder)
        else:
            check_notebook(ward, lessons[0], folder)
    print(f"{'all is well' if not failures else str(len(failures)) + ' failures'}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
