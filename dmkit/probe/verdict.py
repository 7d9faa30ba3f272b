"""What a case says of a peer: a verdict, why, and the message that shows it.

>>> Verdict.FAIL.counts_against, Verdict.INCONCLUSIVE.counts_against
(True, False)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmkit.views.transcript import Transcript
from dmkit.words.meaning import MeaningEnum

__all__ = ["Result", "Verdict"]


class Verdict(MeaningEnum):
    """How a case ended; ``meaning`` says it in a sentence.

    >>> Verdict("pass").meaning
    'every rule of the case was seen to hold in messages of the peer'
    """

    PASS = "pass", "every rule of the case was seen to hold in messages of the peer"
    TOLERATED = "tolerated", "as pass, but for a deviation that is named and known to be harmless"
    FAIL = "fail", "a message of the peer breaks a rule; it is quoted"
    NOT_SUPPORTED = "not supported", "the peer declared that it lacks what the case needs"
    INCONCLUSIVE = "inconclusive", "the peer did not say enough to tell; silence is never a pass"
    NOT_RUN = "not run", "it would change more of the peer than was allowed"

    @property
    def counts_against(self) -> bool:
        """True for a failure, and for nothing else."""
        return self is Verdict.FAIL


@dataclass(frozen=True, slots=True)
class Result:
    """What one case found: ``rule`` is the expectation that decided, ``quote`` the first message that shows it.

    ``deviations`` are the tolerated ones by name; ``evidence`` counts messages of the peer that rules were held
    against; ``talk`` is all that was said.
    """

    case: str
    verdict: Verdict
    why: str = ""
    rule: str = ""
    source: str = ""
    quote: str = ""
    deviations: tuple[str, ...] = ()
    evidence: int = 0
    talk: Transcript = field(default_factory=lambda: Transcript(()))

    @property
    def row(self) -> str:
        """The requirement that the case is about.

        >>> Result("server P-05 statuses@xml", Verdict.PASS).row
        'P-05'
        """
        return self.case.split()[1]

    def __str__(self) -> str:
        line = f"{self.verdict.value:<13} {self.case}"
        return f"{line}: {self.why}" if self.why else line
