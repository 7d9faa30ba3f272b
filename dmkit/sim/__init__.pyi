from dmkit.sim import arrivals as arrivals
from dmkit.sim import backoff as backoff
from dmkit.sim import campaign as campaign
from dmkit.sim import card as card
from dmkit.sim import energy as energy
from dmkit.sim import net as net
from dmkit.sim import people as people
from dmkit.sim import queueing as queueing
from dmkit.sim import radio as radio
from dmkit.sim import rollout as rollout
from dmkit.sim import schedule as schedule
from dmkit.sim import streams as streams
from dmkit.sim import theory as theory
from dmkit.sim import traffic as traffic
from dmkit.sim.arrivals import AtOnce as AtOnce
from dmkit.sim.arrivals import ByCell as ByCell
from dmkit.sim.arrivals import ByZone as ByZone
from dmkit.sim.arrivals import OnDevice as OnDevice
from dmkit.sim.arrivals import Polling as Polling
from dmkit.sim.arrivals import Spread as Spread
from dmkit.sim.campaign import Campaign as Campaign
from dmkit.sim.campaign import Retry as Retry
from dmkit.sim.campaign import Servers as Servers
from dmkit.sim.card import CARDS as CARDS
from dmkit.sim.card import CardTiming as CardTiming
from dmkit.sim.net import LINKS as LINKS
from dmkit.sim.net import PUSH as PUSH
from dmkit.sim.net import SETUPS as SETUPS
from dmkit.sim.net import Cells as Cells
from dmkit.sim.net import Download as Download
from dmkit.sim.net import Link as Link
from dmkit.sim.net import Push as Push
from dmkit.sim.people import HANDSET as HANDSET
from dmkit.sim.people import READY as READY
from dmkit.sim.people import SENSOR as SENSOR
from dmkit.sim.people import Condition as Condition
from dmkit.sim.people import Prompt as Prompt
from dmkit.sim.people import Window as Window
from dmkit.sim.rollout import Rollout as Rollout
from dmkit.sim.tape import Tape as Tape
from dmkit.sim.tape import Trip as Trip
from dmkit.sim.tape import record as record

__all__ = [
    "CARDS",
    "HANDSET",
    "LINKS",
    "PUSH",
    "READY",
    "SENSOR",
    "SETUPS",
    "AtOnce",
    "ByCell",
    "ByZone",
    "Campaign",
    "CardTiming",
    "Cells",
    "Condition",
    "Download",
    "Link",
    "OnDevice",
    "Polling",
    "Prompt",
    "Push",
    "Retry",
    "Rollout",
    "Servers",
    "Spread",
    "Tape",
    "Trip",
    "Window",
    "arrivals",
    "backoff",
    "campaign",
    "card",
    "energy",
    "net",
    "people",
    "queueing",
    "radio",
    "record",
    "rollout",
    "schedule",
    "streams",
    "theory",
    "traffic",
]
