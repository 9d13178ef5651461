"""``python -m bench [NAME...]`` runs the named measurements, or all without a name."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def main(names: list[str]) -> int:
    """Run modules of this folder that have a ``main``; return 2 for an unknown name."""
    there = sorted(one.name for one in pkgutil.iter_modules(bench.__path__) if one.name not in NOT_MEASUREMENTS)
    if unknown := set(names) - set(there):
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(there)}.", file=sys.stderr)
        return 2
    for name in names or there:
        print(f"\n=== {name}", flush=True)
        sys.argv = [f"bench.{name}"]
        importlib.import_module(f"bench.{name}").main()
    return 0


NOT_MEASUREMENTS = {"__main__", "fetch", "table"}
"""Helpers of measurements."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
