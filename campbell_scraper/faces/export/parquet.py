"""Parquet, for data frames and DuckDB: typed columns, lists as lists, texts as stored."""

from __future__ import annotations

import io
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from campbell_scraper.errors import ExtraNeeded

from .flat_rows import REVIEWS, fact_rows, review_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .library_export import Review

_GROUP = 200
"""Reviews in one row group: what is in memory at once."""
_LISTS = frozenset({"authors", "groups", "types", "languages"})
_NUMBERS = frozenset({"year", "studies_included", "participants", "search_lag_months", "version"})
_TIMES = frozenset({"first_seen", "last_seen", "last_changed"})
_AUTHOR = ("name", "given", "family", "suffix")
_SECTION = ("heading", "kind", "text")
_SUMMARY = ("language", "language_label", "form", "title", "banner", "headline", "brief", "text", "pdf_url")
_FACT = ("language", "form", "heading", "fact", "value", "precision", "quote")


def parquet_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Yield one row for each review, in groups.

    The columns are those of the CSV, and ``published_year`` (integer), ``author_parts``, ``summaries`` with their
    sections, ``facts`` and ``additional_info`` as lists of structures. Times are timestamps in UTC; ``published_date``
    and ``search_date`` stay text, because they may be known to the month or year only.

    Raises:
        UsageError: the extra [parquet] is not installed.

    """
    pa, pq = _pyarrow()
    schema = _schema(pa)
    out, rest = io.BytesIO(), iter(reviews)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:

        def write_group() -> int:  # a function, so that its rows are gone before the next are read
            rows = [_row(review) for review in islice(rest, _GROUP)]
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            return len(rows)

        while write_group():
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def columns() -> dict[str, str]:
    """Return the columns in order, with their types as Arrow writes them. Raises UsageError as above."""
    pa, _ = _pyarrow()
    return {field.name: str(field.type) for field in _schema(pa)}


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped, import-not-found, unused-ignore]  # an extra without types  # noqa: PLC0415
        import pyarrow.parquet as pq  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415
    except ImportError as error:
        raise ExtraNeeded("Writing Parquet needs pyarrow", "parquet") from error
    return pa, pq


def _schema(pa: Any) -> Any:
    def texts(names: Iterable[str]) -> list[Any]:
        return [pa.field(name, pa.string()) for name in names]

    def column(name: str) -> Any:
        kind = (
            pa.list_(pa.string()) if name in _LISTS
            else pa.int64() if name in _NUMBERS
            else pa.timestamp("us", tz="UTC") if name in _TIMES
            else pa.string()
        )  # fmt: skip
        return pa.field(name, kind)

    section = pa.struct([*texts(_SECTION), pa.field("level", pa.int8())])
    author = pa.struct([*texts(_AUTHOR), pa.field("is_group", pa.bool_())])
    summary = pa.struct(
        [*texts(_SUMMARY), pa.field("is_placeholder", pa.bool_()), pa.field("sections", pa.list_(section))]
    )
    integers = [pa.field(name, pa.int64()) for name in ("number", "quote_start", "quote_end")]
    return pa.schema(
        [
            *(column(name) for name in REVIEWS),
            pa.field("published_year", pa.int32()),
            pa.field("author_parts", pa.list_(author)),
            pa.field("summaries", pa.list_(summary)),
            pa.field("facts", pa.list_(pa.struct([*texts(_FACT), *integers]))),
            pa.field("additional_info", pa.list_(pa.struct(texts(("label", "value"))))),
        ]
    )


def _row(review: Review) -> dict[str, Any]:
    record = review.record
    row: dict[str, Any] = dict(review_row(review))
    for name in _TIMES:
        row[name] = _as_datetime(row[name])
    row["published_year"] = row["year"]
    row["author_parts"] = record.get("authors") or []
    row["summaries"] = record.get("summaries") or []
    row["facts"] = list(fact_rows(review))
    row["additional_info"] = record.get("additional_info") or []
    return row


def _as_datetime(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
