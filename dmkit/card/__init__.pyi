from dmkit.card import access as access
from dmkit.card import aka as aka
from dmkit.card import apdu as apdu
from dmkit.card import authenticate as authenticate
from dmkit.card import codings as codings
from dmkit.card import data as data
from dmkit.card import dispatch as dispatch
from dmkit.card import exchange as exchange
from dmkit.card import explain as explain
from dmkit.card import files as files
from dmkit.card import images as images
from dmkit.card import listing as listing
from dmkit.card import memory as memory
from dmkit.card import ota as ota
from dmkit.card import pins as pins
from dmkit.card import pkcs15 as pkcs15
from dmkit.card import select as select
from dmkit.card import sim as sim
from dmkit.card import terminal as terminal
from dmkit.card import tlv as tlv
from dmkit.card import toolkit as toolkit
from dmkit.card import turn as turn
from dmkit.card.card import Card as Card
from dmkit.card.card import Medium as Medium
from dmkit.card.card import Usim as Usim

__all__ = [
    "Card",
    "Medium",
    "Usim",
    "access",
    "aka",
    "apdu",
    "authenticate",
    "codings",
    "data",
    "dispatch",
    "exchange",
    "explain",
    "files",
    "images",
    "listing",
    "memory",
    "ota",
    "pins",
    "pkcs15",
    "select",
    "sim",
    "terminal",
    "tlv",
    "toolkit",
    "turn",
]
