"""Channel bindings: a name for the very connection a message travels on, the same at both of its ends.

With a scheme that binds, ``Rules.channel`` of each side is what that side sees; somebody who stands between two
connections, certificate and all, shows each side another one.

>>> server_end_point(b"no certificate")
Traceback (most recent call last):
dmkit.words.errors.ConfigError: tls-server-end-point: the octets are no certificate in DER
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["server_end_point"]

_OLD: Final = frozenset({"md5", "sha1"})


@asked
def server_end_point(certificate: bytes) -> bytes:
    """The binding tls-server-end-point of a server's certificate in DER: its hash.  [RFC 5929 §4.1]

    The hash is that of the certificate's own signature; SHA-256 stands for MD5 and SHA-1, and where none is named.
    """
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    except ValueError:
        raise ConfigError("tls-server-end-point: the octets are no certificate in DER") from None
    name = "sha256" if algorithm is None or algorithm.name in _OLD else algorithm.name
    return b"tls-server-end-point:" + hashlib.new(name, certificate).digest()
