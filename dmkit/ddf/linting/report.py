"""Lint for authors of management objects: what a description says wrongly, doubtfully or not at all.

>>> from dmkit.ddf.reader import read
>>> spec = read(b'''<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Size</NodeName><DFProperties>
... <AccessType><Get/></AccessType><DefaultValue>ten</DefaultValue><Description>Octets.</Description>
... <DFFormat><int/></DFFormat><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node></MgmtTree>''')
>>> print(lint(spec))
./Size: error default-against-format: DefaultValue 'ten' is no int, which is a decimal number of 32 bits; \
write the default in the form of its format, or change the format (line 1)
1 error; 4 info not shown

A rule is a row beside its function in ``lint_shape``, ``lint_rights``, ``lint_values`` or ``lint_words``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from dmkit.ddf.linting import rights as lint_rights
from dmkit.ddf.linting import shape as lint_shape
from dmkit.ddf.linting import texts as lint_words
from dmkit.ddf.linting import values as lint_values
from dmkit.ddf.linting.rule import LIMITS, At, LintRule, NodeKind, Severity, places
from dmkit.ddf.spec import Spec
from dmkit.tree.uri import UriLimits
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.structs import like_a_dataclass

__all__ = ["LIMITS", "RULES", "LintReport", "LintRule", "Remark", "Severity", "lint", "severities"]

RULES: Final[Mapping[str, LintRule]] = MappingProxyType(
    {**lint_shape.ROWS, **lint_rights.ROWS, **lint_values.ROWS, **lint_words.ROWS}
)
"""All rules by id: severity, why, fix, source, and what finds breaches."""


@like_a_dataclass
class Remark(msgspec.Struct, frozen=True):
    """One thing that lint found: where, which rule, what is, and what would mend it; ``line`` 0 when not known.

    >>> from dmkit.ddf.api import load
    >>> remark = next(iter(lint(load("data/ddf/browser.xml"))))
    >>> remark.severity.name, remark.uri
    ('INFO', './Browser/HomePage')
    """

    uri: str
    rule: str
    severity: Severity
    says: str
    fix: str
    line: int = 0

    def __str__(self) -> str:
        where = f" (line {self.line})" if self.line else ""
        return f"{self.uri}: {self.severity} {self.rule}: {self.says}; {self.fix}{where}"


@dataclass(frozen=True, slots=True)
class LintReport:
    """All remarks on a description, in the order of the document.  Printed, it shows warnings and errors.

    >>> from dmkit.ddf.api import load
    >>> lint(load("data/ddf/wifi.xml")).counts()
    {'unreachable': 2}
    """

    remarks: tuple[Remark, ...]

    def __iter__(self) -> Iterator[Remark]:
        return iter(self.remarks)

    def __len__(self) -> int:
        return len(self.remarks)

    def at_least(self, severity: Severity) -> tuple[Remark, ...]:
        """The remarks that weigh as much, or more."""
        return tuple(remark for remark in self.remarks if remark.severity >= severity)

    def counts(self) -> dict[str, int]:
        """How often each rule was broken, the most frequent first."""
        return dict(Counter(remark.rule for remark in self.remarks).most_common())

    def by_severity(self) -> dict[Severity, int]:
        """How many remarks there are of each severity."""
        found = Counter(remark.severity for remark in self.remarks)
        return {severity: found[severity] for severity in sorted(found, reverse=True)}

    def text(self, severity: Severity = Severity.WARNING) -> str:
        """Remarks that weigh as much as ``severity``, a line each, and a line that counts all."""
        found = self.by_severity()
        parts = [_counted(count, level) for level, count in found.items() if level >= severity]
        hidden = [_counted(count, level) for level, count in found.items() if level < severity]
        total = ", ".join(parts) or "nothing to say"
        if hidden:
            total += f"; {', '.join(hidden)} not shown"
        return "\n".join([*(str(remark) for remark in self.at_least(severity)), total])

    def __str__(self) -> str:
        return self.text()


def _counted(count: int, severity: Severity) -> str:
    return f"{count} {severity}{'s' if count != 1 and severity is not Severity.INFO else ''}"


@asked
def severities(changes: Mapping[str, str | Severity] = MappingProxyType({})) -> dict[str, Severity]:
    """The severity of every rule, with ``changes`` by id; ConfigError for an id or a word that there is not.

    >>> severities({"copy": "off"})["copy"]
    <Severity.OFF: 0>
    """
    unknown = sorted(set(changes) - set(RULES))
    if unknown:
        near = nearest(unknown[0], RULES)
        raise ConfigError(f"{unknown[0]!r} is no lint rule; these are: {', '.join(sorted(RULES))}{near}")
    known = {id: rule.severity for id, rule in RULES.items()}
    for id, change in changes.items():
        try:
            known[id] = change if isinstance(change, Severity) else Severity.of(str(change))
        except ConfigError as error:
            raise ConfigError(f"{id}: {error}") from None
    return known


@asked
def lint(
    spec: Spec, changes: Mapping[str, str | Severity] = MappingProxyType({}), *, limits: UriLimits = LIMITS
) -> LintReport:
    """Everything that the rules say about ``spec``.

    ``changes``: rule -> ``"error"``, ``"warning"``, ``"info"`` or ``"off"``; ``limits``: those of the devices in view.

    >>> from dmkit.ddf.api import load
    >>> len(lint(load("data/ddf/wifi.xml")))
    2
    """
    levels = severities(changes)
    found: list[Remark] = []
    for at in places(spec, limits):
        for rule, known in _BY_KIND.rules(at):
            level = levels[rule.id]
            if level is not Severity.OFF:
                for says in rule.find(at) if known is None else known:
                    found.append(Remark(at.uri, rule.id, level, says, rule.fix, at.node.line))
    return LintReport(tuple(found))


class _ByKind:
    """What the rules say of nodes of one kind; a document has a handful of kinds, and many nodes of each."""

    def __init__(self) -> None:
        self.known: dict[NodeKind, tuple[tuple[LintRule, tuple[str, ...] | None], ...]] = {}

    def rules(self, at: At) -> tuple[tuple[LintRule, tuple[str, ...] | None], ...]:
        """The rules that may be broken here, in order: each with its sentences, or None where it has to look."""
        kind = at.kind
        known = self.known.get(kind)
        if known is None:
            if len(self.known) >= _MOST_KINDS:
                self.known.clear()
            known = self.known[kind] = tuple(self._of(at, kind))
        return known

    @staticmethod
    def _of(at: At, kind: NodeKind) -> Iterator[tuple[LintRule, tuple[str, ...] | None]]:
        for rule in RULES.values():
            if rule.when is None:
                says = tuple(rule.find(at))
                if says:
                    yield rule, says
            elif rule.when(kind):
                yield rule, None


_MOST_KINDS: Final = 4096
_BY_KIND: Final = _ByKind()
