"""Certificates and secrets with a stated lifetime: when they are due, and that a job makes them anew in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.services import due, expiries, parse, plan, provision, read, renew, works
from dmkit.services.journal import DeviceRecord
from dmkit.session.work import DeviceInfo
from dmkit.tree.describe import Described
from dmkit.words.codes import Verb
from dmkit.words.errors import ConfigError
from tests.services.drive import drive, installers, tree_of

DAY = 86400.0
OFFICE = """
[software.root]
at = "./Root/Installed"
[[software.root.packages]]
version = "1"
install = "./Root/Install"
lifetime = "1000d"
renew = "100d"
returns = {"./Root/Thumb" = "aa"}
[software.cert]
at = "./Cert/Status"
[[software.cert.packages]]
version = "1"
install = "./Cert/Enroll"
lifetime = "365d"
renew = "73d"
settings = {"./Cert/CA" = "${./Root/Thumb}"}
returns = {"./Cert/Thumb" = "bb"}
[service.wifi]
needs = ["software:root", "software:cert"]
settings = {"./WiFi" = "trust ${./Root/Thumb}; client ${./Cert/Thumb}"}
[service.thing.settings]
"./Key" = {value = "${key}", secret = true, lifetime = "90d", renew = "10d"}
"""
CATALOGUE = parse(OFFICE)


def record(journals):
    return DeviceRecord.read(journals["IMEI:1"])


def equipped():
    """A device on day 0 with Wi-Fi, and what the server remembers of it."""
    journals = {}
    job = provision(["wifi"], catalogue=parse(OFFICE.partition("[service.thing")[0]), journals=journals, now=0.0)
    done = drive(job, CATALOGUE, tree_of(CATALOGUE, {}))
    assert done.result.state == "done", done.result
    return journals, done.tree


def the(days):
    return expiries(CATALOGUE, record(equipped()[0]), days * DAY)


def test_times_are_remembered_and_told_soonest_first():
    assert [(e.software, e.state) for e in the(0)] == [("cert", "good"), ("root", "good")]
    assert [(e.software, e.state) for e in the(291)] == [("cert", "good"), ("root", "good")]
    assert [(e.software, e.state) for e in the(292)] == [("cert", "due"), ("root", "good")]
    assert [(e.software, e.state) for e in the(365)] == [("cert", "expired"), ("root", "good")]
    assert str(the(292)[0]) == "cert (wifi): due, renewed from day 292 to day 365"
    assert due(CATALOGUE, record(equipped()[0]), 100 * DAY) == ()


def test_a_renewal_is_planned_before_what_refers_to_it():
    there = {"./Root/Installed": "1", "./Root/Thumb": "aa", "./Cert/Status": "1", "./Cert/Thumb": "bb",
             "./Cert/CA": "aa", "./WiFi": "trust aa; client bb"}  # fmt: skip
    assert "wifi" in works(CATALOGUE, there) and plan(CATALOGUE, there, ["wifi"]).cost == 0
    only = plan(CATALOGUE, there, ["wifi"], anew=["cert"])
    assert [str(c) for c in only.changes] == ["renew cert 1", "replace ./WiFi = trust aa; client ${…/Thumb}"]
    both = plan(CATALOGUE, there, ["wifi"], anew=["cert", "root"])
    assert [str(c) for c in both.changes] == ["renew root 1", "renew cert 1",
                                              "replace ./WiFi = trust ${…/Thumb}; client ${…/Thumb}"]  # fmt: skip
    assert both.cost == 21 and plan(CATALOGUE, {}, ["wifi"], anew=["cert"]).cost == 21, "what comes is new anyway"
    assert plan(CATALOGUE, there, ["thing"], kept=(), anew=["cert"]).cost == 1, "nobody here leans on it"
    with pytest.raises(dm.ConfigError, match="there is no software 'crt'; there are root, cert"):
        plan(CATALOGUE, there, ["wifi"], anew=["crt"])


def renewing(catalogue, handlers):
    """What an enrolment gives the second time."""

    def again(tree, call):
        tree, outcome = handlers["./Cert/Enroll"](tree, call)
        return tree.set("./Cert/Thumb", "cc"), outcome

    return handlers | {"./Cert/Enroll": again}


@pytest.mark.parametrize("lose", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("how", ["request", "answer", "reboot"])
def test_a_job_renews_in_time_and_what_refers_to_it_follows(lose, how, monkeypatch):
    office = parse(OFFICE.partition("[service.thing")[0])
    journals, tree = equipped()
    monkeypatch.setattr("tests.services.drive.installers", lambda c, count=None: renewing(c, installers(c, count)))
    job = renew(journals=journals, catalogue=office, now=300 * DAY)
    done = drive(job, office, tree, lose=lose, how=how)
    assert done.result.state == "done", done.result
    assert done.tree.get("./WiFi").value == "trust aa; client cc"
    ends = {e.software: e.until for e in expiries(office, record(journals), 300 * DAY)}
    assert ends == {"cert": 665 * DAY, "root": 1000 * DAY}
    idle = drive(renew(journals=journals, catalogue=office, now=301 * DAY), office, done.tree)
    assert (idle.result.state, idle.changes) == ("done", 0)


def test_a_renewal_that_fails_says_so_and_stays_due():
    office = parse(OFFICE.partition("[service.thing")[0])
    journals, tree = equipped()
    done = drive(renew(journals=journals, catalogue=office, now=300 * DAY), office, tree, refuse=range(9))
    assert done.result.state != "done" and "renew cert 1" in str(done.result.reasons)
    assert done.tree.get("./WiFi").value == "trust aa; client bb", "what was there stays"
    assert [e.software for e in due(office, record(journals), 301 * DAY)] == ["cert"]
    assert drive(renew(journals=journals, catalogue=office, now=302 * DAY), office, done.tree).result.state == "done"


BOTH = parse(OFFICE.replace("${key}", "k"))


def both_set_up():
    """A device on day 0 with a certificate, a root and a secret, and what the server remembers of it."""
    journals = {}
    done = drive(provision(["wifi", "thing"], catalogue=BOTH, journals=journals, now=0.0), BOTH, tree_of(BOTH, {}))
    assert done.result.state == "done"
    return journals, done.tree


def test_what_fails_to_be_renewed_stays_meant_and_due_though_the_rest_was_done():
    journals, tree = both_set_up()
    job = renew(journals=journals, catalogue=BOTH, now=300 * DAY)
    done = drive(job, BOTH, tree.with_acl("./Cert/Enroll", "Get=*"))
    assert done.result.state == "part done" and "wifi" in done.result.works
    assert record(journals).intent == ("wifi", "thing")
    assert [e.uri for e in due(BOTH, record(journals), 300 * DAY)] == ["./Cert/Status"]
    again = drive(renew(journals=journals, catalogue=BOTH, now=301 * DAY), BOTH, tree)
    assert again.result.state == "done" and not due(BOTH, record(journals), 301 * DAY)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_secret_that_the_device_does_not_take_stays_as_it_is_and_the_rest_is_renewed(hidden):
    journals, tree = both_set_up()
    tree = tree.with_acl("./Key", "Delete=*" if hidden else "Get=*")
    done = drive(renew(journals=journals, catalogue=BOTH, now=300 * DAY), BOTH, tree)
    assert done.result.state == "part done" and set(done.result.works) == {"wifi", "thing"}, done.result
    assert not done.result.broken and "./Key" in str(done.result.reasons), "it works with the secret of before"
    assert done.tree.get("./Key").value == "k"
    assert [e.uri for e in due(BOTH, record(journals), 300 * DAY)] == ["./Key"]


@pytest.mark.parametrize("version", ["2", "0.9", "latest", "1.0.1"])
def test_a_version_that_nobody_has_a_package_of_is_reported_and_the_rest_is_renewed(version):
    journals, tree = both_set_up()
    tree = tree.set("./Cert/Status", version)  # the user, or another server, has put another one there
    done = drive(renew(journals=journals, catalogue=BOTH, now=300 * DAY), BOTH, tree)
    assert done.result.state == "part done", done.result
    assert f"version {version} is installed, and there is no package of it" in str(done.result.reasons)
    assert [e.uri for e in due(BOTH, record(journals), 300 * DAY)] == ["./Cert/Status"], "the secret is renewed"


def test_when_nothing_can_be_renewed_nothing_is_touched():
    office = parse(OFFICE.partition("[service.thing")[0])
    journals, tree = equipped()
    done = drive(renew(journals=journals, catalogue=office, now=300 * DAY), office, tree.set("./Cert/Status", "2"))
    assert (done.result.state, done.changes) == ("undone", 0) and "no package of it" in str(done.result.reasons)
    assert record(journals).intent == ("wifi",)


def test_what_is_not_there_any_more_is_installed_and_not_renewed():
    office = parse(OFFICE.partition("[service.thing")[0])
    journals, tree = equipped()
    done = drive(renew(journals=journals, catalogue=office, now=300 * DAY), office, tree.remove("./Cert/Status"))
    assert done.result.state == "done" and done.tree.get("./Cert/Status").value == "1"
    assert not due(office, record(journals), 300 * DAY)


@pytest.mark.parametrize("shown", [False, True])
def test_a_secret_is_written_anew_before_its_end(shown):
    thing = parse("[service.thing" + OFFICE.partition("[service.thing")[2])
    verbs = frozenset({Verb.ADD, Verb.REPLACE, *([Verb.GET] if shown else [])})
    journals, hidden = {}, lambda uri: Described(verbs) if uri == "./Key" else Described()
    first = provision(["thing"], catalogue=thing, journals=journals, parameters={"key": "k"}, now=0.0)
    tree = replace(drive(first, thing, replace(tree_of(thing, {}), describe=hidden)).tree, describe=hidden)
    assert tree.get("./Key").value == "k"
    job = renew(journals=journals, catalogue=thing, now=85 * DAY)
    with pytest.raises(dm.ConfigError, match="needs the parameter 'key'"):
        next(job(DeviceInfo("IMEI:1")))
    at = {}
    for day in (79, 81, 82):
        job = renew(journals=journals, catalogue=thing, now=day * DAY, parameters={"key": "k"})
        done = drive(job, thing, tree)
        at[day] = (done.result.state, done.changes, record(journals).since["./Key"] / DAY)
        tree = done.tree
    assert at == {79: ("done", 0, 0.0), 81: ("done", 1, 81.0), 82: ("done", 0, 81.0)}


def test_what_nobody_remembers_is_renewed():
    old = record(equipped()[0])
    old.since.clear()
    assert [e.state for e in due(CATALOGUE, old, 0.0)] == ["unknown", "unknown"]
    assert "nobody remembers when it was written" in str(due(CATALOGUE, old, 0.0)[0])


def test_a_journal_of_before_can_be_read():
    raw = DeviceRecord(("mail",)).write().replace(b',"since":{}', b"")
    assert b"since" not in raw and DeviceRecord.read(raw) == DeviceRecord(("mail",))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ('secret = true, lifetime = "soon"', "service a, ./A: lifetime = 'soon'; a time such as 90d, 12h or 30m"),
        ('secret = true, lifetime = "0d"', "service a, ./A: lifetime = '0d'; a time such as"),
        ('secret = true, lifetime = "9d", renew = "1"', "service a, ./A: renew = '1'; a time such as"),
        ('secret = true, lifetime = "9d", renew = "9d"', "service a, ./A: renew = '9d'; it is the time before the end"),
        ('secret = true, renew = "9d"', "service a, ./A: renew = '9d'; it is the time before the end"),
        ('lifetime = "9d"', "service a, ./A: a lifetime is that of a secret or a package"),
    ],
)
def test_a_wrong_time_is_one_sentence(field, told):
    with pytest.raises(dm.ConfigError) as refused:
        parse(f'[service.a.settings]\n"./A" = {{value = "x", {field}}}')
    assert told in str(refused.value)


@pytest.mark.parametrize("now", [float("nan"), float("inf"), "today", True, None])
def test_a_time_that_is_none_is_refused(now):
    with pytest.raises(dm.ConfigError, match="now = "):
        renew(journals={}, now=now)


@pytest.mark.parametrize("container", ["box", "", None, ["atomic"]])
def test_a_container_that_is_none_is_refused_by_both_jobs(container):
    for job in (provision, renew):
        with pytest.raises(dm.ConfigError, match=r"container = .*; atomic, sequence or plain is right"):
            job(journals={}, now=0.0, container=container)


def test_the_catalogue_of_today_renews_certificates_and_keys():
    today = read("data/services/today.toml")
    meant = DeviceRecord(("office-wifi", "lwm2m-server"))
    lasting = {e.software or e.uri for e in expiries(today, meant, 0.0)}
    assert lasting == {"root-certificate", "device-certificate", "./LwM2M/0/1/5"}


@pytest.mark.parametrize("now", [float("nan"), float("inf"), 10**400, "x", None, True])
def test_nothing_is_due_at_a_time_that_is_none(now):
    for asked in (expiries, due):
        with pytest.raises(ConfigError, match="seconds of a clock"):
            asked(parse("[service.mail]"), DeviceRecord(), now)


@pytest.mark.parametrize("how", ["request", "answer", "reboot"])
@pytest.mark.parametrize("lose", range(5))
def test_a_renewal_that_is_taken_up_again_makes_all_anew_that_was_due(lose, how):
    """The journal knows which secrets were due: the later session had ended as done with one that had expired."""
    journals, tree = both_set_up()
    done = drive(renew(journals=journals, catalogue=BOTH, now=300 * DAY), BOTH, tree, lose=lose, how=how)
    assert done.result.state == "done" and not due(BOTH, record(journals), 300 * DAY), done.result


WAITING = parse(
    OFFICE.replace("${key}", "k").replace('["software:root", ', '["bearer:x", "software:root", ')
    + '[bearer.x]\nuri = "./X"'
)


@pytest.mark.parametrize("lose", [None, 1, 2, 3])
def test_a_certificate_is_renewed_though_a_fact_keeps_its_service_from_working(lose):
    journals = {}
    first = provision(["wifi", "thing"], catalogue=WAITING, journals=journals, now=0.0)
    tree = drive(first, WAITING, tree_of(WAITING, {"./X": "true"})).tree.set("./X", "false")
    done = drive(renew(journals=journals, catalogue=WAITING, now=300 * DAY), WAITING, tree, lose=lose)
    assert done.result.state == "waiting" and done.result.waits == ("wifi",), done.result
    assert not due(WAITING, record(journals), 300 * DAY) and record(journals).intent == ("wifi", "thing")


def test_what_cannot_be_had_any_more_keeps_nothing_else_from_being_renewed():
    journals = {}
    first = provision(["wifi", "thing"], catalogue=WAITING, journals=journals, now=0.0)
    tree = drive(first, WAITING, tree_of(WAITING, {"./X": "true"})).tree.set("./X", "false").remove("./WiFi")
    done = drive(renew(journals=journals, catalogue=WAITING, now=300 * DAY), WAITING, tree)
    assert done.result.state == "part done" and done.result.works == ("thing",), done.result
    assert [e.uri for e in due(WAITING, record(journals), 300 * DAY)] == ["./Cert/Status"]
    assert "bearer:x" in str(done.result.reasons) and "wifi" in record(journals).intent
