"""The tree as a server sees it, in whole sessions, in XML and in WBXML: the rows T-01 to T-11 and O-01."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dmkit import ddf
from dmkit.tree.context import Call
from dmkit.tree.describe import Described, Descriptions
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.model import Add, Atomic, Command, Copy, Delete, Exec, Get, Item, Replace, Sequence
from dmkit.words.outcome import Outcome
from tests.pair import ALL, SERVER_ID, Pair, pair

DDF = Path(__file__).resolve().parents[2] / "data" / "ddf"
OCTETS = b"\x00\xff<&"
PICTURE = Node("bin", OCTETS, "image/png")
LEAVES = {"./A/x": "1", "./A/B/n": 5, "./A/B/pic": PICTURE, "./A/B/C": None, "./Secret/key": "k"}
OWN = f"Add={SERVER_ID}&Delete={SERVER_ID}&Get={SERVER_ID}&Replace={SERVER_ID}"
CODECS = pytest.mark.parametrize("codec", [XML, WBXML], ids=["xml", "wbxml"])


def phone(codec: Codec, **described: Described) -> Pair:
    """A device whose ./A is the server's; ./Secret and the root are not."""
    two = pair(codec=codec, tree=LEAVES)
    tree = two.device.tree.with_acl(".", "Add=*&Get=*").with_acl("./A", OWN).with_acl("./Secret", "Get=other")
    table = {name.replace("_", "/"): what for name, what in described.items()}
    two.device.tree = replace(tree, describe=Descriptions.of({f"./{uri}": what for uri, what in table.items()}))
    return two


def ask(two: Pair, *commands: Command) -> list[Outcome]:
    two.run(list(commands), session=f"{len(two.server.results) + 1:X}")
    [outcomes] = two.outcomes
    return list(outcomes)


def codes(outcomes: list[Outcome]) -> list[int]:
    return [int(outcome.status or 0) for outcome in outcomes]


def texts(outcomes: list[Outcome]) -> list[str]:
    return [outcome.text for outcome in outcomes]


@pytest.mark.spec("T-01")
@CODECS
def test_one_node_per_uri_and_the_limits_of_uris(codec: Codec) -> None:
    two = phone(codec)
    rules = two.device.rules
    limits = replace(rules.tree.limits, max_depth=3, max_segment=6, max_total=20)
    two.device.rules = replace(rules, tree=replace(rules.tree, limits=limits))
    answers = ask(two, Get.of("A/x"), Get.of("./A/%78"), Get.of("A//x"), Get.of("./A/B/C/d"), Get.of("A/toolong"),
                  Get.of("./A/B/C?prop=Format"), Add.of("./A/x", "2"))  # fmt: skip
    assert codes(answers) == [200, 200, 400, 414, 414, 200, 418]


@pytest.mark.spec("T-02", "T-03", "T-04", "T-07")
@CODECS
def test_properties(codec: Codec) -> None:
    two = phone(codec)
    names = ("ACL", "Format", "Name", "Type", "Size", "Title", "VerNo", "TStamp")
    answers = ask(two, *(Get.of(f"./A/B/pic?prop={name}") for name in names))
    assert codes(answers) == [200] * 8
    assert texts(answers) == ["", "bin", "pic", "image/png", str(len(OCTETS)), "", "0", "19700101T000000Z"]
    assert texts(ask(two, *(Get.of(f"./A/B?prop={name}") for name in names[:4]))) == ["", "node", "B", ""]
    assert codes(ask(two, Get.of("./A/B?prop=Size"), Get.of("./A/x?prop=Foo"), Delete.of("./A/x?prop=Title"),
                     Replace.of("./A/x?prop=Format", "int"))) == [406, 406, 405, 405]  # fmt: skip


@pytest.mark.spec("T-02", "T-03")
@CODECS
def test_a_rename_moves_children_lists_and_titles(codec: Codec) -> None:
    two = phone(codec)
    answers = ask(two, Replace.of("./A/B/n?prop=ACL", "Get=*"), Replace.of("./A/B?prop=Title", "Ü"),
                  Replace.of("./A/B?prop=Name", "Z"), Get.of("./A/Z?prop=Title"), Get.of("./A/Z/n?prop=ACL"),
                  Get.of("./A/Z?prop=VerNo"), Replace.of("./A/Z?prop=Name", "x"))  # fmt: skip
    assert codes(answers) == [200] * 6 + [418]
    assert texts(answers)[3:6] == ["Ü", "Get=*", "2"]
    assert "./A/B" not in two.device.tree
    assert two.device.tree.get("./A/Z/pic").value == OCTETS


