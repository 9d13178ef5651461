"""The formats by name, and the one function that writes any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from .bibtex import write_bibtex
from .csl import write_csl
from .lines import write_lines
from .parquet import write_parquet
from .ris import write_ris
from .tables import write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .library import Library, Review


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is one stream of bytes."""

    write: Callable[[Iterable[Review], BinaryIO], int]
    """Writes reviews to a stream, which need not seek; gives their number."""
    media_type: str
    suffix: str
    is_text: bool = True
    """False for what must not go to a terminal."""


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "ris": Format(write_ris, "application/x-research-info-systems; charset=utf-8", ".ris"),
    "bibtex": Format(write_bibtex, "application/x-bibtex; charset=utf-8", ".bib"),
    "csl-json": Format(write_csl, "application/vnd.citationstyles.csl+json", ".json"),
    "csv": Format(write_csv, "text/csv; charset=utf-8; header=present", ".csv"),
    "xlsx": Format(write_xlsx, _XLSX, ".xlsx", is_text=False),
    "parquet": Format(write_parquet, "application/vnd.apache.parquet", ".parquet", is_text=False),
    "jsonl": Format(write_lines, "application/x-ndjson; charset=utf-8", ".jsonl"),
}


def export(library: Library, name: str, out: BinaryIO, *, where: str | None = None, bom: bool = False) -> int:
    """Write a library's reviews in a format of :data:`FORMATS`; gives their number.

    ``where`` is a condition in SQL on ``review_overview``; ``bom`` is for csv.

    Raises:
        UsageError: the condition cannot be used, or the format's library is not installed.

    """
    reviews = library.reviews(where)
    if name == "csv":
        return write_csv(reviews, out, bom=bom)
    return FORMATS[name].write(reviews, out)
