"""The planner against trying everything, and what it says when there is no plan."""

from __future__ import annotations

import pytest
from hypothesis import given

from dmkit.services.plan import NoPlan, ServicePlan
from dmkit.services.planner import plan
from dmkit.services.settle import after
from dmkit.services.tables import default, parse
from dmkit.words.errors import ConfigError
from tests.services.brute import cheapest, working
from tests.services.many import many
from tests.strategies import situations

PHONE = {"./DevDetail/Bearer/LTE": "true", "./Card/Applications": "USIM"}


def made(values, found):
    return dict(after(values, found.changes))


@many(150, 20_000)
@given(situations())
def test_a_plan_is_valid_and_as_cheap_as_trying_everything(situation):
    catalogue, values, want, drop = situation
    found, least = plan(catalogue, values, want, drop), cheapest(catalogue, values, want, drop)
    assert bool(found) == (least is not None), found
    if not isinstance(found, ServicePlan):
        assert found.reasons
        return
    removed = sum(c.cost for step in found.steps if step.does == "remove" for c in step.changes)
    if not any(len(step.services) > 1 for step in found.steps):
        assert found.cost - removed >= least, "what nothing is cheaper than"
        assert drop or found.cost == least, "a removal has its cost: another set may be the cheaper one"
    before = working(catalogue, values)
    at = values
    for step in found.steps:
        changes = [step.changes] if step.one_piece else [[change] for change in step.changes]
        for some in changes:
            at = after(at, some)
            assert before - set(drop) <= working(catalogue, at), "what works keeps working all the way"
        stand = working(catalogue, at, assume=True)
        assert set(found.held) <= stand, "what waits for a fact stays set up"
        assert set(step.services) - set(drop) <= working(catalogue, at) | (stand & set(found.held))
    assert set(want) | (before - set(drop)) <= working(catalogue, at)
    assert plan(catalogue, at, want).cost == 0, "a plan that was carried out leaves nothing to do"


def test_a_chain_is_set_up_from_below():
    found = plan(default(), PHONE, ["mms"])
    assert [step.services for step in found.steps] == [("nap-internet",), ("proxy",), ("mms",)]
    assert found.steps[2].leans == ("proxy",)
    assert "mms" in working(default(), made(PHONE, found))


def test_what_is_there_is_reused():
    port = "./Application/mail-in/AppAddr/1/Port/1/PortNbr"
    there = made(PHONE, plan(default(), PHONE, ["browsing"])) | {port: "143"}
    found = plan(default(), there, ["mms", "mail"])
    assert found.reused == ("nap-internet", "proxy")
    assert port not in {change.uri for change in found.changes}


def test_the_bearer_that_is_there_decides_between_alternatives():
    found = plan(default(), {"./DevDetail/Bearer/WLAN": "true"}, ["mail"])
    assert [step.services for step in found.steps] == [("wlan-offload",), ("mail",)]


def test_software_is_brought_into_the_range_that_all_can_bear():
    text = """
    [software.runtime]
    at = "./R/Version"
    remove = "./R/Remove"
    packages = [{ version = "2.1", install = "./R/Get" }, { version = "3.0", install = "./R/Get", cost = 2 }]
    [service.old]
    needs = ["software:runtime<3"]
    [service.new]
    needs = ["software:runtime>=2"]
    [service.newest]
    needs = ["software:runtime>=3"]
    """
    catalogue = parse(text)
    assert plan(catalogue, {"./R/Version": "1.9"}, ["new"]).changes[0].after == "2.1", "old works now and must go on"
    assert plan(catalogue, {}, ["new"]).changes[0].after == "3.0", "nothing to protect: the cheaper one"
    refused = plan(catalogue, {"./R/Version": "1.9"}, ["newest"])
    assert refused.reasons == (
        "old -> software:runtime<3: software:runtime>=3 and software:runtime<3: version 1.9 is installed, and of the "
        "packages (2.1, 3.0) none will do",
    )


