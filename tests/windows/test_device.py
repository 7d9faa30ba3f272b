"""A device like Windows: its behaviours one by one, and whether it answers what lint foretold."""

from __future__ import annotations

from dataclasses import fields

import pytest

import dmkit as dm
from dmkit.device.device import counted_nonces
from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_session import body_of, put
from dmkit.server.peers import DEVICES
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.windows.behaviour import BEHAVIOUR, STATUSES, WindowsRules
from dmkit.windows.foretold import agrees
from dmkit.windows.lint import lint
from dmkit.windows.lint_rules import LintOptions
from dmkit.windows.profiles import read_profile
from dmkit.windows.why import why
from dmkit.wire.codec import XML
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Atomic, Get, Replace
from tests.windows.cases import RIGHT, WRONG, D, item
from tests.windows.test_lint import CATALOGUE, TEMPLATES

PICTURE = "./User/Vendor/MSFT/SampleUser/Picture"
LATEST, EDITION = "10.0.26100", "0x4"


def device(**options):
    options = {"build": LATEST, "edition": EDITION, "templates": TEMPLATES, **options}
    return WindowsDevice.of(CATALOGUE, **options)


def answers(body, made=None, **options):
    """The statuses of the commands of the server, in order; None for no answer."""
    found = why(put(made or device(), body, **options))
    return [int(t.answers[0].code) if t.answers else None for t in found.told if t.sender == "server"]


# -- what lint foretold is what the device answers


def compared(text, build=LATEST, edition=EDITION):
    """Address, findings, answer, and whether they agree, for each command of a profile."""
    profile = read_profile("p.xml", text.encode())
    findings = lint([profile], CATALOGUE, LintOptions(build=build, edition=edition), TEMPLATES)
    body = text if text.lstrip().startswith("<") else body_of(profile)
    number = "no-cmd-id" not in [finding.rule for finding in findings]
    said = put(device(build=build, edition=edition), body, number=number)
    told = [t for t in why(said).told if t.sender == "server" and t.verb not in ("Atomic", "Sequence")]
    if len(said) == 2:  # nothing of it was read
        return [("", [f.rule for f in findings], None, agrees([f.rule for f in findings], None))]
    rows = []
    for at, intended in enumerate(profile.commands):
        if not intended.uri and intended.verb not in ("Add", "Replace", "Delete", "Get", "Exec"):
            answered = [int(a.code) for t in why(said).told for a in t.answers if t.verb == intended.verb]
            rules = [f.rule for f in findings if f.line == intended.line]
            rows.append(
                (intended.verb, rules, answered[0] if answered else None, agrees(rules, *answered[:1] or [None]))
            )
            continue
        mine = [f for f in findings if f.line == intended.line and f.uri in ("", intended.uri.strip())]
        same = [k for k, c in enumerate(profile.commands) if (c.line, c.uri) == (intended.line, intended.uri)]
        rules = [f.rule for f in mine]
        if len(same) > 1 and at != same[-1]:  # of two on one node it is the second that is found
            rules = [rule for rule in rules if rule not in ("atomic-twice", "twice")]
        told_at = told[at] if at < len(told) else None
        status = int(told_at.answers[0].code) if told_at is not None and told_at.answers else None
        atomic = "Atomic" in intended.within
        right = agrees(rules, status, in_failed_atomic=atomic)
        rows.append((intended.uri, rules, status, right))
    return rows


STATE = "lint does not know what the device has"
NOT_AGREED = {
    "delete": STATE,
    "an instance taken away": STATE,
    "a policy no longer configured": STATE,
    "a message with alerts and Gets": STATE,
    "an instance still called *": "nobody says what a device does with such a name",
    "a leaf below *": "nobody says what a device does with such a name",
    "a value that a dependency takes away": "the device looks at one node at a time",
}
"""Cases in which the device answers otherwise than lint foretold, and why."""


@pytest.mark.parametrize("name", RIGHT)
def test_right_profiles_are_taken(name):
    rows = compared(RIGHT[name])
    assert rows and all(row[3] for row in rows) == (name not in NOT_AGREED), rows


@pytest.mark.parametrize("name", WRONG)
def test_wrong_profiles_are_answered_as_foretold(name):
    options = {"build": {"build": "10.0.19045"}, "edition": {"edition": "0x65"}}.get(name, {})
    rows = compared(WRONG[name][0], **options)
    assert rows and all(row[3] for row in rows) == (name not in NOT_AGREED), rows


def test_how_far_lint_and_device_agree():
    cases = len(RIGHT) + len(WRONG)
    assert (cases - len(NOT_AGREED), cases) == (183 - 7, 183)


# -- each behaviour


