"""docs/serving.md speaks of every field of the configuration, with its default, and its examples are true."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path

import pytest

import dmkit as dm
from dmkit.cli import _parser
from dmkit.server.jobs import JOBS
from dmkit.server.peers import PROFILES
from dmkit.transport.config import AccountConfig, LimitsConfig, ServeConfig, TlsConfig, read_config

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
PARTS = {"### The file": ServeConfig, "### `[[accounts]]`": AccountConfig, "### `[limits]`": LimitsConfig,
         "### `[tls]`": TlsConfig}  # fmt: skip


def rows(heading):
    """Fields of the table below ``heading``, each with its default."""
    part = TEXT.partition(f"{heading}\n")[2].partition("\n#")[0]
    found = {}
    for line in part.splitlines():
        if line.startswith("| `"):
            names, default = line.split("|")[1:3]
            found |= {name: default.strip() for name in re.findall(r"`([^`]+)`", names)}
    return found


@pytest.mark.parametrize("heading", PARTS)
def test_every_field_is_listed_with_its_default(heading):
    documented = rows(heading)
    fields = dataclasses.fields(PARTS[heading])
    assert list(documented) == [field.name.replace("_", "-") for field in fields]
    for field in fields:
        said = documented[field.name.replace("_", "-")]
        if said.startswith("`") and field.name != "server_user":
            assert json.loads(said.strip("`")) == field.default, field.name
        elif said == "none":
            assert field.default in (None, ()), field.name
        elif said == "needed":
            assert field.default is dataclasses.MISSING


def test_every_profile_job_and_log_key_is_listed():
    assert set(rows("## Profiles")) == set(PROFILES)
    assert re.findall(r"`(\w+)`", rows_of_jobs()) == list(JOBS)
    line = dm.Device.example().connect().start().reply
    from dmkit.transport.trace import write_log_line

    assert set(rows("## The log")) == set(json.loads(write_log_line(0.0, "1", "client", line)))


def rows_of_jobs():
    return re.search(r"`do` names a job \(([^)]*)\)", TEXT).group(1)


def test_the_example_is_a_configuration(tmp_path):
    (tmp_path / "s.toml").write_text(TEXT.partition("```toml\n")[2].partition("```")[0])
    config = read_config(tmp_path / "s.toml")
    assert [account.device for account in config.accounts] == ["IMEI:493005100592800", "*"]
    assert config.limits.messages == 64
    assert config.database == str(tmp_path / "devices.sqlite")


def test_the_example_of_a_session_is_a_command_line():
    command = re.search(r"```\n(dmkit session .*?)```", TEXT, re.S).group(1).replace("\\\n", " ")
    assert _parser().parse_args(shlex.split(command)[1:]).user == "guest"