@pytest.mark.parametrize(
    ("text", "values", "sentence"),
    [
        ('[service.a]\nneeds = ["b"]\n[service.b]\nneeds = ["c"]\n[service.c]\nneeds = ["b"]', {},
         "a -> b: b -> c -> b goes round in a circle; none of them can be the first"),
        ('[bearer.x]\nuri = "./X"\n[service.a]\nneeds = ["b"]\n[service.b]\nneeds = ["bearer:x"]', {"./X": "false"},
         "a -> b -> bearer:x: ./X is 'false', something like 'true' is wanted"),
        ('[service.a]\nneeds = ["b"]\nsettings = {"./U" = "1"}\n[service.b]\nsettings = {"./U" = "2"}', {},
         "a -> b: a wants ./U = '1', b wants ./U = '2'"),
        ('[service.a]\nneeds = ["b"]\nsettings = {"./U" = "1"}\n[service.b]\nconflicts = ["a"]\n'
         'settings = {"./V" = "1"}', {}, "a: a and b cannot stand together"),
        ('[service.a]\nneeds = ["b"]\n[service.b.settings]\n"./U" = { pattern = "[0-9]+" }', {"./U": "x"},
         "a -> b: ./U like '[0-9]+' is what b needs, it is 'x', and no value is known for it"),
        ('[service.a]\nconflicts = ["b"]\nsettings = {"./U" = "1"}\n[service.b]\nneeds=["c"]\n'
         'settings = {"./V" = "1"}\n[service.c]\nsettings = {"./W" = "1"}', {"./V": "1"},
         "a: b is configured, and a cannot stand beside it; drop b"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_explained_with_its_chain(text, values, sentence):
    found = plan(parse(text), values, ["a"])
    assert isinstance(found, NoPlan)
    assert sentence in found.reasons


def test_of_several_wishes_the_one_that_fails_by_itself_is_named():
    found = plan(default(), {"./Card/Applications": "USIM"}, ["mail", "mms"])
    assert not found
    assert all("LTE" in reason or "WLAN" in reason for reason in found.reasons)


def test_dropping_takes_along_what_serves_nobody_else():
    there = made(PHONE, plan(default(), PHONE, ["mms", "browsing", "push-to-talk"]))
    gone = plan(default(), there, [], ["push-to-talk"])
    assert [step.services[0] for step in gone.steps] == ["push-to-talk", "ims", "nap-ims"]
    left = made(there, gone)
    assert working(default(), left) == working(default(), there) - {"push-to-talk", "ims", "nap-ims"}
    one = plan(default(), left, [], ["mms"])
    assert [step.services[0] for step in one.steps] == ["mms"], "browsing needs the rest"
    both = plan(default(), left, [], ["mms", "browsing"])
    assert {step.services[0] for step in both.steps} == {"mms", "browsing", "proxy", "nap-internet"}


def test_what_others_need_is_not_dropped():
    there = made(PHONE, plan(default(), PHONE, ["mms"]))
    assert plan(default(), there, [], ["proxy"]).reasons == ("mms -> proxy: it is to be dropped",)


def test_a_rival_goes_before_what_it_stands_in_the_way_of():
    phone = PHONE | {"./DevDetail/Ext/VoLTE": "true", "./VoiceDomain/Preference_E_UTRAN": "1"}
    assert not plan(default(), phone, ["voice"])
    found = plan(default(), phone, ["voice"], ["voice-fallback"])
    assert [c.after for c in found.changes if c.uri.endswith("E_UTRAN")] == ["3"], "one write does both"


def test_names_that_are_not_in_the_catalogue_are_refused():
    with pytest.raises(ConfigError, match="there is no service 'fax'; there are"):
        plan(default(), {}, ["fax"])
    with pytest.raises(ConfigError, match="mms is wanted and dropped at once"):
        plan(default(), {}, ["mms"], ["mms"])
