"""The picture of services, and the widget that plans, runs and breaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dmkit as dm
from dmkit.lab.boards.services import FAULTS
from dmkit.lab.plots.drawing import describe, figure_svg

PHONE = json.loads((Path(__file__).resolve().parents[3] / "data" / "services" / "phone.json").read_text())


def test_the_graph_has_states_and_what_breaks():
    graph = dm.plot.service_graph(dm.services.default(), dm.boards.service_phone(PHONE), node="./NAP/internet")
    assert graph.nodes["mail"]["state"] == "breaks" and graph.nodes["mms"]["state"] == "absent"
    assert graph.nodes["bearer:lte"]["state"] == "there" and graph.nodes["card:isim"]["state"] == "missing"
    assert graph.edges["mail", "nap-internet"] == {"kind": "any of", "used": True}
    drawn = dm.plot.service_map(graph)
    assert "mail breaks" in describe(drawn)
    assert figure_svg(drawn.figure) == figure_svg(dm.plot.service_map(graph).figure)


def test_a_plan_is_seen_in_the_graph():
    phone, catalogue = dm.boards.service_phone(PHONE), dm.services.default()
    found = dm.services.plan(catalogue, dm.services.values_of(phone.tree, catalogue), ["mms"])
    graph = dm.plot.service_graph(catalogue, phone, "mms", plan=found)
    assert {n for n, d in graph.nodes(data=True) if d["state"] == "set up"} == {"proxy", "mms"}
    assert set(graph) == {"mms", "proxy", "nap-internet", "bearer:lte", "card:usim"}


@pytest.mark.unsound("sessions are lost on purpose")
def test_whatever_goes_wrong_mail_works_and_the_phone_itself_is_not_touched():
    phone = dm.boards.service_phone(PHONE)
    before = phone.tree
    for fault in FAULTS:
        done = dm.boards.rehearse(phone, ["mms"], fault=fault, at=3)
        assert done.end is not None and "mail" in done.end.works and not done.end.broken
        assert phone.tree is before
        assert done.end.state == ("undone" if fault == FAULTS[1] else "done"), fault
    assert len(dm.boards.rehearse(phone, ["mms"], fault=FAULTS[2], at=3).talks) == 2


def test_the_widget_shows_plans_runs_and_wishes_that_cannot_be():
    shown = dm.boards.service_explorer(dm.boards.service_phone(PHONE), "mms")
    assert "cost 8" in shown.told.value and repr(shown) == "ServicesExplorer(want mms: not run)"
    shown.run.click()
    assert repr(shown) == "ServicesExplorer(want mms: done)" and "octets" in shown.told.value
    shown.fault.value, shown.at.value = "a command is refused", 6
    shown.run.click()
    assert repr(shown) == "ServicesExplorer(want mms: undone)" and "undid" in shown.told.value
    shown.want.value = ("voice",)
    assert "No plan." in shown.told.value
    assert "text/plain" in shown._repr_mimebundle_()
