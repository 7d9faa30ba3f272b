"""Attacks: who wants what, what it can do, and how one sees whether it succeeded.  An attack is a row in ATTACKS.

An attacker on the path is a function of one packet; one who acts is a function that plays the whole trial.  Both ask
``Choices`` for every dishonest step, so that a run is its script, and all runs up to a bound can be played.

>>> ATTACKS["downgrade"].wants
'the device to send its password in the clear'
>>> downgrade is ATTACKS["downgrade"]
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dmkit.attack import goals, parties, path
from dmkit.attack import powers as _powers
from dmkit.attack.choices import Choices
from dmkit.attack.goals import AttackGoal
from dmkit.attack.stage import OnPath, Stage
from dmkit.words.checked import checked
from dmkit.words.ranges import Natural, Share
from dmkit.words.records import dataclass

__all__ = ["ATTACKS", "Attack", "alter", "downgrade", "listen", "replay"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    ``wants`` in words, ``goal`` as a predicate; ``can`` are the powers that it uses, rows of POWERS.  ``on_path`` or
    ``play`` is what it does.  ``bound`` is how many dishonest choices a run has at most, at random and in the search.

    >>> ATTACKS["alter a bit"].wants, ATTACKS["alter a bit"].bound
    ('a command executed that nobody wanted', 1)
    """

    name: str
    """What it is called."""
    wants: str
    can: tuple[str, ...]
    goal: AttackGoal
    on_path: OnPath | None = None
    play: Callable[[Stage, Choices], None] | None = None
    bound: Natural = 1
    chance: Share = 0.4
    """Probability of each dishonest choice at random."""
    source: str = ""
    """Where it was described."""

    @property
    def active(self) -> bool:
        """Whether it stands between the sides, and so must end a TLS connection itself."""
        return "alter" in self.can or self.name in _BETWEEN

    def run(self, stage: Stage, choices: Choices, sessions: int) -> None:
        """Play it on a stage; an attacker on the path meets ``sessions`` sessions."""
        if self.play is not None:
            self.play(stage, choices)
            return
        for _ in range(sessions):
            stage.session(choices, self.on_path)

    def __repr__(self) -> str:
        return f"Attack({self.name})"


POWERS: Final[Mapping[str, str]] = MappingProxyType({power.name: power.what for power in _powers.POWERS.values()})
"""What attackers can do, in words; ``dmkit.attack.powers`` has more of each."""

