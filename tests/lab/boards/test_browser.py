"""A person in JupyterLab: opens a notebook, runs all of it, moves a control, sees the page change."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Event
from urllib.error import URLError

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "notebooks"
NOTEBOOKS = (
    "01-a-conversation.ipynb", "04-who-may.ipynb", "08-inside-the-card.ipynb", "11-an-attacker-on-the-path.ipynb",
    "13-your-own-management-object.ipynb", "17-what-enablers-need.ipynb", "18-scheduling-trade-offs.ipynb",
)  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 60

IDLE = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
  return session?.kernel?.status === 'idle';
}"""
ALL_RUN = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const cells = notebook.widgets.filter(cell => cell.model.type === 'code');
  return cells.length > 0 && cells.every(cell => cell.model.executionState === 'idle' && cell.model.executionCount);
}"""
SHOW_CELL = """text => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const at = notebook.widgets.findIndex(cell => cell.model.sharedModel.source.includes(text));
  return notebook.scrollToItem(at, 'start');
}"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab with folders of its own, serving copies of the notebooks."""
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "work"
    work.mkdir()
    for name in NOTEBOOKS:
        shutil.copy(FOLDER / name, work)
    shutil.copytree(FOLDER.parent / "data" / "bootstrap", folder / "data" / "bootstrap")
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    own = {name: str(folder / name.lower()) for name in (*names, "JUPYTERLAB_WORKSPACES_DIR")}
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
    command += ["--LabApp.news_url=None", f"--ServerApp.root_dir={work}"]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status", process)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def wait_for(address, process):
    for _ in range(4 * SECONDS):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                json.load(answer)
            return
        except (URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, "JupyterLab ended by itself"
            Event().wait(0.25)
    raise AssertionError("JupyterLab did not answer")


@pytest.fixture(scope="module")
def page(lab):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.set_default_timeout(SECONDS * 1000)
        yield page
        browser.close()


def run_all(lab, page, name, text):
    """Open a notebook, run it, scroll to the cell with ``text``; gives the list of errors that the page reports."""
    from playwright.sync_api import expect

    expect.set_options(timeout=SECONDS * 1000)
    errors = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.goto(f"{lab}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(IDLE)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(ALL_RUN)
    page.evaluate(SHOW_CELL, text)
    return errors


def test_the_stepper_moves(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "01-a-conversation.ipynb", "dm.stepper(")
    stepper = page.locator(".jp-OutputArea .widget-vbox").filter(has_text="of 6").first
    stepper.wait_for()
    ladder = stepper.locator("img").first
    message = stepper.locator("pre").first
    expect(stepper).to_contain_text("C1, device to server")
    expect(message).to_contain_text("Alert")
    drawn, said = ladder.get_attribute("src"), message.inner_text()

    number = stepper.get_by_label("message", exact=True).locator("visible=true").first
    number.fill("5")
    number.press("Enter")
    expect(stepper).to_contain_text("C3, device to server")
    expect(ladder).not_to_have_attribute("src", drawn)
    expect(message).not_to_have_text(said)

    stepper.get_by_role("button", name="device tree").click()
    expect(stepper.locator("del", has_text="internet.old")).to_be_visible()
    stepper.get_by_role("button", name="Next").click()
    expect(stepper).to_contain_text("S3, server to device")
    assert not errors, errors


def test_the_explorer_of_lists_answers(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "04-who-may.ipynb", "dm.boards.acl_explorer(")
    explorer = page.locator(".jp-OutputArea .widget-vbox").filter(has_text="Who could ever?").first
    explorer.wait_for()
    expect(explorer).to_contain_text("ACL of ./FW/Run gives Exec to ops.example only")

    own = explorer.get_by_label("own list").locator("visible=true").first
    own.fill("Exec=*")
    own.press("Enter")
    expect(explorer).to_contain_text("yes: ACL of ./FW/Run gives Exec to everybody")
    own.fill("exec=*")
    own.press("Enter")
    expect(explorer.get_by_role("alert")).to_contain_text("is no command of a list")
    explorer.get_by_role("button", name="Undo all").click()
    expect(explorer).to_contain_text("ACL of ./FW/Run gives Exec to ops.example only")
    expect(explorer.get_by_role("alert")).to_have_count(0)

    explorer.get_by_label("may", exact=True).select_option("ops.example")
    expect(explorer).to_contain_text("yes: ACL of ./FW/Run gives Exec to ops.example")
    explorer.get_by_label("policy").select_option("open")
    expect(explorer).to_contain_text("the open policy allows everything")
    assert not errors, errors


def test_a_card_answers(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "08-inside-the-card.ipynb", "dm.boards.card_explorer(")
    explorer = page.locator(".jp-OutputArea .widget-vbox").filter(has_text="exchanges with the card").first
    explorer.wait_for()
    expect(explorer).to_contain_text("EF.DIR")
    for command in ("SELECT PKCS#15", "SELECT EF.DODF", "READ BINARY, all"):
        explorer.get_by_label("command", exact=True).select_option(command)
        explorer.get_by_role("button", name="Send").click()
        expect(explorer).to_contain_text(command.replace("PKCS#15", "DF.PKCS15").removesuffix(", all"))
    expect(explorer).to_contain_text("OBJECT IDENTIFIER: 2.23.43.7.1 dm-bootstrap")
    assert not errors, errors


def test_the_editor_of_objects_follows_every_edit(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "13-your-own-management-object.ipynb", "dm.boards.object_editor(")
    editor = page.locator(".jp-OutputArea .widget-vbox").filter(has_text="show remarks from").first
    editor.wait_for()
    expect(editor.get_by_role("status")).to_contain_text("nothing to say")

    text = editor.get_by_label("object", exact=True).locator("visible=true").first
    table = text.input_value()
    text.fill(table.replace("= 20.0", "= warm"))
    expect(editor.get_by_role("status")).to_contain_text("DefaultValue 'warm' is no float")
    text.fill(table.replace("= 20.0", "= warm").replace("| float  ", "| flo  "))
    expect(editor.get_by_role("alert")).to_contain_text("'flo' is no format")
    expect(editor.get_by_role("status")).to_contain_text("DefaultValue 'warm' is no float")

    text.fill(table.replace("A D G R", "A G R  "))
    expect(editor.get_by_role("status")).to_contain_text("a server can add such nodes and not delete them")
    expect(editor.get_by_role("alert")).to_have_count(0)
    editor.get_by_role("button", name="changes").click()
    expect(editor).to_contain_text("Delete is answered 405 now")
    editor.get_by_role("button", name="node table").click()
    expect(editor).to_contain_text("Min. access types")
    text.press("End")
    page.keyboard.press("Tab")  # a person without a mouse gets on
    expect(text).not_to_be_focused()
    editor.get_by_role("button", name="Undo all").click()
    expect(editor.get_by_role("status")).to_contain_text("nothing to say")
    if os.environ.get("DMKIT_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["DMKIT_SCREENSHOTS"]) / "object-editor.png")
    assert not errors, errors


def test_the_board_of_schedules_follows_its_knobs(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "18-scheduling-trade-offs.ipynb", "dm.boards.dashboard(")
    board = page.locator(".jp-OutputArea .widget-vbox").filter(has_text="requests waiting").first
    board.wait_for()
    curve = board.locator("img").first
    expect(board.locator("p").first).to_contain_text("requests waiting")
    drawn, opening = curve.get_attribute("src"), board.locator("p").first.inner_text()

    board.get_by_label("trigger", exact=True).locator("visible=true").first.select_option("all at once")
    expect(curve).not_to_have_attribute("src", drawn)
    expect(board.locator("p").first).not_to_have_text(opening)
    drawn, said = curve.get_attribute("src"), board.locator("p").first.inner_text()

    servers = board.get_by_label("servers", exact=True).locator("visible=true").first
    servers.fill("32")
    servers.press("Enter")
    expect(curve).not_to_have_attribute("src", drawn)
    expect(board.locator("p").first).not_to_have_text(said)
    board.get_by_label("people", exact=True).locator("visible=true").first.select_option("phones, owners asked")
    expect(board.locator("p").first).not_to_contain_text("annoyance 0.00")
    assert not errors, errors


def test_a_cell_of_the_matrix_is_picked_and_replayed(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "11-an-attacker-on-the-path.ipynb", "# not compared: a live widget")
    picked = page.locator(".jp-OutputArea .widget-vbox").filter(has_text="steal card").first
    picked.wait_for()
    expect(picked).to_contain_text("breached: Replace ./APN/Name was executed")
    picked.get_by_label("design", exact=True).select_option("mac")
    expect(picked).to_contain_text("safe: complete to budget")
    picked.get_by_label("attack", exact=True).select_option("downgrade")
    expect(picked).to_contain_text("stands in the credentials")
    assert not errors, errors


def test_the_board_of_enablers_follows_its_switches(lab, page):
    from playwright.sync_api import expect

    errors = run_all(lab, page, "17-what-enablers-need.ipynb", "dm.boards.enabler_explorer")
    shown = page.locator(".jp-OutputArea-output", has=page.get_by_label("Exec", exact=True)).first
    row = shown.locator("tr", has=page.get_by_role("rowheader", name="lock", exact=True))
    expect(row).to_contain_text("fails")
    shown.get_by_label("Exec", exact=True).check()
    expect(row).to_contain_text("works")
    assert not errors, errors
