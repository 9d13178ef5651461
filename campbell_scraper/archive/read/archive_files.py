"""Where a WARC file lies: on disk, or inside a WACZ package."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from campbell_scraper.archive.files import OPEN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WARC_SUFFIXES: Final = (".warc.gz", ".warc", f".warc.gz{OPEN_SUFFIX}", f".warc{OPEN_SUFFIX}")
_LOCAL_HEADER: Final = 30


@dataclass(frozen=True, slots=True)
class Source:
    """A WARC file that can be opened again and again, in other processes too."""

    path: Path
    member: str | None = None
    """Its name inside the WACZ at ``path``; None for a plain file."""

    @property
    def name(self) -> str:
        """The WARC file's own final name, without folder and without ``.open``."""
        return PurePosixPath(self.member or self.path.name).name.removesuffix(OPEN_SUFFIX)

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return f"{self.path.name}:{self.member}" if self.member else self.path.name

    def open(self) -> BinaryIO:
        """Open it for reading; seekable. Raises OSError, also for a broken package."""
        if self.member is None:
            path = self.path
            if path.name.endswith(OPEN_SUFFIX) and not path.exists():
                path = path.with_name(self.name)  # closed since it was found
            return cast("BinaryIO", path.open("rb", buffering=0))
        try:
            return _open_member(self.path, self.member)
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
            raise OSError(f"{self.label}: {error}") from error


class _Slice(io.RawIOBase):
    """A stored (uncompressed) member of a zip file, read where it lies."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._start = start
        self._length = length
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # typeshed asks for any writable buffer
        size = min(len(buffer), max(0, self._length - self._position))
        self._file.seek(self._start + self._position)
        data = self._file.read(size)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _open_member(path: Path, member: str) -> BinaryIO:
    with zipfile.ZipFile(path) as package:
        info = package.getinfo(member)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            # The open member holds on to the package's file; both close together.
            return cast("BinaryIO", package.open(info))
    file = path.open("rb")
    try:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
            raise OSError(f"{path.name}:{member}: no local header")
        start = info.header_offset + _LOCAL_HEADER
        start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    except BaseException:
        file.close()
        raise
    return cast("BinaryIO", _Slice(file, start, info.file_size))


def _wacz_members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
    except zipfile.BadZipFile as error:
        raise OSError(f"{path.name}: {error}") from error
    return sorted(name for name in names if name.startswith("archive/") and name.endswith(WARC_SUFFIXES))


def sources_of(path: Path) -> Iterator[Source]:
    """Yield the WARC files that a path stands for: itself, those of a WACZ, or those of a folder and below, by name.

    Raises OSError if it cannot be read, ValueError if it is neither WARC, WACZ nor folder.
    """
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.name.endswith((*WARC_SUFFIXES, ".wacz")) and file.is_file()]
        for file in sorted(found, key=lambda file: (file.name, str(file))):
            yield from sources_of(file)
    elif path.name.endswith(".wacz"):
        yield from (Source(path, member) for member in _wacz_members(path))
    elif path.name.endswith(WARC_SUFFIXES):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
        yield Source(path)
    else:
        raise ValueError(f"{path}: neither a WARC or WACZ file nor a folder")


def all_sources(paths: Iterable[Path]) -> list[Source]:
    """Return the WARC files of several paths, each once: plain files by name, then those inside packages by name.

    Plain files come first so that a record that is in both is taken from where it was written.
    """
    unique = {source: None for path in paths for source in sources_of(path)}
    return sorted(unique, key=lambda source: (source.member or "", source.name, str(source.path)))
