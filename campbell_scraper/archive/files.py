"""WARC files on disk: names, the ``.open`` suffix, fixity.

A file is written under its final name with ``.open`` added, and renamed when it is whole. The manifest then gets a
line in the format that ``sha256sum -c`` checks.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import tempfile
from abc import abstractmethod
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

try:
    import fcntl
except ImportError:  # not a POSIX system: only one crawl per folder at a time
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

OPEN_SUFFIX: Final = ".open"
TORN_SUFFIX: Final = ".torn"
_MANIFEST_LINE: Final = re.compile(r"^([0-9a-f]{64}) [ *](.+)$")
RESERVE: Final = 1 << 20
"""Bytes of disk reserved by each open file for what still arrives while a crawl on a full disk ends."""
DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Error numbers of a full disk and of a spent quota."""


def file_name(prefix: str, crawl_id: str, serial: int, now: datetime | None = None) -> str:
    """Return ``<prefix>-<YYYYMMDDhhmmssmmm>-<serial>-<8 hex of the crawl id's SHA-256>.warc.gz``."""
    moment = now or datetime.now(UTC)
    stamp = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03}"
    crawl = hashlib.sha256(crawl_id.encode()).hexdigest()[:8]
    return f"{prefix}-{stamp}-{serial:05}-{crawl}.warc.gz"


def sync_directory(directory: Path) -> None:
    """Make renames and new files in a folder durable, where the system can."""
    with suppress(OSError):  # some file systems refuse fsync on folders
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(manifest: Path) -> dict[str, str]:
    """Return file name (relative to the manifest's folder, with ``/``) to SHA-256; {} if there is no manifest.

    Lines in another form are passed over; of two lines for one file the later counts.
    """
    try:
        text = manifest.read_text("utf-8", "replace")
    except FileNotFoundError:
        return {}
    entries = {}
    for line in text.splitlines():
        if match := _MANIFEST_LINE.match(line):
            entries[match[2]] = match[1]
    return entries


def entry_of(manifest: Path, path: Path) -> str:
    """Return a file's name in the manifest: relative to the manifest's folder, with ``/``."""
    return Path(os.path.relpath(path, manifest.parent)).as_posix()


def add_to_manifest(manifest: Path, path: Path, sha256: str) -> None:
    """Append a closed file to the manifest, durably; a half-written last line (after a crash) is dropped first."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    name = entry_of(manifest, path)
    if read_manifest(manifest).get(name) == sha256:
        return
    with manifest.open("ab+") as file:
        file.seek(0)
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)
        file.write(f"{sha256}  {name}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    sync_directory(manifest.parent)


def being_written(directory: Path) -> list[Path]:
    """Return the ``.open`` files of a folder that a living process is writing."""
    paths = []
    for path in sorted(directory.glob(f"*{OPEN_SUFFIX}")) if fcntl is not None else ():
        with suppress(FileNotFoundError), path.open("rb") as file:  # closed and renamed since
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                paths.append(path)
    return paths


def closed_files(directory: Path) -> list[Path]:
    """Return the WARC files of a folder that have their final names and are on disk, sorted by name."""
    return sorted([*directory.glob("*.warc.gz"), *directory.glob("*.warc")])


class RangeReader(io.RawIOBase):
    """A read-only file of a known length whose subclass reads ranges of it."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position, which may be past the end, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # typeshed asks for any writable buffer
        """Read as much as :meth:`read_range` returns, which may be less than the buffer holds."""
        piece = self.read_range(self._position, min(len(buffer), max(0, self._length - self._position)))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    @abstractmethod
    def read_range(self, position: int, size: int) -> bytes:
        """Return up to ``size`` bytes at a position, b"" only at the end."""


class _Reserve:
    """Disk space reserved in an unnamed file for when the disk is full; SQLite would use up space left free."""

    def __init__(self, directory: Path) -> None:
        """Take the space, where the system can. Raises OSError if the disk is full already."""
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - open until it is needed
        try:
            _allocate(self._file.fileno(), 0)
        except OSError as error:
            if error.errno in DISK_FULL:
                self._file.close()
                raise

    def hand_over(self, descriptor: int) -> bool:
        """Hand the space to a file, past its end; return False if it was handed over before."""
        if self._file.closed:
            return False
        self._file.close()
        with suppress(OSError):
            _allocate(descriptor, os.lseek(descriptor, 0, os.SEEK_CUR))
        return True

    def close(self) -> None:
        """Free the space."""
        self._file.close()


def _allocate(descriptor: int, begin: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, begin, RESERVE)


class _ReservedFile(io.FileIO):
    """A new file that, on a full disk, calls ``on_full``, takes its reserve and goes on."""

    def __init__(self, path: Path, reserve: _Reserve, on_full: Callable[[OSError], None]) -> None:
        super().__init__(path, "xb")
        self._reserve = reserve
        self._on_full = on_full

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in DISK_FULL or not self._reserve.hand_over(self.fileno()):
                raise
            self._on_full(error)
            return super().write(data)


class OpenFile:
    """A WARC file being written: counts offsets and hashes as it goes."""

    def __init__(self, directory: Path, name: str, on_full: Callable[[OSError], None]) -> None:
        """Create ``<name>.open``; raises FileExistsError rather than touch a file that is there.

        ``on_full`` is called when the disk is full; later writes use a reserve of ``RESERVE`` bytes.
        """
        self.name = name
        self.final = directory / name
        self.path = directory / (name + OPEN_SUFFIX)
        if self.final.exists():
            raise FileExistsError(f"{self.final} exists")
        self._reserve = _Reserve(directory)
        self._file = io.BufferedWriter(_ReservedFile(self.path, self._reserve, on_full))
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)  # marks it as being written while this process lives
        sync_directory(directory)  # a name is durable only with its folder
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        self._file.flush()

    def sync(self) -> None:
        """Write everything so far to disk (fsync)."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def abandon(self, size: int) -> None:
        """Cut the file back to ``size`` bytes (the end of its last whole record) and leave it ``.open``.

        If the disk took fewer, recovery cuts off the torn end at the next start.
        """
        with suppress(OSError):  # a failing disk: recovery looks at it at the next start
            self._file.close()
        with suppress(OSError):
            if self.path.stat().st_size > size:
                os.truncate(self.path, size)

    def finish(self) -> str:
        """Close the file under its final name; return its SHA-256, lower-case hex."""
        self._file.flush()
        self._file.truncate(self.size)  # the unused rest of a reserve
        self.sync()
        self._file.close()
        self._reserve.close()
        self.path.rename(self.final)
        sync_directory(self.final.parent)
        return self._hash.hexdigest()
