"""Pictures of notebooks as a reader sees them, to be looked at, and what can be measured about them.

``python -m tests.lab.look KIND FOLDER [NUMBER ...]``: KIND is ``lab``, ``voila`` or ``html``.  Each notebook becomes
contact sheets, ``FOLDER/NUMBER-KIND-THEME-WIDTH-n.png``, and a line of ``FOLDER/KIND.txt`` for each thing measured.
Nothing is run: JupyterLab shows what the file keeps and trusts it, Voilà runs cells that show what the file keeps.
Number ``boards`` is a notebook of all live boards, and that one is run.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

from tests.lab.boards import test_browser as jupyter
from tests.lab.boards.board_table import NOTEBOOKS

MODES = {
    "lab": (("light", 1280), ("light", 800), ("dark", 1280)),
    "voila": (("light", 1280), ("dark", 1280)),
    "html": (("light", 1280), ("light", 800), ("dark", 1280), ("dark", 800)),
}
HEIGHT, COLUMNS = 1500, int(os.environ.get("LOOK_COLUMNS", "3"))

MEASURE = r"""root => {
  const found = [], seen = [...root.querySelectorAll('*')].filter(e => !e.closest('svg') || e.tagName === 'svg');
  const cells = [...root.querySelectorAll('.jp-Cell')];
  const place = e => 'cell ' + cells.indexOf(e.closest('.jp-Cell'));
  const say = (e, what, more) => found.push(`${place(e)}: ${what}: ${String(more || '').trim().slice(0, 90)}`);
  for (const e of seen) {
    if (!e.checkVisibility()) continue;
    const style = getComputedStyle(e), wide = e.scrollWidth - e.clientWidth;
    if (wide > 2 && e.clientWidth > 40 && ['auto', 'scroll', 'hidden'].includes(style.overflowX)
        && !e.closest('.widget-text, select, .jp-Collapser, .jp-InputPrompt'))
      say(e, `${style.overflowX === 'hidden' ? 'cut' : 'scrolls'} by ${wide} of ${e.clientWidth}`,
          e.tagName + ' ' + e.textContent);
    if (e.tagName === 'IMG' && !e.alt?.trim()) say(e, 'no alt text', e.src);
    if (e.tagName === 'IMG' && e.complete && !e.naturalWidth) say(e, 'empty picture', e.alt);
    const own_icon = e.closest('button, .jp-icon3, .jp-Collapser, [data-icon], [aria-hidden], [role=img]');
    if (e.tagName === 'svg' && !own_icon && !e.getAttribute('aria-label') && !e.querySelector('title'))
      say(e, 'nameless svg', e.outerHTML);
    if (e.matches('mjx-container, .MathJax')) say(e, 'formula', e.textContent);
    if (e.matches('[data-mime-type="application/vnd.jupyter.stderr"]')) say(e, 'stderr', e.textContent);
    const output = e.matches('.jp-OutputArea-output');
    if (output && e.offsetHeight < 4 && e.innerHTML.trim()) say(e, 'empty output', e.innerHTML);
    if (output && /Error displaying|Loading widget|Javascript Error|Widget.*not found/.test(e.textContent))
      say(e, 'broken output', e.textContent);
    if (e.matches('progress, [role=progressbar]')) say(e, 'progress', e.outerHTML);
    const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim()).map(n => n.data).join(' ');
    if (own && parseFloat(style.fontSize) < 9.5) say(e, `letters of ${style.fontSize}`, own);
  }
  for (const e of root.querySelectorAll('img')) {
    if (!e.naturalWidth || !e.clientWidth) continue;
    const scale = e.clientWidth / e.naturalWidth;
    if (scale < .55) say(e, `drawn at ${scale.toFixed(2)}`, e.alt);
  }
  return found;
}"""


def sheets(tiles, stem):
    """Tiles beside each other, ``COLUMNS`` to a row; one row is large enough to be read, two show how things lie."""
    from PIL import Image

    rows = 1 if "light-1280" in str(stem) else 2
    for at in range(0, len(tiles), COLUMNS * rows):
        some = [Image.open(BytesIO(tile)) for tile in tiles[at : at + COLUMNS * rows]]
        wide, tall = max(tile.width for tile in some) + 12, max(tile.height for tile in some) + 12
        sheet = Image.new("RGB", (wide * min(len(some), COLUMNS), tall * (1 + (len(some) - 1) // COLUMNS)), "#f0f")
        for n, tile in enumerate(some):
            sheet.paste(tile, (wide * (n % COLUMNS), tall * (n // COLUMNS)))
        sheet.save(f"{stem}-{at // (COLUMNS * rows) + 1}.png")


def taken(page, scroller, stem):
    """Scroll from top to end and take a picture of what stands in the window each time."""
    tiles, top = [], 0
    area = page.locator(scroller).first
    while True:
        at, all_, high = area.evaluate(
            "(e, top) => { e.scrollTop = top; return [e.scrollTop, e.scrollHeight, e.clientHeight] }", top
        )
        page.wait_for_timeout(120)
        box = area.bounding_box()
        clip = {"x": max(0, box["x"]), "y": max(0, box["y"]), "width": box["width"]}
        tall = min(high, HEIGHT + 100)
        tiles.append(page.screenshot(clip=clip | {"height": tall}))
        top = at + tall
        if top >= all_ - 5:
            break
    sheets(tiles, stem)


SCROLLER = """() => {
  const tall = [...document.querySelectorAll('body *')].filter(e => e.scrollHeight > e.clientHeight + 50
    && e.clientHeight > innerHeight / 2 && ['auto', 'scroll'].includes(getComputedStyle(e).overflowY));
  tall[0]?.setAttribute('data-look', 'whole');
  return tall.length > 0;
}"""
"""Marks what scrolls in place of the page, as in Voilà."""


def noted(folder, kind, name, mode, found):
    with (folder / f"{kind}.txt").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} {mode}: {' '.join(line.split())}\n" for line in found or ["nothing"])


def whole_page(page, stem):
    tiles = []
    tall = page.evaluate("document.documentElement.scrollHeight")
    wide = page.viewport_size["width"]
    for top in range(0, tall, HEIGHT):
        clip = {"x": 0, "y": top, "width": wide, "height": min(HEIGHT, tall - top)}
        tiles.append(page.screenshot(clip=clip, full_page=True))
    sheets(tiles, stem)


def html(folder, paths, browser):
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": ["remove-input"]}})
    for path in paths:
        for theme in ("light", "dark"):
            exporter = HTMLExporter(theme=theme, config=config, embed_widgets=False)
            text, _ = exporter.from_filename(str(path))
            target = Path(tempfile.gettempdir()) / f"look-{os.getpid()}.html"
            target.write_text(text, encoding="utf-8")
            for own, width in MODES["html"]:
                if own == theme:
                    page = jupyter.opened(browser).page
                    page.set_viewport_size({"width": width, "height": HEIGHT})
                    page.goto(target.as_uri())
                    mode, number = f"{theme}-{width}", path.name[:2]
                    noted(folder, "html", number, mode, page.evaluate(f"({MEASURE})(document.body)"))
                    whole_page(page, folder / f"{number}-html-{mode}")
                    page.close()
            target.unlink()
        print(path.name, flush=True)


def stored(path):
    """The notebook with cells that show what it keeps, for a page that must run it."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            parts = ["from IPython.display import display"]
            for output in cell["outputs"]:
                text = "".join(output.get("text", ())) or "\n".join(output.get("traceback", ()))
                data = {
                    kind: "".join(part) if isinstance(part, list) else part
                    for kind, part in output.get("data", {}).items()
                }
                parts.append(f"print({text!r}, end='')" if text else f"display({data!r}, raw=True)")
            cell["source"] = "\n".join(parts)
    return json.dumps(notebook)


