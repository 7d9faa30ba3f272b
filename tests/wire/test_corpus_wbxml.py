"""Every file of the corpus converts, and WBXML to XML says what wbxml2xml says; differences are listed here
and in docs/wbxml-and-libwbxml.md."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from dmkit.wire import wbxml
from dmkit.wire.conversion import convert
from dmkit.wire.document import is_wbxml, read_wbxml, read_xml
from dmkit.words.deviations import DeviationKind as K
from dmkit.words.errors import CodecError
from tests.conftest import CORPUS

FOLDERS = (
    "wire-xml",
    "wire-wbxml",
    "syncml-dm-xml",
    "tree-wbxml",
    "ddf-wbxml",
    "cp-wbxml",
    "syncml-ds-xml",
    "syncml-ds-wbxml",
    "ddf",
    "tnds",
    "cp",
)
FILES = [path for folder in FOLDERS for path in sorted((CORPUS / folder).glob("*"))] if CORPUS.is_dir() else []
WBXML = [path for path in FILES if is_wbxml(path.read_bytes())]

NO_DOCUMENT = {
    "buteo-respinvalid1.txt": "an XML declaration and nothing after it",
    "dotnet-PlaxoSync.txt": "lists in brackets, a notation of its own, no mark-up at all",
    "aosp-MMS.xml": "parm lacks its end in line 43",
    "txsyncml-nokia-6600-sync-ota.xml": "it ends inside its root",
}
# Where our tree and wbxml2xml's differ: the reason, and the elements that may differ.
DIFFERENT = {
    "syncml11-syncml-003.wbxml": "Type of a Get for a DevInf: libwbxml writes +xml though no document follows",
    "synrc-sample.wbxml": "the same",
}
ILL_FORMED = {
    "host-props-w-02.wbxml",
    "host-props-w-03.wbxml",
    "libdmclient-atomic-ok-wbxml-03.wbxml",
    "libdmclient-props-wbxml-02.wbxml",
}  # text that ends with NUL, which wbxml2xml copies into its XML
UNKNOWN_TO_WBXML2XML = {f"aosp-{name}.wbxml" for name in ("devdetail_ext", "managedobjects", "root", "subscriber")}
OPTIONS = {"ota-ota-001.wbxml": ("-l", "OTA")}  # its header names no vocabulary; wbxml2xml must be told

needs_corpus = pytest.mark.skipif(not FILES, reason=f"no corpus at {CORPUS}; set DMKIT_CORPUS")


@needs_corpus
@pytest.mark.spec("P-02")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_converts(path: Path) -> None:
    data = path.read_bytes()
    if path.name in NO_DOCUMENT:
        with pytest.raises(CodecError):
            convert(data, lenient=True)
        return
    try:
        out, deviations = convert(data)
    except CodecError as refused:
        assert refused.reason
        out, deviations = convert(data, lenient=True)
        assert deviations, "accepted leniently, and nothing says why"
    assert is_wbxml(out) is not is_wbxml(data)
    back, _ = convert(out, lenient=True)
    if is_wbxml(data):
        assert convert(back, lenient=True)[0] == out
    else:
        assert read_xml(back, lenient=True).root == read_xml(data, lenient=True).root


@needs_corpus
@pytest.mark.parametrize(
    "path", [p for p in FILES if p.parent.name in ("wire-wbxml", "wire-xml")], ids=lambda path: path.name
)
def test_what_clients_sent_needs_lenience_only_for_nul(path: Path) -> None:
    data = path.read_bytes()
    try:
        assert convert(data)[1] == ()
    except CodecError:
        assert {deviation.kind for deviation in convert(data, lenient=True)[1]} == {K.TRAILING_NUL}


@needs_corpus
@pytest.mark.parametrize("path", [p for p in WBXML if p.parent.name == "wire-wbxml"], ids=lambda path: path.name)
def test_messages_survive_reading_and_writing(path: Path) -> None:
    message = wbxml.decode(path.read_bytes(), lenient=True)
    assert {deviation.kind for deviation in message.deviations} <= {K.TRAILING_NUL}
    again = wbxml.decode(wbxml.encode(message, string_table=True))
    assert (again.header, again.commands, again.final) == (message.header, message.commands, message.final)


@needs_corpus
@pytest.mark.parametrize("path", [p for p in WBXML if p.parent.name == "tree-wbxml"], ids=lambda path: path.name)
def test_a_private_vocabulary_is_refused_strictly(path: Path) -> None:
    with pytest.raises(CodecError, match="no known vocabulary"):
        read_wbxml(path.read_bytes())


@cache
def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True)


def canonical(data: bytes) -> Any:
    """Names, attributes and text, white space between elements aside; made with lxml alone."""

    def node(element: Any) -> Any:
        def clean(text: str | None) -> str:
            return (text or "").replace("\r\n", "\n")

        pieces = [clean(element.text) if len(element) == 0 else clean(element.text).strip()]
        for child in element:
            pieces += [node(child), clean(child.tail).strip()]
        return element.tag, tuple(sorted(element.attrib.items())), tuple(p for p in pieces if p != "")

    return node(etree.fromstring(data, _parser()))


@needs_corpus
@pytest.mark.spec("P-02")
@pytest.mark.parametrize("path", WBXML, ids=lambda path: path.name)
def test_the_tree_is_that_of_wbxml2xml(path: Path) -> None:
    tool = shutil.which("wbxml2xml")
    if tool is None:
        pytest.skip("wbxml2xml (Debian package libwbxml2-utils) is not installed")
    ran = subprocess.run(
        [tool, *OPTIONS.get(path.name, ()), "-m", "2", "-k", "-o", "-", os.fspath(path)],
        capture_output=True,
        timeout=60,
    )
    if path.name in UNKNOWN_TO_WBXML2XML:
        assert ran.returncode != 0
        return
    assert ran.returncode == 0, ran.stderr
    if path.name in ILL_FORMED:
        with pytest.raises(etree.XMLSyntaxError):
            canonical(ran.stdout)
        theirs = canonical(ran.stdout.replace(b"\0", b"").replace(b"&#x0;", b"").replace(b"&#0;", b""))
    else:
        theirs = canonical(ran.stdout)
    ours = canonical(convert(path.read_bytes(), lenient=True)[0])
    if path.name in DIFFERENT:
        assert ours != theirs
        assert repr(ours).replace("devinf+wbxml", "devinf+xml") == repr(theirs)
        return
    assert ours == theirs
