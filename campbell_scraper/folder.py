"""The data folder: where everything of one library lives (a contract, see docs/data-folder.md).

It knows names and the lock, and nothing of what the files hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from campbell_scraper.untrusted_json import parsed_json

from .atomic_files import beside, is_alive, sweep
from .errors import LockHeld, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

COLLECTION = "campbell"
"""The one collection of a data folder, by the name pywb serves it under."""
REPLAY_BASE = f"http://127.0.0.1:8080/{COLLECTION}/"
"""Where ``campbell replay`` serves it, unless the database's ``meta`` says otherwise."""
SAMPLE = "sample"
"""The library that ``campbell demo`` makes: all but one of its reviews are invented."""


class _PathIn:
    """A path inside a data folder."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, folder: DataFolder, _: type[DataFolder]) -> Path:
        return folder.root.joinpath(*self._parts)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths inside one data folder. Nothing is created until :meth:`create`."""

    root: Path
    database_name: str = "campbell.db"

    archive = _PathIn("collections", COLLECTION, "archive")
    """The log: the folder of WARC files."""
    index = _PathIn("collections", COLLECTION, "indexes", "index.cdxj")
    """CDXJ index of the closed WARC files."""
    manifest = _PathIn("manifest-sha256.txt")
    """Fixity of every closed WARC, in sha256sum's format."""
    metadata = _PathIn("metadata.yaml")
    """Datasette's metadata, generated."""
    templates = _PathIn("templates")
    """Your templates for Datasette, used by ``serve --trust-folder``."""
    plugins = _PathIn("plugins")
    """Datasette's plugins folder, generated."""
    reports = _PathIn("reports")
    """One report a run."""
    exports = _PathIn("exports")
    """Where exports go unless told otherwise."""
    parts = _PathIn("parts")
    """Readings kept for the next rebuild."""
    exclusions = _PathIn("exclusions.csv")
    """People's decisions on what must not be shown, and why."""
    accepted = _PathIn("accepted.csv")
    """People's decisions to show runs that failed checks."""

    @classmethod
    def around(cls, path: Path) -> Self:
        """Return the folder at a path; for a database file of any name, the folder it lies in."""
        return cls(path.parent, path.name) if path.is_file() else cls(path)

    @property
    def database(self) -> Path:
        """The view, as people read it."""
        return self.root / self.database_name

    @property
    def held(self) -> Path:
        """The view of all runs, while some are held back from people (see view/judging/gate.py)."""
        return self.root / f"{self.database_name}.held"

    @property
    def newest(self) -> Path:
        """The database that has all runs: what a crawl knows of earlier ones, and what runs are judged by."""
        return self.held if self.held.is_file() else self.database

    def create(self) -> None:
        """Make the folder and prove that it can be written.

        Raises:
            UsageError: it cannot be made or written.

        """
        self.require_plain()
        try:
            for folder in (self.archive, self.index.parent, self.reports, self.exports):
                folder.mkdir(parents=True, exist_ok=True)
            probe = beside(self.root / "write-test")
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise UsageError(f"The data folder {self.root} cannot be written: {error.strerror or error}.") from error

    @property
    def is_busy(self) -> bool:
        """Whether a living process has noted that it works on the folder."""
        try:
            pid = int(parsed_json((self.root / ".campbell.lock.json").read_text("utf-8"))["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return is_alive(pid)

    def sweep(self) -> None:
        """Remove what killed processes left half-written."""
        for place in (self.root, self.archive, self.plugins, self.exports, self.reports, self.parts):
            sweep(place)

    def require_plain(self) -> None:
        """Raise UsageError if the folder holds a link or a special file: writing to it would write elsewhere."""
        for place, folders, names in os.walk(self.root):
            for path in (Path(place, name) for name in (*folders, *names)):
                try:
                    mode = path.lstat().st_mode
                except FileNotFoundError:  # another run works on the folder
                    continue
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    raise UsageError(f"{path} is a symbolic link or a special file, and a data folder must have none.")

    def require(self) -> None:
        """Raise UsageError unless a library has been crawled or rebuilt here."""
        if not self.database.is_file():
            raise UsageError(
                f"There is no {self.database_name} in {self.root}: crawl one into it first (campbell demo or campbell "
                "crawl)."
            )

    @contextlib.contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Keep other runs out while the block runs.

        Raises:
            LockHeld: another run has it; the message says which.

        """
        self.require_plain()
        holder = self.root / ".campbell.lock.json"
        lock = FileLock(self.root / ".campbell.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise LockHeld(f"Another run is using {self.root}: {_describe(holder)}.") from error
        except OSError as error:
            raise UsageError(f"The data folder {self.root} cannot be locked: {error.strerror or error}.") from error
        try:
            started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose, "started": started}), "utf-8")
            yield
        finally:
            with contextlib.suppress(OSError):
                holder.unlink(missing_ok=True)
            lock.release()


def _describe(holder: Path) -> str:
    """Say who holds the lock, as far as its note can be read."""
    try:
        note = parsed_json(holder.read_text("utf-8"))
        return f"{note['purpose']}, process {int(note['pid'])}, since {note['started']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it left no note of itself"
