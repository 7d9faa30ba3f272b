"""A command that is refused says what was given, and no secret."""

from __future__ import annotations

import pytest

from dmkit.cli import main
from dmkit.words.errors import ConfigError

SECRETS = ("--password", "--server-password", "--pin", "--nonce", "--parameter")


@pytest.mark.parametrize("option", SECRETS)
@pytest.mark.parametrize("shorter", [0, 1, 2])
@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("secret", ["hunter2", "key=hunter2"])
def test_no_secret_is_told(option, shorter, joined, secret, monkeypatch, capsys):
    import dmkit.cli

    def run(arguments):
        raise ConfigError("no luck")

    class Parser:
        def parse_args(self, given):
            from argparse import Namespace

            return Namespace(command="thing", run=run)

    monkeypatch.setattr(dmkit.cli, "_parser", Parser)
    option = option[: len(option) - shorter]
    given = [f"{option}={secret}"] if joined else [option, secret]
    assert main(["thing", "file.xml", *given, "--other", "seen"]) == 2
    said = capsys.readouterr().err
    assert "hunter" not in said and "..." in said and said.count("\n") == 1
    assert "file.xml" in said and "--other seen: no luck" in said


def test_a_parameter_of_a_subscriber_that_is_refused_is_not_told(tmp_path, capsys):
    (tmp_path / "c.toml").write_text('[service.mail.settings]\n"./K1" = "${first}"\n"./K2" = "${second}"\n')
    (tmp_path / "d.json").write_text("{}")
    journal = tmp_path / "j.json"
    asked = ["--device", f"{tmp_path}/d.json", "--catalogue", f"{tmp_path}/c.toml"]
    given = ["--parameter", "first=a", "--parameter", "second=b"]
    main(["services", "break", *asked, "--want", "mail", "--fault", "nothing", "--journal", str(journal), *given])
    for command, more in (("renew", ["--journal", str(journal), "--now", "1d"]), ("break", ["--want", "mail"])):
        capsys.readouterr()
        assert main(["services", command, *asked, *more, "--parameter", "first=hunter2"]) == 2
        said = capsys.readouterr().err
        assert "hunter" not in said and "--parameter second=... gives it" in said