@pytest.mark.parametrize("name", BEHAVIOUR)
def test_every_behaviour_names_its_mark_and_where_it_is(name):
    row = BEHAVIOUR[name]
    owner, _, field = row.field.rpartition(".")
    known = {f.name for f in fields(TreeRules if owner else Rules)} | {f.name for f in fields(WindowsRules)}
    fixed = {"DmV", "twice", "no_cmd_id", "slash", "vendor", "admx", "owned", "second"}
    assert row.what and row.mark in ("E", "V", "E/V", "U") and (field in known or field in fixed)


def test_the_first_message():
    first = XML.decode(device().connect(dm.Account("s", "https://s.example/dm", None, None)).start().reply.body)
    assert first.header.meta is None and first.header.cred is None
    assert (first.header.ver_dtd, first.header.ver_proto, first.header.session_id) == ("1.2", "DM/1.2", "1")
    assert [(c.cmd_id, c.verb.value) for c in first.commands] == [("2", "Alert"), ("3", "Alert"), ("4", "Replace")]
    assert [int(c.code) for c in first.commands[:2]] == [1201, 1224]
    assert {i.source: i.text for i in first.commands[2].items}["./DevInfo/DmV"] == "1.3"


@pytest.mark.parametrize(("form", "ids"), [("decimal", ["1", "2"]), ("hexadecimal", ["0001", "0002"])])
def test_session_ids(form, ids):
    phone = device(habits=WindowsRules(session_ids=form))
    account = dm.Account("s", "https://s.example/dm", None, None)
    assert [phone.connect(account).snapshot().setting.session_id for _ in ids] == ids


def test_replace_makes_what_is_not_there_and_add_does_not_do_it_twice():
    made = device()
    assert answers(item(f"{D}/AllowCamera", 1), made) == [200]
    assert answers(item(f"{D}/AllowCamera", 0), made) == [200]
    assert answers(item(f"{D}/AllowCamera", 0, verb="Add"), made) == [418]
    assert made.tree.get(f"{D}/AllowCamera").value == "0"


@pytest.mark.parametrize("head", ["./Vendor/MSFT", "./Device/Vendor/MSFT", "./device/vendor/msft"])
def test_heads(head):
    assert answers(item(f"{head}/Sample/AllowCamera", 1) + item(f"{head}/Sample/AllowCamera", None, None, "Get")) == [
        200,
        200,
    ]


def test_results_come_under_the_address_that_was_asked_for():
    found = why(put(device(), item("./Vendor/MSFT/Sample/Enabled", None, None, "Get")))
    assert found.told[-1].results == (("./Vendor/MSFT/Sample/Enabled", "false"),)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (item(f"{D}/AllowCamera", 1) + item(f"{D}/Rights", 4), [507, 216, 500]),
        (item(f"{D}/AllowCamera", 9) + item(f"{D}/Rights", 1), [507, 500, 215]),
        (item(f"{D}/AllowCamera", 1) + item(f"{D}/AllowCamera", None, None, "Get"), [507, 215, 500]),
        ("<Atomic>" + item(f"{D}/AllowCamera", 1) + "</Atomic>", [507, 500, 215]),
        (item(f"{D}/AllowCamera", 1, verb="Add") + item(f"{D}/AllowCamera", 0), [507, 215, 500]),
        (item(f"{D}/AllowCamera", 1) + item(f"{D}/Rights", 1), [200, 200, 200]),
    ],
)
def test_atomics(inside, expected):
    made = device()
    before = made.tree
    assert answers(f"<Atomic>{inside}</Atomic>", made) == expected
    assert (made.tree == before) == (expected[0] == 507)


def test_a_failed_atomic_may_tell_all_parts_alike():
    body = f"<Atomic>{item(f'{D}/AllowCamera', 1)}{item(f'{D}/Rights', 4)}</Atomic>"
    assert answers(body, device(habits=WindowsRules(told="alike", bad_value=400))) == [507, 400, 400]


@pytest.mark.parametrize(("value", "stored"), [("1", "1"), ("0", "0"), ("true", "true"), ("false", "false")])
def test_forms_of_bool(value, stored):
    made = device()
    assert answers(item(f"{D}/Enabled", value, "bool"), made) == [200]
    assert made.tree.get(f"{D}/Enabled").value in (stored, {"1": "true", "0": "false"}.get(stored))


