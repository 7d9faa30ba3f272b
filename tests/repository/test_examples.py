"""Examples in the pages of the site are run, as those of the README are; and the pages keep what they promise."""

from __future__ import annotations

import inspect
import json
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dmkit as dm

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PICTURES = runpy.run_path(str(DOCS / "make_pictures.py"))["PICTURES"]
NOTEBOOKS = {path.stem[:2]: path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
WITH_EXAMPLES = [path for path in sorted(DOCS.glob("*.md")) if ">>> " in path.read_text(encoding="utf-8")]


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_examples_of_pages_give_what_they_say(path):
    """In a process of their own: a page may register a scheme, and an attacker may break a session."""
    command = [sys.executable, "-W", "error", "-m", "doctest", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_of_the_ten_tasks_has_an_example():
    parts = re.split(r"^## ", page("howto.md"), flags=re.M)[1:]
    assert len(parts) == 10
    assert all(">>> " in part for part in parts), [part.splitlines()[0] for part in parts if ">>> " not in part]


def test_landing_page_leads_everybody_somewhere():
    text = page("index.md")
    for reader in ("author", "teach", "research", "implement"):
        assert reader in text.lower()
    assert "make lab" in text and ">>> " in text and "howto" in text
    assert "changes" in text, "the changelog is linked"


def test_glossary_has_sources_and_its_order():
    words = page("glossary.md").partition("## Words\n")[2]
    rows = re.findall(r"^\*\*(.+?)\*\*\n: (.*?)(?=^\*\*|\Z)", words, flags=re.M | re.S)
    assert len(rows) >= 40
    names = [name.casefold() for name, _ in rows]
    assert names == sorted(names)
    assert all(re.search(r"\[[^\]]+\]\s*$", said.strip()) for _, said in rows), [n for n, s in rows if "[" not in s]


def test_gallery_shows_every_picture_and_its_code():
    text = page("gallery.md")
    shown = set(re.findall(r"pictures/([\w-]+\.svg)\)", text))
    assert shown == {path.name for path in (DOCS / "pictures").glob("*.svg")}
    assert all(f"```python\n{inspect.getsource(draw).rstrip()}\n```" in text for draw in PICTURES.values())
    assert all(alt for alt in re.findall(r"!\[([^\]]*)\]", text))


def test_course_has_six_lessons_with_notebooks_and_marks():
    lessons = re.split(r"^## Lesson \d", page("teaching.md"), flags=re.M)
    assert len(lessons) == 7
    for lesson in lessons[1:]:
        named = re.findall(r"notebooks/([\w-]+)\.ipynb", lesson)
        assert named and set(named) <= set(NOTEBOOKS.values())
    sheet = page("teaching.md").partition("## Marking sheet")[2]
    points = [int(number) for number in re.findall(r"^\| .* \| (\d+) \|$", sheet, flags=re.M)]
    assert len(points) >= 6 and sum(points) == 100


# -- questions of the notebooks

ANSWERS = tomllib.loads((DOCS / "answers.toml").read_text(encoding="utf-8"))
NOT_GUESSED = {"15", "19"}
"""Notebooks with fewer than two questions before the telling cell; the list may only shrink."""
GUESSED = tuple(number for number in NOTEBOOKS if number not in NOT_GUESSED)


def cells(number):
    path = ROOT / "notebooks" / f"{NOTEBOOKS[number]}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_questions_of_a_notebook_have_answers(number):
    asked = {q for cell in cells(number) for q in re.findall(r'dm\.check\("([\d.]+)"', "".join(cell["source"]))}
    assert asked <= set(ANSWERS), asked - set(ANSWERS)
    assert all(question.startswith(f"{number}.") for question in asked)


@pytest.mark.parametrize("number", GUESSED)
def test_two_things_are_guessed_before_they_are_told(number):
    guesses = [cell for cell in cells(number) if "".join(cell["source"]).startswith("guess = None\ndm.check(")]
    assert len(guesses) >= 2
    assert all("not answered yet" in str(cell["outputs"]) for cell in guesses)


def test_answers_are_what_the_program_computes():
    device = dm.Device.example()
    server = dm.Server.example(device)
    [push] = dm.transport.wake(server, device.address, session=0x1234)
    assert len(push) == ANSWERS["07.11"]["answer"]
    talk = dm.converse(device, server, job=dm.jobs.write("./Vendor/Acme/Poll", "15"))
    assert len(talk) == ANSWERS["01.11"]["answer"]
    walk = dm.converse(device, server, job=dm.jobs.inventory("."))
    octets = dm.WBXML.encode(walk[2].message)
    text = sum(len(row.octets) for row in dm.explain(octets).rows if row.meaning.startswith("text"))
    assert text == ANSWERS["02.3"]["answer"]
    assert round(len(dm.XML.encode(walk[2].message)) / len(octets)) == ANSWERS["02.11"]["answer"]
    assert len(dm.measure.write_object(3000, max_message=1024)[0]) == ANSWERS["06.11"]["answer"]
    trips = dm.measure.package_cost((10000,), (1024, 16384), dm.WBXML)["round_trips"].tolist()
    assert trips[0] / trips[1] == ANSWERS["06.1"]["answer"]
    dear = dm.measure.package_cost((30000,), (1024,), dm.WBXML).iloc[0]
    assert round(dear["overhead"] / dear["size"], 2) == ANSWERS["06.12"]["answer"]
    mail = dm.ddf.load(ROOT / "data/ddf/mail.xml")
    assert [p.uri for p in mail.walk() if dm.Verb.GET not in p.node.access] == [ANSWERS["03.1"]["answer"]]
    both = dm.studies.provisioning.messages().set_index(["document", "profile"])["messages"]
    assert both["account and access point", "DM"] == ANSWERS["07.12"]["answer"]
