"""WARC files in a folder's archive, or in the object store that its ``archive.toml`` names.

The manifest says which files there are. A file that is not on disk is read from the store, under the path that it
would have on disk, so that readers of an archive name files by their paths. ``archive.toml`` lies beside the manifest.
A folder without one has no store.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import tomllib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import msgspec

from campbell_scraper.atomic_files import replacing
from campbell_scraper.errors import UsageError

from . import files
from .object_store import ObjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

SETTINGS_NAME: Final = "archive.toml"
MANIFEST_NAME: Final = "manifest-sha256.txt"
SEEN_NAME: Final = "archive-seen.json"
"""Beside the manifest: the ETag of each object that was read to its end, and its SHA-256."""
_LEVELS: Final = 3
"""How many folders above WARC files their manifest may be: ``collections/campbell/archive``."""


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """What ``archive.toml`` says."""

    root: Path
    """The folder that ``archive.toml`` lies in."""
    url: str
    """``s3://bucket/prefix``."""
    keep_local: bool
    """Whether files stay on disk once they are stored."""

    @property
    def store(self) -> ObjectStore:
        """The connected store. Raises UsageError if it cannot be used here."""
        return _connected(self.url, os.getpid())

    def listed(self) -> dict[str, str]:
        """Return the SHA-256 of each file in the manifest by its path, relative to the folder."""
        return files.read_manifest(self.root / MANIFEST_NAME)

    def digest(self, name: str, *, anew: bool) -> str | None:
        """Return the SHA-256 of an object, None if there was none when the store was listed.

        An object that has not changed since it was last read is read again only if ``anew``.
        """
        stored = self.store.listed.get(name)
        if stored is None:
            return None
        etag, sha256 = self._digests().get(name, ("", ""))
        if anew or etag != stored.etag:
            sha256 = self.store.digest(name)
            self._remember(name, stored.etag, sha256)
        return sha256

    def put(self, path: Path, sha256: str) -> None:
        """Store a file unless it is stored already. Raises DamagedError if another object is there under its name."""
        if self.digest(path.name, anew=False) != sha256:
            self._remember(path.name, self.store.put(path, sha256).etag, sha256)

    def _digests(self) -> dict[str, tuple[str, str]]:
        try:
            return msgspec.json.decode((self.root / SEEN_NAME).read_bytes(), type=dict[str, tuple[str, str]])
        except (OSError, msgspec.DecodeError):
            return {}

    def _remember(self, name: str, etag: str, sha256: str) -> None:
        path = self.root / SEEN_NAME
        with suppress(OSError), replacing(path) as fresh:  # in a read-only folder the object is read again next time
            fresh.write_text(json.dumps({**self._digests(), name: (etag, sha256)}, indent=0, sort_keys=True), "utf-8")


@lru_cache(maxsize=8)
def _connected(url: str, _process: int) -> ObjectStore:
    """Return this process's connection: a forked process cannot use that of its parent."""
    return ObjectStore(url)


def stored_archive(root: Path) -> StoredArchive | None:
    """Return what the ``archive.toml`` in a folder says; None if there is none.

    Raises:
        UsageError: it cannot be read, or says something else.

    """
    path = root / SETTINGS_NAME
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    url, keep_local = settings.pop("archive", None), settings.pop("keep_local", True)
    if not isinstance(url, str) or not isinstance(keep_local, bool) or settings:
        raise UsageError(f'{path} must set archive = "s3://bucket/prefix"; besides, it may set only keep_local.')
    return StoredArchive(root, url.rstrip("/"), keep_local)


def _above(directory: Path) -> StoredArchive | None:
    """Return what the nearest ``archive.toml`` in or above a folder of WARC files says."""
    for root in (directory, *directory.parents[:_LEVELS]):
        if (archive := stored_archive(root)) is not None:
            return archive
    return None


def absent_files(directory: Path) -> list[Path]:
    """Return the files in or below a folder that are in the manifest and not on disk, if there is a store."""
    archive = _above(directory.absolute())
    if archive is None:
        return []
    below = directory.absolute().relative_to(archive.root).parts
    listed = (Path(name).parts for name in archive.listed())
    paths = [directory.joinpath(*parts[len(below) :]) for parts in listed if parts[: len(below)] == below]
    return [path for path in paths if not path.exists()]


def closed_files(directory: Path) -> list[Path]:
    """Return the WARC files of a folder that have their final names, on disk or in the store, sorted by name."""
    absent = [path for path in absent_files(directory) if path.parent == directory]
    return sorted([*files.closed_files(directory), *absent])


def is_there(path: Path) -> bool:
    """Tell whether a WARC file is on disk or in the store."""
    try:
        size_of(path)
    except FileNotFoundError:
        return False
    return True


def size_of(path: Path) -> int:
    """Return the bytes in a WARC file. Raises FileNotFoundError."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        stored = store.find(path.name) if (store := _store_of(path)) is not None else None
        if stored is None:
            raise
        return stored.size


def open_warc(path: Path) -> BinaryIO:
    """Open a WARC file, unbuffered; from the store if it is not on disk. Raises OSError."""
    try:
        return cast("BinaryIO", path.open("rb", buffering=0))
    except FileNotFoundError:
        store = _store_of(path)
        if store is None:
            raise
        return store.open(path.name)


def _store_of(path: Path) -> ObjectStore | None:
    """Return the store that holds a file that is not on disk; None unless the manifest has it."""
    archive = _above(path.absolute().parent)
    if archive is None:
        return None
    name = path.absolute().relative_to(archive.root).as_posix()
    return archive.store if name in archive.listed() else None


def enter(manifest: Path, path: Path, sha256: str) -> None:
    """List a closed file in the manifest, after storing it in the object store if there is one.

    Raises:
        DamagedError: another object is in the store under its name.
        Unfinished: the store cannot be reached; the next start tries again.

    """
    archive = stored_archive(manifest.parent)
    if archive is not None:
        archive.put(path, sha256)
    files.add_to_manifest(manifest, path, sha256)


@contextmanager
def store_locked(directory: Path, manifest: Path, purpose: str) -> Iterator[None]:
    """Keep other writers off the store of a locked folder while the block runs; then store its closed files.

    Only files in the manifest are stored; they are then deleted from disk unless ``keep_local`` is set.

    Raises:
        LockHeld: another folder writes to the store; the message says which.

    """
    archive = stored_archive(manifest.parent)
    if archive is None:
        yield
        return
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    holder = {"host": platform.node(), "folder": str(archive.root.absolute()), "pid": str(os.getpid())}
    with archive.store.lock({**holder, "purpose": purpose, "started": started}):
        yield
        listed = archive.listed()
        for path in files.closed_files(directory):
            sha256 = listed.get(path.relative_to(archive.root).as_posix())
            if sha256 is None:  # not in the manifest, since it could not be stored: the next start tries again
                continue
            archive.put(path, sha256)
            if not archive.keep_local:
                path.unlink()
