"""Putting back, command by command: each thing a node can have been, each thing that can be so now, each refusal."""

from __future__ import annotations

import pytest

from dmkit.services import parse
from dmkit.services.journal import ServiceJournal
from dmkit.services.looking import DeviceView
from dmkit.services.node_was import NodeWas
from dmkit.services.restore import reinstalling, restoring, top_made
from dmkit.services.undoing import put_back
from dmkit.session.work import Wait
from dmkit.words.codes import StatusCode
from dmkit.words.model import Delete, Get, Item, Meta
from dmkit.words.outcome import Outcome

TEXT, OTHER, NODE, HIDDEN = NodeWas("1"), NodeWas("2"), NodeWas("B", format="node"), NodeWas()
OCTETS = NodeWas(None, b"\x01", "bin")


@pytest.mark.parametrize(
    ("was", "now", "overwritten", "commands", "lost"),
    [
        (TEXT, TEXT, False, [], []),
        (TEXT, OTHER, False, ["Replace 1"], []),
        (TEXT, None, False, ["Add 1"], []),
        (OCTETS, TEXT, False, [f"Replace {OCTETS.octets}"], []),
        (OCTETS, None, False, [f"Add {OCTETS.octets}"], []),
        (NODE, None, False, ["Add None"], []),
        (NODE, NODE, False, [], []),
        (HIDDEN, HIDDEN, False, [], []),
        (HIDDEN, HIDDEN, True, [], ["./A"]),
        (HIDDEN, None, False, [], ["./A"]),
        (None, None, False, [], []),
        (None, TEXT, False, ["Delete None"], []),
    ],
)
def test_what_a_node_was_and_is_decides(was, now, overwritten, commands, lost):
    made, gone = restoring(["./A"], {"./A": now}, {"./A": was}, ["."], [], ["./A"] if overwritten else [])
    assert [f"{c.verb.value} {getattr(c.items[0], 'data', None)}" for c in made] == commands and gone == lost


def test_a_node_that_was_made_on_the_way_goes_once_with_all_below_it():
    now = {"./A": NODE, "./A/B": TEXT, "./A/C": TEXT}
    made, _ = restoring(["./A/C", "./A/B"], now, {}, ["."], [])
    assert made == [Delete.of("./A")]
    assert top_made("./A/B", ["."], ["./A/Stays"]) == "./A/B"


SOFT = parse("""
[software.app]
at = "./App/V"
remove = "./App/Remove"
[[software.app.packages]]
version = "1.0"
install = "./App/Install"
[software.cert]
at = "./Cert/V"
delete = "./Cert"
[[software.cert.packages]]
version = "1"
install = "./CertInstall"
[software.stays]
at = "./Stays/V"
[[software.stays.packages]]
version = "1"
install = "./StaysInstall"
""")


@pytest.mark.parametrize(
    ("name", "was", "told"),
    [
        ("app", None, "Exec ./App/Remove app-gone"),
        ("app", "1.0", "Exec ./App/Install app-1.0"),
        ("app", "v1", "Exec ./App/Install app-v1"),  # the same version, written otherwise
        ("app", "0.9", None),
        ("cert", None, "Delete ./Cert None"),
        ("cert", "1", "Exec ./CertInstall cert-1"),
        ("stays", None, None),
        ("stays", "1", "Exec ./StaysInstall stays-1"),
    ],
)
def test_software_goes_back_by_the_way_the_catalogue_has(name, was, told):
    command = reinstalling(SOFT, name, was)
    said = command and f"{command.verb.value} {command.items[0].target} {getattr(command, 'correlator', None)}"
    assert said == told


def _answered(command, values, refused):
    """What a device with ``values`` says; Execs are taken on, and ``refused`` targets forbidden."""
    uri = command.items[0].target
    if isinstance(command, Get):
        if uri not in values:
            return Outcome(StatusCode.NOT_FOUND, command=command)
        if values[uri] is None:
            return Outcome(StatusCode.COMMAND_FAILED, command=command)
        return Outcome(StatusCode.OK, results=(Item(source=uri, data=values[uri], meta=Meta()),), command=command)
    if uri in refused:
        return Outcome(StatusCode.NOT_ALLOWED, command=command)
    return Outcome(StatusCode.ACCEPTED if command.verb.value == "Exec" else StatusCode.OK, command=command)


def _put_back(journal, values, refused=()):
    """What is left, and what was waited for; the device does what it is told to leaves."""
    job = put_back(SOFT, journal, DeviceView(SOFT, journal, {}), None, lambda: None)
    waited, said = [], next(job)
    while True:
        try:
            if isinstance(said, Wait):
                waited.append(said)
                said = job.send(())
            else:
                said = job.send([_answered(command, values, refused) for command in said])
        except StopIteration as end:
            return end.value, waited


def test_what_a_device_refuses_is_said_with_its_status():
    journal = ServiceJournal(touched=["./A"], before={"./A": TEXT}, there={"."})
    left, waited = _put_back(journal, {"./A": "2"}, {"./A"})
    assert len(left) == 1 and left[0].startswith("./A: ") and "405" in left[0] and not waited


def test_what_does_not_stay_is_said_though_it_was_answered_200():
    left, _ = _put_back(ServiceJournal(touched=["./A"], before={"./A": TEXT}, there={"."}), {"./A": "2"})
    assert left == ("./A: it does not stay",)


def test_what_cannot_be_read_is_said():
    left, _ = _put_back(ServiceJournal(touched=["./A"], before={"./A": None}, there={"."}), {"./A": None})
    assert left == ("./A: it could not be read",)


def test_software_is_waited_for_and_where_it_stays_away_that_is_said():
    journal = ServiceJournal(touched=["./App/V"], before={"./App/V": TEXT}, versions={"app": "1.0"}, there={"./App"})
    left, waited = _put_back(journal, {"./App/V": "2.0"})
    assert left == ("./App/V: app is 2.0, it was 1.0",) and waited
    assert {wait.correlator for wait in waited} == {"app-1.0"}


def test_software_that_is_refused_says_so_beside_what_is_there():
    journal = ServiceJournal(touched=["./App/V"], before={"./App/V": TEXT}, versions={"app": "1.0"}, there={"./App"})
    left, waited = _put_back(journal, {"./App/V": "2.0"}, {"./App/Install"})
    assert len(left) == 2 and "405" in left[0] and left[1] == "./App/V: app is 2.0, it was 1.0" and not waited


def test_software_of_which_there_is_no_package_says_so():
    journal = ServiceJournal(touched=["./App/V"], before={"./App/V": TEXT}, versions={"app": "0.9"}, there={"./App"})
    left, _ = _put_back(journal, {"./App/V": "2.0"})
    assert left == ("./App/V: app is 2.0, it was 0.9; the catalogue has no way back",)
