"""One table per intent: octets by cause, round trips, seconds and joules on each link, what is known, what a loss does.

>>> frame = compare("read a value", links=("lte",))
>>> frame[["generation", "trips", "up body", "down body"]].values.tolist()[-2:]
[['dm 2.0', 2, 187, 71], ['lwm2m', 1, 20, 0]]
>>> print(pasted(frame[["generation", "trips", "total"]].tail(1)))
| generation | trips | total |
| --- | --- | --- |
| lwm2m | 1 | 97 |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal

from dmkit.generations.carriage import SECURITIES, Security
from dmkit.generations.intents import Intent, name_of
from dmkit.generations.intents import intent as _wanted
from dmkit.generations.names import GENERATIONS
from dmkit.generations.played import CAUSES, PlayedIntent
from dmkit.generations.playing import losses, play
from dmkit.sim.net import LINKS, Link
from dmkit.sim.provenance import made_by
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "channel", "compare", "lost", "octets", "on_link", "pasted", "table"]

COLUMNS: Final = {
    "generation": "name of the protocol",
    "done": "whether the device is as it was wanted",
    "trips": "round trips, those of an opening not counted",
    "up body": "octets from the device that the protocol itself writes; also framing, transport, security, opening",
    "down body": "octets to the device, likewise",
    "total": "octets of all causes, both ways, opening included",
    "once": "octets of body and framing that are paid once for many intents (a registration)",
    "starts": "who may begin",
    "rights": "what the server needs on the device",
    "knows": "what the server knows at the end",
    "losses": "of so many messages lost once each: how often it is done all the same",
    "again": "how often it was done and the server does not know, so that a second try does it twice",
    "s LINK": "seconds on a link of dm.sim.LINKS, opening included, without the way of a short message",
    "J LINK": "joules of the device's radio over these seconds",
    "basis": "what the run rests on",
    "notes": "what else has to be said",
}
"""Columns of ``compare``."""

_SIDES: Final = (("up", "device"), ("down", "server"))


def channel(security: str, generation: str) -> Security:
    """The secure channel that a row of SECURITIES gives a protocol.  ConfigError for a name that is none."""
    if security not in SECURITIES:
        near = nearest(security, SECURITIES)
        raise ConfigError(f"security {security!r} is not known; there are {'; '.join(SECURITIES)}{near}")
    http, coap = SECURITIES[security]
    return coap if generation == "lwm2m" else http


@asked
def on_link(played: PlayedIntent, link: Link, security: Security) -> tuple[float, float]:
    """Seconds and joules of a run on a link: opening, then piece after piece, each waiting for the one before."""
    tcp = any(piece.over == "tcp" for piece in played.sent)
    pieces = played.sides(security=security)
    up = sum(size for sender, size in pieces if sender == "device")
    down = sum(size for sender, size in pieces if sender != "device")
    up += played.opening("device", security=security)
    down += played.opening("server", security=security)
    waits = played.connections * (int(tcp) + security.trips) * link.rtt + len(pieces) * link.rtt / 2
    sending, receiving = up * 8 / link.up, down * 8 / link.down
    joules = link.transmit * sending + link.receive * receiving + link.idle * waits
    return sending + receiving + waits, joules


def compare(
    intent: Intent | str, *, links: Iterable[str] = tuple(LINKS), security: str = "none", lose: bool = True
) -> pd.DataFrame:
    """An intent, or its name in INTENTS, in each protocol: one row each, columns as COLUMNS says.

    ``lose`` plays it once more for each message that may be lost.  ConfigError for a name that is none.

    >>> compare("lock", links=(), lose=False)["trips"].tolist()
    [5, 5, 3, 1]
    """
    import pandas as pd

    wanted, links = _wanted(intent), tuple(links)
    for name in links:
        if name not in LINKS:
            raise ConfigError(f"link {name!r} is not known; there are {', '.join(LINKS)}{nearest(name, LINKS)}")
    rows = [_row(wanted, generation, links, channel(security, generation), lose) for generation in GENERATIONS]
    frame = pd.DataFrame(rows)
    frame.attrs = made_by(intent=repr(wanted), security=security, links=list(links), units=dict(COLUMNS))
    return frame


def _row(intent: Intent, generation: str, links: tuple[str, ...], security: Security, lose: bool) -> dict[str, Any]:
    played = play(intent, generation)
    row: dict[str, Any] = {"generation": generation, "done": played.done, "trips": played.trips}
    for name, side in _SIDES:
        row |= {f"{name} {cause}": played.octets(side, cause, security=security) for cause in CAUSES}
        row[f"{name} opening"] = played.opening(side, security=security)
    row["total"] = played.total(security=security)
    row["once"] = sum(piece.body + piece.framing for piece in played.once)
    row |= {"starts": played.starts, "rights": played.rights, "knows": played.knows}
    if lose:
        found = list(losses(intent, generation))
        row["losses"] = f"{sum(loss.done for loss in found)} of {len(found)}" if found else "not played"
        row["again"] = sum(loss.twice for loss in found)
    for name in links:
        row[f"s {name}"], row[f"J {name}"] = (round(value, 4) for value in on_link(played, LINKS[name], security))
    return row | {"basis": played.basis, "notes": "; ".join(played.notes)}


def octets(intent: Intent | str, *, security: str = "none") -> pd.DataFrame:
    """Octets by generation, side and cause, in long form: what a stacked bar is drawn from.

    >>> frame = octets("read a value")
    >>> int(frame[frame.generation == "dm 2.0"].query("cause == 'body'").octets.sum())
    258
    """
    import pandas as pd

    rows = []
    for generation in GENERATIONS:
        played, secure = play(_wanted(intent), generation), channel(security, generation)
        for name, side in _SIDES:
            parts = {cause: played.octets(side, cause, security=secure) for cause in CAUSES}
            parts["opening"] = played.opening(side, security=secure)
            rows += [(generation, name, cause, size) for cause, size in parts.items()]
    frame = pd.DataFrame(rows, columns=["generation", "side", "cause", "octets"])
    wanted = _wanted(intent)
    frame.attrs = made_by(intent=repr(wanted), title=name_of(wanted), security=security)
    return frame


def lost(intent: Intent | str) -> pd.DataFrame:
    """What becomes of an intent when each message is lost once: done or not, what the server knows, at what price.

    ``again`` marks what was done and is not known of: a server that tries again does it twice.

    >>> lost("write a setting").query("generation == 'dm 2.0'")[["done", "again"]].values.tolist()[-2:]
    [[True, True], [True, False]]
    """
    import pandas as pd

    rows = [
        {"generation": generation, "lost": loss.lost, "what": loss.what, "done": loss.done, "knows": loss.knows,
         "again": loss.twice, "trips": loss.trips, "octets": loss.octets}
        for generation in GENERATIONS
        for loss in losses(_wanted(intent), generation)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.attrs = made_by(intent=repr(_wanted(intent)))
    return frame


_SPEC: Final = ("generation", "trips", "up body", "down body", "total", "starts", "rights", "knows", "losses", "basis")


def table(intent: Intent | str, *, security: str = "none") -> pd.DataFrame:
    """The columns of ``compare`` that fit a page of a specification.

    >>> table("lock")["losses"].tolist()
    ['10 of 10', '10 of 10', '4 of 6', '2 of 2']
    """
    frame = compare(intent, links=(), security=security)
    return frame[list(_SPEC)]


@asked
def pasted(frame: pd.DataFrame, kind: Literal["markdown", "latex", "csv"] = "markdown") -> str:
    """A frame as text for a specification.  ConfigError for a kind that is none.

    >>> import pandas as pd
    >>> print(pasted(pd.DataFrame({"a_b": ["x | y"], "n": [1.5]}), "latex"))
    \\begin{tabular}{ll}
    a\\_b & n \\\\
    \\hline
    x | y & 1.5 \\\\
    \\end{tabular}
    """
    heads, rows = (
        [str(name) for name in frame.columns],
        [[_cell(v) for v in row] for row in frame.itertuples(index=False)],
    )
    if kind == "markdown":
        lines = [heads, ["---"] * len(heads), *rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    if kind == "latex":
        body = [" & ".join(map(_tex, line)) + r" \\" for line in (heads, *rows)]
        begin, end = rf"\begin{{tabular}}{{{'l' * len(heads)}}}", r"\end{tabular}"
        return "\n".join([begin, body[0], r"\hline", *body[1:], end])
    if kind == "csv":
        return str(frame.to_csv(index=False, lineterminator="\n")).rstrip("\n")
    raise ConfigError(f"a table is pasted as markdown, latex or csv, not {kind!r}")


def _cell(value: object) -> str:
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


_TEX: Final = str.maketrans(
    {c: "\\" + c for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def _tex(text: str) -> str:
    return text.translate(_TEX)
