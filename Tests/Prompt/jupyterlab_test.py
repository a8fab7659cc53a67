#!/usr/bin/env python3
"""Works in JupyterLab as a person does, in a browser without a window: a lesson is opened and run from top to bottom, a
training is interrupted, a name is completed and explained.

    jupyterlab_test.py WARD [FOLDER]     FOLDER: where pictures of the screen are kept, to be looked at

Where JupyterLab, Playwright or Chromium cannot be had, it says so and passes.
"""
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

LESSON = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "lessons", "01-first-attack.ward")
CELLS = (
    'let fashion = load "fashion-mnist" train: 3000 test: 300;\nshow fashion.test[0..<4]',
    "let m = train mlp on: fashion epochs: 1\nconfusion((attack m with: fgsm))",
    "plot select 1 as x, 2 as y union select 2, 3",
    "let long = train cnn on: fashion epochs: 500",
)
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)
        print(f"FAILED {message}")


def lacking():
    """What is not on this machine, in words; None if all is there."""
    for module in ("jupyterlab", "playwright"):
        if importlib.util.find_spec(module) is None:
            return module
    return None if shutil.which("chromium") else "chromium"


def free_port():
    """A port that no other program gets while the socket is open: a server may still listen there, as servers reuse addresses."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return holder


def notebook(cells):
    kernel = {"name": "ward", "display_name": "Ward", "language": "ward"}
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel},
        "cells": [{"cell_type": "code", "id": f"cell-{i}", "source": text, "metadata": {}, "outputs": [],
                   "execution_count": None} for i, text in enumerate(cells)],
    }


class Lab:
    def __init__(self, page, address, pictures):
        self.page, self.address, self.pictures = page, address, pictures

    def open(self, name):
        self.page.goto(f"{self.address}/lab/tree/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_selector(".jp-Toolbar-kernelName:has-text('Ward')")
        self.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")

    def run_all(self):
        self.page.click("text=Run >> nth=0")
        self.page.click("text=Run All Cells >> nth=0")

    def cell(self, number):
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def keep(self, name):
        if self.pictures:
            self.page.screenshot(path=os.path.join(self.pictures, name + ".png"))


def check_cells(lab):
    lab.open("own.ipynb")
    lab.run_all()
    lab.cell(0).locator(".jp-OutputArea-output img").wait_for()
    lab.cell(1).locator("td[style*=background]").first.wait_for()
    lab.cell(2).locator(".jp-OutputArea-output svg, .jp-OutputArea-output img[src*=svg]").first.wait_for()
    lab.cell(3).locator("text=/epoch \\d+\\/500/").first.wait_for()
    lab.keep("training")
    lab.page.keyboard.press("Escape")
    started = time.monotonic()
    lab.page.keyboard.press("i")
    lab.page.keyboard.press("i")
    lab.cell(3).locator("text=interrupted in epoch").wait_for()
    print(f"an interrupt is seen after {time.monotonic() - started:.2f} s")
    expect(lab.cell(3).locator("text=/━/").count() == 0, "progress stays on the page")
    lab.keep("interrupted")
    lab.page.keyboard.press("b")
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.type("attack m with: jsm")
    lab.page.keyboard.press("Tab")
    lab.page.wait_for_function(
        "[...document.querySelectorAll('.jp-Notebook .cm-content')].some(x => x.innerText.includes('jsma'))"
        " || document.querySelector('.jp-Completer:not(.lm-mod-hidden)')")
    for attempt in range(20):
        # Not heard while the completion is still on its way.
        lab.page.keyboard.press("Shift+Tab")
        lab.page.wait_for_timeout(500)
        if lab.page.locator(".jp-Tooltip").count():
            break
    expect("saliency" in lab.page.locator(".jp-Tooltip").first.inner_text(timeout=5_000), "jsma is not explained")
    lab.keep("help")


def check_lesson(lab):
    lab.open("lesson.ipynb")
    lab.run_all()
    # A cell has a number once it has run; the last may show nothing, as a check that holds.
    last = lab.page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-InputPrompt", has_text=re.compile(r"\d"))
    last.wait_for(timeout=300_000)
    expect(lab.page.locator(".jp-OutputArea-output table").count() >= 2, "the lesson shows no tables")
    expect(lab.page.locator(".jp-Notebook h2").count() >= 4, "the lesson has no headings")
    expect(lab.page.locator("[data-mime-type*=error]").count() == 0, "the lesson shows an error")
    lab.keep("lesson")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    missing = lacking()
    if missing:
        print(f"jupyterlab_test.py: {missing} is not on this machine: JupyterLab was not tried")
        return
    from playwright.sync_api import sync_playwright

    ward, pictures = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(prefix="ward-lab-", ignore_cleanup_errors=True) as folder:
        names = ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
                 "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "XDG_CONFIG_HOME")
        environment = dict(os.environ, WARD_STORE=os.path.join(folder, "ward.sqlite"),
                           **{name: os.path.join(folder, name.lower()) for name in names})
        work = os.path.join(folder, "work")
        os.mkdir(work)
        subprocess.run([ward, "jupyter", "install"], env=environment, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([ward, "export", LESSON, "--to", os.path.join(work, "lesson.ipynb")], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(work, "own.ipynb"), "w") as file:
            json.dump(notebook(CELLS), file)
        holder = free_port()
        port = holder.getsockname()[1]
        log = open(os.path.join(folder, "lab.log"), "w+")
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--port-retries=0", "--ip=127.0.0.1",
             "--IdentityProvider.token=", f"--ServerApp.root_dir={work}", "--LabApp.news_url="],
            env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(1200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.25)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=120_000)
                page = browser.new_page(viewport={"width": 1200, "height": 1500})
                page.set_default_timeout(120_000)
                lab = Lab(page, address, pictures)
                try:
                    check_cells(lab)
                    check_lesson(lab)
                except Exception as error:
                    lab.keep("failed")
                    log.seek(0)
                    expect(False, f"{error}\n{log.read()[-3000:]}")
                browser.close()
        finally:
            server.terminate()
            server.wait()
    print("jupyterlab_test.py: " + ("all is well" if not failures else f"{len(failures)} failures"))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
