"""Undoing where it does not belong: a journal of another device, subscriber, server or version; and small messages."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.services import pack, parse
from dmkit.services.journal import NOT_HERE, DeviceRecord
from dmkit.services.provision import provision, renew, undo
from tests.services.drive import drive, tree_of

MAIL = """
[service.mail]
settings = {"./Mail/Host" = "mx.example", "./Mail/User" = "ann"}
"""
ROOT = """
[software.app]
at = "./App/Version"
remove = "./App/Remove"
packages = [{version = "1", install = "./App/Install"}]
[service.app]
needs = ["software:app"]
settings = {"./App/On" = "yes"}
"""


def done(text=MAIL, want=("mail",), values=None):
    """A catalogue, the tree of a device on which a job has ended, and what is remembered of it."""
    catalogue, journals = parse(text), {}
    ended = drive(
        provision(list(want), catalogue=catalogue, journals=journals), catalogue, tree_of(catalogue, values or {})
    )
    assert ended.result.state == "done"
    return catalogue, ended.tree, journals


def held(tree):
    return {uri: node.value for uri, node in tree.walk()}


@pytest.mark.parametrize("values", [
    {},  # a device on which nothing was done
    {"./Mail/Host": "mx.other.example", "./Mail/User": "bob"},  # another subscriber's
    {"./Mail/User": "bob"},
    {"./Mail/Host": "mx2.example"},  # another version of the service
])  # fmt: skip
@pytest.mark.parametrize("before", [{}, {"./Mail/User": "mine"}])
def test_nothing_of_a_journal_is_on_the_device(values, before):
    catalogue, _, journals = done(values=before)
    elsewhere, kept = tree_of(catalogue, values), dict(journals)
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, elsewhere)
    assert back.result.state == "no plan" and back.result.reasons[0].startswith(NOT_HERE)
    assert held(back.tree) == held(elsewhere) and journals == kept and not back.changes


def test_where_one_leaf_is_as_the_job_left_it_the_rest_is_undone_too():
    catalogue, tree, journals = done(values={"./Mail/User": "mine"})
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, tree.set("./Mail/User", "mine"))
    assert back.result.state == "undone" and back.tree.get("./Mail/User").value == "mine"
    assert "./Mail/Host" not in back.tree


@pytest.mark.parametrize("before", [{}, {"./Mail/User": "mine"}])
@pytest.mark.parametrize("now", ["bob", ""])
def test_a_leaf_that_was_changed_since_keeps_all_from_being_undone(before, now):
    """One leaf as the job left it is no proof: another device of that name may have the same host."""
    catalogue, tree, journals = done(values=before)
    changed, kept = tree.set("./Mail/User", now), dict(journals)
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, changed)
    assert back.result.state == "no plan" and held(back.tree) == held(changed)
    assert journals == kept and not back.changes
    assert back.result.reasons == (
        "./Mail/User: neither what the job wrote nor what was there before it; it was changed since, or this is "
        "another device, so nothing is undone",
    )


def test_of_several_leaves_that_were_changed_the_number_is_told():
    catalogue, tree, journals = done(
        MAIL.replace("}", ', "./Mail/Port" = "25", "./Mail/Tls" = "yes"}'), values={"./Mail/User": "mine"}
    )
    for uri in ("./Mail/User", "./Mail/Tls", "./Mail/Port"):
        tree = tree.set(uri, "0")
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, tree)
    assert " and 2 other leaves: neither" in back.result.reasons[0] and not back.changes


def test_what_the_job_wrote_before_it_changed_its_plan_is_its_own():
    """The first value got there, a fact changed, and the message with the second was lost."""
    catalogue = parse("""
