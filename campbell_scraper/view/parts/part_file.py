"""Files of parts: the readings of a range of one closed WARC file, as Parquet.

A row is a key, a reading and its digest. The key is a digest of all that the reading is made from; the reading is JSON
of the types in ``items.py``, and other types are refused. It has no facts, whose rules change most often: they are read
from its summaries each time. Nothing in a part is run, and no part is ever needed.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]  # has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped, unused-ignore]  # likewise

from campbell_scraper.archive.read.payload import RecordPayload
from campbell_scraper.atomic_files import replacing
from campbell_scraper.view.log.extraction import Extraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from campbell_scraper.archive.capture import Capture

RANGE: Final = 8 * 1024 * 1024
"""Bytes of a WARC file whose readings are one part."""
_DIGEST: Final = pa.binary(32)
_SCHEMA: Final = pa.schema(
    [pa.field("key", _DIGEST), pa.field("reading_digest", _DIGEST), pa.field("reading", pa.binary())]
)
_GROUP: Final = 256
"""Readings of one row group: what is in memory at once."""
_LARGEST: Final = 1 << 30
"""Bytes of a row group that is read."""
_DECODER: Final = msgspec.json.Decoder(Extraction)
UNFIT: Final = (pa.ArrowException, msgspec.DecodeError, OSError, UnicodeError)
"""Errors that reading a damaged or foreign part raises."""


class KeptReading(NamedTuple):
    """What a page says, and the digest of all that it was read from."""

    key: bytes
    said: Extraction


@dataclass(frozen=True, slots=True)
class Part:
    """A range of a closed WARC file, whose readings are kept in a file of their own."""

    warc: Path
    sha256: str
    number: int
    """Of the range: 0 for the first :data:`RANGE` bytes."""

    def path(self, folder: Path, version: str) -> Path:
        """Return its file, as code of this version (``extractor.reading_version``) makes it."""
        return folder / f"{self.sha256}-{self.number}-{version}.parquet"


def parts_of(warc: Path, sha256: str) -> list[Part]:
    """Return the parts of a closed WARC file."""
    return [Part(warc, sha256, number) for number in range(-(-warc.stat().st_size // RANGE))]


def number_of(offset: int) -> int:
    """Return the number of the part in which the reading of a capture at an offset is kept."""
    return offset // RANGE


def reading_key(capture: Capture, digests: Mapping[Path, str]) -> bytes | None:
    """Return a digest of all that a capture's reading is made from; None if that lies in files of unknown digest.

    ``digests`` are the SHA-256 of closed WARC files.
    """
    holder = capture.payload
    if not isinstance(holder, RecordPayload) or holder.rest or holder.source.member is not None:
        return None
    if (sha256 := digests.get(holder.source.path)) is None:
        return None
    place = (sha256, holder.offset, holder.inner, holder.expects)
    answer = (capture.url, capture.status, list(capture.headers), capture.truncated, capture.payload_length)
    return hashlib.sha256(repr((place, answer)).encode("utf-8", "surrogatepass")).digest()


def write_part(path: Path, readings: Iterable[KeptReading]) -> None:
    """Write readings into a file; what JSON cannot hold (lone surrogates) is not kept."""
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as fresh, pq.ParquetWriter(fresh, _SCHEMA, compression="zstd") as writer:
        rows = _rows(readings)
        while group := list(islice(rows, _GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=_SCHEMA))


def _rows(readings: Iterable[KeptReading]) -> Iterator[dict[str, bytes]]:
    for key, reading in readings:
        with suppress(UnicodeEncodeError, OverflowError):
            encoded = msgspec.json.encode(reading)
            yield {"key": key, "reading_digest": hashlib.sha256(encoded).digest(), "reading": encoded}


class PartReader:
    """An open part. All methods raise one of ``UNFIT`` if it is not what :func:`write_part` writes."""

    def __init__(self, path: Path) -> None:
        """Read where each reading lies."""
        self.path = path
        self._file = pq.ParquetFile(path)
        if not self._file.schema_arrow.equals(_SCHEMA):
            raise pa.ArrowInvalid(f"{path.name} has other columns")
        groups = range(self._file.num_row_groups)
        if any(self._file.metadata.row_group(group).total_byte_size > _LARGEST for group in groups):
            raise pa.ArrowInvalid(f"{path.name} has row groups that are too large")
        self._places: dict[bytes, tuple[int, int]] = {}
        self.digests: dict[bytes, bytes] = {}
        """Key → digest of its reading."""
        for group in groups:
            keys, digests = self._column(group, "key"), self._column(group, "reading_digest")
            self.digests.update(zip(keys, digests, strict=True))
            self._places.update((key, (group, row)) for row, key in enumerate(keys))
        self._held: tuple[int, list[Any]] = (-1, [])

    def close(self) -> None:
        """Close its file."""
        self._file.close()

    def get(self, key: bytes) -> Extraction:
        """Return the reading of a key. Raises KeyError if there is none."""
        group, row = self._places[key]
        if self._held[0] != group:
            self._held = group, self._column(group, "reading")
        reading: Extraction = _DECODER.decode(self._held[1][row] or b"")
        return reading

    def _column(self, group: int, name: str) -> list[Any]:
        column: list[Any] = self._file.read_row_group(group, columns=[name])[name].to_pylist()
        return column
