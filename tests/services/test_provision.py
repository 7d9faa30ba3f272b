"""The job: what it leaves behind when all goes well, when something is refused, and when a session is lost."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.services.packing import pack
from dmkit.services.plan import NoPlan
from dmkit.services.planner import plan
from dmkit.services.provision import provision
from dmkit.services.state import values_of
from dmkit.services.tables import default, parse
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.rules import TreeRules
from tests.services.brute import working
from tests.services.drive import drive, installers, leaves, tree_of
from tests.services.many import many
from tests.strategies import situations

PHONE = {"./DevDetail/Bearer/LTE": "true", "./Card/Applications": "USIM"}
RULES = {
    "atomic": TreeRules(),
    "best effort": TreeRules(atomic="best effort"),
    "no atomic": TreeRules(atomic="unsupported"),
    "no atomic, one status": TreeRules(atomic="unsupported, one status"),
    "no parents": TreeRules(implicit_add=False, sequence_stops=True),
}


def kept_of(catalogue, values, found):
    return working(catalogue, values) & set(found.kept)


SERVES_A_FAILED_WISH = """
[service.wish]
needs = [["base"]]
settings = {"./W" = "x"}
[service.base]
auxiliary = true
settings = {"./B" = "x"}
[service.old]
needs = [["wish"]]
settings = {"./O" = "x"}
"""
"""``base`` works and serves a wish; where the wish is refused it stays, although what is dropped leads to it."""


@many(50, 3000)
@example((parse(SERVES_A_FAILED_WISH), {"./B": "x", "./O": "x"}, ["wish"], ["old"]), "atomic")
@given(situations(auxiliary=True), st.sampled_from(sorted(RULES)))
def test_whatever_happens_at_whichever_step_what_worked_works(situation, name):
    catalogue, values, want, drop = situation
    found = plan(catalogue, values, want, drop)
    tree = tree_of(catalogue, values)
    if isinstance(found, NoPlan):
        nothing = drive(provision(want, drop, catalogue=catalogue), catalogue, tree)
        assert nothing.result.state == "no plan" and leaves(nothing.tree) == leaves(tree)
        return
    kept = kept_of(catalogue, values, found)
    solid = RULES[name].atomic == "all or nothing" or not any(step.one_piece for step in found.steps)

    def check(driven):
        now = values_of(driven.tree, catalogue)
        assert kept <= working(catalogue, now)
        assert not driven.result.broken
        if solid:
            for seen in driven.seen:
                assert kept <= working(catalogue, values_of(seen, catalogue)), "between packages too"
        if driven.result.state == "done":
            assert set(want) <= working(catalogue, now)
        if driven.result.state == "undone":
            assert leaves(driven.tree) == leaves(tree)
        return driven

    def run(**fault):
        job = provision(want, drop, catalogue=catalogue)
        return check(drive(job, catalogue, tree, rules=RULES[name], limit=1500, **fault))

    smooth = run()
    assert smooth.result.state == "done", smooth.result
    for number in range(smooth.changes):
        assert run(refuse={number}).result.state in ("done", "part done", "undone", "stranded")
    for number in range(smooth.batches):
        for how in ("request", "answer", "reboot"):
            assert run(lose=number, how=how).result.state == "done"


# -- over sessions


def phone(values, **given):
    """A device with ``values`` and the software of the default catalogue, and its server."""
    device = dm.Device.example(**given)
    acl = device.tree.root.acl
    device.tree = tree_of(default(), {"./DevInfo/DevId": device.address, **values}).with_acl(".", acl)
    device.handlers |= installers(default())
    return device, dm.Server.example(device)


def ended(server):
    [done] = [result for result in server.results if result.job == "provision"]
    return done.result


@pytest.mark.parametrize("container", ["atomic", "sequence", "plain"])
def test_messages_carry_the_plan_whatever_it_travels_in(container):
    device, server = phone(PHONE, rules=dm.Rules(max_message=2500))
    talk = dm.converse(device, server, job=dm.jobs.provision(["mms", "mail"], container=container))
    assert ended(server), ended(server)
    assert {"mms", "mail"} <= working(default(), values_of(device.tree, default()))
    assert max(line.size for line in talk) <= 2500


@pytest.mark.unsound("the network loses everything from one message on")
@pytest.mark.parametrize("last", range(1, 12))
def test_a_lost_session_is_taken_up_where_it_was(last):
    before = {c.uri: c.after for c in plan(default(), PHONE, ["browsing"]).changes} | PHONE
    device, server = phone(before)
    said = count()
    job = dm.jobs.provision(["tickets", "mail"])
    dm.converse(device, server, job=job, tap=lambda packet, rng: [packet] if next(said) < last else [])
    assert "browsing" in working(default(), values_of(device.tree, default()))
    if not server.results:
        dm.converse(device, server)
    assert ended(server), ended(server)
    assert {"browsing", "tickets", "mail"} <= working(default(), values_of(device.tree, default()))
    tries = [entry for entry in ended(server).entries if entry.what == "did" and entry.text.startswith("set up mail")]
    assert len(tries) <= 1, "what was done is not done again"


def test_a_served_job_is_a_row_of_a_configuration():
    job = dm.jobs.build("provision", {"want": ["mail"], "catalogue": "default"})
    device, server = phone(PHONE)
    dm.converse(device, server, job=job)
    assert ended(server).state == "done"
    with pytest.raises(dm.ConfigError, match="there is no service 'fax'"):
        dm.jobs.build("provision", {"want": ["fax"]})
    with pytest.raises(dm.ConfigError, match="container = 'box'; atomic, sequence or plain is right"):
        dm.jobs.build("provision", {"want": ["mail"], "container": "box"})


def test_software_that_takes_its_time_is_waited_for_over_sessions():
    device, server = phone(PHONE)

    def later(tree, call):
        report = dm.words.Later(600, "urn:oma:at:scomo:1.0:OperationComplete", "1200", call.uri, call.correlator)
        device.handlers["./SCOMO/Inventory/Deployed/poc/Version"] = ready
        return tree, dm.words.Outcome(dm.StatusCode(202), later=(report,))

    def ready(tree, call):
        if call.now < 600:
            return tree, dm.words.Outcome(dm.StatusCode(404))
        return tree, dm.words.Outcome(dm.StatusCode(200), (dm.Item(source=call.uri, data="2.0"),))

    device.handlers["./SCOMO/Download/poc/Operations/DownloadInstall"] = later
    device.tree = device.tree.put("./SCOMO/Inventory", dm.Node.interior())
    for node in ("Deployed", "Deployed/poc"):
        device.tree = device.tree.put(f"./SCOMO/Inventory/{node}", dm.Node.interior())
    device.tree = device.tree.put("./SCOMO/Inventory/Deployed/poc/Version", dm.Node("chr", ""))
    device.handlers["./SCOMO/Inventory/Deployed/poc/Version"] = ready
    talks = dm.manage(device, server, job=dm.jobs.provision(["push-to-talk"]))
    assert len(talks) == 2
    assert ended(server), ended(server)
    assert [e.what for e in ended(server).entries if e.what in ("waits", "did")] == ["did", "did", "waits", "did"]


def test_a_secret_is_written_once_and_taken_on_trust():
    catalogue = parse('[service.mail.settings]\n"./Mail/Name" = "u"\n"./Mail/Secret" = {value = "s", secret = true}')
    device, server = phone({})
    hidden = Described(frozenset({dm.Verb.ADD, dm.Verb.DELETE, dm.Verb.REPLACE}))
    device.tree = dm.Tree(device.tree.root, Descriptions.of({"./Mail/Secret": hidden}))
    dm.converse(device, server, job=dm.jobs.provision(["mail"], catalogue=catalogue))
    assert ended(server), ended(server)
    server.results.clear()
    device.tree = device.tree.set("./Mail/Secret", "the user's own").set("./Mail/Name", "v")
    dm.converse(device, server, job=dm.jobs.provision(["mail"], catalogue=catalogue))
    assert ended(server)
    assert device.tree.get("./Mail/Secret").value == "the user's own"


def test_what_cannot_be_read_is_not_overwritten():
    catalogue = parse('[service.mail.settings]\n"./Mail/Name" = "u"')
    device, server = phone({"./Mail/Name": "mine"})
    device.tree = device.tree.with_acl("./Mail/Name", "Replace=*")
    dm.converse(device, server, job=dm.jobs.provision(["mail"], catalogue=catalogue))
    assert ended(server).reasons == ("./Mail/Name cannot be read, and so not be put back",)
    assert device.tree.get("./Mail/Name").value == "mine"


def test_a_test_on_the_device_that_fails_undoes_its_service_only():
    text = """
    [service.push]
    settings = { "./Push/Port" = 2948 }
    verify = [{ exec = "./Push/Test", pattern = "" }]
    [service.mail]
    settings = { "./Mail/Host" = "mx" }
    """
    device, server = phone({"./Push/Test": ""})
    device.handlers["./Push/Test"] = lambda tree, call: (tree, dm.words.Outcome(dm.StatusCode(500)))
    dm.converse(device, server, job=dm.jobs.provision(["mail", "push"], catalogue=parse(text)))
    done = ended(server)
    assert (done.state, done.works, done.broken) == ("part done", ("mail",), ())
    assert done.reasons == ("set up push: Exec ./Push/Test: 500 Command failed",)
    assert "./Push/Port" not in device.tree and device.tree.get("./Mail/Host").value == "mx"


def test_a_value_larger_than_a_message_travels_in_pieces():
    catalogue = parse(f'[service.news.settings]\n"./News/Text" = "{"x" * 5000}"')
    device, server = phone({}, rules=dm.Rules(max_message=2000))
    dm.converse(device, server, job=dm.jobs.provision(["news"], catalogue=catalogue))
    assert ended(server), ended(server)
    assert device.tree.get("./News/Text").size == 5000


def test_a_second_way_is_tried_when_the_first_is_refused():
    device, server = phone(PHONE | {"./DevDetail/Bearer/WLAN": "true"})
    device.tree = device.tree.put("./NAP", dm.Node.interior(acl="Get=*&Add=nobody"))
    device.tree = device.tree.put("./NAP/wlan", dm.Node.interior(acl="Get=*&Add=*&Delete=*&Replace=*"))
    dm.converse(device, server, job=dm.jobs.provision(["mail"]))
    done = ended(server)
    assert done and "wlan-offload" in done.works, done
    assert "set up nap-internet" in str(done.plan) and "./NAP/internet" not in device.tree


# -- a change that is made although one before it was refused

SWITCH = {
    "a removal": ("""
        [service.b]
        needs = [["c", "e"]]
        settings = {"./B" = "x"}
        [service.c]
        settings = {"./C" = "x"}
        [service.e]
        settings = {"./E" = "x"}
        """, {"./B": "x", "./C": "x"}, ["b"], ["c"]),
    "a removal in a chain": ("""
        [service.b]
        needs = [["c", "e"]]
        settings = {"./B" = "x"}
        [service.c]
        settings = {"./C" = "x"}
        [service.e]
        needs = ["f"]
        settings = {"./E" = "x"}
        [service.f]
        settings = {"./F" = "x"}
        """, {"./B": "x", "./C": "x"}, ["b"], ["c"]),
    "a leaf of another step": ("""
        [service.b]
        needs = [["c", "e"]]
        settings = {"./B" = "x"}
        [service.c]
        settings = {"./C" = "x"}
        [service.e]
        settings = {"./E" = "x"}
        [service.w]
        needs = ["e"]
        settings = {"./C" = "y"}
        """, {"./B": "x", "./C": "x"}, ["w", "b"], ["c"]),
    "a leaf of the same step": ("""
        [service.b]
        needs = [["c", "e"]]
        settings = {"./B" = "x"}
        [service.c]
        settings = {"./C" = "x"}
        [service.e]
        settings = {"./E" = "x"}
        [service.w]
        settings = {"./E" = "x", "./C" = "y"}
        """, {"./B": "x", "./C": "x"}, ["w", "b"], ["c"]),
}  # fmt: skip


@pytest.mark.parametrize("solver", ["search", "clingo"])
@pytest.mark.parametrize("case", SWITCH)
@pytest.mark.parametrize("name", sorted(RULES))
def test_nothing_is_taken_away_before_what_replaces_it_was_answered(case, name, solver):
    text, values, want, drop = SWITCH[case]
    catalogue = parse(text)
    found = plan(catalogue, values, want, drop, solver=solver)
    assert any(step.waits or step.one_by_one for step in found.steps)
    assert not any(step.one_piece for step in found.steps), "no peer needs Atomic for it"
    tree = tree_of(catalogue, values)
    for number in range(len(found.changes)):
        driven = drive(provision(want, drop, catalogue=catalogue), catalogue, tree, rules=RULES[name], refuse={number})
        for seen in driven.seen:
            assert "b" in working(catalogue, values_of(seen, catalogue))


def test_steps_that_cannot_harm_each_other_share_a_package():
    catalogue = parse(SWITCH["a removal in a chain"][0])
    found = plan(catalogue, {"./C": "x"}, ["e"])
    assert len(found.steps) == 2 and len(pack(found.steps, {"./C": "x"}, frozenset(), limit=4000)) == 1
