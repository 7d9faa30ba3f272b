from dmkit import attack as attack
from dmkit import auth as auth
from dmkit import bootstrap as bootstrap
from dmkit import card as card
from dmkit import ddf as ddf
from dmkit import device as device
from dmkit import enablers as enablers
from dmkit import generations as generations
from dmkit import mo as mo
from dmkit import notify as notify
from dmkit import rights as rights
from dmkit import schedule as schedule
from dmkit import services as services
from dmkit import session as session
from dmkit import sim as sim
from dmkit import transport as transport
from dmkit import views as views
from dmkit import wire as wire
from dmkit import words as words
from dmkit import workbench as workbench
from dmkit.auth import Account as Account
from dmkit.auth import Credential as Credential
from dmkit.card.card import Usim as Usim
from dmkit.device.device import Device as Device
from dmkit.generations import intents as intent
from dmkit.lab import boards as boards
from dmkit.lab import lessons as lessons
from dmkit.lab import measures as measure
from dmkit.lab import plots as plot
from dmkit.lab import studies as studies
from dmkit.lab.boards.widgets import explore as explore
from dmkit.lab.boards.widgets import stepper as stepper
from dmkit.lab.lessons.answers import check as check
from dmkit.lab.runs.experiment import summary as summary
from dmkit.lab.runs.experiment import sweep as sweep
from dmkit.lab.runs.experiment import vary as vary
from dmkit.lab.validation import validate as validate
from dmkit.server import jobs as jobs
from dmkit.server.server import Server as Server
from dmkit.session.rules import Rules as Rules
from dmkit.sim.campaign import Campaign as Campaign
from dmkit.transport.loop import converse as converse
from dmkit.transport.loop import manage as manage
from dmkit.transport.loop import steps as steps
from dmkit.tree.node import Node as Node
from dmkit.tree.rules import TreeRules as TreeRules
from dmkit.tree.tree import Tree as Tree
from dmkit.views import show as show
from dmkit.views.transcript import Transcript as Transcript
from dmkit.wire.codec import WBXML as WBXML
from dmkit.wire.codec import XML as XML
from dmkit.wire.explain import explain as explain
from dmkit.words.codes import StatusCode as StatusCode
from dmkit.words.codes import Verb as Verb
from dmkit.words.errors import CodecError as CodecError
from dmkit.words.errors import ConfigError as ConfigError
from dmkit.words.model import Add as Add
from dmkit.words.model import Alert as Alert
from dmkit.words.model import Atomic as Atomic
from dmkit.words.model import Copy as Copy
from dmkit.words.model import Delete as Delete
from dmkit.words.model import Exec as Exec
from dmkit.words.model import Get as Get
from dmkit.words.model import Item as Item
from dmkit.words.model import Message as Message
from dmkit.words.model import Packet as Packet
from dmkit.words.model import Replace as Replace
from dmkit.words.model import Sequence as Sequence
from dmkit.words.model import Status as Status
from dmkit.workbench.readings.table import readings as readings
from dmkit.workbench.whatif.report import whatif as whatif

__version__: str

__all__ = [
    "WBXML",
    "XML",
    "Account",
    "Add",
    "Alert",
    "Atomic",
    "Campaign",
    "CodecError",
    "ConfigError",
    "Copy",
    "Credential",
    "Delete",
    "Device",
    "Exec",
    "Get",
    "Item",
    "Message",
    "Node",
    "Packet",
    "Replace",
    "Rules",
    "Sequence",
    "Server",
    "Status",
    "StatusCode",
    "Transcript",
    "Tree",
    "TreeRules",
    "Usim",
    "Verb",
    "attack",
    "auth",
    "boards",
    "bootstrap",
    "card",
    "check",
    "converse",
    "ddf",
    "device",
    "enablers",
    "explain",
    "explore",
    "generations",
    "intent",
    "jobs",
    "lessons",
    "manage",
    "measure",
    "mo",
    "notify",
    "plot",
    "readings",
    "rights",
    "schedule",
    "services",
    "session",
    "show",
    "sim",
    "stepper",
    "steps",
    "studies",
    "summary",
    "sweep",
    "transport",
    "validate",
    "vary",
    "views",
    "whatif",
    "wire",
    "words",
    "workbench",
]
