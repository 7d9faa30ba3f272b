"""The choices of a device that is bootstrapped, in one frozen value.

>>> from dataclasses import replace
>>> replace(BootstrapRules(), unsecured="take").unsecured        # as phones of one maker did in 2019
'take'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final, Literal, TypeAlias

from dmkit.tree.places import ACCOUNTS, PLACES
from dmkit.words.checked import checked
from dmkit.words.late import late_rows
from dmkit.words.ranges import Count, Natural, Octets
from dmkit.words.records import dataclass

__all__ = ["PLACES", "PROFILES", "BootstrapRules", "CardRules"]


Method: TypeAlias = Literal["NETWPIN", "USERPIN", "USERNETWPIN", "USERPINMAC", "NETWORKID", "USERPIN_NETWORKID"]
"""A protection of bootstrap documents, a row of ``security.METHODS``."""
Confirmed: TypeAlias = Method | Literal["none", "replace", "card"]
"""What the user may have to agree to."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """What a terminal does with bootstrap data on a card.

    >>> CardRules(gone="keep").gone
    'keep'
    """

    enabled: bool = True
    """The device may have a policy that switches this off.  [DMBOOT §5.4.6]"""
    objects: tuple[str, ...] = ("2.23.43.7.1", "2.23.43.5.1", "2.23.43.5.2", "2.23.43.5.3")
    """Which data objects are taken, by identifier: DM, and the three of client provisioning.  [OMNA]"""
    gone: Literal["remove", "keep"] = "remove"
    """Accounts whose data are no longer on the card.  [DMBOOT §5.3.5.1, §5.4.6: both "should"]"""
    again: Literal["changed", "always"] = "changed"
    """Whether data that were taken before are applied anew at each power-on.  UNSURE [bootstrap sheet §5]"""
    on_refresh: bool = True
    """Whether REFRESH of a bootstrap file makes the terminal take it anew.  UNSURE [usim sheet §6]"""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapRules:
    """What a device takes, whom it asks, and where things go.

    >>> BootstrapRules(unsecured="ask").tries
    3
    >>> BootstrapRules(unsecured="perhaps")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: BootstrapRules.unsecured is 'perhaps'; it must be 'refuse', 'ask' or 'take'
    """

    profiles: tuple[Literal["cp", "dm"], ...] = ("cp", "dm")
    """Profiles taken; each is optional.  [DMBOOT §5.2]"""
    methods: tuple[Method, ...] = ("NETWPIN", "USERPIN", "USERNETWPIN", "USERPINMAC", "NETWORKID", "USERPIN_NETWORKID")
    """Protections taken; rows of security.METHODS.  [DMSEC §5.7.2]"""
    unsecured: Literal["refuse", "ask", "take"] = "refuse"
    """A document without protection; ``take`` is what made phishing by SMS easy."""
    tries: Count = 3
    """How often the user may enter the PIN.  [security sheet §8.2]"""
    network_id: Literal["semi-octets", "ascii"] = "semi-octets"
    """How an IMSI becomes a key in the DM profile.  UNSURE [security sheet §8.1]"""
    short_pin: Natural = 5
    """USERPINMAC: fewest random digits in the user's string.  UNSURE [security sheet §8.2]"""
    confirm: tuple[Confirmed, ...] = ("none", "replace")
    """When the user must say yes: names of protections, ``none`` for no protection, ``replace`` for a known
    server, ``card`` for what a card brings."""
    known: Literal["replace", "refuse", "add"] = "replace"
    """A document of a server that has an account.  UNSURE [bootstrap sheet §5]"""
    servers: tuple[str, ...] | None = None
    """Server Identifiers that are authorised; None: all.  [DMSEC §5.7]"""
    max_size: Octets = 65_536
    """Largest document in octets."""
    max_objects: Natural = 128
    """Most objects that one document may bring; what is done for one depends on how many there are."""
    accounts: str = ACCOUNTS
    """Where accounts go; the location is free.  [DMSTDOBJ §5.3.1]"""
    places: Mapping[str, str] = field(default_factory=lambda: PLACES, hash=False)
    """DM profile: where a management object goes, by its identifier."""
    rights: Literal["accounts", "take"] = "accounts"
    """DM profile: access control lists of the document name servers with accounts only, and everybody only to Get;
    ``take`` takes them as they are.  Device policy [DMBOOT §5.4.3]"""
    start_session: bool = True
    """Open a session with each bootstrapped server.  [DMBOOT §5.4.5]"""
    card: CardRules = field(default_factory=CardRules)
    """What it does with the data on a card.  [DMBOOT §5.4.6]"""


_SPEC: Final = BootstrapRules()
PROFILES: Final[Mapping[str, BootstrapRules]] = late_rows(
    lambda: {
        "spec": _SPEC,
        # phones of one large maker until 2019, after CVE-2016-7989 too: SEC was not looked at
        "unprotected taken": replace(_SPEC, unsecured="take", confirm=()),
        # other phones of that time: a question to the user in place of protection
        "unprotected asked": replace(_SPEC, unsecured="ask"),
        # a machine without a user: only what the network protects, and nothing replaces its account
        "machine": replace(_SPEC, methods=("NETWPIN", "NETWORKID"), confirm=(), known="refuse"),
        # the first operator keeps the phone
        "first come": replace(_SPEC, known="refuse"),
    }
)
"""How real devices took bootstrap documents, and two designs beside them, by name.  [validation sheet B1]"""
