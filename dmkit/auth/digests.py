"""MD5 of a few octets, as proofs have them: Python's own is there four times sooner than the one of OpenSSL.

>>> md5(b"client:clientpw").hexdigest()
'ff4a328b67ec1fb9182b01351fda5eb5'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import md5
else:
    try:
        from _md5 import md5
    except ImportError:  # a Python that was built without
        from functools import partial
        from hashlib import md5 as _md5

        md5 = partial(_md5, usedforsecurity=False)

__all__ = ["md5"]
