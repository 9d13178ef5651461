"""Files that are never seen half-written: they are written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TEMPORARY = re.compile(r"\.(\d{1,9})\.tmp(?:-\w+)?$")
"""The end of a name from :func:`beside`, and of SQLite's files beside such a file."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; its file is synced to disk and replaces ``path`` when the block ends.

    Readers see the old file or the new one. After an error the old one stays.
    """
    fresh = beside(path)
    try:
        yield fresh
        with fresh.open("rb+") as written:
            os.fsync(written.fileno())
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):  # a file system that cannot be written: what went wrong before counts
            fresh.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """Return a temporary name beside a file, and remove what killed processes left under such names."""
    sweep(path.parent, glob.escape(path.name))
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def sweep(place: Path, pattern: str = "*") -> None:
    """Remove from a folder what killed processes left half-written (see :func:`beside`)."""
    for left in place.glob(f".{pattern}.*.tmp*"):
        name = _TEMPORARY.search(left.name)
        if name is not None and not is_alive(int(name[1])):
            with contextlib.suppress(OSError):
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Tell whether a process is alive; True where that cannot be known."""
    if os.name != "posix":  # on Windows signal 0 is Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except OSError as error:  # any other error: another user's process
        return not isinstance(error, ProcessLookupError)
    return True