def home_with(stack, change=lambda path: path.read_text(encoding="utf-8")):
    """A folder for a server: the notebooks, and one of all boards."""
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    (home / "work").mkdir()
    for path in NOTEBOOKS.glob("*.ipynb"):
        (home / "work" / path.name).write_text(change(path), encoding="utf-8")
    boards = jupyter.notebook(*(row.source for row in jupyter.BOARDS), jupyter.BROKEN)
    (home / "work" / "boards.ipynb").write_text(boards, encoding="utf-8")
    (home / "data").symlink_to(NOTEBOOKS.parent / "data")
    return home


def lab(folder, paths, browser):
    from nbformat import read
    from nbformat.sign import NotebookNotary

    with ExitStack() as stack:
        home = home_with(stack)
        settings = home / "jupyterlab_settings_dir" / "@jupyterlab" / "notebook-extension"
        settings.mkdir(parents=True)
        (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
        notary = NotebookNotary(data_dir=str(home / "jupyter_data_dir"))
        (home / "jupyter_data_dir").mkdir(exist_ok=True)
        for path in paths:
            notary.sign(read(home / "work" / path.name, 4))
        port = jupyter.free_port()
        arguments = [
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            f"--ServerApp.port={port}",
            "--ServerApp.ip=127.0.0.1",
        ]
        arguments += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
        arguments += [f"--ServerApp.root_dir={home / 'work'}"]
        server = stack.enter_context(jupyter.started(home, *arguments))
        address = f"http://127.0.0.1:{port}"
        jupyter.wait_for(address, server)
        for path in paths:
            looked = jupyter.opened(browser)
            page, number = looked.page, path.stem[:2] if path.stem[0].isdigit() else path.stem
            page.set_viewport_size({"width": 1280, "height": HEIGHT + 100})
            if number == "boards":
                jupyter.run_all(address, looked, path.name)
                page.wait_for_function(jupyter.ALL_RUN, timeout=400_000)
            else:
                page.goto(f"{address}/lab/tree/{path.name}?reset")
                page.wait_for_selector(".jp-Notebook .jp-Cell")
            page.wait_for_timeout(2500)
            noted(folder, "lab", number, "console", looked.taken())
            theme_of = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
            for theme, width in MODES["lab"]:
                page.set_viewport_size({"width": width, "height": HEIGHT + 100})
                page.evaluate(theme_of, f"JupyterLab {theme.title()}")
                page.evaluate(f"() => window.jupyterapp.shell.{'collapse' if width < 1000 else 'expand'}Left()")
                page.wait_for_timeout(1500)
                mode = f"{theme}-{width}"
                noted(folder, "lab", number, mode, page.locator(".jp-Notebook").first.evaluate(MEASURE))
                taken(page, ".jp-WindowedPanel-outer", folder / f"{number}-lab-{mode}")
            page.evaluate(
                "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
            )
            page.evaluate("() => { window.jupyterapp.serviceManager.sessions.shutdownAll(); }")
            page.close()
            print(path.name, flush=True)


def voila(folder, paths, browser):
    with ExitStack() as stack:
        home = home_with(stack, stored)
        port = jupyter.free_port()
        arguments = ["voila", ".", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
        arguments += ["--MappingKernelManager.default_kernel_name=python3", "--show_tracebacks=True"]
        arguments += ["--VoilaConfiguration.allow_theme_override=YES"]
        server = stack.enter_context(jupyter.started(home, *arguments))
        jupyter.wait_for(f"http://127.0.0.1:{port}", server)
        for path in paths:
            number = path.stem[:2] if path.stem[0].isdigit() else path.stem
            for theme, width in MODES["voila"]:
                looked, mode = jupyter.opened(browser), f"{theme}-{width}"
                page = looked.page
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.goto(f"http://127.0.0.1:{port}/voila/render/{path.name}?theme={theme}", timeout=400_000)
                page.wait_for_timeout(3000)
                if number == "boards":
                    page.get_by_label("size, 2 to 9").wait_for(timeout=200_000)  # the last board is there
                noted(folder, "voila", number, mode, looked.taken() + page.evaluate(f"({MEASURE})(document.body)"))
                if page.evaluate(SCROLLER):
                    taken(page, "[data-look=whole]", folder / f"{number}-voila-{mode}")
                else:
                    whole_page(page, folder / f"{number}-voila-{mode}")
                page.close()
            print(path.name, flush=True)


def main(kind, folder, *numbers):
    from playwright.sync_api import sync_playwright

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    known = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))} | {"boards": NOTEBOOKS / "boards.ipynb"}
    paths = [known[number] for number in numbers or sorted(known)]
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        show = ["--hide-scrollbars"]  # a reader has them
        browser = playwright.chromium.launch(executable_path=jupyter.CHROMIUM, args=flags, ignore_default_args=show)
        {"lab": lab, "voila": voila, "html": html}[kind](folder, paths, browser)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
