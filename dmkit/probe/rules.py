"""Verdict rules: what a case expects of the last message of a peer.  A rule is a word of ``RULES`` and its arguments.

A rule holds, is broken (then a sentence says by what), or cannot be told (then another says why): what a peer left out
altogether breaks only the rule that asks for it.

>>> sorted(RULES)[:3]
['alert', 'alive', 'another password']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmkit.probe.rules_answers import ANSWERS
from dmkit.probe.rules_calls import CALLS
from dmkit.probe.rules_contents import CONTENTS
from dmkit.probe.rules_proofs import PROOFS
from dmkit.probe.rules_tls import HANDSHAKES
from dmkit.probe.rules_values import VALUES
from dmkit.probe.scene import (
    Broken,
    Finding,
    Rule,
    Scene,
    Unsure,
    listed,
)
from dmkit.words.asked import asked
from dmkit.words.checked import nearest
from dmkit.words.errors import ConfigError

__all__ = ["RULES", "Broken", "Finding", "Rule", "Scene", "Unsure", "check_rule", "hold", "says"]

RULES: Final[Mapping[str, Rule]] = {**ANSWERS, **CALLS, **CONTENTS, **HANDSHAKES, **PROOFS, **VALUES}
"""The word -> what it asks for."""

_LONGEST_FIRST: Final = sorted(RULES, key=len, reverse=True)


def _parts(text: str) -> tuple[str, str]:
    word = next((w for w in _LONGEST_FIRST if text == w or text.startswith(f"{w} ")), None)
    if word is None:
        first = text.partition(" ")[0]
        raise ConfigError(f"{text!r} is no rule of a verdict; there are {', '.join(RULES)}{nearest(first, RULES)}")
    return word, text[len(word) :].strip()


def check_rule(text: str) -> None:
    """ConfigError when ``text`` is no rule."""
    _parts(text)


@asked
def says(text: str) -> str:
    """The rule as a sentence for the test specification.

    >>> says("status Get 200 2xx"), says("no final")
    ('a Status for Get: 200 or 2xx', 'the message has no Final')
    """
    word, argument = _parts(text)
    if word in ("status", "item"):
        what, _, codes = argument.partition(" ")
        argument = f"{what}: {listed(codes)}"
    return RULES[word].says.format(argument).replace(" ()", "").rstrip()


def hold(text: str, scene: Scene) -> Finding:
    """What the rule ``text`` finds in ``scene``."""
    word, argument = _parts(text)
    rule = RULES[word]
    if rule.needs and scene.received is None:
        if scene.refused:
            return Unsure(f"the transport answers {scene.refused} in place of a message")
        return Unsure(scene.nothing)
    return rule.holds(scene, argument)
