"""Builds and editions of Windows: which one has a node, and what an edition is called.  [ddf v2, Applicability]

A description names the first build that has a node; where the node was carried back, more builds are listed, each with
the update that brought it.  A build of one digit repeated (99.9.99999) stands for what no release has yet.

>>> has("10.0.19045", ("10.0.22000", "10.0.19043.1202")), has("10.0.19043.900", ("10.0.22000", "10.0.19043.1202"))
(True, False)
>>> edition_number("Enterprise"), edition_number("0x30"), allows(("0x4", "0x88*"), "0x881")
(4, 48, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

__all__ = ["EDITIONS", "allows", "checked_build", "edition_number", "first_of", "has", "is_unreleased", "version"]

EDITIONS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "Enterprise": 0x04, "EnterpriseN": 0x1B, "Professional": 0x30, "ProfessionalN": 0x31,
        "EnterpriseEvaluation": 0x48, "EnterpriseNEvaluation": 0x54, "CoreN": 0x62, "CoreCountrySpecific": 0x63,
        "CoreSingleLanguage": 0x64, "Core": 0x65, "Team": 0x77, "Education": 0x79, "EducationN": 0x7A,
        "EnterpriseS": 0x7D, "EnterpriseSN": 0x7E, "EnterpriseSEvaluation": 0x81, "EnterpriseSNEvaluation": 0x82,
        "Holographic": 0x87, "HolographicForBusiness": 0x88, "ProfessionalSingleLanguage": 0x8A,
        "ProfessionalCountrySpecific": 0x8B, "ProfessionalWorkstation": 0xA1, "ProfessionalWorkstationN": 0xA2,
        "ProfessionalEducation": 0xA4, "ProfessionalEducationN": 0xA5, "EnterpriseG": 0xAB, "EnterpriseGN": 0xAC,
        "EnterpriseMultiSession": 0xAF, "IoTEnterprise": 0xBC, "IoTEnterpriseS": 0xBF, "CloudEditionN": 0xCA,
        "CloudEdition": 0xCB,
    }
)  # fmt: skip
"""Name -> number, as public headers of Windows (PRODUCT_*) have them."""

_ALIASES: Final = {"pro": "professional", "home": "core", "ltsc": "enterprises", "se": "cloudedition"}
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,8}")
_LAST: Final = 1 << 31
"""Stands for the update where none is said: the latest."""


@asked
def version(text: str) -> tuple[int, ...]:
    """A build as numbers that compare; empty for what is none.

    >>> version("10.0.19041") < version("10.0.22621.1"), version("later")
    (True, ())
    """
    parts = text.strip().split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() and len(part) < 10 for part in parts) else ()


@asked
def checked_build(text: str, where: str) -> tuple[int, ...]:
    """A build of three numbers, or four with its update; ConfigError, which names ``where``, for what is none.

    The last number alone, 22621, would compare as later than every build of Windows.

    >>> checked_build("10.0.22621", "build")
    (10, 0, 22621)
    """
    numbers = version(text)
    if len(numbers) not in (3, 4):
        raise ConfigError(f"{where} is {text!r}; three or four numbers with dots are right, as 10.0.22621")
    return numbers


@asked
def is_unreleased(build: str) -> bool:
    """Whether a build stands for none: one digit, repeated.

    >>> is_unreleased("99.9.99999"), is_unreleased("88.8.88888"), is_unreleased("10.0.22621")
    (True, True, False)
    """
    digits = set(build.replace(".", ""))
    return len(digits) == 1 and digits <= set("123456789") and len(build) > 4


@asked
def first_of(builds: Iterable[str]) -> str:
    """The build to name: the first release that has the node, else the first update; one that is none, if all are.

    >>> first_of(["10.0.22000", "10.0.19043.1202"]), first_of(["99.9.99999", "10.0.22621.2361"])
    ('10.0.22000', '10.0.22621.2361')
    """
    listed = list(builds)
    real = [build for build in listed if not is_unreleased(build)]
    whole = [build for build in real if len(version(build)) == 3]
    return next(iter(whole or real or listed), "")


@asked
def has(target: str, builds: Iterable[str]) -> bool:
    """Whether ``target`` has what came with ``builds``; of a target without an update the latest is meant.

    Where the target's own build is listed, its update decides; a later build than one that is listed has it.
    """
    number = version(target)
    own, patch = number[:3], number[3] if len(number) > 3 else _LAST
    real = [version(build) for build in builds if not is_unreleased(build)]
    same = [build for build in real if build[:3] == own]
    if same:
        return any(patch >= (build[3] if len(build) > 3 else 0) for build in same)
    return any(build[:3] < own for build in real)


@asked
def edition_number(text: str) -> int:
    """The number of an edition by its name or number; ConfigError when it is none.

    >>> edition_number("pro"), edition_number("121")
    (48, 121)
    """
    name = re.sub(r"[\s_-]", "", text).lower()
    if _NUMBER.fullmatch(name):
        return int(name, 16 if name.startswith("0x") else 10)
    names = {known.lower(): number for known, number in EDITIONS.items()}
    number = names.get(_ALIASES.get(name, name))
    if number is None:
        near = nearest(text, EDITIONS)
        raise ConfigError(f"edition {text[:40]!r} is not known{near}; a name as Enterprise or a number as 0x4 is right")
    return number


@asked
def allows(editions: Iterable[str], edition: str) -> bool:
    """Whether a list of editions has ``edition``; an entry that ends in ``*`` stands for all numbers that begin so."""
    number = edition_number(edition)
    for entry in editions:
        if entry.endswith("*") and f"{number:x}".startswith(entry[:-1].lower().removeprefix("0x")):
            return True
        if _NUMBER.fullmatch(entry) and int(entry, 16 if entry.lower().startswith("0x") else 10) == number:
            return True
    return False
