"""The configuration of ``dmkit serve``: a TOML file, checked before anything runs.

Every mistake is one sentence that names the field, what it holds and what would be right.
"""

from __future__ import annotations

import re
import tomllib
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from dmkit.auth import SCHEMES, Account, Credential
from dmkit.server.peers import PROFILES, profile
from dmkit.session.rules import Rules
from dmkit.transport.store import JobSpec
from dmkit.words.errors import ConfigError

__all__ = ["AccountConfig", "LimitsConfig", "ServeConfig", "TlsConfig", "read_config"]

_EVERYWHERE: Final = ("", "0.0.0.0", "::")
_Positive = Annotated[int, msgspec.Meta(ge=1)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"):
    """Base of the tables of the file; names are written with hyphens or underscores."""


class AccountConfig(_Table, frozen=True):
    """[[accounts]]: what joins this server and one device, or any device (``device = "*"``).

    ``nonce`` and ``server-nonce`` are base64; they count for a device the database does not know yet.
    """

    device: str = "*"
    auth: str = "md5"
    user: str = ""
    password: str = ""
    nonce: str = ""
    server_auth: str = "md5"
    server_user: str = ""
    server_password: str = ""
    server_nonce: str = ""


class LimitsConfig(_Table, frozen=True):
    """[limits]: octets of a request, sessions at once, seconds of silence, messages of a session, Retry-After;
    connections of one peer without a whole request (0: any number), seconds that a request may take to come (0: any).
    """

    request: _Positive = 1 << 20
    sessions: _Positive = 10_000
    idle: Annotated[float, msgspec.Meta(gt=0)] = 300.0
    messages: _Positive = 128
    retry_after: _Positive = 30
    half_open: Annotated[int, msgspec.Meta(ge=0)] = 64
    arrival: Annotated[float, msgspec.Meta(ge=0)] = 30.0


class TlsConfig(_Table, frozen=True):
    """[tls]: PEM files; with ``client-ca`` a client certificate is asked for, with ``demand-client`` demanded."""

    certificate: str
    key: str
    client_ca: str | None = None
    demand_client: bool = False


class ServeConfig(_Table, frozen=True):
    """The whole file.  ``database`` absent keeps everything in memory; ``durable`` waits for the disk (see store).

    Names of files are taken from the folder of the configuration.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    path: str = "/dm"
    url: str | None = None
    server_id: str = "dmkit"
    profile: str = "lenient"
    database: str | None = None
    durable: bool = False
    max_message: _Positive | None = 16384
    max_object: _Positive | None = None
    accounts: tuple[AccountConfig, ...] = ()
    jobs: tuple[dict[str, Any], ...] = ()
    limits: LimitsConfig = LimitsConfig()
    tls: TlsConfig | None = None

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
        for name, scheme in (("auth", auth), ("server-auth", server_auth)):
            if scheme != "none" and scheme not in SCHEMES:
                raise ConfigError(f"accounts: {name} = {scheme!r}; it is one of none, {', '.join(SCHEMES)}")
        rules = profile(self.profile)
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


def _hyphens(table: object) -> object:
    """Names with underscores become names with hyphens; options of jobs stay as they are."""
    if isinstance(table, dict):
        return {str(k).replace("_", "-"): v if k == "jobs" else _hyphens(v) for k, v in table.items()}
    return [_hyphens(entry) for entry in table] if isinstance(table, list) else table


def read_config(file: str | Path) -> ServeConfig:
    """Read and check ``file``; ConfigError with one sentence when something is wrong."""
    place = Path(file)
    try:
        table = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: not TOML: {error}") from None
    try:
        config = msgspec.convert(_hyphens(table), ServeConfig)
    except msgspec.ValidationError as error:
        text = re.sub(r" - at `\$\.?([^`]*)`", r" (in \1)", str(error)).replace("Object contains", "there is an")
        raise ConfigError(f"{place}: {text}") from None
    if config.profile not in PROFILES:
        raise ConfigError(f"{place}: profile = {config.profile!r}; it is one of {', '.join(PROFILES)}")
    if config.host in _EVERYWHERE and config.url is None:
        raise ConfigError(
            f"{place}: host = {config.host!r} needs url as well: devices are told to send on to that address"
        )
    if not config.path.startswith("/"):
        raise ConfigError(f"{place}: path = {config.path!r}; it begins with a slash")
    config.rules()
    config.account_table()
    config.job_specs()
    return _placed(config, place.parent)


def _placed(config: ServeConfig, folder: Path) -> ServeConfig:
    """``config`` with its files looked for in ``folder``."""
    tls = config.tls
    if tls is not None:
        tls = msgspec.structs.replace(
            tls,
            certificate=str(folder / tls.certificate),
            key=str(folder / tls.key),
            client_ca=str(folder / tls.client_ca) if tls.client_ca is not None else None,
        )
    database = str(folder / config.database) if config.database is not None else None
    return msgspec.structs.replace(config, database=database, tls=tls)