[bearer.x]
uri = "./X"
[service.mail]
needs = [["by-x", "by-y"]]
[service.by-x]
needs = ["bearer:x"]
settings = {"./Mail/Host" = "x", "./Mail/User" = "ann"}
[service.by-y]
settings = {"./Mail/Host" = "y", "./Mail/User" = "ann"}
""")
    journals, start = {}, tree_of(catalogue, {"./X": "true"})
    job = provision(["mail"], catalogue=catalogue, journals=journals)
    half = drive(job, catalogue, start, lose=2, how="answer", sessions=1, quiet=True)
    assert half.tree.get("./Mail/Host").value == "x"
    flipped = half.tree.set("./X", "false")
    lost = drive(job, catalogue, flipped, lose=1, how="request", sessions=1, quiet=True)
    journal = DeviceRecord.read(journals["IMEI:1"]).current
    assert journal.gave_once and lost.tree.get("./Mail/Host").value == "x"
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, lost.tree)
    assert back.result.state == "undone" and "./Mail" not in back.tree


def test_what_only_took_away_can_be_undone():
    catalogue, journals = parse(MAIL), {}
    start = tree_of(catalogue, {"./Mail/Host": "mx.example", "./Mail/User": "ann"})
    ended = drive(provision([], drop=["mail"], catalogue=catalogue, journals=journals), catalogue, start)
    assert ended.result.state == "done"
    refused = drive(undo(journals=dict(journals), catalogue=catalogue), catalogue, start)
    assert refused.result.reasons[0].startswith(NOT_HERE) and not refused.changes
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, ended.tree)
    assert back.result.state == "undone" and held(back.tree) == held(start)


@pytest.mark.parametrize("job", [undo, lambda **how: renew(now=0.0, **how), lambda **how: provision(["mail"], **how)])
def test_the_journal_of_another_device_is_not_gone_on_with(job):
    catalogue, tree, journals = done()
    record = DeviceRecord.read(journals["IMEI:1"])
    assert record.device == "IMEI:1"
    record.device = "IMEI:2"
    other = {"IMEI:1": record.write()}
    back = drive(job(journals=other, catalogue=catalogue), catalogue, tree)
    assert back.result.reasons == (f"{NOT_HERE}: it is the journal of IMEI:2, and this is IMEI:1",)
    assert not back.changes and other == {"IMEI:1": record.write()}


def test_a_record_of_an_earlier_version_names_no_device():
    catalogue, tree, journals = done()
    record = DeviceRecord.read(journals["IMEI:1"])
    record.device, record.last.gave = "", {}
    back = drive(undo(journals={"IMEI:1": record.write()}, catalogue=catalogue), catalogue, tree)
    assert back.result.state == "undone" and "./Mail/Host" not in back.tree


def test_a_server_that_may_not_look_does_not_say_that_nothing_is_there():
    catalogue, tree, journals = done()
    shut = tree.with_acl("./Mail", "Get=nobody&Replace=nobody&Delete=nobody&Add=nobody")
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, shut)
    assert (back.result.state, back.result.stranded) == ("stranded", ("./Mail: 425 Permission denied",))


def test_a_catalogue_of_another_version_is_one_sentence():
    catalogue, tree, journals = done(ROOT, ["app"])
    back = drive(undo(journals=journals, catalogue=parse(MAIL)), catalogue, tree)
    assert back.result.reasons == (
        "the catalogue has no software app, which the job installed; the one of the job is needed",
    )
    assert (
        not back.changes
        and drive(undo(journals=journals, catalogue=catalogue), catalogue, tree).result.state == "undone"
    )


KEY = '[service.mail.settings]\n"./Key" = {value = "%s", secret = true, lifetime = "90d", renew = "10d"}'
CERT = """
[software.cert]
at = "./Cert/Version"
packages = [{version = "1", install = "./Cert/Install", lifetime = "90d", renew = "10d"}]
[service.mail]
needs = ["software:cert"]
"""


def renewed(old, new):
    """A tree and what is remembered of it, once set up on day 0 and once renewed on day 85."""
    first, second, journals = parse(old), parse(new), {}
    begun = drive(provision(["mail"], catalogue=first, journals=journals, now=0.0), first, tree_of(first, {}))
    before = DeviceRecord.read(journals["IMEI:1"])
    ended = drive(renew(journals=journals, now=85 * 86400.0, catalogue=second), second, begun.tree)
    assert ended.result.state == "done" and DeviceRecord.read(journals["IMEI:1"]).since != before.since
    return second, ended.tree, journals, before


def test_with_a_renewal_that_is_undone_the_old_secret_is_as_old_as_it_was():
    catalogue, tree, journals, before = renewed(KEY % "a", KEY % "b")
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, tree)
    now = DeviceRecord.read(journals["IMEI:1"])
    assert back.result.state == "undone" and back.tree.get("./Key").value == "a"
    assert (now.since, now.secrets) == (before.since, before.secrets) == ({"./Key": 0.0}, now.secrets) != ({}, {})


@pytest.mark.parametrize(
    ("text", "again", "ends"),
    [
        (KEY, "renew", "undone"),  # a renewal that is refused and put back
        (MAIL, "renew", "done"),  # nothing was due
        (MAIL, "set up", "done"),  # all was there
        (MAIL + '[bearer.x]\nuri = "./X"\n[service.out]\nneeds = ["bearer:x"]', "no way", "no plan"),
    ],
)
def test_behind_a_job_that_left_nothing_only_who_asks_undoes_the_one_before(text, again, ends):
    catalogue, journals = parse(text.replace("%s", "a")), {}
    first = drive(provision(["mail"], catalogue=catalogue, journals=journals, now=0.0), catalogue,
                  tree_of(catalogue, {}))  # fmt: skip
    given = {"catalogue": catalogue, "journals": journals, "now": 85 * 86400.0}
    job = {"renew": lambda: renew(**given), "set up": lambda: provision(["mail"], **given),
           "no way": lambda: provision(["out"], **given)}[again]()  # fmt: skip
    second = drive(job, catalogue, first.tree, refuse=range(9))
    assert second.result.state == ends and held(second.tree) == held(first.tree)
    kept = dict(journals)
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, second.tree)
    task = {"renew": "renew mail", "set up": "set up mail", "no way": "set up out"}[again]
    assert back.result.reasons == (
        f"the last job, {task}, which ended as {ends}, left nothing to undo; "
        "earlier=True undoes the one before: set up mail",
    )
    assert (back.result.state, back.changes) == ("no plan", 0) and journals == kept
    asked = drive(undo(journals=journals, catalogue=catalogue, earlier=True), catalogue, second.tree)
    assert asked.result.state == "undone" and not {"./Key", "./Mail/Host"} & held(asked.tree).keys()
    assert drive(undo(journals=journals, catalogue=catalogue), catalogue, asked.tree).result.reasons == (
        "nothing is remembered of this device",
    )


def test_behind_a_first_job_that_left_nothing_there_is_none_before():
    catalogue, journals, start = parse(MAIL), {}, tree_of(parse(MAIL), {"./Mail/User": "mine"})
    drive(provision(["mail"], catalogue=catalogue, journals=journals), catalogue, start, refuse=range(9))
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, start)
    assert back.result.reasons == ("the last job, set up mail, which ended as undone, left nothing to undo",)
    again = drive(undo(journals=journals, catalogue=catalogue, earlier=True), catalogue, start)
    assert again.result.reasons == ("nothing is remembered of this device",)


def test_earlier_is_yes_or_no():
    with pytest.raises(dm.ConfigError, match="earlier = 1; True or False is right"):
        undo(journals={}, catalogue=parse(MAIL), earlier=1)


def test_a_secret_that_cannot_be_put_back_stays_as_young_as_it_is():
    catalogue, tree, journals, _ = renewed(KEY % "a", KEY % "b")
    shut = tree.with_acl(".", "Get=*")
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, shut)
    assert back.result.state == "stranded" and back.tree.get("./Key").value == "b"
    assert DeviceRecord.read(journals["IMEI:1"]).since == {"./Key": 85 * 86400.0}
    again = drive(undo(journals=journals, catalogue=catalogue), catalogue, tree)
    assert again.result.state == "undone" and DeviceRecord.read(journals["IMEI:1"]).since == {"./Key": 0.0}


@pytest.mark.parametrize("text", [KEY % "a", CERT.replace("packages", 'remove = "./Cert/Remove"\npackages')])
def test_of_what_is_undone_altogether_no_time_is_remembered(text):
    catalogue, journals = parse(text), {}
    ended = drive(provision(["mail"], catalogue=catalogue, journals=journals, now=0.0), catalogue,
                  tree_of(catalogue, {}))  # fmt: skip
    assert DeviceRecord.read(journals["IMEI:1"]).since
    assert drive(undo(journals=journals, catalogue=catalogue), catalogue, ended.tree).result.state == "undone"
    record = DeviceRecord.read(journals["IMEI:1"])
    assert not record.since and not record.secrets


def test_what_never_got_there_is_undone_and_said_to_be_nothing():
    catalogue, journals, start = parse(MAIL), {}, tree_of(parse(MAIL), {})
    drive(provision(["mail"], catalogue=catalogue, journals=journals), catalogue, start, lose=2, how="request",
          sessions=1, quiet=True)  # fmt: skip
    assert DeviceRecord.read(journals["IMEI:1"]).current is not None
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, start)
    assert (back.result.state, back.changes) == ("undone", 0) and back.result.reasons[0].startswith(NOT_HERE)


@pytest.mark.parametrize("limit", [-1, 0, 1, 300, 700, 999])
def test_a_message_that_is_too_small_is_one_sentence(limit):
    with pytest.raises(dm.ConfigError, match=rf"limit = {limit}; the octets of a message are right, 1000 at least"):
        pack((), {}, frozenset(), limit=limit)
    assert pack((), {}, frozenset(), limit=1000) == []


@pytest.mark.parametrize("job", [undo, lambda **how: provision(["mail"], **how)])
def test_a_device_of_small_messages_is_left_alone(job):
    catalogue, tree, journals = done()
    back = drive(job(journals=journals, catalogue=catalogue), catalogue, tree, limit=999)
    assert back.result.reasons == ("the device takes messages of 999 octets; 1000 are needed",) and not back.changes
