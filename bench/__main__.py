"""``python -m bench [NAME ...]``: run the benchmarks, all or those whose module name contains NAME."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module

import bench


def main(names: list[str]) -> int:
    modules = sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if m.name.endswith("_bench"))
    chosen = [m for m in modules if not names or any(name in m for name in names)]
    for module in chosen:
        print(f"\n== {module.removesuffix('_bench')}")
        for row in import_module(f"bench.{module}").rows():
            print(f"{row.name:<78} {row.ours:12.1f} {row.peer:12.1f} {row.unit:<5} ratio {row.ratio:6.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
