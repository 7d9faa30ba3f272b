"""Lint rules about what is said to readers: identifiers, descriptions, titles, provenance."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from dmkit.ddf.linting.rule import At, LintRule, Severity, row
from dmkit.ddf.registry import OLDER, OMA, form_of, registered
from dmkit.words.codes import Format

__all__ = ["ROWS"]

ROWS: Final[dict[str, LintRule]] = {}
_rule = partial(row, ROWS)


@_rule(
    "no-mo-id", Severity.WARNING, source="DMTND §7.7.7.2",
    why="Servers find an object by its identifier, and the Inbox needs it to know where an object belongs.",
    fix="write DDFName: urn:oma:mo:... when registered, else com.example/1.0/Name",
)  # fmt: skip
def _no_mo_id(at: At) -> Iterator[str]:
    if at.is_root and at.uri != "." and at.node.format is Format.NODE and not at.node.mo_id:
        yield "the object that begins here has no identifier"


@_rule(
    "mo-id-form", Severity.ERROR, source="DMTND §7.7.7.2",
    why="An identifier is a URI; unregistered ones are a reversed domain, a version and names.",
    fix="write it as com.example/1.0/Name is written",
)  # fmt: skip
def _mo_id_form(at: At) -> Iterator[str]:
    if at.node.mo_id and not form_of(at.node.mo_id):
        yield f"{at.node.mo_id[:80]!r} is neither a URI nor of the form com.example/1.0/Name"


@_rule(
    "mo-id-unregistered", Severity.WARNING, source="OMNA, enablers sheet §1",
    why="Names that begin with urn:oma:mo: are given by the registry; another object may have this one tomorrow.",
    fix="register it, or use the reversed name of your own domain",
)  # fmt: skip
def _mo_id_unregistered(at: At) -> Iterator[str]:
    name = at.node.mo_id.lower()
    if name.startswith(OMA) and not name.startswith((f"{OMA}ext-", f"{OMA}x-")) and not registered(name):
        yield f"{at.node.mo_id} is not in the extract of the registry that is known here"


@_rule(
    "mo-id-old", Severity.INFO, source="DMBOOT §5.4.5, stdobj sheet",
    why="Identifiers of earlier drafts are understood by some and unknown to others.",
    fix="write the identifier of the registry",
)  # fmt: skip
def _mo_id_old(at: At) -> Iterator[str]:
    if at.node.mo_id in OLDER:
        yield f"{at.node.mo_id} is written {OLDER[at.node.mo_id]} today"


@_rule(
    "no-description", Severity.WARNING, source="DMTND §9.4.3, practice",
    why="A name tells its author what the node is for, and nobody else.",
    fix="write a sentence in Description: what it is, which values, which unit",
)  # fmt: skip
def _no_description(at: At) -> Iterator[str]:
    if not (at.node.description or "").strip():
        yield "there is no Description" if at.node.description is None else "Description is empty"


@_rule(
    "no-title", Severity.INFO, source="DMTND §9.4.3, practice",
    why="DFTitle is what a person reads in a console, and the only name of a node without one.",
    fix="write a few words in DFTitle",
)  # fmt: skip
def _no_title(at: At) -> Iterator[str]:
    if not (at.node.title or "").strip() and (at.node.is_placeholder or not at.node.is_interior):
        yield "there is no DFTitle"


@_rule(
    "no-basis", Severity.INFO, source="scheduling sheet §8",
    why="A reader should see what is taken from a specification and what is new.",
    fix="say where the definition comes from: established, implementation, evidence, proposal or unsure",
)  # fmt: skip
def _no_basis(at: At) -> Iterator[str]:
    if at.is_root and not at.based:
        yield "nothing says where this description comes from"


@_rule(
    "no-case-sense", Severity.INFO, source="DMTND §5, §9.4.3",
    why="Without CaseSense each device chooses whether ./A/b and ./a/B are one node.",
    fix="write CaseSense on the root: CS, or CIS where case does not count",
)  # fmt: skip
def _no_case_sense(at: At) -> Iterator[str]:
    if at.is_root and at.case is None:
        yield "nothing says whether case counts"
