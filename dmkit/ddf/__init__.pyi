from dmkit.ddf.api import LINT_RULES as LINT_RULES
from dmkit.ddf.api import Basis as Basis
from dmkit.ddf.api import DdfChange as DdfChange
from dmkit.ddf.api import DdfError as DdfError
from dmkit.ddf.api import DescribedPlace as DescribedPlace
from dmkit.ddf.api import LintReport as LintReport
from dmkit.ddf.api import NodeSpec as NodeSpec
from dmkit.ddf.api import Occurrence as Occurrence
from dmkit.ddf.api import OccurrenceKind as OccurrenceKind
from dmkit.ddf.api import Remark as Remark
from dmkit.ddf.api import RunTime as RunTime
from dmkit.ddf.api import Scope as Scope
from dmkit.ddf.api import Severity as Severity
from dmkit.ddf.api import Spec as Spec
from dmkit.ddf.api import SpecDiff as SpecDiff
from dmkit.ddf.api import TreeFinding as TreeFinding
from dmkit.ddf.api import check as check
from dmkit.ddf.api import describe_of as describe_of
from dmkit.ddf.api import diff as diff
from dmkit.ddf.api import gaps as gaps
from dmkit.ddf.api import install as install
from dmkit.ddf.api import lint as lint
from dmkit.ddf.api import load as load
from dmkit.ddf.api import populate as populate
from dmkit.ddf.api import read as read
from dmkit.ddf.api import save as save
from dmkit.ddf.api import severities as severities
from dmkit.ddf.api import skeleton as skeleton
from dmkit.ddf.api import table as table
from dmkit.ddf.api import tnds as tnds
from dmkit.ddf.api import write as write

__all__ = [
    "LINT_RULES",
    "Basis",
    "DdfChange",
    "DdfError",
    "DescribedPlace",
    "LintReport",
    "NodeSpec",
    "Occurrence",
    "OccurrenceKind",
    "Remark",
    "RunTime",
    "Scope",
    "Severity",
    "Spec",
    "SpecDiff",
    "TreeFinding",
    "check",
    "describe_of",
    "diff",
    "gaps",
    "install",
    "lint",
    "load",
    "populate",
    "read",
    "save",
    "severities",
    "skeleton",
    "table",
    "tnds",
    "write",
]
