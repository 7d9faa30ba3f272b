"""Pictures: everything that can be shown has a text and an HTML without script, and nothing said escapes from it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import dmkit as dm
from dmkit.tree.children import children_of
from dmkit.tree.tree import Tree
from dmkit.views import treeview
from dmkit.views.look import picture, themed
from dmkit.views.showing import RENDERERS
from dmkit.views.treeview import _names
from dmkit.words.codes import Format
from tests.steps import CountedText

EVIL = "<script>alert('x')</script>&\"<b>"


@pytest.fixture(scope="module")
def world():
    device = dm.Device.example()
    server = dm.Server.example(device)
    steps = tuple(dm.steps(device, server, job=dm.jobs.write("./Vendor/Acme/Name", EVIL)))
    return device, dm.Transcript.of(steps), steps


def evil_card():
    """A card whose files and log say what nobody wants on a page."""
    card = dm.Usim.example()
    name = EVIL.encode()[:14].ljust(14, b"\xff")
    for apdu in ("00A4000C027F10", "00A4000C026F3A", f"00DC01041C{name.hex()}{'ff' * 14}", "00B201041C"):
        card.transmit(bytes.fromhex(apdu))
    return card


def evil_spec(default=EVIL):
    """A description whose every text says what nobody wants on a page."""
    node = dm.ddf.NodeSpec(
        name=EVIL, path=EVIL, format=Format.INT, mime=(EVIL,), default=default, title=EVIL, description=EVIL,
        basis=dm.ddf.Basis.UNSURE, source=EVIL,
    )  # fmt: skip
    return dm.ddf.Spec((node,), man=EVIL, mod=EVIL, source=EVIL)


@pytest.fixture(scope="module")
def things(world):
    device, talk, steps = world
    line, card = talk[1], evil_card()
    return {
        "Device": (device,),
        "Tree": (device.tree,),
        "Transcript": (talk,),
        "Step": (steps[1],),
        "Line": (line,),
        "Closure": (dm.rights.closure(device.tree, [EVIL]),),
        "Spec": (evil_spec(),),
        "LintReport": (dm.ddf.lint(evil_spec()),),
        "SpecDiff": (dm.ddf.diff(evil_spec(), evil_spec("x")),),
        "Packet": (line.packet,),
        "Message": (line.message,),
        "bytes": (line.packet.body,),
        type(dm.session.TRANSITIONS).__name__: (dm.session.TRANSITIONS, "client"),
        "Usim": (card,),
        "Listing": (card.tree,),
        "Log": (card.log,),
        "Exchange": (card.log[0],),
    }


@pytest.mark.parametrize("kind", [kind.__name__ for kind in RENDERERS])
def test_everything_that_can_be_shown_has_text_and_harmless_html(things, kind):
    look = dm.show(*things[kind])
    assert look.text and look.html
    assert repr(look) == look.text
    for bad in ("<script", "<svg", "onclick", EVIL):
        assert bad not in look.html
    assert look._repr_mimebundle_() == {"text/plain": look.text, "text/html": themed(look.html)}


def test_what_has_no_picture_is_said():
    with pytest.raises(dm.ConfigError, match="a float has no picture; these have: Tree, "):
        dm.show(1.5)


def test_a_ladder_is_an_image_with_its_description(world):
    html = dm.show(world[1]).html
    assert html.count("<img ") == 1
    alt = html.partition(' alt="')[2].partition('"')[0]
    assert all(f"{line.label} to " in alt for line in world[1])


def test_a_picture_can_be_read_back():
    from urllib.parse import unquote

    svg = dm.views.ladder_svg(dm.Transcript(()))
    assert unquote(picture(svg, "").partition("svg+xml,")[2].partition('"')[0]) == svg


def test_a_tree_marks_what_changed(world):
    look = dm.show(world[0], "./Vendor", before=dm.Device.example().tree)
    assert "~    └─ Name" in look.text
    assert "changed" in look.html and "<del" in look.html


def test_a_step_says_what_came_in_what_happened_and_what_goes_out(world):
    first, *_, last = world[2]
    assert dm.show(first).text.splitlines()[1:] == [
        "  received  nothing",
        "  noted     IDLE -> SENT (start)",
        f"  sends     message 1, {len(first.reply.body)} octets: Alert 1201; Replace (5 Items); Final",
    ]
    assert dm.show(last).text.endswith("sends     nothing more")


def test_a_message_said_again_keeps_its_package_number():
    device, lost = dm.Device.example(), iter([False, True])

    def tap(packet, rng):
        return [] if next(lost, False) else [packet]

    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.read("./DevInfo/Man"), tap=tap)
    assert [line.label for line in talk] == ["C1", "S1", "C1", "S1", "C2", "S2"]
    assert list(talk.packages()) == [1, 2, 1, 2, 3, 4]


def test_a_tree_beside_an_earlier_one_is_drawn_in_proportion():
    def trees(n):
        now = Tree.of({f"./W/n{at}": "1" for at in range(n)})
        return now, Tree.of({f"./W/m{at}": "1" for at in range(n)})

    def compared(n):
        children = (children_of({CountedText(f"{kind}{at}"): None for at in range(n)}) for kind in "nm")
        one, other = (SimpleNamespace(children=each) for each in children)
        CountedText.compared = 0
        assert len(_names(one, other)) == 2 * n and len(_names(one, None)) == n
        return CountedText.compared

    assert compared(200) < 2.3 * max(compared(100), 100)
    now, before = trees(3)
    text = treeview.tree_text(now, ".", before)
    assert [line[:2].strip() for line in text.splitlines() if "─ n" in line or "─ m" in line] == ["+"] * 3 + ["-"] * 3


def test_one_long_name_does_not_widen_all_rows():
    text = treeview.tree_text(Tree.of({"./W/" + "x" * 1000: "1", "./W/b": "2", "./W/c": "3"}))
    assert len(text) < 2000 and "x" * 1000 in text