@pytest.mark.parametrize(
    ("scope", "uri", "status"),
    [("device", PICTURE, 405), ("user", f"{D}/Hosts", 405), ("user", "./Vendor/MSFT/Sample/Hosts", 405),
     ("mixed", f"{D}/Hosts", 200), ("user", PICTURE, 200)],
)  # fmt: skip
def test_the_scope_of_a_session(scope, uri, status):
    said = put(device(habits=WindowsRules(scope=scope)), item(uri, "x", "chr"))
    found = why(said)
    assert [int(t.answers[0].code) for t in found.told if t.sender == "server"] == [status]
    assert (b"com.microsoft.mdm.synctype" in said[0].body) == (scope != "mixed")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<Put><CmdID>9</CmdID><Item><Data>x</Data></Item></Put>", [400]),
        ("<Search><CmdID>9</CmdID></Search>", [400]),
        (item("/Device/Vendor/MSFT/Sample/AllowCamera", 1), [400]),
        (item(f"{D}/Limit", '<enabled/><data id="Size" value="3"/>', "chr") + item(f"{D}/Rights", 1), [None, 200]),
        (item(f"{D}/Hosts", "a<b/>c", "chr") + item(f"{D}/Rights", 1), [None, 200]),
        (item(f"{D}/Limit", "<enabled/>", "chr") + item(f"{D}/AllowCamera", 1), [None, 200]),
        (item(f"{D}/Hosts", "<![CDATA[a.b]]>", "chr"), [400]),
        (item(f" {D}/AllowCamera ", 1), [404]),
        (item(f"{D}/Nothing", 1), [404]),
        (item("./Device/Vendor/MSFT/DeclaredConfiguration/Host/Complete/Documents/A/Document", "x", "chr"), [406]),
        (item(f"{D}/AllowCamera", 1, None), [200]),
        (item(f"{D}/Enabled?prop=ACL", None, None, "Get"), [406]),
        (item(f"{D}/Reset", None, None, "Exec"), [200]),
        (item(f"{D}/Enabled", None, None, "Exec"), [405]),
    ],
)
def test_commands_of_odd_form(body, expected):
    assert answers(body) == expected


def test_a_command_without_cmd_id_is_answered_with_400():
    body = item(f"{D}/AllowCamera", 1).replace("<CmdID>1</CmdID>", "")
    said = put(device(), body, number=False)
    assert b"<Data>400</Data>" in said[2].body


def test_owned_settings_are_refused_in_and_outside_an_atomic():
    made = device()
    made.owned[("device", "vendor", "msft", "sample", "allowcamera")] = "A"
    assert answers(item("./Vendor/MSFT/Sample/AllowCamera", 1), made) == [500]
    assert answers(f"<Atomic>{item(f'{D}/Rights', 1)}{item(f'{D}/AllowCamera', 1)}</Atomic>", made) == [507, 215, 500]
    assert answers(item(f"{D}/AllowCamera", None, None, "Get"), made) == [404]


@pytest.mark.parametrize(
    ("body", "original"),
    [(item(f"{D}/Nothing", 1), "0x86000002"), (item(f"{D}/AllowCamera", "x"), "0x86000001"),
     (item(f"{D}/Limit", "&lt;on/&gt;", "chr"), "0x82B00001"), (item(f"{D}/AllowCamera", 7), ""),
     (item(f"{D}/Old", "x", "chr"), "0x86000031")],
)  # fmt: skip
def test_the_error_behind_a_status_stands_beside_it(body, original):
    made = device()
    made.owned[("device", "vendor", "msft", "sample", "old")] = "A"
    found = why(put(made, body))
    assert found.told[-1].answers[0].original == original
    assert found.owned == ((f"{D}/Old",) if original.endswith("31") else ())


def test_results_that_do_not_fit_are_left_out_and_the_session_ends():
    made = device()
    answers(item(f"{D}/Old", "x" * 3000, "chr"), made)
    said = put(made, item(f"{D}/Old", None, None, "Get"), max_message=2048)
    found = why(said)
    [asked] = [t for t in found.told if t.verb == "Get"]
    assert asked.fate == "failed" and "1223" in asked.causes[0] and b"<Results>" not in said[2].body


def test_nodes_of_a_later_build_or_another_edition_are_not_there():
    assert answers(item(f"{D}/MaxMinutes", 5), device(build="10.0.19045")) == [404]
    assert answers(item(f"{D}/AllowCamera", 1), device(edition="0x65")) == [404]


def test_it_answers_no_status_that_windows_does_not_have():
    seen = set()
    for name in [*RIGHT, *WRONG]:
        seen |= {row[2] for row in compared(RIGHT[name] if name in RIGHT else WRONG[name][0])}
    assert seen - {None} <= STATUSES and len(seen) >= 8


def test_it_talks_with_the_server_of_dmkit():
    account = dm.Account("mdm", "https://mdm.example/dm", None, None)
    made = WindowsDevice.of(CATALOGUE, account)
    rules = Rules(auth="none", server_auth="none", lenient=True, first_message="any")
    server = dm.Server({made.address: account}, rules=rules, nonces=counted_nonces)
    job = dm.jobs.send(
        Atomic.of(Replace.of(f"{D}/AllowCamera", 1), Add.of(f"{D}/Hosts", "a.b")), Get.of(f"{D}/AllowCamera")
    )
    talk = dm.converse(made, server, job=job)
    assert len(talk) == 4 and all(outcome.ok for outcome in server.results[-1].result)
    assert made.tree.get(f"{D}/Hosts").value == "a.b"


def test_rules_of_peers_are_these():
    assert DEVICES["windows"].first_cmd_id == 2 and DEVICES["windows"].tree.replace_adds
    with pytest.raises(ConfigError):
        WindowsRules(told="nobody")
