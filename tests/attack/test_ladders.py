"""Ladders of attacks: a lifeline for the attacker, a cross for what is lost, marks for what is altered."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import dmkit as dm
from dmkit.attack.explorer import explore
from dmkit.attack.powers import Attacker
from dmkit.cli import main
from dmkit.lab.studies import security
from dmkit.views.hostile import Arrow, hostile_svg, hostile_text, package_of
from dmkit.words.model import Packet

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


def shown(*powers, design="md5 per session", budget=1, goal, **options):
    return explore(design, Attacker.of(*powers, budget=budget), goals=(goal,), **options)[goal]


def test_an_altered_package_2_is_package_2_in_both_parts_and_says_what_was_changed():
    lines = hostile_text(shown("alter", goal="foreign command").hops).splitlines()
    assert lines[1].startswith(" 2 server -> attacker -| S1 p2")
    assert lines[2].startswith(" 3 attacker -> device S1 p2")
    assert "[changed: Replace ./APN/Name]" in lines[2]


def test_the_usual_ladder_numbers_an_altered_package_2_so_as_well():
    talk = security.replay("alter a command", "md5 per session").talks[0]
    numbers = {line.label: set() for line in talk}
    for line, package in zip(talk, talk.packages(), strict=True):
        numbers[line.label].add(package)
    assert numbers["S1"] == {2}


def test_a_lost_message_ends_in_a_cross_on_the_attackers_line():
    witness = shown("drop", goal="disagree", budget=3)
    text, drawing = hostile_text(witness.hops), hostile_svg(witness.hops)
    assert " -x " in text
    assert drawing.count("l 14 14 m 0 -14") == text.count(" -x ")
    ElementTree.fromstring(drawing)


def test_package_0_has_its_place_and_its_number():
    text = hostile_text(shown("sms", goal="unasked session", wakes=65).hops)
    assert text.splitlines()[0].startswith(" 1 server -> device p0 p0  notification")
    assert text.splitlines()[-1].startswith("66 attacker -> device p0 p0  notification")


def test_lifelines_are_those_that_speak_and_a_card_is_one():
    packet = dm.Device.example().connect().start().reply
    plain = hostile_svg([Arrow("device", "server", packet)])
    card = hostile_svg([Arrow("card", "device", packet), Arrow("device", "server", packet)])
    assert ">attacker<" in plain
    assert ">card<" not in plain
    assert ">card<" in card
    assert hostile_text([]) == "(nothing was said)"


def test_octets_that_are_no_message_are_drawn_too():
    assert package_of(Packet("IMEI:1", b"?", "application/vnd.syncml.dm+xml")) == 1
    ElementTree.fromstring(hostile_svg([Arrow("server", "device", Packet("IMEI:1", b"?", "x"), "changed")]))


def test_a_witness_shows_itself_in_a_notebook():
    shows = shown("inject", goal="false report believed")._repr_mimebundle_()
    assert "Powers used: inject" in shows["text/html"]
    assert "the attacker says to the server" in shows["text/plain"]


def test_the_command_says_all_that_belongs_to_a_verdict(capsys):
    assert main(["explore", "mac", "--powers", "drop,replay,listen", "--budget", "1"]) == 0
    said = capsys.readouterr().out
    assert "safe from all goals: complete to budget 1 under listen, drop, replay" in said
    assert "states a second" in said
    assert main(["explore", "md5 per session", "--powers", "alter", "--goal", "foreign command"]) == 1
    assert "attacker -> device" in capsys.readouterr().out
    assert main(["explore", "md5 per session", "--powers", "fly"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
