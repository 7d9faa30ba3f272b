"""A real TLS handshake with a pre-shared key: both ends of GBA meet, and no certificate is there.  [TS 33.222 §5.4]

Python's own ssl knows such keys from 3.13 on, and then both ends stand in memory, without a socket.  Before, two
programs of openssl meet on the loopback; where there is none either, ``how`` says so and nothing was tried.

>>> shown = PskHandshake(True, "PSK-AES256-GCM-SHA384", "TLSv1.2", "openssl")
>>> bool(shown), str(shown)
(True, 'TLSv1.2 with PSK-AES256-GCM-SHA384: both have the same key (openssl)')
"""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from typing import Any, Final

from dmkit.views.look import escape
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["PskHandshake", "psk_handshake"]

_SECONDS: Final = 20
_CIPHERS: Final = "PSK"


@dataclass(frozen=True, slots=True)
class PskHandshake:
    """What became of it; true when both ends had the same key.  ``how``: python, openssl, or why neither."""

    done: bool
    cipher: str = ""
    version: str = ""
    how: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        return self.done

    @property
    def tried(self) -> bool:
        """False where this machine has nothing that could do it."""
        return self.how in ("python", "openssl")

    def __str__(self) -> str:
        if not self.tried:
            return f"not tried: {self.how}"
        if self.done:
            return f"{self.version} with {self.cipher}: both have the same key ({self.how})"
        return f"refused: {self.why or 'the keys differ'} ({self.how})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": f"<p>{escape(str(self))}</p>"}


def psk_handshake(device: bytes, server: bytes, identity: str = "device") -> PskHandshake:
    """A handshake of a device that shows ``identity`` and has one key, with a server that has another, or the same.

    ConfigError for keys that are empty or above 64 octets: OpenSSL takes no others.
    """
    for side, key in (("device", device), ("server", server)):
        if not 1 <= len(key) <= 64:
            raise ConfigError(f"the {side}'s key has {many(len(key), 'octet')}; a pre-shared key has 1 to 64 here")
    if not identity or len(identity.encode()) > 128:
        raise ConfigError(f"an identity has 1 to 128 octets, not {len(identity.encode())}")
    if hasattr(ssl.SSLContext, "set_psk_client_callback"):
        return _in_memory(device, server, identity)
    program = shutil.which("openssl")
    if program is None:
        return PskHandshake(False, how="Python below 3.13, and no openssl program")
    return _two_programs(program, device, server, identity)


def _in_memory(device: bytes, server: bytes, identity: str) -> PskHandshake:
    """Both ends in this process; octets are carried from one buffer to the other."""
    here: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    there: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for side in (here, there):
        side.maximum_version = ssl.TLSVersion.TLSv1_2
        side.set_ciphers(_CIPHERS)
    here.check_hostname, here.verify_mode = False, ssl.CERT_NONE
    here.set_psk_client_callback(lambda hint: (identity, device))
    there.set_psk_server_callback(lambda shown: server if shown == identity else b"")
    to_server, to_device = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = here.wrap_bio(to_device, to_server)
    peer = there.wrap_bio(to_server, to_device, server_side=True)
    done = set[int]()
    for _ in range(8):
        for number, end in enumerate((client, peer)):
            try:
                end.do_handshake()
                done.add(number)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return PskHandshake(False, how="python", why=(error.reason or "refused").lower().replace("_", " "))
    cipher = client.cipher()
    if done != {0, 1} or cipher is None:
        return PskHandshake(False, how="python", why="it did not come to an end")
    return PskHandshake(True, cipher[0], client.version() or "", "python")


def _two_programs(program: str, device: bytes, server: bytes, identity: str) -> PskHandshake:
    """A server and a client of openssl on the loopback, on a port of its own choosing."""
    common = ["-tls1_2", "-cipher", _CIPHERS, "-psk_identity", identity]
    listen = [program, "s_server", "-accept", "127.0.0.1:0", "-nocert", "-naccept", "1", *common, "-psk", server.hex()]
    with subprocess.Popen(listen, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as peer:
        try:
            assert peer.stdout is not None
            announced = next((line for line in iter(peer.stdout.readline, b"") if b"ACCEPT" in line), b"")
            port = re.search(rb":(\d+)", announced)
            if port is None:
                return PskHandshake(False, how="this openssl does not say where it listens")
            connect = [program, "s_client", "-connect", f"127.0.0.1:{port[1].decode()}", *common, "-psk", device.hex()]
            ended = subprocess.run(connect, input=b"Q\n", capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return PskHandshake(False, how="openssl", why=f"no end within {_SECONDS} s")
        finally:
            peer.kill()
    text = (ended.stdout + ended.stderr).decode(errors="replace")
    cipher = re.search(r"Cipher is (\S*PSK\S*)", text)
    version = re.search(r"New, (\S+), Cipher|Protocol\s*: (\S+)", text)
    if ended.returncode or cipher is None:
        alert = re.search(r"alert ([a-z ]+)", text)
        return PskHandshake(False, how="openssl", why=(alert[1].strip() if alert else "the keys differ"))
    return PskHandshake(True, cipher[1], next(g for g in version.groups() if g) if version else "", "openssl")
