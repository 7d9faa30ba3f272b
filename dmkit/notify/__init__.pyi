from dmkit.notify.layout import DIGESTS as DIGESTS
from dmkit.notify.layout import FIELDS as FIELDS
from dmkit.notify.layout import DigestScheme as DigestScheme
from dmkit.notify.layout import Field as Field
from dmkit.notify.layout import Initiator as Initiator
from dmkit.notify.layout import Notification as Notification
from dmkit.notify.layout import Trigger as Trigger
from dmkit.notify.layout import UiMode as UiMode
from dmkit.notify.layout import decode as decode
from dmkit.notify.layout import encode as encode
from dmkit.notify.layout import explain as explain
from dmkit.notify.receiver import NotificationVerdict as NotificationVerdict
from dmkit.notify.receiver import verify as verify
from dmkit.notify.rules import NONCES as NONCES
from dmkit.notify.rules import PROFILES as PROFILES
from dmkit.notify.rules import VERSIONS as VERSIONS
from dmkit.notify.rules import NotifyRules as NotifyRules
from dmkit.notify.rules import ReplayMemory as ReplayMemory

__all__ = [
    "DIGESTS",
    "FIELDS",
    "NONCES",
    "PROFILES",
    "VERSIONS",
    "DigestScheme",
    "Field",
    "Initiator",
    "Notification",
    "NotificationVerdict",
    "NotifyRules",
    "ReplayMemory",
    "Trigger",
    "UiMode",
    "decode",
    "encode",
    "explain",
    "verify",
]
