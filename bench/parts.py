"""How fast parts are made, with one worker and with two, and what they save the next rebuild, whatever its fact rules.

The archive is that of bench.rebuild. Workers are processes of this machine (``--scheduler local``); their start counts.

Usage: python -m bench.parts [CAPTURES]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from campbell_scraper.archive.files import add_to_manifest, sha256_of
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.parts import scheduling
from campbell_scraper.view.rebuild import build_database

from .rebuild import CRAWLS, EDITED, WORKERS, _Tree, invented, write_archive
from .table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURES = 20_000
ROUNDS = 3


@contextmanager
def _folder(captures: int) -> Iterator[DataFolder]:
    with tempfile.TemporaryDirectory(prefix="bench-parts-") as name:
        folder = DataFolder(Path(name))
        write_archive(folder.archive, invented(captures // CRAWLS), CRAWLS, edited=EDITED)
        for path in sorted(folder.archive.iterdir()):
            add_to_manifest(folder.manifest, path, sha256_of(path))
        yield folder


def _run(folder: DataFolder, what: str, workers: int) -> list[str]:
    """Rebuild, and make the missing parts before."""
    database = folder.root / "bench.db"
    database.unlink(missing_ok=True)
    with _Tree(os.getpid()) as tree:
        began = time.perf_counter()
        kept = scheduling.keep_readings(folder, scheduling.LOCAL, workers, lambda _: None)
        made = time.perf_counter()
        build_database([folder.archive], database, workers=WORKERS, kept=kept)
        ended = time.perf_counter()
    numbers = made - began, ended - made, ended - began, tree.cpu_seconds
    return [what, str(workers), *(f"{number:.1f}" for number in numbers)]


def main() -> None:
    """Measure, and print a table."""
    captures = int(sys.argv[1]) if len(sys.argv) > 1 else CAPTURES
    rows = []
    with _folder(captures) as folder:
        for _ in range(ROUNDS):
            for workers in (1, WORKERS):
                shutil.rmtree(folder.parts, ignore_errors=True)
                rows.append(_run(folder, "no part yet", workers))
            rows.append(_run(folder, "all parts", WORKERS))
    head = ["before", "workers", "making parts, s", "deriving rows, s", "together, s", "CPU s"]
    print_table(f"Rebuild of {captures:,} captures of {CRAWLS} crawls with --scheduler local", head, sorted(rows))


if __name__ == "__main__":
    main()
