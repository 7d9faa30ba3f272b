from dmkit.wire import sms as sms
from dmkit.wire import wsp as wsp
from dmkit.wire.codec import WBXML as WBXML
from dmkit.wire.codec import XML as XML
from dmkit.wire.codec import Codec as Codec
from dmkit.wire.codec import codec_for as codec_for

__all__ = [
    "WBXML",
    "XML",
    "Codec",
    "codec_for",
    "sms",
    "wsp",
]
