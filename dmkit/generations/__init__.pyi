from dmkit.generations import carriage as carriage
from dmkit.generations import history as history
from dmkit.generations import intents as intents
from dmkit.generations import playing as playing
from dmkit.generations import tables as tables
from dmkit.generations.answering import study as study
from dmkit.generations.carriage import SECURITIES as SECURITIES
from dmkit.generations.intents import INTENTS as INTENTS
from dmkit.generations.intents import Bootstrap as Bootstrap
from dmkit.generations.intents import Delegate as Delegate
from dmkit.generations.intents import Inventory as Inventory
from dmkit.generations.intents import Lock as Lock
from dmkit.generations.intents import Observe as Observe
from dmkit.generations.intents import Provision as Provision
from dmkit.generations.intents import Read as Read
from dmkit.generations.intents import Recover as Recover
from dmkit.generations.intents import UpdateFirmware as UpdateFirmware
from dmkit.generations.intents import Wake as Wake
from dmkit.generations.intents import Write as Write
from dmkit.generations.intents import intent as intent
from dmkit.generations.names import GENERATIONS as GENERATIONS
from dmkit.generations.playing import losses as losses
from dmkit.generations.playing import play as play
from dmkit.generations.populations import fleets as fleets
from dmkit.generations.powers import POWERS as POWERS
from dmkit.generations.powers import protection as protection
from dmkit.generations.side_by_side import ladders as ladders
from dmkit.generations.tables import compare as compare
from dmkit.generations.tables import lost as lost
from dmkit.generations.tables import octets as octets
from dmkit.generations.tables import pasted as pasted
from dmkit.generations.tables import table as table

__all__ = [
    "GENERATIONS",
    "INTENTS",
    "POWERS",
    "SECURITIES",
    "Bootstrap",
    "Delegate",
    "Inventory",
    "Lock",
    "Observe",
    "Provision",
    "Read",
    "Recover",
    "UpdateFirmware",
    "Wake",
    "Write",
    "carriage",
    "compare",
    "fleets",
    "history",
    "intent",
    "intents",
    "ladders",
    "losses",
    "lost",
    "octets",
    "pasted",
    "play",
    "playing",
    "protection",
    "study",
    "table",
    "tables",
]