@pytest.mark.spec("T-05", "T-10")
@CODECS
def test_lists_of_new_nodes(codec: Codec) -> None:
    two = phone(codec)
    answers = ask(two, Add.of("./New/deep/leaf", "1"), Get.of("./New/deep/leaf"), Replace.of("./New?prop=ACL", OWN),
                  Get.of("./New/deep/leaf"), Get.of("./New/deep?prop=ACL"), Add.of("./A/p/q", "1"),
                  Get.of("./Secret/key"), Replace.of(".?prop=ACL", "Add=*&Get=*&Replace=*"))  # fmt: skip
    assert codes(answers) == [200, 425, 200, 200, 200, 200, 425, 425]
    tree = two.device.tree
    assert {uri: n.acl for uri, n in tree.walk("./New") if n.acl} == {"./New": OWN}
    assert tree.get("./A/p").acl == ""


@pytest.mark.spec("T-10")
@CODECS
def test_the_parent_that_cannot_be_made_is_named(codec: Codec) -> None:
    two = phone(codec, A_Q=Described(known=False))
    [refused] = ask(two, Add.of("./A/Q/leaf", "1"))
    assert (codes([refused]), [item.target for item in refused.items]) == ([405], ["./A/Q"])
    assert "./A/Q" not in two.device.tree


@pytest.mark.spec("T-06")
@CODECS
def test_permanent_nodes_and_the_root_stay(codec: Codec) -> None:
    two = phone(codec, A_B_n=Described(permanent=True))
    before = two.device.tree
    answers = ask(two, Delete.of("."), Delete.of("./A/B/n"), Delete.of("./A/B"), Replace.of("./A/B/n?prop=Name", "m"),
                  Replace.of(".?prop=Name", "r"), Replace.of("./A/B/n", "x", format="chr"))  # fmt: skip
    assert codes(answers) == [405] * 6
    assert two.device.tree == before
    assert codes(ask(two, Replace.of("./A/B/n", 6))) == [200]


@pytest.mark.spec("T-08")
@CODECS
def test_listings(codec: Codec) -> None:
    two = phone(codec)
    whole, values, one, other = ask(two, Get.of("./A?list=Struct"), Get.of("./A/B?list=StructData"),
                                    Get.of("./A/x?list=Struct"), Get.of("./A?list=Foo"))  # fmt: skip
    assert codes([whole, values, one, other]) == [200, 200, 200, 406]
    form = "b64" if codec is XML else "bin"
    rows = [(item.source, item.meta.format if item.meta else None, item.data) for item in whole.results]
    assert rows == [("./A", "node", None), ("./A/x", None, None), ("./A/B", "node", None), ("./A/B/n", "int", None),
                    ("./A/B/pic", form, None), ("./A/B/C", "node", None)]  # fmt: skip
    found = {item.source: item.data for item in values.results}
    assert found["./A/B/pic"] == ("AP88Jg==" if codec is XML else OCTETS)
    assert found["./A/B/n"] == "5"
    assert [item.source for item in one.results] == ["./A/x"]
    [root] = ask(two, Get.of(".?list=Struct"))
    assert not any("Secret" in (item.source or "") for item in root.results), "what may not be read is left out"


@pytest.mark.spec("T-09")
@CODECS
def test_a_tree_as_a_document(codec: Codec) -> None:
    two = phone(codec)
    [listed, odd] = ask(two, Get.of("./A/B?list=TNDS+Value"), Get.of("./A/B?list=TNDS+Value-ACL"))
    assert codes([listed, odd]) == [200, 406]
    assert listed.results[0].source == "./A/B"


@CODECS
def test_binary_values_come_back_as_they_went(codec: Codec) -> None:
    two = phone(codec)
    added, got = ask(two, Add.of("./A/raw", OCTETS), Get.of("./A/raw"))
    assert codes([added, got]) == [200, 200]
    assert two.device.tree.get("./A/raw").value == OCTETS
    meta = got.results[0].meta
    assert meta is not None
    assert meta.format == ("b64" if codec is XML else "bin")


@CODECS
def test_containers_and_copies(codec: Codec) -> None:
    two = phone(codec)
    before = two.device.tree
    [atomic] = ask(
        two, Atomic((Replace.of("./A/x", "2"), Delete.of("./A/B"), Delete.of("./A/nope"), Delete.of("./A/x")))
    )
    assert codes([atomic, *atomic.parts]) == [507, 216, 216, 404, 215]
    assert two.device.tree == before
    [sequence] = ask(two, Sequence((Delete.of("./A/nope"), Copy.of("./A/B/n", "./A/x"), Atomic((Delete.of("./A/B"),)))))
    assert codes([sequence, *sequence.parts]) == [200, 404, 200, 200]
    assert two.device.tree.get("./A/x") == replace(before.get("./A/x"), format="int", value="5", verno=1,
                                                   tstamp=two.device.tree.get("./A/x").tstamp)  # fmt: skip


