"""A person in a browser: opens a page, moves each control of each board, sees the page change and nothing complain.

Boards come from ``board_table.py``, all in one notebook, in JupyterLab and in Voilà.  An error in what a control sets
off fails no cell and writes nothing into the page: the tests read what the kernel says on its way to the browser.

``DMKIT_REDRAWS=FILE`` writes how long each redraw took, on the clock and in processor time of server and kernel;
``DMKIT_SCREENSHOTS=FOLDER`` keeps pictures.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from urllib.error import URLError

import pytest

from tests.lab.boards.board_table import BOARDS, NOTEBOOKS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REDRAWS = os.environ.get("DMKIT_REDRAWS")
SECONDS = float(os.environ.get("DMKIT_PATIENCE", "60"))
BROKEN = """import dmkit as dm
def draw(size):
    if size > 2:
        raise ValueError("a board that fails")
    return dm.views.look.Look("small", "<b>small</b>")
dm.explore(draw, size=(2, 9))
"""
TROUBLE = re.compile(rb'"(?:msg_type|output_type|method)": ?"error"|"name": ?"stderr"')

IDLE = """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"""
ALL_RUN = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const cells = notebook.widgets.filter(cell => cell.model.type === 'code');
  return cells.length > 0 && cells.every(cell => cell.model.executionState === 'idle' && cell.model.executionCount);
}"""
SHOW_CELL = "at => window.jupyterapp.shell.currentWidget.content.scrollToItem(at, 'start')"
WATCH = """shown => {
  window.dmStart = window.dmLast = null;
  for (const kind of ['change', 'click', 'input'])
    shown.addEventListener(kind, () => { window.dmStart ??= performance.now(); }, {capture: true, once: true});
  window.dmEyes?.disconnect();
  window.dmEyes = new MutationObserver(() => { if (window.dmStart) window.dmLast = performance.now(); });
  window.dmEyes.observe(shown, {subtree: true, childList: true, characterData: true, attributes: true});
}"""
TOOK = "() => window.dmStart && window.dmLast ? window.dmLast - window.dmStart : null"
STILL = """() => {  // nothing has moved for a while; an act may change nothing that is seen: a field for the next press
  const now = performance.now();
  return window.dmLast ? now - window.dmLast > 80 : window.dmStart && now - window.dmStart > 1500;
}"""
NAMELESS = """shown => [...shown.querySelectorAll('input,select,textarea,button,summary,[role=slider]')]
  .filter(control => control.checkVisibility() && !control.computedName?.trim())
  .map(control => control.outerHTML.slice(0, 200))"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
each = pytest.mark.parametrize("at", range(len(BOARDS)), ids=[row.name.replace(" ", "-") for row in BOARDS])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def notebook(*cells):
    """A notebook of these code cells."""
    whole = [
        {"cell_type": "code", "id": f"c{at}", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for at, text in enumerate(cells)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    return json.dumps({"cells": whole, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "work"
    work.mkdir()
    (work / "boards.ipynb").write_text(notebook(*(row.source for row in BOARDS), BROKEN), encoding="utf-8")
    shutil.copy(NOTEBOOKS / "01-a-conversation.ipynb", work)
    (folder / "data").symlink_to(NOTEBOOKS.parent / "data")
    return folder


@contextmanager
def started(folder, *arguments):
    """A server of Jupyter with folders of its own; it is not waited for."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    own = {name: str(folder / name.lower()) for name in (*names, "JUPYTERLAB_WORKSPACES_DIR")}
    with (folder / f"log-{arguments[0]}").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env={**os.environ, **own}, stdout=log, stderr=log, cwd=folder / "work"
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def servers(folder):
    """JupyterLab, and Voilà on the notebook of boards: both begin at once, and are then waited for."""
    for name in ("jupyterlab", "voila"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    lab_port, port = free_port(), free_port()
    lab = ["jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={lab_port}", "--ServerApp.ip=127.0.0.1"]
    lab += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
    lab += [f"--ServerApp.root_dir={folder / 'work'}"]
    page = ["voila", "boards.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    page += ["--MappingKernelManager.default_kernel_name=python3", "--show_tracebacks=True"]
    with started(folder, *lab) as one, started(folder, *page) as other:
        wait_for(f"http://127.0.0.1:{lab_port}", one)
        wait_for(f"http://127.0.0.1:{port}/voila/static/voila.js", other)
        found = {"jupyterlab": f"http://127.0.0.1:{lab_port}", "voila": f"http://127.0.0.1:{port}"}
        yield found | {"jupyterlab pid": one.pid, "voila pid": other.pid}


def wait_for(address, process):
    for _ in range(int(4 * SECONDS)):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                answer.read()
            return
        except urllib.error.HTTPError:
            return
        except (URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, "the server ended by itself"
            Event().wait(0.25)
    raise AssertionError("the server did not answer")


class Looked:
    """A page, what it complained of, and the error that its kernel sent; ``server`` is the process that it talks to."""

    server: int

    def __init__(self, page):
        self.page, self.complaints = page, []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framereceived", self.heard))

    def heard(self, frame):
        data = frame.encode() if isinstance(frame, str) else frame
        if TROUBLE.search(data) and b"No such comm" not in data:  # Lab asks about its own of a page before
            self.complaints.append(data.decode("utf-8", "replace"))

    def worked(self):
        """Processor time so far, in ms, of the server and its kernels."""
        import psutil

        server = psutil.Process(self.server)
        tree = [process.cpu_times() for process in (server, *server.children(recursive=True))]
        return 1000 * sum(times.user + times.system for times in tree)

    def taken(self):
        """The complaints since this was asked last."""
        taken, self.complaints[:] = list(self.complaints), []
        return taken


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-blink-features=ComputedAccessibilityInfo"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        api.expect.set_options(timeout=SECONDS * 1000)
        yield browser
        browser.close()


def opened(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.set_default_timeout(SECONDS * 1000)
    page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())  # a CDN is not waited for
    return Looked(page)


def run_all(address, looked, name):
    looked.page.goto(f"{address}/lab/tree/{name}?reset")
    looked.page.wait_for_selector(".jp-Notebook .jp-Cell")
    looked.page.wait_for_function(IDLE)
    looked.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")


@pytest.fixture(scope="module")
def opened_pages(servers, browser):
    """All boards in JupyterLab and in Voilà; the one kernel runs them while the other's page is asked for."""
    lab, page = opened(browser), opened(browser)
    run_all(servers["jupyterlab"], lab, "boards.ipynb")
    page.page.goto(servers["voila"], timeout=3 * SECONDS * 1000)  # Voilà runs all before it answers
    lab.page.wait_for_function(ALL_RUN, timeout=3 * SECONDS * 1000)
    page.page.get_by_label("size, 2 to 9").wait_for()  # the last board is there
    lab.server, page.server = servers["jupyterlab pid"], servers["voila pid"]
    return {"jupyterlab": lab, "voila": page}


@pytest.fixture(scope="module")
def in_jupyterlab(opened_pages):
    assert not opened_pages["jupyterlab"].taken()
    return opened_pages["jupyterlab"]


@pytest.fixture(scope="module")
def in_voila(opened_pages):
    complaints = opened_pages["voila"].taken()
    assert not [text for text in complaints if "Failed to load resource" not in text]  # it asks a CDN for MathJax
    return opened_pages["voila"]


def board_in_jupyterlab(looked, at):
    looked.page.evaluate(SHOW_CELL, at)
    shown = looked.page.locator(f'[data-windowed-list-index="{at}"] .jp-OutputArea-output .widget-vbox').first
    shown.wait_for()
    return shown


def board_in_voila(looked, at):
    shown = looked.page.locator(".jp-Cell .jp-OutputArea, .cell .jp-OutputArea").nth(at).locator(".widget-vbox").first
    shown.scroll_into_view_if_needed()
    return shown


def use(shown, act):
    """Do with a control what a person would; a name that two controls bear is not found."""
    if act.value is None:
        shown.get_by_role("button", name=act.control, exact=True).click()
        return
    control = shown.get_by_label(act.control, exact=True).locator("visible=true").first
    if isinstance(act.value, bool):
        control.set_checked(act.value)
    elif control.evaluate("control => control.tagName") == "SELECT":
        control.select_option(label=act.value)
    else:
        control.fill(act.value)
        if control.evaluate("control => control.tagName") == "INPUT":
            control.press("Enter")


def follows(looked, shown, row, place):
    """Each act of ``row``, what the board says then, and that nobody complains; the time of each redraw is reported."""
    from playwright.sync_api import expect

    assert shown.evaluate(NAMELESS) == []
    took = []
    for act in row.acts:
        shown.evaluate(WATCH)
        before = looked.worked() if REDRAWS else 0
        use(shown, act)
        if act.sees:
            expect(shown).to_contain_text(act.sees)
        looked.page.wait_for_function(STILL)
        after = looked.worked() if REDRAWS else 0
        took.append((act.control, looked.page.evaluate(TOOK) or 0, after - before))
    assert looked.taken() == []
    if REDRAWS:
        with Path(REDRAWS).open("a", encoding="utf-8") as file:
            file.writelines(f'{place},"{row.name}","{name}",{ms:.0f},{work:.0f}\n' for name, ms, work in took)
    if os.environ.get("DMKIT_SCREENSHOTS"):
        shown.screenshot(path=Path(os.environ["DMKIT_SCREENSHOTS"]) / f"{place}-{row.name.replace(' ', '-')}.png")


@each
def test_a_board_follows_in_jupyterlab(in_jupyterlab, at):
    follows(in_jupyterlab, board_in_jupyterlab(in_jupyterlab, at), BOARDS[at], "JupyterLab")


@each
def test_a_board_follows_in_voila(in_voila, at):
    follows(in_voila, board_in_voila(in_voila, at), BOARDS[at], "Voila")


@pytest.mark.parametrize("place", ["jupyterlab", "voila"])
def test_a_board_that_fails_is_noticed(request, place):
    looked = request.getfixturevalue(f"in_{place}")
    shown = (board_in_jupyterlab if place == "jupyterlab" else board_in_voila)(looked, len(BOARDS))
    number = shown.get_by_label("size, 2 to 9").locator("visible=true").first
    number.fill("7")
    number.press("Enter")
    for _ in range(int(4 * SECONDS)):
        looked.page.wait_for_timeout(250)
        if looked.complaints:
            break
    assert any("a board that fails" in text for text in looked.taken())


def test_a_notebook_itself_runs_and_its_stepper_moves(servers, browser):
    from playwright.sync_api import expect

    looked = opened(browser)
    run_all(servers["jupyterlab"], looked, "01-a-conversation.ipynb")
    looked.page.wait_for_function(ALL_RUN)
    cells = json.loads((NOTEBOOKS / "01-a-conversation.ipynb").read_text(encoding="utf-8"))["cells"]
    at = next(n for n, cell in enumerate(cells) if "dm.stepper(device" in "".join(cell["source"]))
    stepper = board_in_jupyterlab(looked, at)
    ladder = stepper.locator("img").first
    drawn = ladder.get_attribute("src")
    use(stepper, BOARDS[0].acts[1])
    expect(stepper).to_contain_text(BOARDS[0].acts[1].sees)
    expect(ladder).not_to_have_attribute("src", drawn)
    assert looked.taken() == []


# -- without a mouse


def keys(page, control, *strokes, backwards=False):
    """Tab until the control called ``control`` has the focus, and then press ``strokes``."""
    for _ in range(200):
        here = page.evaluate("() => document.activeElement?.computedName")
        if here == control:
            break
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    else:
        raise AssertionError(f"Tab does not lead to {control!r}")
    for stroke in strokes:
        press = page.keyboard.press if stroke in {"Enter", "Space", "ArrowDown", "Control+a"} else page.keyboard.type
        press(stroke)


@pytest.mark.parametrize("place", ["jupyterlab", "voila"])
def test_stepper_lists_and_a_board_without_a_mouse(request, place):
    from playwright.sync_api import expect

    looked = request.getfixturevalue(f"in_{place}")
    page, board = looked.page, board_in_jupyterlab if place == "jupyterlab" else board_in_voila
    names = [row.name for row in BOARDS]

    stepper = board(looked, names.index("session to step through"))
    stepper.get_by_label("message, 1 to 6").locator("visible=true").first.focus()
    keys(page, "message, 1 to 6", "Control+a", "1", "Enter")
    expect(stepper).to_contain_text("C1, device to server")
    keys(page, "Next", "Enter", backwards=True)
    expect(stepper).to_contain_text("S1, server to device")
    keys(page, "octets", "Space")
    expect(stepper.locator("pre").locator("visible=true").first).to_contain_text("53 79 6e 63")  # 'Sync'

    lists = board(looked, names.index("lists of rights"))
    lists.get_by_label("node").locator("visible=true").first.focus()
    keys(page, "Undo all", "Enter")
    keys(page, "own list", "Control+a", "Get=*&Exec=guest.example", "Enter", backwards=True)
    keys(page, "may", "guest.example")  # an x among them would cut the cell in JupyterLab
    expect(lists.get_by_label("may", exact=True)).to_have_value("guest.example")
    keys(page, "do command", "Exec")
    keys(page, "policy", "specification")
    expect(lists.get_by_role("status").first).to_contain_text("gives Exec to guest.example")

    campaign = board(looked, names.index("campaign"))
    campaign.get_by_label("trigger").locator("visible=true").first.focus()
    keys(page, "servers, 4 to 64", "Control+a", "16", "Enter")
    keys(page, "people", "phones, nobody", "ArrowDown", "ArrowDown")
    picture = re.compile("16 servers, .*, all ready: ")
    expect(campaign.locator("img").first).to_have_attribute("alt", picture)
    expect(campaign).to_contain_text("Before, with trigger")
    assert looked.taken() == []
