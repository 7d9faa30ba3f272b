"""LAWMO by itself: each operation with its report, its times, and what a wipe and a reset leave alone."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.mo import OBJECTS, lawmo
from dmkit.mo.lawmo import Lawmo, LawmoState, LawmoTimes
from dmkit.mo.object import Managed
from dmkit.tree.context import Call
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.codes import Verb
from dmkit.words.errors import DmError
from dmkit.words.model import Item
from dmkit.words.outcome import After, Later, Outcome

MO = "./LAWMO"
DONE = "urn:oma:at:lawmo:1.0:OperationComplete"
TIMES = LawmoTimes(lock=1.5, wipe=2.5, reset=3.5)
PLACES = {"Notes": "./Notes", "About": "./DevInfo"}
FACTORY = Tree.of({"./Notes/1": "milk", "./Notes/2": "", "./Notes/3": b"\x01", "./DevInfo/Man": "Acme"})


def mounted(tree: Tree = FACTORY, **options: object) -> tuple[Lawmo, Tree]:
    made = lawmo.make(MO, times=TIMES, wipeable=PLACES, **options)
    return made, made.build(tree)


def call(verb: Verb, uri: str) -> Call:
    return Call(verb, uri, Item(uri), "ops.example", 0.0, "c1")


def happen(made: Lawmo, tree: Tree, name: str, now: float = 7.0) -> tuple[Tree, Outcome]:
    return made.happen(tree, After(9.0, MO, name, f"{MO}/Operations/{name}", "c1"), now)


def reset(made: Lawmo, tree: Tree) -> tuple[Tree, Outcome]:
    tree, outcome = happen(made, tree, "FactoryReset")
    [clear] = outcome.later
    assert isinstance(clear, After)
    return made.happen(tree, clear, 8.0)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("FullyLock", 1.5), ("PartiallyLock", 1.5), ("UnLock", 1.5), ("FactoryReset", 3.5), ("Wipe", 2.5)],
)
def test_each_operation_takes_its_time_and_keeps_who_asked_and_how(name: str, seconds: float) -> None:
    made, tree = mounted()
    uri = f"{MO}/Operations/{name}"
    after, outcome = made.handlers()[uri](tree, call(Verb.EXEC, uri))
    assert after is tree and outcome == Outcome(dm.StatusCode.ACCEPTED, later=(After(seconds, MO, name, uri, "c1"),))
    assert made.handlers()[uri](tree, call(Verb.GET, uri)) == (tree, Outcome(None))


@pytest.mark.parametrize(
    ("names", "result", "mark"),
    [
        (["FullyLock"], "1200", None),
        (["UnLock"], "1404", "warning"),
        (["FullyLock", "UnLock"], "1200", None),
        (["Wipe"], "1406", "warning"),
    ],
)
def test_a_report_has_the_node_the_correlator_and_a_mark_where_it_failed(names, result, mark) -> None:
    made, tree = mounted()
    for name in names:
        tree, outcome = happen(made, tree, name)
    uri = f"{MO}/Operations/{names[-1]}"
    assert outcome == Outcome(None, later=(Later(0.0, DONE, result, uri, "c1", "int", mark, ""),))


def test_a_lock_is_written_once_at_its_time() -> None:
    made, tree = mounted()
    before = tree.get(f"{MO}/State")
    tree, _ = happen(made, tree, "FullyLock", 7.0)
    locked = tree.get(f"{MO}/State")
    assert (made.state(tree), locked.tstamp, locked.verno) == (LawmoState.LOCKED, 7.0, before.verno + 1)
    again, _ = happen(made, tree, "FullyLock", 8.0)
    assert again.get(f"{MO}/State") == locked


def test_the_owner_opens_a_partial_lock_at_a_time_and_no_full_one() -> None:
    made, tree = mounted()
    partly, _ = happen(made, tree, "PartiallyLock")
    assert made.state(made.owner_unlocks(partly)) is LawmoState.UNLOCKED
    assert made.owner_unlocks(partly).get(f"{MO}/State").tstamp == 0.0
    assert made.owner_unlocks(partly, 9.0).get(f"{MO}/State").tstamp == 9.0
    fully, _ = happen(made, tree, "FullyLock")
    assert made.owner_unlocks(fully, 9.0) is fully


def test_the_user_is_asked_by_the_name_of_the_operation() -> None:
    asked: list[str] = []
    made, tree = mounted(user=lambda name: bool(asked.append(name)))
    tree = tree.set(f"{MO}/LAWMOConfig/NotifyUser", True)
    tree, outcome = happen(made, tree, "PartiallyLock")
    assert asked == ["PartiallyLock"] and made.state(tree) is LawmoState.UNLOCKED
    assert [later.data for later in outcome.later if isinstance(later, Later)] == ["1401"]


def marked(tree: Tree, *numbers: int) -> Tree:
    for n in numbers:
        tree = tree.set(f"{MO}/AvailableWipeList/{n}/ToBeWiped", True)
    return tree


def test_a_wipe_empties_text_and_octets_and_leaves_what_is_empty() -> None:
    made, tree = mounted()
    tree, _ = happen(made, marked(tree, 1), "Wipe", 7.0)
    assert [tree.get(f"./Notes/{n}").value for n in (1, 2, 3)] == ["", "", b""]
    assert [tree.get(f"./Notes/{n}").tstamp for n in (1, 2, 3)] == [7.0, 0.0, 7.0]
    assert tree.get(f"{MO}/AvailableWipeList/1/ToBeWiped").tstamp == 7.0
    assert tree.get("./DevInfo/Man").text == "Acme"


def test_a_wipe_of_everything_leaves_what_nobody_may_replace() -> None:
    made = lawmo.make(MO, wipeable={"All": "."})
    tree, _ = happen(made, marked(made.build(FACTORY), 1), "Wipe")
    assert tree.get("./Notes/1").text == "" and not tree.describe(f"{MO}/State").takes(Verb.REPLACE)
    assert tree.get(f"{MO}/LAWMOConfig/NotifyUser").text == "" and tree.describe(f"{MO}/LAWMOConfig/NotifyUser").known
    assert tree.get(f"{MO}/State").text == "30" and tree.get(f"{MO}/AvailableWipeList/1/ListItemName").text == "All"


def test_an_entry_of_the_list_that_names_no_place_wipes_nothing() -> None:
    made, tree = mounted()
    renamed = tree.set(f"{MO}/AvailableWipeList/1/ListItemName", "Other")
    after, outcome = happen(made, marked(renamed, 1), "Wipe")
    assert [later.data for later in outcome.later if isinstance(later, Later)] == ["1201"]
    assert after.get("./Notes/1").text == "milk" and after.get(f"{MO}/AvailableWipeList/1/ToBeWiped").text == "false"


def test_a_reset_waits_for_the_others_and_is_reported_as_asked() -> None:
    made, tree = mounted()
    locked, _ = happen(made, tree, "FullyLock")
    before, outcome = happen(made, locked, "FactoryReset")
    assert before is locked
    [clear] = outcome.later
    assert isinstance(clear, After) and clear.event in made.clears
    assert (clear.seconds, clear.data, clear.correlator) == (0.0, f"{MO}/Operations/FactoryReset", "c1")
    after, outcome = made.happen(before, clear, 8.0)
    assert made.state(after) is LawmoState.UNLOCKED
    assert outcome.later == (Later(0.0, DONE, "1200", f"{MO}/Operations/FactoryReset", "c1", "int"),)


NAME = "./DMAcc/Operator/Name"


def account() -> Managed:
    return OBJECTS["dmacc"].make("./DMAcc/Operator", {})


def test_accounts_stay_as_they_are_and_those_that_were_lost_come_back() -> None:
    made, tree = mounted()
    delivered = account().build(tree)
    made.beside(account())
    assert reset(made, delivered.set(NAME, "another"))[0].get(NAME).text == "another"
    none = delivered.with_node(("DMAcc",), Node.interior())
    assert not reset(made, none)[0].get("./DMAcc").children
    back, _ = reset(made, tree.set("./Notes/1", "bread"))
    assert "./DMAcc" not in tree and back.get(NAME).text == delivered.get(NAME).text
    assert back.get("./Notes/1").text == "milk"


def test_accounts_go_where_they_do_not_survive_and_nothing_else_of_the_tree() -> None:
    made, tree = mounted(keep_accounts=False)
    made.beside(account())
    after, _ = reset(made, account().build(tree).set("./DevInfo/Man", "Other"))
    assert not after.get("./DMAcc").children and after.get("./DMAcc").is_interior
    assert after.get("./Notes/1").text == "milk" and after.get("./DevInfo/Man").text == "Other"


def test_what_is_kept_stays_only_where_the_factory_has_a_place_for_it() -> None:
    made, tree = mounted(keeps=("./Notes", "./Music/Liked"))
    song = Tree.of({"./Music/Liked/1": "song"}).with_node(("LAWMO",), tree.get(MO))
    after, _ = reset(made, song)
    assert "./Music" not in after and after.get("./Notes/1").text == "milk"


def test_a_place_that_is_no_address_is_refused_when_the_object_is_made() -> None:
    with pytest.raises(DmError, match="//"):
        lawmo.make(MO, wipeable={"Notes": "./Notes//1"})
