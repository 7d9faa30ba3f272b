"""Values that differ: parameters, secrets, what the device returns; needs that may fail, or must not be."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.services import NoPlan, parse, plan, why_not, works
from dmkit.services.catalogue import HIDDEN
from dmkit.services.parameters import filled
from dmkit.services.provision import provision, undo
from dmkit.services.settle import after
from dmkit.services.solver import available
from dmkit.tree.describe import Described, Descriptions
from tests.services.drive import drive, tree_of

SOLVERS = ["search", *(["clingo"] if available() else [])]
RADIO = """
[bearer.lte]
uri = "./LTE"
[device.roaming]
uri = "./Roaming"
"""


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fact_may_be_forbidden(solver):
    catalogue = parse(RADIO + '[service.video]\nneeds = ["not device:roaming"]\nsettings = {"./V" = "1"}')
    assert plan(catalogue, {}, ["video"], solver=solver).cost == 1
    refused = plan(catalogue, {"./Roaming": "true"}, ["video"], solver=solver)
    assert refused.reasons == ("video -> not device:roaming: ./Roaming is 'true', which must not be",)
    assert "which must not be" in why_not(catalogue, "video", {"./V": "1", "./Roaming": "true"})
    with pytest.raises(dm.ConfigError, match="not mail: only a fact can be forbidden; a service is, by conflicts"):
        parse('[service.a]\nneeds = ["not mail"]\n[service.mail]')


@pytest.mark.parametrize("solver", SOLVERS)
def test_optional_needs_are_fulfilled_where_they_can_be(solver):
    text = (
        RADIO
        + """
    [service.mail]
    needs = ["net"]
    optional = ["push", "vpn"]
    settings = {"./M" = "1"}
    [service.net]
    settings = {"./N" = "1"}
    [service.push]
    needs = ["bearer:lte"]
    settings = {"./P" = "1"}
    [service.vpn]
    settings = {"./X" = "1"}
    """
    )
    catalogue = parse(text)
    assert [s.services[0] for s in plan(catalogue, {"./LTE": "true"}, ["mail"], solver=solver).steps] == [
        "net", "push", "vpn", "mail"
    ]  # fmt: skip
    less = plan(catalogue, {}, ["mail"], solver=solver)
    assert less.cost == 3
    assert less.warnings == ("mail does without push: mail -> push -> bearer:lte: ./LTE is not there, "
                             "something like 'true' is wanted",)  # fmt: skip
    assert "mail" in works(catalogue, {"./M": "1", "./N": "1"}), "it works without them"
    with pytest.raises(dm.ConfigError, match="needs fax, which is not in the catalogue"):
        parse('[service.a]\noptional = ["fax"]')


FLICKER = (
    RADIO
    + """
