"""Places for sweeps: a cluster on this machine to try things on, a file that goes away by itself."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.file_names import file_name

__all__ = ["local_cluster", "scratch"]


@asked
def local_cluster(workers: int = 2, *, processes: bool = True) -> Any:
    """A Dask client on a cluster of this machine with one thread per worker; ``close()`` ends both.

    ConfigError when Dask is not installed or there is to be no worker.

    >>> with local_cluster(1, processes=False) as client:    # doctest: +SKIP
    ...     client.submit(pow, 2, 5).result()
    32
    """
    if workers < 1:
        raise ConfigError(f"a cluster has at least one worker, not {workers}")
    try:
        from dask import config
        from dask.distributed import Client
    except ImportError:
        raise ConfigError("a Dask cluster needs dask, which is not installed: pip install 'dmkit[cluster]'") from None
    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with config.set({"distributed.worker.daemon": False}):
        return Client(processes=processes, **options)  # type: ignore[no-untyped-call]


@asked
def scratch(name: str) -> Path:
    """A path for a file called ``name`` in a new folder that is removed when Python ends.

    >>> scratch("runs.csv").name
    'runs.csv'
    """
    file_name(name, "the name")
    folder = Path(tempfile.mkdtemp(prefix="dmkit-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / name
