"""The site builds without a warning and without a network, and holds what it promises.

``DMKIT_SITE=FOLDER`` takes a site that is built already.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import dmkit
from dmkit.cli import COMMANDS
from tests.lab.boards.test_browser import CHROMIUM, browser  # noqa: F401
from tests.lab.boards.test_seen import ARTICLE

ROOT = Path(__file__).resolve().parents[2]


in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if built := os.environ.get("DMKIT_SITE"):
        return Path(built)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(folder / "trees")]
    done = subprocess.run([*command, "docs", str(folder / "html")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "html"


def test_every_page_and_notebook_is_there(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert pages <= {path.stem for path in site.glob("*.html")}
    assert notebooks == {path.stem for path in (site / "notebooks").glob("*.html")}


def test_pages_load_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", page), path.name


def test_commands_and_names_have_their_place(site):
    commands = (site / "made" / "commands.html").read_text(encoding="utf-8")
    assert all(f"dmkit {name}" in commands for name in COMMANDS)
    names = (site / "made" / "api.html").read_text(encoding="utf-8")
    for name, (_, module) in dmkit.__getattr__.places.items():
        room = module.removeprefix("=")  # "=" stands before a module: its room has the place
        own = rf'id="(?:module-)?dmkit\.(?:[\w.]+\.)?{name}"'
        above = rf'id="module-dmkit\.(?:{re.escape(room)}|{re.escape(room.rpartition(".")[0])})"'
        assert re.search(own, names) or (module.startswith("=") and re.search(above, names)), f"{module}.{name}"


def test_links_to_sources_are_well_formed_and_a_name_leads_to_one_place(site):
    found: dict[str, set[str]] = {}
    for path in sorted(site.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        for address, text in re.findall(r'<a class="reference external" href="([^"]*)"[^>]*>(.*?)</a>', page, re.S):
            found.setdefault(re.sub(r"<[^>]*>", "", text).strip(), set()).add(address)
            parts = urlsplit(address)
            assert parts.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), address
            assert not re.search(r"[\s<>\"{}]", address) and not address.endswith((".", ",")), address
    assert len(found) > 25, "sources are linked"
    assert {text: where for text, where in found.items() if len(where) > 1} == {}


# -- in a browser, without a network: what is asked of another machine fails the test


@pytest.fixture(scope="module", params=["light", "dark"])
def reader(request, browser):  # noqa: F811
    """A page at 800 px in one theme, and what it asked of the network."""
    page = browser.new_page(viewport={"width": 800, "height": 1200}, color_scheme=request.param)
    page.set_default_timeout(120_000)
    asked: list[str] = []
    page.on("request", lambda call: asked.append(call.url) if call.url.startswith("http") else None)
    yield page, asked
    page.close()


KINDS = ("index", "howto", "gallery", "glossary", "made/objects", "notebooks/04-who-may", "notebooks/33-*")


@in_browser
def test_texts_stand_out_and_nothing_is_asked_of_the_network(site, reader):
    page, asked = reader
    for name in KINDS:
        [path] = site.glob(f"{name}.html")
        page.goto(path.as_uri())
        count, bad = page.evaluate(ARTICLE)
        assert count > 50 and bad == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than 800 px"
    assert asked == []


@in_browser
def test_search_finds_pages_without_a_network(site, reader):
    page, asked = reader
    page.goto((site / "search.html").as_uri() + "?q=nonce")
    page.locator("#search-results li a[href*='05-proving-who-you-are']").first.wait_for()
    assert asked == []


@in_browser
def test_what_is_folded_or_scrolls_is_printed_whole(site, reader):
    page, _ = reader
    page.goto((site / "notebooks" / "04-who-may.html").as_uri())
    page.emulate_media(media="print")
    shown = page.evaluate(
        "[...document.querySelectorAll('article details:not([open]) > :not(summary)')].map(e => e.offsetHeight > 0)"
    )
    assert shown and all(shown)
    assert not page.locator(".bd-sidebar-primary").first.is_visible()
    cut = "[...document.querySelectorAll('article div')].filter(e => e.scrollHeight > e.clientHeight + 2"
    assert page.evaluate(f"{cut} && getComputedStyle(e).overflowY !== 'visible').length") == 0
    page.emulate_media(media="screen")
