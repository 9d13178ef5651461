"""WARC files as objects of an S3 bucket: written once, read by ranges, with a lock so that only one folder writes.

No S3 library is imported before the first store is made. Credentials, region and endpoint come from AWS's own
environment variables and files, never from a data folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, cast

from campbell_scraper.archive.files import RangeReader
from campbell_scraper.errors import CampbellError, DamagedError, ExtraNeeded, LockHeld, Unfinished, UsageError
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)

LOCK_NAME: Final = "campbell.lock"
_URL: Final = re.compile(r"s3://(?P<path>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w.=-]+)*)/?", re.ASCII)
_FIRST: Final = 32 * 1024
"""Bytes requested where no cached range ends."""
_LONGEST: Final = 4 * 1024 * 1024
"""Most bytes requested at once: a range that continues another is twice as long, up to this."""
_RANGES_KEPT: Final = 4
"""Cached ranges per object. A file is read in several places at once: records, and the ends of their gzip members."""
_OBJECTS_KEPT: Final = 4


class StoredObject(NamedTuple):
    """An object as the store lists it."""

    size: int
    etag: str
    """Changes with every write."""


def _stored_object(entry: Mapping[str, Any]) -> StoredObject:
    return StoredObject(int(entry["size"]), entry["ETag"].strip('"'))


class ObjectStore:
    """The objects below one prefix."""

    def __init__(self, url: str) -> None:
        """Open the bucket and prefix of ``s3://bucket/prefix``.

        Raises:
            UsageError: it is not such a URL, or the extra [s3] is not installed.

        """
        match = _URL.fullmatch(url)
        if match is None:
            raise UsageError(f"{url!r} names no place for an archive (example: s3://bucket/prefix).")
        try:
            import fsspec  # type: ignore[import-untyped] # noqa: PLC0415 - optional

            self._fs = fsspec.filesystem("s3", use_listings_cache=False)
        except ImportError as error:
            raise ExtraNeeded("An archive on object storage needs s3fs", "s3") from error
        self.url = f"s3://{match['path']}"
        self._path = match["path"]
        self.listed: dict[str, StoredObject] = {}
        """The objects as they were last seen, by name."""
        self._open: OrderedDict[str, _Ranges] = OrderedDict()

    def find(self, name: str) -> StoredObject | None:
        """Return an object as last seen, or ask the store if it was not seen yet. None if there is no such object."""
        if name not in self.listed:
            with self._translated_errors():
                try:
                    self.listed[name] = _stored_object(self._fs.info(f"{self._path}/{name}", refresh=True))
                except FileNotFoundError:
                    return None
        return self.listed[name]

    def list_anew(self) -> None:
        """List the store again, and drop the cached ranges."""
        with self._translated_errors():
            try:
                entries = self._fs.ls(self._path, detail=True)
            except FileNotFoundError:  # nothing is below the prefix
                entries = []
        self.listed = {one["name"].rpartition("/")[2]: _stored_object(one) for one in entries if one["type"] == "file"}
        self._open.clear()

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading; readers share the ranges that were fetched. Raises FileNotFoundError."""
        ranges = self._open.get(name)
        if ranges is None:
            with self._translated_errors():
                ranges = _Ranges(self, name, self._fs.open(f"{self._path}/{name}", "rb", cache_type="none"))
            self._open[name] = ranges
            if len(self._open) > _OBJECTS_KEPT:
                self._open.popitem(last=False)
        return cast("BinaryIO", _Reader(ranges))

    def digest(self, name: str) -> str:
        """Read an object to its end and return its SHA-256, lower-case hex. Raises FileNotFoundError."""
        self._open.pop(name, None)  # the cached ranges may be of an object that has been replaced since
        with cast("_Reader", self.open(name)) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def put(self, path: Path, sha256: str) -> StoredObject:
        """Store a file unless its object is there, and read the object back.

        Raises:
            DamagedError: the stored object differs from the file.

        """
        self.listed.pop(path.name, None)
        with self._translated_errors():
            try:
                self._fs.put_file(str(path), f"{self._path}/{path.name}", mode="create")
            except OSError:
                if self.find(path.name) is None:
                    raise
            self.find(path.name)  # notes its ETag before the object is read
            if (actual := self.digest(path.name)) != sha256:
                raise DamagedError(
                    f"{self.url}/{path.name} is not the file that was to be stored there: its SHA-256 is {actual}, "
                    f"that of the file {sha256}. Nothing was changed."
                )
        return self.listed[path.name]

    @contextmanager
    def lock(self, holder: Mapping[str, str]) -> Iterator[None]:
        """Keep other writers out while the block runs.

        A lock of the same ``host`` and ``folder`` is left from a killed run, since the caller has locked the folder:
        it is replaced, unless somebody else has replaced it by then.

        Raises:
            LockHeld: another writer has it; the message says which.
            UsageError: the store has no conditional writes, and so no lock.

        """
        body = json.dumps(holder, sort_keys=True).encode()
        with self._translated_errors():
            try:
                self._write_lock(body, IfNoneMatch="*")
            except OSError:
                found = self._read_lock()
                if found is None:
                    raise
                note, etag = found
                if any(note.get(key) != holder[key] for key in ("host", "folder")):
                    raise LockHeld(self._held_by(note)) from None
                try:
                    self._write_lock(body, IfMatch=etag)
                except OSError:
                    raise LockHeld(self._held_by(note)) from None
            try:
                self._write_lock(body, IfNoneMatch="*")
            except OSError:
                pass  # expected: the lock exists
            else:
                raise UsageError(f"{self.url} cannot be used: the store has no conditional writes (If-None-Match).")
        try:
            yield
        finally:
            try:
                with self._translated_errors():
                    if (found := self._read_lock()) is not None and found[0] == dict(holder):
                        self._fs.call_s3("delete_object", **self._lock_key)
            except CampbellError as error:
                logger.warning("The lock of the archive stays until the next run of this folder: %s", error)

    @property
    def _lock_key(self) -> dict[str, str]:
        bucket, _, prefix = self._path.partition("/")
        return {"Bucket": bucket, "Key": f"{prefix}/{LOCK_NAME}" if prefix else LOCK_NAME}

    def _write_lock(self, body: bytes, **condition: str) -> None:
        self._fs.call_s3("put_object", **self._lock_key, Body=body, **condition)

    def _read_lock(self) -> tuple[dict[str, Any], str] | None:
        """Return what the lock says and its ETag; None if there is no lock."""
        path = f"{self._path}/{LOCK_NAME}"
        try:
            with self._fs.open(path, "rb", cache_type="none") as file:
                body, etag = file.read(), str(file.details["ETag"])
        except FileNotFoundError:
            return None
        try:
            note = parsed_json(body)
        except ValueError:
            note = None
        return (note if isinstance(note, dict) else {}), etag

    def _held_by(self, note: Mapping[str, Any]) -> str:
        said = ", ".join(str(note[key]) for key in ("purpose", "host", "folder") if key in note)
        since = f", process {note.get('pid')}, since {note.get('started')}" if said else "it left no note of itself"
        return (
            f"Another run writes to {self.url}: {said}{since}. If that run was killed and its folder is gone, remove "
            f"{self.url}/{LOCK_NAME}."
        )

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Raise Unfinished, or UsageError for a missing bucket, in place of the S3 libraries' own errors.

        An OSError would count as damage to one file, and reading would go on with the others.
        """
        try:
            yield
        except (CampbellError, FileNotFoundError, FileExistsError) as error:
            if isinstance(error, OSError) and "specified bucket" in str(error):
                raise UsageError(f"{self.url} cannot be used: {error}.") from error
            raise
        except Exception as error:
            reason = str(error).rstrip(".") or type(error).__name__
            raise Unfinished(f"{self.url} cannot be used: {reason}. What was stored before is safe.") from error

    def read_range(self, name: str, file: IO[bytes], start: int, length: int) -> bytes:
        """Read a part of an object that was opened.

        Raises:
            DamagedError: the object has been replaced or removed since.

        """
        with self._translated_errors():
            try:
                file.seek(start)
                return file.read(length)
            except OSError as error:
                if isinstance(error, FileNotFoundError) or type(error).__name__ == "FileExpired":
                    raise DamagedError(f"{self.url}/{name} was replaced or removed while it was read.") from error
                raise


class _Ranges:
    """An object's bytes, with a cache of the ranges used last."""

    def __init__(self, store: ObjectStore, name: str, file: IO[bytes]) -> None:
        self._store = store
        self._name = name
        self._file = file
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        """Start → bytes."""
        self._lock = threading.Lock()
        self.size: int = file.size  # type: ignore[attr-defined] # fsspec's files have it

    def read(self, position: int, size: int) -> bytes:
        """Return up to ``size`` bytes at a position; b"" only at the end."""
        if position >= self.size:
            return b""
        with self._lock:
            for start, kept in self._kept.items():
                if start <= position < start + len(kept):
                    self._kept.move_to_end(start)
                    return kept[position - start : position - start + size]
            ahead = next((2 * len(kept) for start, kept in self._kept.items() if start + len(kept) == position), _FIRST)
            length = min(max(ahead, _FIRST), _LONGEST, self.size - position)
            fetched = self._store.read_range(self._name, self._file, position, length)
            self._kept[position] = fetched
            if len(self._kept) > _RANGES_KEPT:
                self._kept.popitem(last=False)
            return fetched[:size]


class _Reader(RangeReader):
    """An object as a file, with a position of its own."""

    def __init__(self, ranges: _Ranges) -> None:
        super().__init__(ranges.size)
        self._ranges = ranges

    def read_range(self, position: int, size: int) -> bytes:
        """Return bytes of one range only: a reader that asks for more than it needs causes no further request."""
        return self._ranges.read(position, size)
