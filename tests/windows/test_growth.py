"""Documents and traces of Windows take time in proportion to what is in them: comparisons and lines counted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dmkit.device import windows_declared
from dmkit.device.windows_declared import document, read_document
from dmkit.windows import admx
from dmkit.windows.admx import check_payload
from dmkit.words.errors import CodecError
from tests.steps import CountedText


def compared(work):
    CountedText.compared = 0
    work()
    return CountedText.compared


def test_settings_of_a_document_are_compared_with_those_of_the_same_place(monkeypatch):
    monkeypatch.setattr(windows_declared, "_place", lambda uri: CountedText(uri.lower()))
    texts = {n: document("A", {f"./Vendor/MSFT/X{at}": "1" for at in range(n)}) for n in (100, 200)}
    assert compared(lambda: read_document(texts[200])) < 2.3 * max(compared(lambda: read_document(texts[100])), 100)
    with pytest.raises(CodecError, match="X7 is set twice"):
        read_document(texts[100].replace("X9<", "X7<").replace('MSFT/X9"', 'MSFT/X7"'))


def test_data_of_a_policy_are_compared_with_those_of_the_same_id(monkeypatch):
    class Data(dict):
        tag, text, tail = "data", None, None

    def payload(ids):
        root = [SimpleNamespace(tag="enabled", text=None, tail=None)] + [
            Data(id=CountedText(i), value="1") for i in ids
        ]
        monkeypatch.setattr(admx, "parsed", lambda data: type("Root", (list,), {"text": None})(root))
        return check_payload("", "Limit", None)

    monkeypatch.setattr(admx, "_local", lambda element: element.tag)
    few, many = (compared(lambda n=n: payload(map(str, range(n)))) for n in (100, 200))
    assert many < 2.3 * max(few, 100)
    assert payload(["a", "b", "a"]) == ("data id 'a' stands twice",)
