"""The matrix and what is made of it: tables, text, figures, widgets; every cell backed by runs that play again."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.attack.attacks import ATTACKS
from dmkit.attack.costs import COMPRESSIONS, honest
from dmkit.attack.designs import DESIGNS
from dmkit.attack.trial import Trial
from dmkit.lab.measures.replayed import ways_through
from dmkit.lab.studies import security
from dmkit.lab.studies.security import COLUMNS, SOME_ATTACKS, SOME_DESIGNS, THREATS
from dmkit.words.errors import ConfigError

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")
FEW = (["listen", "alter a command", "drop", "phish"], ["basic", "mac", "everything"])


@pytest.fixture(scope="module")
def frame():
    return security.matrix(*FEW, seeds=5)


def test_every_breach_plays_again_and_every_safe_cell_says_how_it_was_searched(frame):
    assert list(frame.columns) == list(COLUMNS) and len(frame) == 12
    for row in frame.itertuples():
        if row.verdict == "breached":
            script = tuple(int(way) for way in row.script.split())
            played = Trial(tap=row.attack, design=row.design).replay(script)
            assert played.breach is not None and played.breach.what == row.what
        else:
            assert row.complete and row.runs >= 1 and row.tried >= row.runs
    assert frame.loc[(frame["attack"] == "drop"), "runs"].min() > 40


def test_a_design_of_ones_own_stands_beside_the_others():
    mine = security.Design("mine", dm.Rules(auth="md5", server_auth="md5", downgrade="floor"), security.Deployment())
    frame = security.matrix(["downgrade"], ["md5 per session", mine], seeds=2)
    assert frame.set_index("design")["verdict"].to_dict() == {"md5 per session": "breached", "mine": "safe"}
    assert security.tradeoffs(frame, security.costs(["md5 per session", mine]))["design"].tolist()[0] == "mine"
    assert "safe" in repr(security.replay("downgrade", mine))
    for wrong in ([mine, mine], [security.Design("")], ["magic", mine]):
        with pytest.raises(ConfigError):
            security.matrix(["downgrade"], wrong)


def test_nonces_by_formula_and_by_simulation():
    repeats = security.nonce_repeats((16,), 300, range(3))
    assert repeats["simulated"].iloc[0] == pytest.approx(repeats["formula"].iloc[0], rel=0.1)
    steps = security.out_of_step((0.01,), seeds=range(3))
    assert steps["alone"].iloc[0] == pytest.approx(0.366, abs=0.01)
    assert steps["extra_trips"].iloc[0] == pytest.approx(1.0, abs=0.05)


def test_the_lesson_is_large_enough():
    assert len(SOME_ATTACKS) >= 12 and len(SOME_DESIGNS) >= 12
    assert set(SOME_ATTACKS) <= set(ATTACKS) and set(SOME_DESIGNS) <= set(DESIGNS)
    assert sorted(a for names in THREATS.values() for a in names) == sorted(ATTACKS)


def test_the_same_matrix_twice_and_on_two_processes(frame):
    few = (["alter a command"], FEW[1])
    assert security.matrix(*few, seeds=5, on=2).equals(security.matrix(*few, seeds=5))
    assert frame.equals(security.matrix(*FEW, seeds=5)) and frame.attrs["units"] == dict(COLUMNS)


def test_verdicts_and_markdown(frame):
    table = security.verdicts(frame)
    assert table.loc["basic", "listen"] == "X" and table.loc["everything", "phish"] == "·"
    text = security.markdown(frame)
    assert text.startswith("| design | listen |") and "**X**: breached" in text
    assert text.count("\n| ") == 3
    cut = security.markdown(security.matrix(["drop"], ["mac"], seeds=0, limit=5))
    assert "1 searches were cut off" in cut


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: security.matrix(["magic"]),
        lambda: security.matrix(designs=[]),
        lambda: security.replay("listen", "x"),
    ],
)
def test_unknown_names_are_refused(wrong):
    with pytest.raises(ConfigError):
        wrong()


def test_a_cell_is_replayed_with_what_the_attacker_did():
    shown = security.replay("downgrade", "md5 per session")
    text = repr(shown)
    assert "from the attacker" in text and "does not arrive" in text and "breached" in text
    bundle = shown._repr_mimebundle_()
    assert "<details" in bundle["text/html"] and "<script" not in bundle["text/html"]
    safe = security.replay("drop", "mac")
    assert "safe: complete to budget 2 under drop" in repr(safe)


def test_ladders_of_the_path_leave_honest_ones_as_they_are():
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.read("./DevInfo/Man"))
    seen = ways_through(talk)
    assert [line.packet for line in seen] == [line.packet for line in talk] and not any(line.note for line in seen)


def test_costs():
    prices = security.costs(["basic", "md5 per session", "mac", "basic over TLS", "mac, GBA keys"]).set_index("design")
    assert prices.loc["basic", "hashes"] == 0 and prices.loc["mac", "hashes"] > prices.loc["md5 per session", "hashes"]
    assert prices.loc["basic over TLS", "round_trips"] == prices.loc["basic", "round_trips"] + 2
    assert prices.loc["mac, GBA keys", "card_apdus"] > 0
    assert honest(DESIGNS["mac, no second challenge"]).calls == pytest.approx(63.4, abs=0.1)
    assert COMPRESSIONS["mac"](363) == 1 + 6 + 2


def test_tradeoffs_and_weights(frame):
    prices = security.costs(FEW[1])
    even = security.tradeoffs(frame, prices)
    assert even["exposure"].is_monotonic_increasing and even["best_octets"].iloc[0]
    assert even.set_index("design").loc["basic", "exposure"] == 0.75
    path_only = security.tradeoffs(frame, prices, message=0, outage=0).set_index("design")
    assert path_only.loc["basic", "exposure"] == 1.0 and path_only.loc["mac", "exposure"] == 0.0
    for wrong in ({"magic": 1.0}, {"path": -1.0}, {"path": 0, "message": 0, "outage": 0}):
        with pytest.raises(ConfigError):
            security.tradeoffs(frame, prices, **wrong)


def test_figures_say_what_they_show(frame):
    axes = security.plot_matrix(frame)
    assert "basic falls to listen, alter a command, phish" in dm.plot.describe(axes)
    again = dm.plot.figure_svg(security.plot_matrix(frame).figure)
    assert dm.plot.figure_svg(security.plot_matrix(frame).figure) == again
    table = security.tradeoffs(frame)
    assert "everything: exposure 0.00" in dm.plot.describe(security.plot_tradeoffs(table))
    with pytest.raises(ConfigError, match="no cost"):
        security.plot_tradeoffs(table, "money")


def test_widgets_choose_a_cell_and_weigh_threats(frame):
    picked = dm.explore(security.replay, attack=["listen", "phish"], design=["basic", "everything"])
    assert "breached: the password" in picked.picture.value
    picked.controls["design"].value = "everything"
    assert "safe: complete to budget" in picked.picture.value
    prices = security.costs(FEW[1])
    weighed = dm.explore(
        lambda path, message: security.plot_tradeoffs(security.tradeoffs(frame, prices, path=path, message=message)),
        path=[1, 0, 5],
        message=[1, 0, 5],
    )
    before = weighed.picture.value
    weighed.controls["message"].value = 5
    assert weighed.picture.value != before


def test_tables_of_attacks_designs_incidents_and_guesses():
    assert len(security.attacks()) == len(ATTACKS) and len(security.designs()) == len(DESIGNS)
    assert security.incidents()["happened"].all()
    table = security.guessing()
    assert table.loc["md5", "4 digits"] < 1e-3 and table.loc["hmac-sha256-stretched", "8 printable"] > 1e9
