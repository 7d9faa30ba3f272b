"""Bootstrap: from a document that a device trusts to accounts and rights in its tree.

``process`` takes or refuses a document, ``forget`` undoes what came from a card that is gone.  [DMBOOT]
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "": "cp dm dmacc",
        "events": "BootstrapReason",
        "procedure": "BootstrapResult forget process",
        "rules": "PROFILES BootstrapRules CardRules",
        "security": "METHODS Secrets mac parameters",
    },
)
