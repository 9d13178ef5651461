"""Answers that are stored in several records (ISO 28500, section 7), which may lie in several files."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .member import RecordError
from .scan import Part, RawRecord, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .archive_files import Source

_MAX_PARTS: Final = 100_000
"""Parts that are remembered; answers with parts beyond these are reported as not joined."""


class Segments:
    """The segmented answers of some files, which are read when the first answer is looked up."""

    def __init__(self, files: Callable[[], Iterable[Source]]) -> None:
        self._files = files
        self._whole: dict[str, tuple[Part, ...]] | None = None
        """Id of the first record → all records of the answer, if none is missing."""

    def joined(self, first: RawRecord) -> RawRecord:
        """Return an answer's first record with the blocks of all that continue it; itself if one of them is missing."""
        with suppress(RecordError, OSError):
            return first.joined(self._parts(first)[1:])
        return first

    def has_all(self, record: RawRecord) -> bool:
        """Tell whether the answer that this record is a part of has all its records."""
        return bool(self._parts(record))

    def _parts(self, record: RawRecord) -> tuple[Part, ...]:
        if self._whole is None:
            self._whole = {}  # a nested look-up must not read the files again
            with suppress(OSError, ValueError):
                self._whole = dict(_whole_answers(self._files()))
        return self._whole.get(_origin(record), ())


def _origin(record: RawRecord) -> str:
    """Return the id of the first record of the answer that this one is a part of."""
    return (record.get("warc-segment-origin-id") or record.get("warc-record-id") or "").strip("<> ")


def _whole_answers(files: Iterable[Source]) -> Iterable[tuple[str, tuple[Part, ...]]]:
    by_origin: dict[str, dict[int, Part]] = {}
    totals: dict[str, str] = {}
    left = _MAX_PARTS
    for source in files:
        with suppress(OSError):
            for record in scan(source):
                number = record.get("warc-segment-number") if isinstance(record, RawRecord) else None
                if number is None or not number.isdecimal() or len(number) > len(str(_MAX_PARTS)) or not left:
                    continue
                left -= 1
                assert isinstance(record, RawRecord)
                # Only the first of several records in one gzip member can be found by its offset.
                if not record.inner and "warc-truncated" not in record.values:
                    part = Part(source, record.offset, record.block_length)
                    by_origin.setdefault(_origin(record), {}).setdefault(int(number), part)
                if total := record.get("warc-segment-total-length"):  # stated by the last segment only
                    totals[_origin(record)] = total
    for origin, parts in by_origin.items():
        numbers = range(1, len(parts) + 1)
        if parts.keys() == set(numbers) and totals.get(origin) == str(sum(part.length for part in parts.values())):
            yield origin, tuple(parts[number] for number in numbers)
