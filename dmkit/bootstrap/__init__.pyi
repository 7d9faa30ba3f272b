from dmkit.bootstrap import cp as cp
from dmkit.bootstrap import dm as dm
from dmkit.bootstrap import dmacc as dmacc
from dmkit.bootstrap.events import BootstrapReason as BootstrapReason
from dmkit.bootstrap.procedure import BootstrapResult as BootstrapResult
from dmkit.bootstrap.procedure import forget as forget
from dmkit.bootstrap.procedure import process as process
from dmkit.bootstrap.rules import PROFILES as PROFILES
from dmkit.bootstrap.rules import BootstrapRules as BootstrapRules
from dmkit.bootstrap.rules import CardRules as CardRules
from dmkit.bootstrap.security import METHODS as METHODS
from dmkit.bootstrap.security import Secrets as Secrets
from dmkit.bootstrap.security import mac as mac
from dmkit.bootstrap.security import parameters as parameters

__all__ = [
    "METHODS",
    "PROFILES",
    "BootstrapReason",
    "BootstrapResult",
    "BootstrapRules",
    "CardRules",
    "Secrets",
    "cp",
    "dm",
    "dmacc",
    "forget",
    "mac",
    "parameters",
    "process",
]