_BETWEEN: Final = ("pose as server", "challenge loop")
_ROWS: Final = (
    Attack(
        name="listen",
        wants="a password, without guessing",
        can=("listen",),
        goal=goals.password_decoded,
        on_path=path.pass_on,
        source="DMSEC §5.3; Black Hat 2014",
    ),
    Attack(
        name="guess",
        wants="a password, by guessing from digests it has seen",
        can=("listen", "guesses"),
        goal=goals.password_guessed,
        on_path=path.pass_on,
        source="validation sheet B2",
    ),
    Attack(
        name="read values",
        wants="the value that the server writes to ./APN/Key",
        can=("listen",),
        goal=goals.value_read,
        on_path=path.pass_on,
        source="DMSEC §5.5.1.1",
    ),
    Attack(
        name="relay",
        wants="the value of ./APN/Key, from between the sides",
        can=("listen", "alter"),
        goal=goals.value_read,
        on_path=path.pass_on,
        source="Black Hat 2014: weak transport validation",
    ),
    Attack(
        name="replay inside",
        wants="a command executed twice, in one session",
        can=("listen", "duplicate", "replay"),
        goal=goals.twice,
        on_path=path.replay_inside,
        bound=2,
        source="DMSEC §5.3.3",
    ),
    Attack(
        name="replay across",
        wants="a command of an earlier session executed again",
        can=("listen", "drop", "replay", "alter"),
        goal=goals.twice,
        on_path=path.replay_across,
        source="DMSEC §5.3.3; validation sheet B3",
    ),
    Attack(
        name="forge with old proof",
        wants="a command of its own executed, under a proof it has seen",
        can=("listen", "drop", "replay", "alter"),
        goal=goals.foreign_command,
        on_path=path.forge_with_old_proof,
        source="validation sheet B3",
    ),
    Attack(
        name="alter a bit",
        wants="a command executed that nobody wanted",
        can=("alter",),
        goal=goals.foreign_command,
        on_path=path.alter_bit,
        source="DMSEC §5.4",
    ),
    Attack(
        name="alter a command",
        wants="a command of its own executed",
        can=("alter",),
        goal=goals.foreign_command,
        on_path=path.alter_command,
        source="DMSEC §5.4",
    ),
    Attack(
        name="redirect",
        wants="the session led to another host",
        can=("alter",),
        goal=goals.led_away,
        on_path=path.redirect,
        source="DMPRO §9.1, RespURI",
    ),
    Attack(
        name="downgrade",
        wants="the device to send its password in the clear",
        can=("listen", "alter", "inject"),
        goal=goals.password_decoded,
        on_path=path.downgrade,
        source="DMSEC §5.4.1",
    ),
    Attack(
        name="pose as server",
        wants="a command of its own executed, as a server that it is not",
        can=("drop", "inject", "one secret", "guesses"),
        goal=goals.foreign_command,
        on_path=path.pose_as_server,
        source="Black Hat 2014: shared and derived secrets",
    ),
    Attack(
        name="pose as device",
        wants="the device's job, and with it the device's secrets",
        can=("inject", "connect", "one secret", "guesses"),
        goal=goals.impersonated,
        play=parties.pose_as_device,
        source="Black Hat 2014: shared and derived secrets",
    ),
    Attack(
        name="drop",
        wants="a session without its job done",
        can=("drop",),
        goal=goals.denied,
        on_path=path.drop,
        bound=2,
        chance=0.3,
        source="DMPRO §8: resending is the client's choice",
    ),
    Attack(
        name="delay",
        wants="a command executed twice, by what comes late",
        can=("delay",),
        goal=goals.twice,
        on_path=path.delay,
        bound=2,
        source="DMPRO §8",
    ),
    Attack(
        name="desynchronise",
        wants="a device that its server cannot wake any more",
        can=("drop",),
        goal=goals.locked_out,
        play=parties.desynchronise,
        bound=2,
        source="DMSEC §5.3.3; DMNOTI §5",
    ),
    Attack(
        name="challenge loop",
        wants="more messages from the device than honest work needs",
        can=("drop", "inject"),
        goal=goals.worn_out,
        on_path=path.challenge_loop,
        source="interoperability sheet §2: 128 messages",
    ),
    Attack(
        name="flood",
        wants="the server full, so that the device finds no place",
        can=("inject", "connect"),
        goal=goals.locked_out,
        play=parties.flood,
        source="Jung et al. 2002",
    ),
    Attack(
        name="huge object",
        wants="the device's memory",
        can=("own server",),
        goal=goals.swamped_memory,
        play=parties.huge_object,
        source="DMPRO §7, MaxObjSize",
    ),
    Attack(
        name="server gone bad",
        wants="what lies outside ./APN, from a server meant for ./APN",
        can=("limited server",),
        goal=goals.beyond_rights,
        play=parties.server_gone_bad,
        source="DMTND §7.7.1; Windows Mobile roles",
    ),
    Attack(
        name="replay package 0",
        wants="the device to set out for a session nobody asked for",
        can=("sms", "cell"),
        goal=goals.unasked_session,
        play=parties.replay_package_0,
        source="DMNOTI §6.2.10",
    ),
    Attack(
        name="forge package 0",
        wants="the device to set out for a session nobody asked for",
        can=("sms", "one secret", "guesses"),
        goal=goals.unasked_session,
        play=parties.forge_package_0,
        source="DMNOTI §6.2.2, §5",
    ),
    Attack(
        name="phish",
        wants="an account of its own on the device",
        can=("sms",),
        goal=goals.account_planted,
        play=parties.phish,
        source="Check Point Research 2019; CVE-2016-7989",
    ),
    Attack(
        name="rogue cell",
        wants="an account of its own on the device",
        can=("sms", "cell", "IMEI"),
        goal=goals.account_planted,
        play=parties.rogue_cell,
        source="Kemetmueller et al.; Check Point 2019",
    ),
    Attack(
        name="swap card",
        wants="an account of its own on the device",
        can=("card",),
        goal=goals.account_planted,
        play=parties.swap_card,
        source="DMBOOT §5.4.6",
    ),
    Attack(
        name="steal card",
        wants="the device's job, with the card in a phone of its own",
        can=("card", "connect"),
        goal=goals.impersonated,
        play=parties.steal_card,
        source="TS 33.220; aka sheet §7",
    ),
    Attack(
        name="other package",
        wants="its software installed in the place of the maker's",
        can=("alter",),
        goal=goals.package_swapped,
        play=parties.other_package,
        source="FUMO; dmkit.auth.signed",
    ),
)

ATTACKS: Final[Mapping[str, Attack]] = MappingProxyType({attack.name: attack for attack in _ROWS})
"""Every attack by its name."""

listen: Final = ATTACKS["listen"]
replay: Final = ATTACKS["replay across"]
alter: Final = ATTACKS["alter a command"]
downgrade: Final = ATTACKS["downgrade"]
