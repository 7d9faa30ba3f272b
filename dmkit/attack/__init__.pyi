from dmkit.attack import alike as alike
from dmkit.attack import attacks as attacks
from dmkit.attack import choices as choices
from dmkit.attack import costs as costs
from dmkit.attack import designs as designs
from dmkit.attack import engines as engines
from dmkit.attack import explorer as explorer
from dmkit.attack import forgetting as forgetting
from dmkit.attack import freshness as freshness
from dmkit.attack import goals as goals
from dmkit.attack import guessing as guessing
from dmkit.attack import incidents as incidents
from dmkit.attack import judging as judging
from dmkit.attack import knowledge as knowledge
from dmkit.attack import listener as listener
from dmkit.attack import memories as memories
from dmkit.attack import parties as parties
from dmkit.attack import path as path
from dmkit.attack import places as places
from dmkit.attack import powers as powers
from dmkit.attack import remembered as remembered
from dmkit.attack import speech as speech
from dmkit.attack import stage as stage
from dmkit.attack import trial as trial
from dmkit.attack import visited as visited
from dmkit.attack import world as world
from dmkit.attack.attacks import ATTACKS as ATTACKS
from dmkit.attack.attacks import Attack as Attack
from dmkit.attack.attacks import alter as alter
from dmkit.attack.attacks import downgrade as downgrade
from dmkit.attack.attacks import listen as listen
from dmkit.attack.attacks import replay as replay
from dmkit.attack.choices import AttackerBehaviour as AttackerBehaviour
from dmkit.attack.choices import Choices as Choices
from dmkit.attack.choices import explore as explore
from dmkit.attack.choices import hostile as hostile
from dmkit.attack.designs import DESIGNS as DESIGNS
from dmkit.attack.designs import Deployment as Deployment
from dmkit.attack.designs import Design as Design
from dmkit.attack.explorer import DEFAULT_GOALS as DEFAULT_GOALS
from dmkit.attack.explorer import Exploration as Exploration
from dmkit.attack.explorer import Witness as Witness
from dmkit.attack.powers import EVERYTHING as EVERYTHING
from dmkit.attack.powers import PATH as PATH
from dmkit.attack.powers import POWERS as POWERS
from dmkit.attack.powers import Attacker as Attacker
from dmkit.attack.trial import Trial as Trial
from dmkit.attack.trial import search as search
from dmkit.attack.trial import witness as witness

__all__ = [
    "ATTACKS",
    "DEFAULT_GOALS",
    "DESIGNS",
    "EVERYTHING",
    "PATH",
    "POWERS",
    "Attack",
    "Attacker",
    "AttackerBehaviour",
    "Choices",
    "Deployment",
    "Design",
    "Exploration",
    "Trial",
    "Witness",
    "alike",
    "alter",
    "attacks",
    "choices",
    "costs",
    "designs",
    "downgrade",
    "engines",
    "explore",
    "explorer",
    "forgetting",
    "freshness",
    "goals",
    "guessing",
    "hostile",
    "incidents",
    "judging",
    "knowledge",
    "listen",
    "listener",
    "memories",
    "parties",
    "path",
    "places",
    "powers",
    "remembered",
    "replay",
    "search",
    "speech",
    "stage",
    "trial",
    "visited",
    "witness",
    "world",
]
