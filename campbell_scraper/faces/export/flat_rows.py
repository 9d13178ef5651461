"""Flat rows for spreadsheets and data frames: labels instead of keys, one definition for all tabular formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.faces.export.citations.citation import abstract_of, date_parts
from campbell_scraper.faces.export.citations.citekey import citation_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .library_export import Review

Value = str | int | list[str] | None

REVIEWS = (
    "review_id", "citation_key", "title", "authors", "stage", "status", "published_date", "published_date_raw",
    "published_precision", "year", "doi", "url", "full_review_url", "groups", "types", "languages", "headline",
    "brief", "abstract", "studies_included", "participants", "search_date", "search_lag_months", "first_seen",
    "last_seen", "last_changed", "version", "work_id", "replay_url", "capture_id",
)  # fmt: skip
AUTHORS = ("review_id", "title", "position", "name", "given", "family", "suffix", "is_group")
SECTIONS = ("review_id", "title", "language", "form", "position", "heading", "level", "kind", "text")
FACTS = ("review_id", "title", "language", "form", "heading", "fact", "value", "number", "precision", "quote",
         "quote_start", "quote_end")  # fmt: skip


def review_row(review: Review) -> dict[str, Value]:
    """Return a review's row with the columns :data:`REVIEWS`; authors, groups, types and languages are lists."""
    row: dict[str, Value] = {name: review.row.get(name) for name in REVIEWS}
    row["citation_key"] = citation_key(review.origin, review.review_id)
    row["authors"] = [author["name"] for author in review.record.get("authors") or []]
    for name in ("published_date_raw", "published_precision"):
        row[name] = review.record.get(name)
    row["year"] = next(iter(date_parts(review.record.get("published_date"))), None)
    row["abstract"] = abstract_of(review.record)
    return row


def author_rows(review: Review) -> Iterator[dict[str, Value]]:
    """Yield a row for each author, with the columns :data:`AUTHORS`."""
    for position, author in enumerate(review.record.get("authors") or [], 1):
        row = {name: author.get(name) for name in ("name", "given", "family", "suffix")}
        yield _of(review) | {"position": position} | row | {"is_group": int(bool(author.get("is_group")))}


def section_rows(review: Review) -> Iterator[dict[str, Value]]:
    """Yield a row for each section of each summary, with the columns :data:`SECTIONS`."""
    for summary in review.record.get("summaries") or []:
        for position, section in enumerate(summary.get("sections") or [], 1):
            row = {name: section.get(name) for name in ("heading", "level", "kind", "text")}
            yield _of(review) | _summary(summary) | {"position": position} | row


def fact_rows(review: Review) -> Iterator[dict[str, Value]]:
    """Yield a row for each evidence fact, with the columns :data:`FACTS`; ``heading`` is that of its section."""
    for summary in review.record.get("summaries") or []:
        for fact in summary.get("facts") or []:
            yield (
                _of(review)
                | _summary(summary)
                | {"heading": _heading(summary, fact.get("section"))}
                | {name: fact.get(name) for name in FACTS[5:]}
            )


def _of(review: Review) -> dict[str, Value]:
    return {"review_id": review.review_id, "title": review.record.get("title")}


def _summary(summary: dict[str, Any]) -> dict[str, Value]:
    return {"language": summary["language"], "form": summary.get("form")}


def _heading(summary: dict[str, Any], index: int | None) -> str | None:
    sections = summary.get("sections") or []
    return sections[index]["heading"] if index is not None and 0 <= index < len(sections) else None


SHEETS: dict[str, tuple[tuple[str, ...], Callable[[Review], Iterable[dict[str, Value]]]]] = {
    "reviews": (REVIEWS, lambda review: [review_row(review)]),
    "authors": (AUTHORS, author_rows),
    "sections": (SECTIONS, section_rows),
    "facts": (FACTS, fact_rows),
}
"""Sheet → its columns, and the function that makes a review's rows."""
