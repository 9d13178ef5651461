"""How fast parts are made, with one worker and with two, and what they save the rebuild after a change of facts' rules.

The archive is that of bench.rebuild. Workers are processes of this machine (``--scheduler local``).

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
from typing import TYPE_CHECKING, Any
from unittest import mock

from campbell_scraper.archive.files import add_to_manifest, sha256_of
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.parts import scheduling
from campbell_scraper.view.rebuild import build_database

from .rebuild import CRAWLS, EDITED, WORKERS, _Tree, invented, write_archive
from .table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURES = 20_000


@contextmanager
def _folder(captures: int) -> Iterator[DataFolder]:
    with tempfile.TemporaryDirectory(prefix="bench-parts-") as name:
        folder = DataFolder(Path(name))
        write_archive(folder.archive, invented(captures // CRAWLS), CRAWLS, edited=EDITED)
        for path in sorted(folder.archive.iterdir()):
            add_to_manifest(folder.manifest, path, sha256_of(path))
        yield folder


def _run(folder: DataFolder, what: str, workers: int) -> list[str]:
    """Make the missing parts, then rebuild; the seconds leave out the start of the workers."""
    made: list[tuple[float, float]] = []
    make = scheduling._make

    def timed(*arguments: Any) -> None:
        with _Tree(os.getpid()) as tree:
            began = time.perf_counter()
            make(*arguments)
            made.append((time.perf_counter() - began, tree.cpu_seconds))

    with mock.patch.object(scheduling, "_make", timed):
        kept = scheduling.keep_readings(folder, scheduling.LOCAL, workers, lambda _: None)
    database = folder.root / "bench.db"
    database.unlink(missing_ok=True)
    with _Tree(os.getpid()) as tree:
        began = time.perf_counter()
        build_database([folder.archive], database, workers=workers, kept=kept)
        derived = time.perf_counter() - began, tree.cpu_seconds
    both = (*(made[0] if made else (0.0, 0.0)), *derived)
    return [what, str(workers), *(f"{number:.1f}" for number in both)]


def main() -> None:
    """Measure, and print a table."""
    captures = int(sys.argv[1]) if len(sys.argv) > 1 else CAPTURES
    with _folder(captures) as folder:
        rows = [_run(folder, "no part yet", 1)]
        shutil.rmtree(folder.parts)
        rows.append(_run(folder, "no part yet", WORKERS))
        for path in folder.parts.iterdir():  # named like parts that were made by other rules of facts
            path.rename(path.with_name(f"{path.stem.rpartition('-')[0]}-{0:016}.parquet"))
        rows += [_run(folder, what, WORKERS) for what in ("other rules of facts", "nothing changed")]
    head = ["before", "workers", "parts, s", "CPU s", "rows, s", "CPU s"]
    print_table(f"Rebuild of {captures:,} captures of {CRAWLS} crawls with --scheduler local", head, rows)


if __name__ == "__main__":
    main()
