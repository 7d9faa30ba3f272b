"""The pictures in the documentation are what the program draws now."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from lxml import etree

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = runpy.run_path(str(DOCS / "make_pictures.py"))["PICTURES"]


@pytest.mark.unsound("one of the pictures has an attacker on the path")
@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_up_to_date(name):
    kept = (DOCS / "pictures" / name).read_text(encoding="utf-8")
    assert kept == PICTURES[name](), "run: python docs/make_pictures.py"
    assert etree.fromstring(kept.encode()).tag.endswith("svg")
