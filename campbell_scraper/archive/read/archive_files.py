"""Where a WARC file is: on disk or inside a WACZ package; and how compressed files and ARC files become WARC."""

from __future__ import annotations

import gzip
import io
import re
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from os.path import commonpath
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from fastwarc.stream_io import Lz4Reader, ZstdReader
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped] # has no stubs
from warcio.exceptions import ArchiveLoadFailed  # type: ignore[import-untyped] # likewise

from campbell_scraper.archive.files import OPEN_SUFFIX, RangeReader
from campbell_scraper.archive.http import GZIP_MAGIC, INFLATE_ERRORS
from campbell_scraper.archive.stored_files import absent_files, is_there, open_warc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_READ: Final = re.compile(
    r"\.warc(\.wet|\.wat)?(?P<packed>\.zst|\.lz4)?(\.gz)?(\.\d{1,3}|\.open)?$|(?P<arc>\.arc)(\.gz)?$", re.IGNORECASE
)
_WACZ: Final = re.compile(r"\.wacz$", re.IGNORECASE)
_NESTED: Final = re.compile(r"(.*?\.wacz)/(.*)", re.IGNORECASE | re.DOTALL)
_FOREIGN: Final = re.compile(r"\.w?arc\.(bz2|xz|br|zip|7z|zst|lz4|z)$", re.IGNORECASE)
_LOCAL_HEADER: Final = 30
_STEP: Final = 4096
"""Bytes unpacked at once: fastwarc's readers lose up to this many before a damaged place."""
_ALLOWED_RATIO: Final = 100
"""How many times its size a file may hold once unpacked; more is a compression bomb."""
_ALLOWED_BYTES: Final = 1 << 30
"""Bytes that any file may hold once unpacked."""
_ZIP_ERRORS: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile,
    KeyError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    *INFLATE_ERRORS,
)
_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""First bytes of a file that carries the dictionary of its records (IIPC, "WARC Zstandard")."""
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Source:
    """A WARC file that can be opened again and again, in other processes too."""

    path: Path
    member: str | None = None
    """Its name inside the WACZ at ``path``, after that of an inner WACZ if it is in one; None for a plain file."""
    folder: Path | None = field(default=None, compare=False)
    """The folder its name is relative to, if another file has the same name; None for its own folder."""

    @property
    def name(self) -> str:
        """The WARC file's final name, without ``.open``; its package's name comes first, as if it were a folder."""
        path = self.path.name if self.folder is None else self.path.relative_to(self.folder).as_posix()
        return (f"{path}/{self.member}" if self.member else path).removesuffix(OPEN_SUFFIX)

    @property
    def is_in_place(self) -> bool:
        """True if offsets in it are places in the file at ``path``: it is in no package and need not be unpacked."""
        return self.member is None and not _kind(self.name)

    @property
    def is_arc(self) -> bool:
        """True if it is an ARC file, whose records have no ids."""
        return _kind(self.name) == ".arc"

    def open(self) -> BinaryIO:
        """Open it for reading; seekable. Raises OSError, also for a broken package."""
        try:
            file = self._stored()
            if isinstance(file, io.RawIOBase) and not _kind(self.name):
                return file
            file.close()
            unpacked = _unpacked(self, self.path.stat().st_mtime_ns)
        except _ZIP_ERRORS as error:
            raise OSError(f"{self.name}: {error}") from error
        return cast("BinaryIO", _Slice(unpacked, 0, unpacked.seek(0, io.SEEK_END), is_shared=True))

    def _stored(self) -> BinaryIO:
        path = self.path
        if path.name.endswith(OPEN_SUFFIX) and not path.exists():
            path = path.with_name(path.name.removesuffix(OPEN_SUFFIX))  # closed since it was found
        if not self.member:
            return open_warc(path)
        nested = _NESTED.fullmatch(self.member)
        return _member(Source(path, nested[1]), nested[2]) if nested else _member(Source(path), self.member)


def _kind(name: str) -> str:
    """Return how a file must be unpacked, by its name: ".zst", ".lz4" or ".arc"; "" if it need not."""
    match = _READ.search(name)
    return (match["packed"] or match["arc"] or "").lower() if match else ""


@lru_cache(maxsize=4)
def _unpacked(source: Source, _changed: int) -> IO[bytes]:
    """Return what a source holds as an unnamed uncompressed WARC file, which can be read from any offset.

    Compressed members of a zip file could otherwise be read only from their beginning, each time.
    """
    fresh = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as it is cached
    with source._stored() as file:
        try:
            _unpack(file, _kind(source.name), fresh, max(_ALLOWED_BYTES, _ALLOWED_RATIO * source.path.stat().st_size))
        except (OSError, ArchiveLoadFailed, *_ZIP_ERRORS) as error:
            if not fresh.tell():
                raise OSError(str(error)) from error
            fresh.write(b"\r\n\r\nhere it could not be unpacked any more")  # is reported as damage
    return fresh


def _unpack(file: BinaryIO, kind: str, fresh: IO[bytes], limit: int) -> None:
    if kind == ".arc":
        is_packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        # As one stream: not every ARC has a gzip member for each record.
        whole = gzip.GzipFile(fileobj=file) if is_packed else file
        for record in ArchiveIterator(whole, no_record_parse=True, arc2warc=True):
            if record.rec_type == "response":
                record.rec_headers.remove_header("WARC-Record-ID")  # a new one each time
                fresh.write(record.rec_headers.to_bytes())
                _copy(record.raw_stream, fresh, limit)
                fresh.write(b"\r\n\r\n")
        return
    reader: IO[bytes] | ZstdReader | Lz4Reader = file
    if kind == ".lz4":
        reader = Lz4Reader(file)
    elif kind == ".zst":
        reader = ZstdReader(file, dictionary=_dictionary(file))
    _copy(cast("IO[bytes]", reader), fresh, limit)


def _copy(reader: IO[bytes], fresh: IO[bytes], limit: int) -> None:
    while piece := reader.read(_STEP):
        fresh.write(piece)
        if fresh.tell() > limit:
            raise OSError(f"holds more than {limit} bytes")


def _dictionary(file: BinaryIO) -> bytes | None:
    """Read the dictionary at the beginning of a file; go back to the beginning if there is none."""
    if file.read(4) != _DICTIONARY:
        file.seek(0)
        return None
    found = file.read(int.from_bytes(file.read(4), "little"))
    return bytes(ZstdReader(io.BytesIO(found)).read(-1)) if found.startswith(_ZSTD) else found


class _Slice(RangeReader):
    """A part of a file, read in place."""

    def __init__(self, file: IO[bytes], start: int, length: int, *, is_shared: bool = False) -> None:
        super().__init__(length)
        self._file = file
        self._is_shared = is_shared
        self._start = start

    def read_range(self, position: int, size: int) -> bytes:
        self._file.seek(self._start + position)
        return self._file.read(size)

    def close(self) -> None:
        if not self._is_shared:
            self._file.close()
        super().close()


@lru_cache(maxsize=4)
def _directory(package: Source, _changed: int) -> zipfile.ZipFile:
    """Return a WACZ with its directory read: reading it again for each member would take quadratic time."""
    directory = zipfile.ZipFile(package._stored() if package.member else package.path)
    size = cast("IO[bytes]", directory.fp).seek(0, io.SEEK_END)
    if sum(info.compress_size for info in directory.infolist()) > size:
        raise zipfile.BadZipFile("its files lie upon one another")
    return directory


def _member(package: Source, name: str) -> BinaryIO:
    """Open a member of a WACZ."""
    directory = _directory(package, package.path.stat().st_mtime_ns)
    info = directory.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        return cast("BinaryIO", directory.open(info))
    file = package._stored()
    try:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
            raise OSError(f"{info.filename}: no local header")
    except BaseException:
        file.close()
        raise
    start = info.header_offset + _LOCAL_HEADER
    start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return cast("BinaryIO", _Slice(file, start, info.file_size))


def _wacz_members(package: Source) -> Iterator[str]:
    """Yield the WARC files in a WACZ, and in the WACZ files inside it, as Browsertrix packs them."""
    for name in sorted(_directory(package, package.path.stat().st_mtime_ns).namelist()):
        if name.startswith("archive/") and _READ.search(name):
            yield name
        elif _WACZ.search(name):
            if package.member:
                raise zipfile.BadZipFile(f"{name}: packages in packages in packages are not opened")
            yield from (f"{name}/{member}" for member in _wacz_members(Source(package.path, name)))


def sources_of(path: Path) -> Iterator[Source]:
    """Yield the WARC files that a path stands for: itself, those of a WACZ, or those of a folder and below, by name.

    Raises OSError if it cannot be read, ValueError if it is neither WARC, WACZ nor folder.
    """
    if path.is_dir():
        absent = set(absent_files(path))
        for file in sorted([*path.rglob("*"), *absent], key=lambda file: (file.name, str(file))):
            if (_READ.search(file.name) or _WACZ.search(file.name)) and (file in absent or file.is_file()):
                yield from sources_of(file)
    elif _WACZ.search(path.name):
        try:
            yield from [Source(path, member) for member in _wacz_members(Source(path))]
        except _ZIP_ERRORS as error:
            raise OSError(f"{path.name}: {error}") from error
    elif _READ.search(path.name):
        if not is_there(path):
            raise FileNotFoundError(f"{path}: no such file")
        yield Source(path)
    else:
        raise ValueError(f"{path}: neither a WARC or WACZ file nor a folder")


def foreign_files(path: Path) -> list[Path]:
    """Return the files in a folder or below it that are archives of a kind that cannot be read."""
    return sorted(file for file in path.rglob("*") if _FOREIGN.search(file.name) and not _READ.search(file.name))


def all_sources(paths: Iterable[Path]) -> list[Source]:
    """Return the WARC files of several paths, each once: plain files by name, then those inside packages by name.

    Plain files come first so that a record that is in both is taken from where it was written. No two sources share
    a name.
    """
    unique = list({source: source for path in paths for source in sources_of(path)}.values())
    names = Counter(source.name for source in unique)
    twins = [source.path.absolute() for source in unique if names[source.name] > 1]
    if twins:
        common = Path(commonpath(path.parent for path in twins))
        unique = [
            replace(source, path=source.path.absolute(), folder=common) if names[source.name] > 1 else source
            for source in unique
        ]
    return sorted(unique, key=lambda source: (source.member or "", source.name, str(source.path)))
