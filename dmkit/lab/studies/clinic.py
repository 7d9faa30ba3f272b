"""A clinic for profiles: a device like Windows, ``lint`` before a profile is sent, ``why`` after.

>>> from dmkit.windows.facts import EXAMPLE
>>> clinic = Clinic.of(EXAMPLE)
>>> clinic.lint(clinic.replace("Allow", 7))
p.xml:1: error value: ./Vendor/MSFT/Sample/Allow: '7' is none of 0, 1
1 error
>>> clinic.why(clinic.replace("Allow", 1))
1 command of the server: 1 done
     S1.5  Replace ./Vendor/MSFT/Sample/Allow = '1'           200 OK
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as escaped

from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_declared import DeclaredConfiguration, document
from dmkit.device.windows_session import put
from dmkit.windows.admx import EXAMPLE, read_template
from dmkit.windows.behaviour import WindowsRules
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.codes import explain
from dmkit.windows.lint import lint
from dmkit.windows.lint_rules import LintOptions
from dmkit.windows.output import as_text as findings_as_text
from dmkit.windows.profiles import read_profile
from dmkit.windows.sayings import as_text
from dmkit.windows.why import why

__all__ = ["Clinic", "ShownText", "explain"]

_PLACE = "./Vendor/MSFT/Sample"


class ShownText(str):
    """Text that a notebook shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Clinic:
    """Descriptions, and the device that is asked: its build, edition and habits; ``documents`` are declared on it.

    Every look at a profile begins with a fresh device.
    """

    catalogue: DescriptionCatalogue
    build: str = "10.0.26100"
    edition: str = "0x4"
    habits: WindowsRules = field(default_factory=WindowsRules)
    documents: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @classmethod
    def of(cls, *descriptions: bytes) -> Clinic:
        """A clinic with these descriptions."""
        files = [(f"{number}.xml", octets) for number, octets in enumerate(descriptions, 1)]
        return cls(DescriptionCatalogue.of(files))

    @classmethod
    def from_file(cls, *files: str) -> Clinic:
        """A clinic with the descriptions in these files."""
        return cls.of(*(Path(file).read_bytes() for file in files))

    def like(self, *, build: str = "", edition: str = "", **habits: Any) -> Clinic:
        """The same with another build or edition, or with other habits (``WindowsRules``)."""
        return replace(self, build=build or self.build, edition=edition or self.edition,
                       habits=replace(self.habits, **habits))  # fmt: skip

    def with_document(self, id: str, settings: Mapping[str, str]) -> Clinic:
        """The same, with a declared document that owns these settings."""
        return replace(self, documents=(*self.documents, (id, tuple(settings.items()))))

    # -- profiles

    def replace(self, where: str, value: object, format: str = "int", *, escape: bool = True) -> str:
        """Replace of a node: a name of the sample, or a whole address."""
        return self._write("Replace", where, value, format, escape)

    def add(self, where: str, value: object, format: str = "int", *, escape: bool = True) -> str:
        """Add of a node."""
        return self._write("Add", where, value, format, escape)

    def get(self, where: str) -> str:
        """Get of a node."""
        return f"<Get><Item><Target><LocURI>{_uri(where)}</LocURI></Target></Item></Get>"

    def atomic(self, *commands: str) -> str:
        """All of these or none."""
        return f"<Atomic>{''.join(commands)}</Atomic>"

    def _write(self, verb: str, where: str, value: object, format: str, escape: bool) -> str:
        data = escaped(str(value)) if escape else str(value)
        meta = f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta>'
        target = f"<Target><LocURI>{_uri(where)}</LocURI></Target>"
        return f"<{verb}><Item>{target}{meta}<Data>{data}</Data></Item></{verb}>"

    # -- instruments

    def describe(self, uri: str) -> ShownText:
        """What the descriptions say of a node, in a line."""
        found = self.catalogue.find(uri)
        if found.entry is None:
            return ShownText(f"nothing is described at {uri}; near: {', '.join(found.nearest) or 'nothing'}")
        node, facts = found.entry.node, found.entry.facts
        takes = ", ".join(sorted(verb.value for verb in node.access or ()))
        values = f", values {', '.join(facts.values) or facts.text}" if facts.values or facts.text else ""
        return ShownText(f"{found.entry.uri}: {node.format}, takes {takes}{values}")

    def lint(self, profile: str) -> ShownText:
        """What ``dmkit lint`` finds in it, for this build and edition."""
        read = read_profile("p.xml", profile.encode())
        options = LintOptions(build=self.build, edition=self.edition)
        return ShownText(
            findings_as_text(lint([read], self.catalogue, options, [read_template("sample.admx", EXAMPLE)]))
        )

    def why(self, profile: str) -> ShownText:
        """What becomes of it on the device: the server's commands, as ``dmkit why`` tells them."""
        device = WindowsDevice.of(self.catalogue, build=self.build, edition=self.edition, habits=self.habits,
                                  templates=[read_template("sample.admx", EXAMPLE)])  # fmt: skip
        declared = DeclaredConfiguration(device)
        for id, settings in self.documents:
            declared.take(document(id, dict(settings)))
        declared.process(0.0)
        found = why(put(device, profile))
        return ShownText(as_text(replace(found, told=tuple(told for told in found.told if told.sender == "server"))))


def _uri(where: str) -> str:
    return where if "/" in where else f"{_PLACE}/{where}"
