"""Copies of WARC files without the records of URLs that must not be passed on."""

from __future__ import annotations

import gzip
from typing import IO, TYPE_CHECKING, Final

from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.pairing import warc_uri
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.archive.stored_files import open_warc
from campbell_scraper.archive.surt_keys import url_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PIECE: Final = 1 << 20


class Withheld:
    """The records of hidden URLs in some WARC files, and the revisits that only repeat them."""

    def __init__(self, files: Iterable[Path], hidden: Iterable[str]) -> None:
        """Read through the files."""
        self._keys = {url_key(url) for url in hidden}
        self._ids: set[str] = set()
        self._files: set[Path] = set()
        revisits: list[tuple[Path, str, str]] = []
        for path in files:
            for record in _records(path):
                if self.holds(record):
                    self._add(path, record_id(record))
                elif record.rtype == "revisit":
                    revisits.append((path, record_id(record), warc_uri(record.get("warc-refers-to")) or ""))
        for path, own, refers_to in revisits:
            if refers_to in self._ids:
                self._add(path, own)

    def _add(self, path: Path, own: str) -> None:
        self._files.add(path)
        if own:
            self._ids.add(own)

    def holds(self, record: RawRecord) -> bool:
        """Tell whether a record is withheld."""
        named = {record_id(record), *(warc_uri(value) for value in record.get_all("warc-concurrent-to"))}
        return url_key(warc_uri(record.get("warc-target-uri")) or "") in self._keys or not named.isdisjoint(self._ids)

    def copied(self, path: Path, folder: Path) -> Path:
        """Return a file itself if nothing in it is withheld, else a copy in ``folder`` without the withheld records."""
        if path not in self._files:
            return path
        with (folder / path.name).open("wb") as target:
            for record in _records(path):
                if not self.holds(record):
                    _copy(path, record, target)
        return folder / path.name


def record_id(record: RawRecord) -> str:
    """Return a record's id, "" if it has none."""
    return warc_uri(record.get("warc-record-id")) or ""


def copy_bytes(source: IO[bytes], record: RawRecord, target: IO[bytes]) -> None:
    """Copy a record as it lies in its file."""
    source.seek(record.offset)
    left = record.length
    while left and (piece := source.read(min(left, _PIECE))):
        target.write(piece)
        left -= len(piece)


def _records(path: Path) -> Iterator[RawRecord]:
    return (record for record in scan(Source(path)) if isinstance(record, RawRecord))


def _copy(path: Path, record: RawRecord, target: IO[bytes]) -> None:
    if record.alone:
        with open_warc(path) as source:
            copy_bytes(source, record, target)
        return
    with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as member:
        head = "".join(f"{name}: {value}\r\n" for name, value in record.fields)
        member.write(f"{record.version}\r\n{head}\r\n".encode())
        for piece in record.pieces():
            member.write(piece)
        member.write(b"\r\n\r\n")
