"""Documents and traces of Windows take time in proportion to what is in them: comparisons and lines counted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dmkit.device import windows_declared
from dmkit.device.windows_declared import document, read_document
from dmkit.session.packages import number as numbered_commands
from dmkit.windows import admx
from dmkit.windows.admx import check_payload
from dmkit.windows.fates import TraceMessage
from dmkit.windows.schemas import schema_wrong
from dmkit.windows.why import why
from dmkit.wire.codec import XML
from dmkit.wire.namespaces import MAX_NAMESPACE
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Exec, Get, Header, Item, Message, Replace, Status
from tests.steps import CountedText, python_lines


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


def message(sender, number, *commands):
    target, source = ("D", "https://s") if sender == "server" else ("https://s", "D")
    said = Message(Header("1", str(number), target, source), numbered_commands(commands))
    return TraceMessage(number, sender, XML.encode(said), XML.media_type)


def status(code, number, cmd_ref, cmd, **more):
    return Status(StatusCode(code), str(number), str(cmd_ref), cmd, **more)


GET, EXEC = Get.of("./Vendor/MSFT/A"), Exec.of("./Vendor/MSFT/A")
REPORT = Alert(AlertCode.GENERIC, (Item(data="x"),))
ABORT = Alert(AlertCode.SESSION_ABORT)


def of_messages(n, asked, *answers):
    found = []
    for at in range(1, 2 * n, 2):
        told = (status(answer, at, 1, asked.verb.value) if isinstance(answer, int) else answer for answer in answers)
        found += [message("server", at, asked), message("client", at + 1, *told)]
    return found


def one_command(n):
    uris = [f"./Vendor/MSFT/A{at}" for at in range(n)]
    answers = [status(500, 1, 1, "Replace", target_refs=(uri,)) for uri in uris]
    return [message("server", 1, Replace(tuple(Item(uri, data="x") for uri in uris))), message("client", 2, *answers)]


def without_target_ref(text):
    """A command of many Items, and as many Statuses that name none of them."""

    def trace(n):
        asked = Replace(tuple(Item(f"./Vendor/MSFT/A{at}", data="x") for at in range(n)))
        answers = [status(500, 1, 1, "Replace", items=(Item(data=text.format(at)),)) for at in range(n)]
        return [message("server", 1, asked), message("client", 2, *answers)]

    return trace


def spaced_items(*answers):
    """A command of many Items with white space around their addresses."""

    def trace(n):
        asked = Replace(tuple(Item(f" ./Vendor/MSFT/A{at}", data="x") for at in range(n)))
        found = why([message("server", 1, asked), message("client", 2, *answers)])
        assert all("white space stands in or around" in str(one.causes) for one in found.told[:1])
        return [message("server", 1, asked), message("client", 2, *answers)]

    return trace


TRACES = {
    "white space around addresses, refused": spaced_items(status(500, 1, 1, "Replace")),
    "white space around addresses, unanswered": spaced_items(REPORT),
    "Statuses without TargetRef": without_target_ref("again"),
    "different Statuses without TargetRef": without_target_ref("text {}"),
    "unanswered": lambda n: of_messages(n, GET, REPORT),
    "refused behind alerts": lambda n: of_messages(n, GET, 405, REPORT),
    "under way": lambda n: of_messages(n, EXEC, 202, REPORT),
    "without Results": lambda n: of_messages(n, GET, 200, ABORT),
    "Items of a command": one_command,
}


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_is_explained_in_proportion(name):
    def cost(n):
        trace = TRACES[name](n)
        return python_lines(lambda: why(trace))

    cost(40)
    few, most = cost(80) - cost(40), cost(160) - cost(80)
    assert most < 2.3 * few + 300, (few, most)


def test_statuses_without_target_ref_are_told_to_each_item_up_to_an_end():
    for n, told, more in (
        (3, 3, ""),
        (8, 8, ""),
        (9, 8, "1 more Status names no Item"),
        (12, 8, "4 more Statuses name"),
    ):
        found = why(without_target_ref("text {}")(n)).told
        assert len(found) == n and {len(one.answers) for one in found} == {told}
        assert all(one.fate == "failed" and "500 says: text 0" in one.causes for one in found)
        assert all((more in one.causes[-1]) if more else "more Status" not in str(one.causes) for one in found)
    asked = Replace(tuple(Item(f"./Vendor/MSFT/A{at}", data="x") for at in range(20)))
    answers = [status(200, 1, 1, "Replace", items=(Item(data=f"fine {at}"),)) for at in range(19)]
    trace = [message("server", 1, asked), message("client", 2, *answers, status(500, 1, 1, "Replace"))]
    assert {one.fate for one in why(trace).told} == {"failed"}, "what went wrong is among what is told"


def test_what_comes_later_is_found():
    trace = [
        *of_messages(2, GET, REPORT),
        message("server", 5, GET),
        message("client", 6, status(404, 5, 1, "Get"), ABORT),
    ]
    told = [one for one in why(trace).told if one.sender == "server"]
    assert [one.fate for one in told] == ["no answer", "no answer", "failed"]
    assert all("the device ended the session" in one.causes[0] for one in told[:2])
    (first, _, second, _) = why(of_messages(2, EXEC, 202, REPORT)).told
    assert "reported later, perhaps by C2.2" in first.causes
    assert "reported later, perhaps by C4.2" in second.causes


def test_a_schema_has_no_longer_namespaces_than_other_documents():
    """Each element of a long one would carry it: nobody tells by such a schema, and nothing is made of it."""

    def schema(length):
        return (
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="nnnnnnnnn" '
            f'xmlns:n="{"n" * length}">'
            '<xs:element name="a" type="xs:int"/></xs:schema>'
        )

    value = f'<a xmlns="{"n" * 9}">1</a>'
    assert schema_wrong(schema(MAX_NAMESPACE), value) == "" and schema_wrong(schema(MAX_NAMESPACE + 1), value) is None
