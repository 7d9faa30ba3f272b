"""Many profiles in several processes: they find, write, mend and refuse what one process does."""

from __future__ import annotations

import io
import json
import os
import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dmkit.cli import lint_processes, main
from dmkit.windows import profile_xml
from dmkit.windows.together import FileSummary, across
from dmkit.words.errors import CodecError
from tests.windows.cases import D, item
from tests.windows.test_lint import SAMPLE

FORMS = ("text", "json", "sarif", "junit")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Files that meet each other in every way: sizes, forms, one node written, deleted, needed; some are no XML."""
    folder, draw = tmp_path_factory.mktemp("many"), random.Random(7)
    rows = [
        f"{D}/AllowCamera",
        f"{D}/MaxMinutes",
        f"{D}/Hosts",
        f"{D}/Nothing",
        f"{D}/Profiles/a/Key",
        f"{D}/Profiles/a",
    ]
    for number in range(30):
        parts = []
        for _ in range(draw.randint(1, 9)):
            uri, verb = draw.choice(rows), draw.choice(["Add", "Replace", "Replace", "Delete"])
            value = None if verb == "Delete" else draw.choice(["0", "1", "a.b", "x y", "\x7f'\"&amp;"])
            parts.append(item(uri, value, draw.choice(["int", "chr", None]), verb))
        (folder / f"{number}.xml").write_text("\n".join(parts), "utf-8")
    (folder / "broken.xml").write_text(item(f"{D}/AllowCamera", 1) + "<Add><Item></Add>" + item(f"{D}/Old", "ü", "chr"))
    (folder / "list.json").write_text(json.dumps([{"omaUri": f"{D}/AllowCamera", "value": n} for n in range(3)]))
    (folder / "table.csv").write_text(f"OMA-URI,Value\n{D}/MaxMinutes,7\n")
    (folder / "right.xml").write_text(item(f"{D}/Enabled", "true", "bool"))
    return sorted(map(str, folder.iterdir()))


def said(capsys, *words):
    status = main(["lint", *words, "--ddf", str(SAMPLE)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("processes", ["2", "5"])
def test_files_in_several_processes_give_what_one_gives(form, processes, many, capsys):
    alone = said(capsys, *many, "--format", form, "--processes", "1")
    assert alone[0] == 1 and {"twice", "dependency", "not-xml"} <= set(re.findall(r"[\w-]+", alone[1]))
    assert said(capsys, *many, "--format", form, "--processes", processes) == alone
    assert said(capsys, *many[::-1], "--format", form, "--processes", processes)[0] == 1


def test_where_processes_cannot_be_forked_they_give_the_same(many, capsys, monkeypatch):
    alone = said(capsys, *many, "--processes", "1")
    monkeypatch.setattr(lint_processes, "get_all_start_methods", lambda: ["spawn"])
    assert said(capsys, *many, "--processes", "2") == alone


def test_files_are_mended_the_same_in_several_processes(many, tmp_path, capsys, monkeypatch):
    told = []
    for processes in ("1", "3"):
        folder = tmp_path / processes
        folder.mkdir()
        for file in many:
            (folder / Path(file).name).write_bytes(Path(file).read_bytes())
        monkeypatch.chdir(folder)
        names = sorted(file.name for file in folder.iterdir())
        ended = said(capsys, *names, "--fix", "--processes", processes)
        told.append((ended, {name: (folder / name).read_bytes() for name in names}))
    assert told[0] == told[1] and "mended" in told[0][0][1]


def test_the_first_bad_file_is_named_whoever_looks_at_it(many, tmp_path, capsys):
    for name, text in (("a", "nothing"), ("b", "   "), ("c", "[1]")):
        (tmp_path / name).write_text(text * (9 if name == "c" else 1))
    bad = [str(tmp_path / name) for name in "bca"]
    alone = said(capsys, *many, *bad, "nowhere.xml", "--processes", "1")
    assert alone[0] == 2 and str(tmp_path / "b") in alone[2] and alone[2].count("\n") == 1
    assert said(capsys, *many, *bad, "nowhere.xml", "--processes", "4") == alone


def test_a_process_that_ends_too_early_is_told(many, capsys, monkeypatch):
    own, look = os.getpid(), lint_processes.LintWork.look
    monkeypatch.setattr(
        lint_processes.LintWork, "look", lambda self, file: look(self, file) if os.getpid() == own else os._exit(3)
    )
    status, out, err = said(capsys, *many, "--processes", "2")
    assert (status, out) == (2, "") and "ended too early" in err and err.count("\n") == 1


def test_one_file_named_twice_is_looked_at_once_and_standard_input_by_whoever(many, capsys, monkeypatch):
    assert said(capsys, many[0], many[0]) == said(capsys, many[0])
    told = []
    for processes in ("1", "3"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(item(f"{D}/AllowCamra", 1).encode())))
        told.append(said(capsys, *many, "-", "--processes", processes))
    assert told[0] == told[1] and told[0][1].startswith("-:1: error path")


def test_how_many_processes_are_worth_it(many, tmp_path):
    large = [str(tmp_path / name) for name in "ab"]
    for file in large:
        Path(file).write_text("x" * 300_000)
    assert lint_processes.processes_for(many, None) == 1 and lint_processes.processes_for(large, None) == 2
    assert lint_processes.processes_for(large, 1) == 1 and lint_processes.processes_for(large, 9) == 2


KEYS = ("a", "a/b", "a/b/c", "a/d", "e")


def plainly(files):
    """What ``across`` says, with nothing kept but a list of all that is there."""
    there, echoes = [], []
    for file, rows, _ in files:
        own = []
        for at, (key, line, data, appends, deletes) in enumerate(rows):
            if deletes:
                there = [w for w in there if w[0] != file or not (w[1] + "/").startswith(key + "/")]
                continue
            before = next((w for w in there if w[1] == key), None)
            if before is not None and before[3] == data and before[0] != file:
                own.append((at, before[0], before[2], ""))
            elif before is not None and before[3] != data and not appends:
                own.append((at, before[0], before[2], f"{before[3]!r:.40}"))
            there = [w for w in there if w[1] != key] + [(file, key, line, data)]
        echoes.append(tuple(own))
    values = {}
    for _, rows, _ in files:
        for key, _, data, _, deletes in rows:
            if deletes:
                values = {known: value for known, value in values.items() if not (known + "/").startswith(key + "/")}
            else:
                values[key] = data
    return tuple(echoes), values


ROW = st.tuples(
    st.sampled_from(KEYS), st.integers(1, 9), st.sampled_from(["0", "1", None]), st.booleans(), st.booleans()
)


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.lists(ROW, max_size=6)), max_size=5))
def test_what_files_write_is_held_against_all_that_was_written(files):
    given_files = [FileSummary(file, tuple(rows), frozenset(KEYS)) for file, rows in files]
    echoes, values = plainly(given_files)
    seen = across(given_files)
    assert (seen.echoes, {key: value for key, value in seen.values.items() if value is not None}) == (
        echoes, {key: value for key, value in values.items() if value is not None}
    )  # fmt: skip


BITS = (
    "<Add>", "</Add>", "<Item>", "</Item>", "<Data>1</Data>", "<a:b xmlns:a='x'/>", "<p:q/>", "<!-- < -->", "<?x y?>",
    "\n", "x", "&amp;", "&no;", "<![CDATA[<z>]]>", "]]>", "<?xml version='1.0'?>", "<Get/>", "<!DOCTYPE a>", "</_all>",
    "<", "<Target><LocURI>./A</LocURI></Target>", "<SyncML/>", "\ufeff",
)  # fmt: skip


@given(st.lists(st.sampled_from(BITS), max_size=12))
@example(["<?xml version='1.0'?>", "\n", "<Add>", "<Item>", "</Item>", "</Add>"])
def test_elements_read_at_once_are_those_read_one_by_one(bits):
    text = "".join(bits).encode()
    with pytest.MonkeyPatch.context() as patched:
        told = []
        for at_once in (profile_xml._at_once, lambda text: None):
            patched.setattr(profile_xml, "_at_once", at_once)
            try:
                told.append(profile_xml.xml_profile("p.xml", text))
            except CodecError as error:
                told.append(str(error))
    assert told[0] == told[1]