[service.proxy]
auxiliary = true
needs = ["bearer:lte"]
settings = {"./Proxy" = "p"}
[service.mms]
needs = ["proxy"]
settings = {"./MMS" = "m"}
[service.browsing]
needs = ["proxy"]
settings = {"./Web" = "w"}
"""
)
SET_UP = {"./LTE": "true", "./Proxy": "p", "./MMS": "m", "./Web": "w"}


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_is_set_up_stays_wanted_while_a_fact_is_not_so(solver):
    catalogue, dark = parse(FLICKER), SET_UP | {"./LTE": "false"}
    found = plan(catalogue, dark, [], ["mms"], solver=solver)
    assert [step.services for step in found.steps] == [("mms",)] and set(found.held) == {"proxy", "browsing"}
    back = dict(after(dark, found.changes)) | {"./LTE": "true"}
    assert set(works(catalogue, back)) == {"proxy", "browsing"}
    kept = plan(catalogue, dark, [], ["proxy"], solver=solver)
    assert isinstance(kept, NoPlan), "who leans on it is set up"
    rival = parse(FLICKER + '[service.dialer]\nsettings = {"./Proxy" = "other"}')
    assert isinstance(plan(rival, dark, ["dialer"], solver=solver), NoPlan)
    assert plan(rival, dark, ["dialer"], ["mms", "browsing", "proxy"], solver=solver)


def test_what_is_meant_is_remembered_by_the_server():
    catalogue, journals = parse(FLICKER), {}
    dark = tree_of(catalogue, {"./LTE": "true"})
    tree = drive(provision(["mms", "browsing"], catalogue=catalogue, journals=journals), catalogue, dark).tree
    tree = tree.set("./LTE", "false").remove("./Web")  # somebody took a leaf of a service that is meant
    tree = drive(provision([], ["mms"], catalogue=catalogue, journals=journals), catalogue, tree).tree
    assert tree.get("./Proxy").value == "p", "browsing is meant, and leans on it"
    gone = drive(provision([], ["browsing"], catalogue=catalogue, journals=journals), catalogue, tree).tree
    assert "./MMS" not in gone


@pytest.mark.parametrize("cut", range(2, 4))
def test_a_retry_after_a_fact_changed_leaves_nothing_behind(cut):
    catalogue, journals = parse(FLICKER), {}
    start = tree_of(catalogue, {"./LTE": "true"})
    job = provision(["mms"], catalogue=catalogue, journals=journals)
    half = drive(job, catalogue, start, lose=cut, sessions=1, limit=1000, quiet=True)
    again = drive(job, catalogue, half.tree.set("./LTE", "false"))
    if again.result.state == "waiting":
        assert again.result.waits == ("mms",) and "bearer:lte" in again.result.reasons[0]
    else:
        assert again.result.state in ("undone", "no plan") and "bearer:lte" in again.result.reasons[0]
        assert "./Proxy" not in again.tree and "./MMS" not in again.tree


@pytest.mark.parametrize("cut", range(1, 6))
def test_another_server_goes_on_from_the_journal_or_undoes(cut):
    catalogue, journals = parse(FLICKER), {}
    start = tree_of(catalogue, {"./LTE": "true"})
    half = drive(provision(["mms", "browsing"], catalogue=catalogue, journals=journals), catalogue, start,
                 lose=cut, how="answer", sessions=1, limit=1000, quiet=True)  # fmt: skip
    written = dict(journals)
    other = drive(provision(["mms", "browsing"], catalogue=catalogue, journals=dict(written)), catalogue, half.tree)
    assert other.result.state == "done"
    back = drive(undo(journals=dict(written), catalogue=catalogue), catalogue, half.tree)
    assert back.result.state in ("undone", "no plan")
    assert {u: n.value for u, n in back.tree.walk()} == {u: n.value for u, n in start.walk()}


def test_what_was_done_can_be_undone_later():
    catalogue, journals = parse(FLICKER), {}
    start = tree_of(catalogue, {"./LTE": "true", "./Web": "mine"})
    done = drive(provision(["mms", "browsing"], catalogue=catalogue, journals=journals), catalogue, start)
    assert done.result.state == "done"
    back = drive(undo(journals=journals, catalogue=catalogue), catalogue, done.tree)
    assert back.result.state == "undone" and back.tree.get("./Web").value == "mine" and "./Proxy" not in back.tree
    nothing = drive(undo(journals=journals, catalogue=catalogue), catalogue, back.tree)
    assert nothing.result.state == "no plan" and nothing.tree == back.tree


# -- parameters and values that the device returns


def test_parameters_are_of_the_subscriber():
    text = '[service.mail.settings]\n"./Name" = "${user}"\n"./Word" = {value = "${word}", secret = true}'
    ready = filled(parse(text), {"user": "ada", "word": "w"})
    assert [s.value for s in ready.services["mail"].settings] == ["ada", "w"]
    with pytest.raises(dm.ConfigError, match=r"service mail, \./Word needs the parameter 'word'"):
        provision(["mail"], catalogue=parse(text), parameters={"user": "ada"})
    with pytest.raises(dm.ConfigError, match="no setting has a parameter 'usr'; did you mean 'user'"):
        provision(["mail"], catalogue=parse(text), parameters={"usr": "ada", "word": "w"})
    with pytest.raises(dm.ConfigError, match="needs the parameter 'user'"):
        provision(["mail"], catalogue=parse(text))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("ada", "parameters = 'ada'; names with their texts are right"),
        ({"user": 5}, "the parameter 'user' is no text, but of type int"),
        ({"user": None}, "the parameter 'user' is no text, but of type NoneType"),
        ({"user": "${./Key}"}, "the parameter 'user' has ${...} in it, which only a catalogue may"),
        ({"user": "ADA"}, "service mail, ./Name: 'ADA' is not like '[a-z]+'"),
    ],
)
def test_a_parameter_is_text_that_fits(parameters, told):
    catalogue = parse('[service.mail.settings]\n"./Name" = {value = "${user}", pattern = "[a-z]+"}')
    assert filled(catalogue, {"user": "ada"}).services["mail"].settings[0].value == "ada"
    with pytest.raises(dm.ConfigError) as refused:
        provision(["mail"], catalogue=catalogue, parameters=parameters)
    assert told in str(refused.value)


@pytest.mark.parametrize("value", ["${./A}", "x${./A}", "${./B}${./A}"])
def test_a_value_is_not_said_by_itself(value):
    with pytest.raises(dm.ConfigError, match=r"service a, \./A: its value is said by itself"):
        parse(f'[service.a.settings]\n"./A" = "{value}"')


@pytest.mark.parametrize(
    ("text", "uri", "value"),
    [
        ('[service.a.settings]\n"./A" = "${./B}"\n"./B" = "b"', "./A", "b"),
        ('[service.a.settings]\n"./A" = "${./B}"\n"./B" = "${./C}1"\n"./C" = "c"', "./A", "c1"),
        (
            '[software.s]\nat = "./V"\npackages = [{version = "7", install = "./I"}]\n'
            '[service.a]\nneeds = ["software:s"]\nverify = [{get = "./A", pattern = "v7"}]\n'
            'settings = {"./A" = "v${./V}"}',
            "./A", "v7",
        ),
    ],
)  # fmt: skip
def test_what_a_step_brings_about_feeds_the_rest_of_it(text, uri, value):
    catalogue = parse(text)
    driven = drive(provision(["a"], catalogue=catalogue), catalogue, tree_of(catalogue, {}))
    assert driven.result.state == "done", driven.result
    assert driven.tree.get(uri).value == value


def test_values_that_wait_for_each_other_end_as_undone():
    catalogue = parse('[service.a.settings]\n"./A" = "${./B}"\n"./B" = "${./A}"')
    driven = drive(provision(["a"], catalogue=catalogue), catalogue, tree_of(catalogue, {}))
    assert driven.result.state == "undone" and "its value is needed" in driven.result.reasons[0]


@pytest.mark.parametrize("shown", ["${./X/Z}", "id ${./X/Z}", "${./X/V}"])
def test_a_value_that_looks_like_a_reference_chooses_nothing(shown):
    """What a device shows is data: it does not say which other leaf is copied."""
    catalogue = parse('[service.a.settings]\n"./A/U" = "u-${./X/V}"')
    tree = tree_of(catalogue, {"./X/V": shown, "./X/Z": "not asked for"})
    driven = drive(provision(["a"], catalogue=catalogue), catalogue, tree)
    assert driven.result.state == "undone" and "its value is needed" in driven.result.reasons[0]
    assert "not asked for" not in str([node.value for _, node in driven.tree.walk() if _.startswith("./A")])


@pytest.mark.parametrize(("want", "drop"), [((), ()), (("b",), ()), ((), ("a",))])
def test_a_rotation_that_nothing_would_do_is_refused(want, drop):
    catalogue = parse('[service.a.settings]\n"./W" = {value = "w", secret = true}\n[service.b.settings]\n"./B" = "b"')
    with pytest.raises(dm.ConfigError, match="rotate = 'a': no wish needs it; name it in want too"):
        provision(want, drop, catalogue=catalogue, rotate=["a"])


def test_an_undo_of_nothing_says_what_works():
    catalogue = parse('[service.a.settings]\n"./A" = "a"')
    tree = drive(provision(["a"], catalogue=catalogue), catalogue, tree_of(catalogue, {})).tree
    idle = drive(undo(journals={}, catalogue=catalogue), catalogue, tree).result
    assert (idle.state, idle.works, idle.reasons) == ("no plan", ("a",), ("nothing is remembered of this device",))


def test_what_the_device_returns_feeds_later_steps():
    text = """
    [software.root]
    at = "./Root/Thumbprint"
    packages = [{version = "1", install = "./Root/Install"}]
    [service.root]
    needs = ["software:root"]
    settings = {"./Root/Asked" = "yes"}
    [service.wifi]
    needs = ["root"]
    settings = {"./WiFi/Trust" = "sha1:${./Root/Thumbprint}"}
    """
    catalogue = parse(text)
    found = plan(catalogue, {}, ["wifi"])
    assert str(found.changes[-1]) == "add ./WiFi/Trust = sha1:${…/Thumbprint}"
    driven = drive(provision(["wifi"], catalogue=catalogue), catalogue, tree_of(catalogue, {}))
    assert driven.result.state == "done" and driven.tree.get("./WiFi/Trust").value == "sha1:1"
    shown = {"./Root/Thumbprint": "1", "./Root/Asked": "yes", "./WiFi/Trust": "sha1:1"}
    assert "wifi" in works(catalogue, shown) and plan(catalogue, shown, ["wifi"]).cost == 0
    other = shown | {"./Root/Thumbprint": "2"}
    assert why_not(catalogue, "wifi", other) == "wifi: ./WiFi/Trust is 'sha1:1', 'sha1:2' is wanted"


def test_what_is_in_progress_is_waited_for():
    catalogue = parse('[service.sim.settings]\n"./State" = {value = "on", busy = "downloading"}')
    device = dm.Device.example()
    device.tree = device.tree.set("./State", "downloading")
    server = dm.Server.example(device)
    dm.converse(device, server, job=provision(["sim"], catalogue=catalogue))
    assert not server.results
    device.tree = device.tree.set("./State", "off")
    dm.converse(device, server)
    assert server.results[-1].result.state == "done"
    device.tree = device.tree.set("./State", "downloading")
    dm.converse(device, server, job=provision(["sim"], catalogue=catalogue))
    for _ in range(3):
        dm.converse(device, server)
    end = server.results[-1].result
    assert (end.state, end.reasons) == ("busy", ("./State is 'downloading': in progress",))


# -- secrets

TWO = """
[service.a.settings]
"./A" = "1"
"./Key" = {value = "first", secret = true}
[service.b.settings]
"./B" = "1"
"./Key" = {value = "second", secret = true}
"""


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("there", [{}, {"./A": "1", "./Key": HIDDEN}, {"./A": "1", "./Key": "first"}])
def test_a_second_secret_at_one_leaf_clashes_and_is_not_told(solver, there):
    found = plan(parse(TWO), there, ["a", "b"], solver=solver)
    assert isinstance(found, NoPlan)
    assert "first" not in str(found) and "second" not in str(found) and "./Key" in str(found)
    assert set(works(parse(TWO), dict(there))) <= {"a"}


def hidden(device):
    node = Described(frozenset({dm.Verb.ADD, dm.Verb.DELETE, dm.Verb.REPLACE}))
    device.tree = dm.Tree(device.tree.root, Descriptions.of({"./Key": node}))
    return device


def test_a_secret_is_rotated_and_what_was_written_is_known_again():
    journals, device = {}, hidden(dm.Device.example())
    server = dm.Server.example(device)

    def end(text, **given):
        server.results.clear()
        job = provision(["a"], catalogue=parse(text), journals=journals, **given)
        dm.converse(device, server, job=job)
        return server.results[-1].result

    assert end(TWO) and device.tree.get("./Key").value == "first"
    assert b"first" not in journals[device.address]
    assert end(TWO.replace("first", "third")) and device.tree.get("./Key").value == "third", "another than was written"
    device.tree = device.tree.set("./Key", "the user's own")
    assert end(TWO.replace("first", "third")) and device.tree.get("./Key").value == "the user's own", "nobody can tell"
    assert end(TWO.replace("first", "third"), rotate=["a"]) and device.tree.get("./Key").value == "third"


# -- software, containers, and who failed


@pytest.mark.parametrize("solver", SOLVERS)
def test_software_goes_with_the_last_service_that_needs_it(solver):
    text = """
    [software.app]
    at = "./App/Version"
    remove = "./App/Remove"
    packages = [{version = "1.0", install = "./App/Install"}]
    [service.one]
    needs = ["software:app"]
    settings = {"./One" = "1"}
    [service.two]
    needs = ["software:app>=1"]
    settings = {"./Two" = "1"}
    """
    catalogue, there = parse(text), {"./App/Version": "1.0", "./One": "1", "./Two": "1"}
    assert [str(c) for c in plan(catalogue, there, [], ["one"], solver=solver).changes] == ["delete ./One"]
    both = plan(catalogue, there, [], ["one", "two"], solver=solver)
    assert str(both.changes[-1]) == "uninstall app 1.0" and both.cost == 3
    driven = drive(provision([], ["one", "two"], catalogue=catalogue), catalogue, tree_of(catalogue, there))
    assert driven.result.state == "done" and "./App/Version" not in driven.tree


def test_the_leaf_and_the_status_that_really_failed_are_named():
    catalogue = parse('[service.a.settings]\n"./A" = "1"\n"./B" = "1"\n"./C" = "1"')
    driven = drive(provision(["a"], catalogue=catalogue), catalogue, tree_of(catalogue, {"./A": "0"}), refuse={1})
    assert driven.result.reasons == ("set up a: add ./B = 1: 403 Forbidden",)


def test_an_atomic_that_must_not_be_divided_and_does_not_fit_is_refused_with_the_reason():
    text = f"""
    [service.a]
    settings = {{"./Mode" = "a"}}
    [service.user]
    needs = [["a", "b"]]
    settings = {{"./U" = "1"}}
    [service.b.settings]
    "./Mode" = "b"
    "./Long" = "{"x" * 300}"
    "./Other" = "{"y" * 600}"
    """
    catalogue = parse(text)
    start = tree_of(catalogue, {"./Mode": "a", "./U": "1", "./Long": "q", "./Other": "q"})
    found = plan(catalogue, {"./Mode": "a", "./U": "1", "./Long": "q", "./Other": "q"}, ["b"], ["a"])
    if any(step.one_piece for step in found.steps):
        small = drive(provision(["b"], ["a"], catalogue=catalogue), catalogue, start, limit=1500)
        assert small.result.state == "undone" and "its Atomic has" in small.result.reasons[0]
        assert "fit into a message of the device, and it cannot be divided" in small.result.reasons[0]
    assert drive(provision(["b"], ["a"], catalogue=catalogue), catalogue, start, limit=9000).result.state == "done"
