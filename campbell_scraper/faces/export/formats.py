"""The formats by name, and the one function that writes any of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from campbell_scraper.faces.export.citations.bibtex import bibtex_pieces
from campbell_scraper.faces.export.citations.csl import csl_pieces
from campbell_scraper.faces.export.citations.ris import ris_pieces
from campbell_scraper.view.keys import canonical_json
from campbell_scraper.words import escaped_json

from .parquet import parquet_pieces
from .spreadsheets import BOM, csv_pieces, xlsx_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .library_export import Library, Review


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is one stream of bytes."""

    pieces: Callable[[Iterable[Review]], Iterator[bytes]]
    """Yields the file piece by piece, as reviews are read (xlsx: when all are)."""
    media_type: str
    suffix: str
    label: str
    """What people call it."""
    is_text: bool = True
    """False for what must not go to a terminal."""

    def write(self, reviews: Iterable[Review], out: BinaryIO) -> int:
        """Write reviews to a stream, which need not seek; return their number."""
        count = 0

        def counted() -> Iterator[Review]:
            nonlocal count
            for review in reviews:
                count += 1
                yield review

        out.writelines(self.pieces(counted()))
        return count


def _line_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Yield one canonical JSON object a line, for programs: the version's record and its row, texts as stored."""
    for review in reviews:
        line = review.record | {name: getattr(review, name) for name in _ROW}
        yield escaped_json(canonical_json(line)).encode("utf-8") + b"\n"


_ROW = ("review_id", "work_id", "version", "valid_from", "valid_to", "capture_id", "content_hash")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "ris": Format(ris_pieces, "application/x-research-info-systems; charset=utf-8", ".ris", "RIS"),
    "bibtex": Format(bibtex_pieces, "application/x-bibtex; charset=utf-8", ".bib", "BibTeX"),
    "csl-json": Format(csl_pieces, "application/vnd.citationstyles.csl+json", ".json", "CSL-JSON"),
    "csv": Format(csv_pieces, "text/csv; charset=utf-8; header=present", ".csv", "CSV"),
    "xlsx": Format(xlsx_pieces, _XLSX, ".xlsx", "XLSX", is_text=False),
    "jsonl": Format(_line_pieces, "application/x-ndjson; charset=utf-8", ".jsonl", "JSON Lines"),
    "parquet": Format(parquet_pieces, "application/vnd.apache.parquet", ".parquet", "Parquet", is_text=False),
}


def write_export(library: Library, name: str, out: BinaryIO, *, where: str | None = None, bom: bool = False) -> int:
    """Write a library's reviews in a format of :data:`FORMATS`; return their number.

    ``where`` is a condition in SQL on ``review_overview``; ``bom`` is for csv.

    Raises:
        UsageError: the condition cannot be used, or the format's library is not installed.

    """
    reviews = library.reviews(where)
    if bom:
        out.write(BOM)
    return FORMATS[name].write(reviews, out)


def pieces(reviews: Iterable[Review], name: str, *, bom: bool = False) -> Iterator[bytes]:
    """Return reviews in a format piece by piece, as it is asked for.

    Raises:
        UsageError: the format's library is not installed (at the first piece).

    """
    return chain([BOM] if bom else [], FORMATS[name].pieces(reviews))
