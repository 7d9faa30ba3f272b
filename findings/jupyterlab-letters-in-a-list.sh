#!/bin/sh
# PyPI jupyterlab 4.6.6 with ipywidgets 8.1.9, in Chromium (one of the machine; CHROMIUM says which): somebody moves to the
# list of choices of a Dropdown by Tab and types the first letter of a choice.
# A good guess: the list is a form control that has the focus, so the letter chooses, as in any page; JupyterLab leaves
# keys to a text field of the same board.
# Seen: the letter chooses nothing; JupyterLab takes it for a command of the notebook. x cuts the cell, with the board in it.
set -eu
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check jupyterlab==4.6.6 ipywidgets==8.1.9 ipykernel==7.4.0 playwright==1.65.2 >/dev/null 2>&1
cat > board.ipynb <<'NB'
{"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [],
 "source": "import ipywidgets as w\nw.VBox([w.Text(description='text'), w.Dropdown(options=['alpha', 'xenon'], description='list')])"},
 {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "the end"}],
 "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
NB
cat > run.py <<'PY'
import os, socket, subprocess, sys, time, urllib.request
from playwright.sync_api import sync_playwright
with socket.socket() as s:
    s.bind(("127.0.0.1", 0)); port = s.getsockname()[1]
own = {n: os.path.abspath(n.lower()) for n in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
    "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"], env={**os.environ, **own},
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/lab", timeout=5).read(); break
        except OSError:
            time.sleep(0.2)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"http://127.0.0.1:{port}/lab/tree/board.ipynb")
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        field = page.locator(".widget-text input"); choice = page.locator(".widget-dropdown select")
        cells = lambda: page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type)")
        field.click(); page.keyboard.type("x")
        print("text field:", field.input_value(), cells())
        page.keyboard.press("Tab")
        print("focus:", page.evaluate("() => document.activeElement.tagName"))
        page.keyboard.type("x"); page.wait_for_timeout(1500)
        print("list:", choice.evaluate("e => e.selectedOptions[0].label") if choice.count() else "gone", cells())
        browser.close()
finally:
    lab.kill()
PY
venv/bin/python run.py "$chromium" | tee seen.txt
cat > wanted.txt <<'TXT'
text field: x ['code', 'markdown']
focus: SELECT
list: gone ['markdown']
TXT
cmp seen.txt wanted.txt
