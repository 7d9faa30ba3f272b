"""Values that differ: parameters, secrets, what the device returns; needs that may fail, or must not be."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.services import NoPlan, impact, pack, parse, plan, state, why_not, works
from dmkit.services.parameters import filled
from dmkit.services.parts import HIDDEN
from dmkit.services.provision import provision, undo
from dmkit.services.settle import after
from dmkit.services.solver import available
from dmkit.session.work import DeviceInfo, Wait
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.execute import execute
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


RINGS = {
    "in one service": '[service.a.settings]\n"./A" = "${./B}"\n"./B" = "${./A}"',
    "of three leaves": '[service.a.settings]\n"./A" = "${./B}"\n"./B" = "${./C}"\n"./C" = "${./A}"',
    "with what it needs": '[service.a]\nneeds = ["b"]\nsettings = {"./A" = "${./B}"}\n'
                          '[service.b]\nsettings = {"./B" = "x-${./A}"}',
    "with a package": '[software.s]\nat = "./V"\n[[software.s.packages]]\nversion = "1"\ninstall = "./I"\n'
                      'settings = {"./B" = "${./A}"}\n[service.a]\nneeds = ["software:s"]\n'
                      'settings = {"./A" = "${./B}"}',
}  # fmt: skip


@pytest.mark.parametrize("ring", RINGS)
def test_values_that_wait_for_each_other_are_refused_with_the_ring(ring):
    with pytest.raises(dm.ConfigError, match=r"service a: \./. needs .* needs \./.: values that wait for each other"):
        parse(RINGS[ring])


def test_values_that_wait_for_each_other_only_by_a_choice_end_as_undone():
    catalogue = parse("""
    [service.a]
    needs = [["b", "c"]]
    settings = {"./A" = "${./B}"}
    [service.b]
    settings = {"./B" = "${./A}"}
    [service.c]
    settings = {"./B" = "0${./A}"}""")
    driven = drive(provision(["a"], catalogue=catalogue), catalogue, tree_of(catalogue, {}))
    assert driven.result.state == "undone" and "its value is needed" in driven.result.reasons[0]


# -- every place in which a parameter or a reference may stand


EVERYWHERE = """
[card.mine]
uri = "./Card"
pattern = "${id}"
busy = "${id}[?]"
[software.app]
at = "./App/Version"
[[software.app.packages]]
version = "2"
install = "./App/Install"
settings = {"./App/For" = "${id}"}
returns = {"./App/Key" = "k-${id}"}
[service.mail]
needs = ["card:mine", "software:app"]
verify = [{get = "./Mail/Name", pattern = "${id}( .*)?"}, {get = "./App/For", pattern = "${./Mail/Plain}"}]
[service.mail.settings]
"./Mail/Name" = {value = "${id} (office)", pattern = "${id} .*", off = "no ${id}"}
"./Mail/Plain" = "${id}"
"""


def test_parameters_stand_in_every_text_and_for_themselves_in_patterns():
    name = "a.d(a"
    with pytest.raises(dm.ConfigError, match="card mine needs the parameter 'id'"):
        provision(["mail"], catalogue=parse(EVERYWHERE))
    ready = filled(parse(EVERYWHERE), {"id": name})
    assert not [text for _, text in ready.texts() if "${id}" in text]
    job = provision(["mail"], catalogue=parse(EVERYWHERE), parameters={"id": name})
    driven = drive(job, ready, tree_of(ready, {"./Card": name}))
    assert driven.result.state == "done", driven.result
    assert driven.tree.get("./App/For").value == name
    other = drive(job, ready, tree_of(ready, {"./Card": "axd(a"}))
    assert other.result.state == "no plan", "a dot in a parameter is a dot"
    gone = drive(provision([], ["mail"], catalogue=parse(EVERYWHERE), parameters={"id": name}), ready, driven.tree)
    assert gone.tree.get("./Mail/Name").value == f"no {name}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[bearer.x]\nuri = "./${id}"', "bearer x: './${id}' has ${...} in it; an address is fixed"),
        ('[service.a]\nsettings = {"./${id}/X" = "1"}', "service a: './${id}/X' has ${...} in it"),
        ('[service.a]\nowns = ["./${id}"]', "service a: './${id}' has ${...} in it"),
        ('[service.a]\nverify = [{get = "./${./B}"}]', "service a: './${./B}' has ${...} in it"),
        ('[software.a]\nat = "./${id}"', "software a: './${id}' has ${...} in it"),
        ('[service.a]\nsettings = {"./A" = {pattern = "${./A}"}}', "service a, ./A: its value is said by itself"),
        ('[service.a]\nsettings = {"./A" = {value = "1", off = "x${./A}"}}', "service a, ./A: its value is said by"),
    ],
)
def test_where_nothing_can_be_filled_in_it_is_refused(text, told):
    with pytest.raises(dm.ConfigError) as refused:
        parse(text)
    assert told in str(refused.value)


def test_values_that_do_not_fit_once_they_are_filled_in_are_refused():
    fixed = parse('[service.mail.settings]\n"./Name" = {value = "ada", pattern = "${user}"}')
    assert filled(fixed, {"user": "ada"}).services["mail"].settings[0].holds("ada")
    with pytest.raises(dm.ConfigError, match=r"service mail, \./Name: 'ada' is not like 'bob'"):
        filled(fixed, {"user": "bob"})
    off = parse('[service.mail.settings]\n"./Name" = {value = "ada", off = "${none}"}')
    with pytest.raises(dm.ConfigError, match=r"service mail, \./Name: off = 'ada' is what the service wants"):
        filled(off, {"none": "ada"})


# -- a reference to a leaf that the plan changes

FOLLOWS = """
[service.name]
settings = {"./Name" = "new"}
[service.sign]
settings = {"./Sign" = "at ${./Name}"}
"""


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("want", [["name", "sign"], ["sign", "name"]])
def test_what_refers_to_a_leaf_that_is_changed_is_written_once(solver, want):
    catalogue = parse(FOLLOWS)
    found = plan(catalogue, {"./Name": "old"}, want, solver=solver)
    assert [str(c) for c in found.changes] == ["replace ./Name = new", "add ./Sign = at new"]
    driven = drive(provision(want, catalogue=catalogue), catalogue, tree_of(catalogue, {"./Name": "old"}))
    assert (driven.result.state, driven.changes) == ("done", 2)


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_works_and_refers_to_a_leaf_that_is_changed_follows_in_one_piece(solver):
    catalogue, there = parse(FOLLOWS), {"./Name": "old", "./Sign": "at old"}
    assert "sign" in works(catalogue, there)
    found = plan(catalogue, there, ["name"], solver=solver)
    assert sorted(str(c) for c in found.changes) == ["replace ./Name = new", "replace ./Sign = at new"]
    assert [step.one_piece for step in found.steps] == [True]
    driven = drive(provision(["name"], catalogue=catalogue), catalogue, tree_of(catalogue, there))
    assert (driven.result.state, driven.changes) == ("done", 2) and "sign" in driven.result.works


# -- what callers give


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"want": None}, "want = None; names of services are right"),
        ({"want": 5}, "want = 5; names of services are right"),
        ({"want": [5]}, "want = [5]; names of services are right"),
        ({"drop": b"a"}, "drop = b'a'; names of services are right"),
        ({"kept": 1}, "kept = 1; names of services are right"),
        ({"held": ["fax"]}, "there is no service 'fax'"),
        ({"avoid": ["fax"]}, "there is no service 'fax'"),
        ({"intent": None}, "intent = None; names of services are right"),
        ({"seconds": float("nan")}, "seconds = nan; a number from 0 upwards is right"),
        ({"seconds": float("inf")}, "seconds = inf; a number from 0 upwards is right"),
        ({"seconds": 10**400}, "seconds = 1000000"),
        ({"seconds": -1}, "seconds = -1; a number from 0 upwards is right"),
        ({"seconds": True}, "seconds = True; a number from 0 upwards is right"),
        ({"seconds": "5"}, "seconds = '5'; a number from 0 upwards is right"),
        ({"limit": 0}, "limit = 0; a whole number from 1 upwards is right"),
        ({"limit": 2.5}, "limit = 2.5; a whole number from 1 upwards is right"),
        ({"progress": 1}, "progress = 1; a function of cost and bound is right"),
        ({"values": None}, "values are of type NoneType; leaves with their texts are right"),
        ({"values": {"./A": 5}}, "values['./A'] = 5; a text behind an address is right, or None"),
        ({"catalogue": "default"}, "catalogue is of type str; a ServiceCatalogue is right"),
    ],
)
def test_a_plan_says_what_is_wrong_with_what_it_was_given(given, told):
    whole = {"catalogue": parse(FOLLOWS), "values": {}, "want": ["sign"]} | given
    with pytest.raises(dm.ConfigError) as refused:
        plan(whole.pop("catalogue"), whole.pop("values"), whole.pop("want"), **whole)
    assert told in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda c: provision(None, catalogue=c), "want = None; names of services are right"),
        (lambda c: provision(["name"], 7, catalogue=c), "drop = 7; names of services are right"),
        (lambda c: provision(["name"], catalogue=c, rotate=[None]), "rotate = [None]; names of services are right"),
        (lambda c: provision(["name"], catalogue=None), "catalogue is of type NoneType; a ServiceCatalogue is right"),
        (lambda c: provision(["name"], catalogue=c, journals=[]), "journals = []; a mapping is right"),
        (lambda c: undo(journals=None, catalogue=c), "journals = None; a mapping is right"),
        (lambda c: undo(journals={}, catalogue=3), "catalogue is of type int; a ServiceCatalogue is right"),
        (lambda c: why_not(c, "fax", {}), "there is no service 'fax'; there are name, sign"),
        (lambda c: state(c, "fax", {}, {}), "there is no service 'fax'; there are name, sign"),
        (lambda c: impact(c, None, "./Name"), "values are of type NoneType; leaves with their texts are right"),
        (lambda c: impact(c, {}, None), "None gets None; an address and a text are right"),
        (lambda c: impact(c, {}, "./Name", 5), "'./Name' gets 5; an address and a text are right"),
        (lambda c: pack((), {}, frozenset(), limit=float("nan")), "limit = nan; the octets of a message are right"),
        (lambda c: pack((), {}, frozenset(), limit=0), "limit = 0; the octets of a message are right"),
        (
            lambda c: pack((), {}, frozenset(), limit=9000, container="box"),
            "container = 'box'; atomic, sequence, plain",
        ),
    ],
)
def test_the_others_say_what_is_wrong_too(call, told):
    with pytest.raises(dm.ConfigError) as refused:
        call(parse(FOLLOWS))
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_one_name_may_be_given_as_a_text():
    assert plan(parse(FOLLOWS), {}, "name").cost == 1


def test_what_can_be_done_without_is_waited_for_and_not_insisted_on():
    text = """
    [device.entitled]
    uri = "./Status"
    pattern = "1"
    busy = "3"
    [service.chat]
    optional = ["video"]
    settings = {"./Chat" = "1"}
    [service.video]
    needs = ["device:entitled"]
    settings = {"./Video" = "1"}
    """
    catalogue = parse(text)
    job = provision(["chat"], catalogue=catalogue)(DeviceInfo("IMEI:1"))
    tree, waits = tree_of(catalogue, {"./Status": "3"}), 0
    said = next(job)
    while True:
        if isinstance(said, Wait):
            waits, tree = waits + 1, tree.set("./Status", "1")
            said = job.send(())
            continue
        done = execute(tree, tuple(said), by="s")
        tree = done.tree
        try:
            said = job.send(done.outcomes)
        except StopIteration as end:
            assert end.value.state == "done" and waits == 1
            break
    assert tree.get("./Video").value == "1", "it waited for what decides"
    stays = drive(provision(["chat"], catalogue=catalogue), catalogue, tree_of(catalogue, {"./Status": "3"}))
    assert stays.result.state == "done" and "./Video" not in stays.tree


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
