"""Enablers to play with: switch capabilities off and on, see which enablers change, and the session that went wrong.

The widget holds no logic: what it shows are findings of ``dmkit.enablers``.
"""

from __future__ import annotations

from typing import Final

import ipywidgets as w

from dmkit.enablers import ENABLERS, PROFILES, EnablerProfile, MatrixRow, ScenarioFinding, find, overall
from dmkit.lab.boards.controls import WIDE, choose
from dmkit.lab.boards.widgets import Page, _note, _WithFallback, board
from dmkit.mo.capabilities import CAPABILITIES
from dmkit.views.look import GREEN, GREY, RED, YELLOW, Look, escape
from dmkit.words.arguments import instance

__all__ = ["EnablerExplorer", "enabler_explorer", "findings_html"]

_SIGNS: Final = {"works": ("✓", GREEN), "degraded": ("–", YELLOW), "fails": ("✕", RED)}


def findings_html(found: dict[str, MatrixRow], lacks: tuple[str, ...]) -> str:
    """A row per enabler: its verdict, and what is lost in which scenario."""
    rows = []
    for name, row in found.items():
        verdict = overall(row)
        sign, colour = _SIGNS[verdict]
        lost = "<br>".join(f"<b>{escape(s.name)}</b> {escape(f)}" for s, f in row.items() if f.verdict != "works")
        rows.append(f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
                    f'<td style="color:{colour};white-space:nowrap;text-align:left">{sign} {verdict}</td>'
                    f'<td style="text-align:left">{lost}</td></tr>')  # fmt: skip
    caption = escape(f"without {', '.join(lacks)}" if lacks else "with everything")
    names = ("enabler", "verdict", "what is lost")
    heads = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in names)
    return (f'<table role="status"><caption style="text-align:left;color:{GREY}">{caption}</caption>'
            f"<tr>{heads}</tr>{''.join(rows)}</table>")  # fmt: skip


class EnablerExplorer(_WithFallback):
    """``profile`` chooses where to begin, ``switches`` are the capabilities by name, ``shown`` is the table.

    ``enabler`` and ``scenario`` choose whose session ``ladder`` shows: the one that went wrong, or the last.
    """

    def __init__(self, profile: EnablerProfile) -> None:
        self.base = profile
        names = list(PROFILES) if profile.name in PROFILES else [profile.name, *PROFILES]
        self.profile = w.Dropdown(options=names, value=profile.name, description="begin with", style=WIDE)
        self.switches = {
            name: w.Checkbox(description=name, indent=False, layout=w.Layout(width="15em")) for name in CAPABILITIES
        }
        self.enabler = w.Dropdown(options=list(ENABLERS), description="look at", style=WIDE)
        self.scenario = w.Dropdown(options=self._scenarios(), description="scenario", style=WIDE)
        self.shown, self.ladder = Page(), Page()
        self._loading = False
        self.profile.observe(lambda _: self._begin(), "value")
        for switch in self.switches.values():
            switch.observe(lambda _: self._draw(), "value")
        self.enabler.observe(lambda _: self._choose(), "value")
        self.scenario.observe(lambda _: self._draw_ladder(), "value")
        boxes = w.HBox(list(self.switches.values()), layout=w.Layout(flex_flow="row wrap"))
        looks = w.HBox([self.enabler, self.scenario])
        self.widget = board(self.profile, boxes, self.shown, looks, self.ladder)
        self._begin()

    def _scenarios(self) -> list[str]:
        return [scenario.name for scenario in ENABLERS[self.enabler.value]]

    def _begin(self) -> None:
        self.base = PROFILES.get(self.profile.value, self.base)
        lacks = {c.name for c in self.base.lacks}
        self._loading = True
        for name, switch in self.switches.items():
            switch.value = name not in lacks
        self._loading = False
        self._draw()

    def _choose(self) -> None:
        self._loading = True
        self.scenario.options = self._scenarios()
        self._loading = False
        self._draw_ladder()

    @property
    def chosen(self) -> EnablerProfile:
        """The profile with the capabilities as they are switched; one that stays as it was keeps its peculiarities."""
        lacks = {c.name for c in self.base.lacks}
        off = [CAPABILITIES[n] for n, s in self.switches.items() if not s.value and n not in lacks]
        on = [CAPABILITIES[n] for n, s in self.switches.items() if s.value and n in lacks]
        return self.base.without(*off).added(*on)

    def _draw(self) -> None:
        if self._loading:
            return
        profile = self.chosen
        self.found = {name: find(name, profile) for name in ENABLERS}
        self.shown.value = findings_html(self.found, tuple(c.name for c in profile.lacks))
        self._draw_ladder()

    @property
    def finding(self) -> ScenarioFinding:
        """What came of the scenario that is looked at."""
        row: MatrixRow = self.found[self.enabler.value]
        return next(f for s, f in row.items() if s.name == self.scenario.value)

    def _draw_ladder(self) -> None:
        if self._loading:
            return
        talk = self.finding.talk
        shown = talk._repr_mimebundle_()["text/html"] if talk is not None else "<p>There was no session.</p>"
        self.ladder.value = f"<p><b>{escape(self.scenario.value)}</b>: {escape(self.finding)}</p>{shown}"

    def _static(self) -> Look:
        return Look(repr(self), f"<div>{self.shown.value}{_note('an example')}</div>")

    def __repr__(self) -> str:
        verdicts: dict[str, list[str]] = {}
        for name, row in self.found.items():
            verdicts.setdefault(overall(row), []).append(name)
        text = "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in verdicts.items())
        lacks = ", ".join(c.name for c in self.chosen.lacks) or "nothing"
        return f"EnablerExplorer(without {lacks}: {text})"


def enabler_explorer(profile: EnablerProfile | str = "DM 1.2", **chosen: object) -> EnablerExplorer:
    """Switch capabilities off and on and see which enablers work, degrade or fail, and the session that went wrong.

    ``chosen`` sets controls at the start: ``enabler``, ``scenario``.  ConfigError for another name, or no such row.

    >>> type(enabler_explorer("no Exec")).__name__
    'EnablerExplorer'
    """
    from dmkit.enablers import profile as named

    base = named(profile) if isinstance(profile, str) else profile
    explorer = EnablerExplorer(instance("profile", base, EnablerProfile, "an EnablerProfile, or the name of one"))
    controls = {"enabler": explorer.enabler, "scenario": explorer.scenario}
    for name in sorted(chosen):  # the enabler first: its scenarios are what there is to choose from
        choose("enabler_explorer", controls, {name: chosen[name]})
    return explorer
