"""One grammar: a new element is a row, a field and a token, and every reader and writer has it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dmkit
from dmkit.wire.content import MODELS
from dmkit.words import model as structs

PACKAGE = Path(dmkit.__file__).parent
TRY = """
from dmkit.words.model import *
from dmkit.words.model import Message, Header, Item
from dmkit.wire import xml, wbxml
from dmkit.wire.compiled import paths
message = Message(Header("1", "1", "a", "b", lang="de"), (Exec((Item("./A"),), cmd_id="1", lang="fr"),))
for form in (xml, wbxml):
    octets = form.encode(message)
    for fast in (True, False):
        with paths(fast=fast):
            assert form.decode(octets) == message, (form, fast, form.decode(octets))
            assert form.decode(octets + b" ", lenient=True).header.lang == "de"
            assert form.encode(message) == octets
assert b"<Lang>de</Lang>" in xml.encode(message)
"""


def test_an_element_is_a_row_and_a_field(tmp_path: Path) -> None:
    """Lang of data synchronisation has a token already; put into a header and an Exec it is read and written."""
    copy = tmp_path / "dmkit"
    for room in ("words", "wire"):
        shutil.copytree(PACKAGE / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "__init__.py").touch()
    for name, edits in (
        ("wire/content.py", [("Cred? Meta?\nSyncBody", "Cred? Meta? Lang?\nSyncBody"),
                             ("Correlator? Item+", "Correlator? Lang? Item+")]),
        ("words/model.py", [("_proto: str = VER_PROTO\n", "_proto: str = VER_PROTO\n    lang: str | None = None\n"),
                            ("    verb: ClassVar[Verb] = Verb.EXEC\n",
                             "    lang: str | None = None\n    verb: ClassVar[Verb] = Verb.EXEC\n")]),
    ):  # fmt: skip
        text = (copy / name).read_text()
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (copy / name).write_text(text)
    run = subprocess.run([sys.executable, "-c", TRY], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert not run.stderr


@pytest.mark.parametrize("name", ["EMI", "NextNonce", "RespURI", "Correlator", "SourceRef"])
def test_an_element_stands_in_few_files(name: str) -> None:
    files = [str(file.relative_to(PACKAGE)) for file in PACKAGE.rglob("*.py")
             if re.search(rf'["<]{name}[">]|(?<![\w.]){name}[?*!]', file.read_text(encoding="utf-8"))]  # fmt: skip
    assert len(files) <= 4, files


def test_every_field_of_a_struct_comes_from_its_row() -> None:
    for model in MODELS.values():
        if model.struct is None or model.name == "SyncML":
            continue
        fields = {child.field for child in model.rows()}
        fields |= {f"{child.field}_name" for child in model.rows() if child.kind == "place"}
        assert fields == set(model.struct.__struct_fields__), model.name
    assert {structs.Exec, structs.Meta} <= {model.struct for model in MODELS.values()}
