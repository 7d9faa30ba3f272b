"""What the process of ``dmkit serve`` does beside serving."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from dmkit.transport import serve


def test_the_collector_looks_seldom_while_a_server_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as often as before when it has ended, well or not."""
    seen: list[tuple[int, ...]] = []

    async def served(*_: object) -> int:
        seen.append(gc.get_threshold())
        if len(seen) == 2:
            raise OSError("the port is gone")
        return 0

    config = tmp_path / "server.toml"
    config.write_text('port = 0\n[[accounts]]\nuser = "client"\npassword = "pw"\nserver_password = "srvpw"\n')
    before = gc.get_threshold()
    monkeypatch.setattr(serve, "_serve", served)
    assert serve.run(str(config)) == 0 and gc.get_threshold() == before
    with pytest.raises(OSError):
        serve.run(str(config))
    assert gc.get_threshold() == before and len(set(seen)) == 1
    assert all(now > then for now, then in zip(seen[0], before, strict=True))
