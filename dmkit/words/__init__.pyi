from dmkit.words.codes import AlertCode as AlertCode
from dmkit.words.codes import AuthType as AuthType
from dmkit.words.codes import Format as Format
from dmkit.words.codes import Mark as Mark
from dmkit.words.codes import StatusCode as StatusCode
from dmkit.words.codes import Verb as Verb
from dmkit.words.deviations import Deviation as Deviation
from dmkit.words.deviations import DeviationKind as DeviationKind
from dmkit.words.errors import CodecError as CodecError
from dmkit.words.errors import CommandFailed as CommandFailed
from dmkit.words.errors import ConfigError as ConfigError
from dmkit.words.errors import DdfError as DdfError
from dmkit.words.errors import DmError as DmError
from dmkit.words.errors import JobError as JobError
from dmkit.words.errors import LocalProtocolError as LocalProtocolError
from dmkit.words.errors import RemoteProtocolError as RemoteProtocolError
from dmkit.words.model import Add as Add
from dmkit.words.model import Alert as Alert
from dmkit.words.model import Atomic as Atomic
from dmkit.words.model import Command as Command
from dmkit.words.model import Copy as Copy
from dmkit.words.model import Cred as Cred
from dmkit.words.model import Data as Data
from dmkit.words.model import Delete as Delete
from dmkit.words.model import Element as Element
from dmkit.words.model import Exec as Exec
from dmkit.words.model import Get as Get
from dmkit.words.model import Header as Header
from dmkit.words.model import Item as Item
from dmkit.words.model import Message as Message
from dmkit.words.model import Meta as Meta
from dmkit.words.model import Packet as Packet
from dmkit.words.model import Replace as Replace
from dmkit.words.model import Results as Results
from dmkit.words.model import Sequence as Sequence
from dmkit.words.model import Status as Status
from dmkit.words.model import Value as Value
from dmkit.words.outcome import After as After
from dmkit.words.outcome import Later as Later
from dmkit.words.outcome import Outcome as Outcome
from dmkit.words.question import Question as Question
from dmkit.words.question import person as person

__all__ = [
    "Add",
    "After",
    "Alert",
    "AlertCode",
    "Atomic",
    "AuthType",
    "CodecError",
    "Command",
    "CommandFailed",
    "ConfigError",
    "Copy",
    "Cred",
    "Data",
    "DdfError",
    "Delete",
    "Deviation",
    "DeviationKind",
    "DmError",
    "Element",
    "Exec",
    "Format",
    "Get",
    "Header",
    "Item",
    "JobError",
    "Later",
    "LocalProtocolError",
    "Mark",
    "Message",
    "Meta",
    "Outcome",
    "Packet",
    "Question",
    "RemoteProtocolError",
    "Replace",
    "Results",
    "Sequence",
    "Status",
    "StatusCode",
    "Value",
    "Verb",
    "person",
]
