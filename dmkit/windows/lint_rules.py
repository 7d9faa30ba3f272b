"""The rules of lint, what it finds, and what it is told: for which Windows, and how grave each rule is.

>>> str(LintFinding("value", "error", "p.xml", 3, "./A", "7 is not in [0-1]", "0 or 1"))
'p.xml:3: error value: ./A: 7 is not in [0-1]; 0 or 1'
>>> RULES["cdata"].severity, LintOptions(build="10.0.22621", edition="Enterprise").edition
('warning', 'Enterprise')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from dmkit.windows.builds import checked_build, edition_number
from dmkit.windows.intended import Intended
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Natural

__all__ = ["RULES", "LintFinding", "LintOptions", "LintSeverity", "WindowsRule", "finding_of"]

LintSeverity: TypeAlias = Literal["error", "warning", "info", "off"]


@dataclass(frozen=True, slots=True)
class WindowsRule:
    """One rule: its name, how grave, what it finds, why that matters, where that stands."""

    id: str
    severity: LintSeverity
    what: str
    why: str
    source: str


_TABLE: Final = (
    WindowsRule("not-xml", "error", "not well-formed", "nothing of it is read", "XML §2.1"),
    WindowsRule(
        "encoding", "warning", "declared in another character set, or too late", "some tools refuse it", "XML §4.3.3"
    ),
    WindowsRule(
        "cdata",
        "warning",
        "Data in a CDATA section",
        "MS-MDM says no; pages of Microsoft and servers that send it say yes (CONFLICT)",
        "windows sheet §2",
    ),
    WindowsRule(
        "markup", "error", "mark-up in Data is not escaped", "Windows gives no Status at all", "windows sheet §2"
    ),
    WindowsRule("foreign", "error", "an element that is no command", "Windows answers 400", "windows sheet §2"),
    WindowsRule(
        "no-cmd-id", "error", "a command of a whole message without CmdID", "Windows answers 400", "windows sheet §2"
    ),
    WindowsRule("no-uri", "error", "a command without an address", "nothing is changed", "DMREPPRO §6.5.4"),
    WindowsRule(
        "slash",
        "error",
        "a slash in front of the address, two together, or one behind",
        "Windows refuses it",
        "windows sheet §2",
    ),
    WindowsRule("blank", "error", "white space in or around the address", "no node has that name", "windows sheet §7"),
    WindowsRule("scope", "error", "the node is there in the other scope only", "404 or 405", "windows sheet §2"),
    WindowsRule("path", "error", "no description has that address", "404", "windows sheet §7"),
    WindowsRule("spelling", "info", "the name is described in another case", "other tools compare case", "ddf sheet"),
    WindowsRule("verb", "error", "the node does not take the command", "405", "DMTND §9.4.3"),
    WindowsRule("format", "error", "another format than described", "415", "DMTND §9.4.2"),
    WindowsRule("no-format", "info", "no Format in Meta", "chr is meant where nothing is said", "DMREPPRO §6.4"),
    WindowsRule("no-data", "error", "no value for a leaf", "400 or 418", "DMREPPRO §6.6"),
    WindowsRule("value", "error", "a value that the description does not take", "400 or 500", "windows sheet §7"),
    WindowsRule(
        "unknowable",
        "info",
        "a value or a node that nobody here can check",
        "a schema, or no description",
        "windows sheet §7",
    ),
    WindowsRule(
        "schema", "warning", "the schema of the description wants it otherwise", "it may be refused", "ddf v2, XSD"
    ),
    WindowsRule("admx", "error", "the payload does not fit the template", "0x82B00001", "windows sheet §3"),
    WindowsRule(
        "dependency", "warning", "a node it depends on has another value, or is not set", "it has no effect", "ddf v2"
    ),
    WindowsRule("build", "error", "the node came with a later build", "404", "ddf v2, Applicability"),
    WindowsRule("edition", "error", "the node is not for this edition", "404 or 500", "ddf v2, Applicability"),
    WindowsRule("unreleased", "warning", "no release has the node yet", "404", "ddf v2, Applicability"),
    WindowsRule("deprecated", "warning", "the node is deprecated", "it may go", "ddf v2, Deprecated"),
    WindowsRule(
        "name", "error", "the name of an instance is not of the form described", "400", "ddf v2, DynamicNodeNaming"
    ),
    WindowsRule("atomic-get", "error", "Get inside Atomic", "500, and the whole Atomic 507", "windows sheet §2"),
    WindowsRule("atomic-nested", "error", "Atomic inside Atomic", "500 within, 507 without", "windows sheet §2"),
    WindowsRule(
        "atomic-twice", "error", "Add and Replace of one node in one Atomic", "not supported", "windows sheet §2"
    ),
    WindowsRule("atomic-required", "warning", "the node wants an Atomic around it", "half a change may stay", "ddf v2"),
    WindowsRule(
        "twice", "warning", "one node is written twice with different values", "the last one wins", "windows sheet §7"
    ),
    WindowsRule(
        "duplicate", "info", "two files write one node with the same value", "once will do", "windows sheet §7"
    ),
    WindowsRule("size", "warning", "the profile is larger than a message", "it is cut or refused", "windows sheet §2"),
)

RULES: Final[Mapping[str, WindowsRule]] = MappingProxyType({rule.id: rule for rule in _TABLE})
"""Name -> rule."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that was found: rule, place, what is wrong, what would be right.

    ``severity`` is that of the rule, or info where the finding itself is mild.  ``fix`` is what mends it, where there
    is one right answer only: ("uri", "data", "format" or "meta", new text), or ("escape" or "cdata", "") for a value
    that is to be escaped.
    """

    rule: str
    severity: LintSeverity
    file: str
    line: int
    uri: str
    text: str
    right: str = ""
    fix: tuple[str, str] | None = None

    def __str__(self) -> str:
        where = f"{self.uri}: " if self.uri else ""
        right = f"; {self.right}" if self.right else ""
        return f"{self.file}:{self.line}: {self.severity} {self.rule}: {where}{self.text}{right}"


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions:
    """For which Windows, and how grave each rule is.

    ``build`` as 10.0.22621, ``edition`` by name (Enterprise) or number (0x4), either empty for any; ``max_message``
    octets of a message; ``severities`` overrides those of rules.
    """

    build: str = ""
    edition: str = ""
    max_message: Natural = 0
    severities: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.build:
            checked_build(self.build, "LintOptions.build")
        if self.edition:
            edition_number(self.edition)
        for rule, severity in self.severities:
            if rule not in RULES:
                raise ConfigError(f"rule {rule!r} is not known{nearest(rule, RULES)}; dmkit lint --rules lists them")
            if severity not in ("error", "warning", "info", "off"):
                raise ConfigError(f"severity {severity!r} of {rule}; error, warning, info or off is right")


@asked
def finding_of(
    command: Intended, rule: str, text: str, right: str = "", fix: tuple[str, str] | None = None
) -> LintFinding:
    """What is wrong with ``command``, weighed as an error until options say otherwise."""
    return LintFinding(rule, "error", command.file, command.line, command.uri.strip(), text, right, fix)
