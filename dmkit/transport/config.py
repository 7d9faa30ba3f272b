"""The configuration of ``dmkit serve``: a TOML file, checked before anything runs.

Every mistake is one sentence that names the field, what it holds and what would be right.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Final

from dmkit.auth import Account, Credential
from dmkit.auth.scheme import SchemeName
from dmkit.server.peers import PROFILES, profile
from dmkit.session.rules import MessageSize, Rules
from dmkit.transport.store import JobSpec
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.from_toml import build, parse
from dmkit.words.ranges import Count, Natural, Port, Seconds, SomeOctets, SomeSeconds
from dmkit.words.records import dataclass

__all__ = ["AccountConfig", "LimitsConfig", "ServeConfig", "TlsConfig", "read_config"]

_EVERYWHERE: Final = ("", "0.0.0.0", "::")


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """[[accounts]]: what joins this server and one device, or any device."""

    device: str = "*"
    """The device's address, its DevId; ``*`` is any device that has no table of its own."""
    auth: SchemeName = "md5"
    """How the device proves itself; the same in all accounts."""
    user: str = ""
    """The device's name."""
    password: str = field(default="", repr=False)
    """The device's secret."""
    nonce: str = field(default="", repr=False)
    """Base64 of the device's first nonce; it counts for a device that the database does not know yet."""
    server_auth: SchemeName = "md5"
    """How this server proves itself; ``none`` leaves it to TLS.  The same in all accounts."""
    server_user: str = ""
    """The server's name; empty: its identifier."""
    server_password: str = field(default="", repr=False)
    """The server's secret."""
    server_nonce: str = field(default="", repr=False)
    """Base64 of the first nonce in that direction."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """[limits]: beyond them the server refuses, ends or waits for nobody."""

    request: SomeOctets = 1 << 20
    """Octets of one request; more are 413."""
    sessions: Count = 10_000
    """Open sessions; one more is 503 with Retry-After."""
    idle: SomeSeconds = 300.0
    """Seconds without a message, after which a session ends."""
    messages: Count = 128
    """Messages of one session from this server."""
    retry_after: Count = 30
    """Seconds that Retry-After says."""
    half_open: Natural = 64
    """Connections of one peer without a whole request; 0: any number."""
    arrival: Seconds = 30.0
    """Seconds that a request may take to come whole; 0: any."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """[tls]: names of PEM files."""

    certificate: str
    """The server's certificate and what stands between it and its authority."""
    key: str
    """Its private key."""
    client_ca: str | None = None
    """Authorities of device certificates; a device is then asked for one."""
    demand_client: bool = False
    """Refuse a device without a certificate."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """The whole file.  Names of files are taken from the folder of the configuration.

    >>> ServeConfig(port=8081).address
    'http://127.0.0.1:8081/dm'
    >>> ServeConfig(profile="lenent")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: ServeConfig.profile is 'lenent'; it must be one of ...; nearest: 'lenient'
    """

    host: str = "127.0.0.1"
    """Address to listen on; everywhere needs ``url``."""
    port: Port = 8080
    """TCP port; 0 takes any free one."""
    path: str = "/dm"
    """Where messages are taken."""
    url: str | None = None
    """The address that devices are told as RespURI, when it is not ``host``, ``port`` and ``path``."""
    server_id: str = "dmkit"
    """Server Identifier, as in access control lists."""
    profile: Annotated[str, Names(lambda: PROFILES)] = "lenient"
    """How to get on with the peers: a row of ``dmkit.server.peers.PROFILES``."""
    database: str | None = None
    """SQLite file of nonces, sessions, jobs and results; None keeps all in memory."""
    durable: bool = False
    """Wait for the disk at each message."""
    max_message: MessageSize | None = 16384
    """Announced as MaxMsgSize."""
    max_object: SomeOctets | None = None
    """Announced as MaxObjSize."""
    accounts: tuple[AccountConfig, ...] = ()
    """Who may connect; without any, no device can prove itself."""
    jobs: tuple[Mapping[str, Any], ...] = ()
    """What is done with each device that comes for the first time: ``do`` names a job, the rest are its options."""
    limits: LimitsConfig = LimitsConfig()
    """What is refused for its size, number or time."""
    tls: TlsConfig | None = None
    """None: plain HTTP."""

    def __post_init__(self) -> None:
        if self.host in _EVERYWHERE and self.url is None:
            raise ConfigError(f"host = {self.host!r} needs url as well: devices are told to send on to that address")
        if not self.path.startswith("/"):
            raise ConfigError(f"path = {self.path!r}; it begins with a slash")

    @property
    def address(self) -> str:
        """The URI under which devices know this server."""
        scheme = "https" if self.tls is not None else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"{scheme}://{host}:{self.port}{self.path}"

    def rules(self) -> Rules:
        """The rules of the profile, with the sizes and schemes of the file."""
        schemes = {(account.auth, account.server_auth) for account in self.accounts}
        if len(schemes) > 1:
            raise ConfigError("accounts: every account has the same auth and server-auth; one server, one scheme")
        auth, server_auth = next(iter(schemes), ("md5", "md5"))
        rules = profile(self.profile)
        vouched = self.tls is not None and self.tls.client_ca is not None and self.tls.demand_client
        if auth == "none" and server_auth != "none" and not vouched and rules.proves_to == "the proven":
            raise ConfigError(
                f"accounts: with auth = 'none' anybody would be shown the proof of server-auth = {server_auth!r}, as "
                "nobody proves himself; server-auth is 'none' too, or tls has client-ca and demand-client"
            )
        return replace(
            rules,
            auth=auth,
            server_auth=server_auth,
            max_message=self.max_message if rules.max_message is not None else None,
            max_object=self.max_object,
            messages=self.limits.messages,
            resp_uri=self.address,
        )

    def account_table(self) -> Mapping[str, Account]:
        """Accounts by device address."""
        return {account.device: self._account(account) for account in self.accounts}

    def _account(self, config: AccountConfig) -> Account:
        if config.auth != "none" and not config.user:
            raise ConfigError(f"accounts: device {config.device!r} has auth = {config.auth!r} and no user")
        client = Credential(config.user, config.password, _nonce(config.nonce, "nonce"), config.auth)
        own = Credential(
            config.server_user or self.server_id, config.server_password, _nonce(config.server_nonce, "server-nonce")
        )
        return Account(
            self.server_id,
            self.address,
            None if config.auth == "none" else client,
            None if config.server_auth == "none" else own,
        )

    def job_specs(self) -> tuple[JobSpec, ...]:
        """The jobs for newly connected devices, tried out once so that mistakes show now."""
        specs = []
        for number, table in enumerate(self.jobs, 1):
            if not isinstance(table.get("do"), str):
                raise ConfigError(f'jobs: number {number} has no do = "..."')
            spec = JobSpec(table["do"], {name: value for name, value in table.items() if name != "do"})
            try:
                spec.build()
            except ConfigError as error:
                raise ConfigError(f"jobs: number {number}: {error}") from None
            specs.append(spec)
        return tuple(specs)


def _nonce(text: str, name: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        raise ConfigError(f"accounts: {name} is no base64") from None


def read_config(file: str | Path) -> ServeConfig:
    """Read and check ``file``; ConfigError with one sentence when something is wrong."""
    place = Path(file)
    try:
        octets = place.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read: {error.strerror}") from None
    tables = parse(octets, str(place))
    try:
        config: ServeConfig = build(ServeConfig, tables, "", hyphens=True)
        config.rules()
        config.account_table()
        config.job_specs()
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    return _placed(config, place.parent)


def _placed(config: ServeConfig, folder: Path) -> ServeConfig:
    """``config`` with its files looked for in ``folder``."""
    tls = config.tls
    if tls is not None:
        tls = replace(
            tls,
            certificate=str(folder / tls.certificate),
            key=str(folder / tls.key),
            client_ca=str(folder / tls.client_ca) if tls.client_ca is not None else None,
        )
    database = str(folder / config.database) if config.database is not None else None
    return replace(config, database=database, tls=tls)