@CODECS
def test_exec_asks_node_and_list(codec: Codec) -> None:
    def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return tree.set("./A/x", call.item.text, now=call.now), Outcome(StatusCode.ACCEPTED)

    two = phone(codec, A_B=Described(frozenset({Verb.GET})))
    two.device.handlers |= {"./A/x": run, "./A/B": run, "./A/B/n": run}
    assert codes(ask(two, Exec.of("./A/x", "go"), Exec.of("./A/B"), Exec.of("./A/B/C"))) == [425, 405, 405]
    two.device.tree = two.device.tree.with_acl("./A", f"{OWN}&Exec={SERVER_ID}")
    assert codes(ask(two, Exec.of("./A/x", "go"))) == [202]
    assert two.device.tree.get("./A/x").value == "go"


@pytest.mark.spec("O-01")
@CODECS
def test_standard_objects_are_read_and_secrets_are_not(codec: Codec) -> None:
    secret = Described(frozenset({Verb.ADD, Verb.DELETE, Verb.REPLACE}))
    two = pair(codec=codec, tree={"./DMAcc/one/AppAuth/c/AAuthSecret": "pw", "./DMAcc/one/ServerID": "x",
                                  "./DevDetail/FwV": "1", "./DevDetail/URI/MaxDepth": "8"})  # fmt: skip
    two.device.tree = replace(two.device.tree, describe=Descriptions.of({"./DMAcc/*/AppAuth/*/AAuthSecret": secret}))
    answers = ask(two, Get.of("./DevInfo/Man"), Get.of("./DevDetail/FwV"), Get.of("./DMAcc/one/ServerID"),
                  Get.of("./DMAcc/one/AppAuth/c/AAuthSecret"), Get.of("./DMAcc?list=StructData"),
                  Replace.of("./DMAcc/one/AppAuth/c/AAuthSecret", "new"), Get.of("./DevDetail/Nope"))  # fmt: skip
    assert codes(answers) == [200, 200, 200, 405, 200, 200, 404]
    assert "AAuthSecret" not in str([item.source for item in answers[4].results])


def test_a_server_whose_account_is_deleted_leaves_every_list() -> None:
    two = pair(tree={"./DMAcc/one/AppID": "w7", "./DMAcc/one/ServerID": "other.example", "./A/x": "1"})
    whole = two.device.tree.with_acl("./A", "Get=*&Replace=other.example")
    two.device.become(whole.delete("./DMAcc/one"))
    two.device.become(whole)
    assert "other.example" in {account.server_id for account in two.device.accounts}
    assert codes(ask(two, Delete.of("./DMAcc/one"))) == [200]
    assert two.device.tree.get("./A").acl == "Get=*"


def test_several_items_of_one_command_are_answered_one_by_one() -> None:
    two = phone(XML)
    [outcome] = ask(two, Add((Item("./A/k"), Item("./A/x", data="1"), Item("./A/k/l", data="1"))))
    assert codes(list(outcome.parts)) == [200, 418, 405]


def described(spec: ddf.Spec) -> Pair:
    """A device that enforces ``spec``."""
    two = pair()
    tree = ddf.populate({"./WiFi/Home/SSID": "cafe"}, spec, acl={".": ALL})
    for uri, node in two.device.tree.walk("./DevInfo"):
        tree = tree.put(uri, node)
    two.device.tree = tree
    return two


@pytest.mark.spec("T-11")
@pytest.mark.parametrize("wbxml", [False, True], ids=["xml", "wbxml"])
def test_what_a_device_enforces_can_be_published_and_read_by_others(wbxml: bool) -> None:
    """A maker's description, written and read again, is the same; a device made from the copy answers the same."""
    mine = ddf.load(DDF / "wifi.xml")
    mine = mine.plain() if wbxml else mine  # code page 2 has no place for what is not of DM
    first = described(mine)
    [enforced] = first.device.tree.describe.mounts  # type: ignore[attr-defined]
    published = ddf.read(ddf.write(enforced, wbxml=wbxml))
    assert published == mine and published.count() == mine.count()
    second = described(published)
    script = (
        Replace.of("./WiFi/Home/SSID", "tea"),
        Replace.of("./WiFi/Home/Security", "none at all"),
        Add.of("./WiFi/Home/Colour", "red"),
        Delete.of("./WiFi"),
        Get.of("./WiFi/Home/SSID"),
    )
    answers = [codes(ask(two, *script)) for two in (first, second)]
    assert answers[0] == answers[1] and {200, 405} <= set(answers[0])
    assert first.device.tree == second.device.tree
    assert published.check(first.device.tree) == mine.check(first.device.tree)
