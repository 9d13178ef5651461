"""What the site changed: reviews new, changed, gone, withdrawn or back, field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export.citations.clean_text import one_line, shortened, web_url
from campbell_scraper.faces.export.citations.word_diff import as_text, word_diff
from campbell_scraper.untrusted_json import parsed_json
from campbell_scraper.words import escaped_json

from .library_export import decoded_record, time_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

    from .library_export import Library

KINDS = ("new", "changed", "gone", "withdrawn", "back")
_VERSIONS = """
SELECT v.review_id, v.version, v.valid_from AS at, v.capture_id, v.record, (SELECT json_extract(p.record, '$.status')
  FROM review_versions p WHERE p.review_id = v.review_id AND p.version = v.version - 1) AS old_status
FROM review_versions v {chosen}"""
_SINCE = """WHERE v.valid_from {later} :since AND v.valid_from <= :until
ORDER BY v.valid_from DESC, v.review_id, v.version DESC"""
_FOUND_BY = """LEFT JOIN captures c USING (capture_id)
WHERE c.crawl_id = :crawl OR (v.capture_id IS NULL AND v.valid_from = (SELECT finished_at FROM crawls
  WHERE crawl_id = :crawl))
ORDER BY v.version = 1, v.valid_from, v.review_id, v.version"""
_FIELDS = "SELECT field, old, new FROM changes WHERE review_id = ? AND version = ? ORDER BY field"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that differs from the version before; None stands for absent."""

    field: str
    old: str | None
    new: str | None

    @property
    def readable(self) -> tuple[str | None, str | None]:
        """Old and new value as people read them: lists joined by "; "."""
        return _readable(self.old), _readable(self.new)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewChange:
    """One new state of a review."""

    review_id: str
    version: int
    kind: str
    """One of :data:`KINDS`."""
    at: str
    """When the site was first seen to say so, UTC."""
    title: str | None
    url: str | None
    doi: str | None
    capture_id: str | None
    """The capture that showed it; None where absence from two discoveries did."""
    fields: list[FieldChange] = field(default_factory=list)


def recorded_changes(library: Library, since: str | None = None) -> Iterator[ReviewChange]:
    """Return changes, newest first.

    ``since`` is a day ("2026-03-14", from its start), a time in UTC, or a crawl_id, which stands for what was found
    after that crawl. Excluded reviews are left out; a library opened ``as_of`` a day ends there.

    Raises:
        UsageError: ``since`` is none of these (at once, not at the first change).

    """
    comparison, moment = ">=", ""
    if since is not None:
        comparison, moment = _bound_of(library.connection, since)
    bound = {"since": moment, "until": library.moment or "9999"}
    return _changes(library.connection, _SINCE.format(later=comparison), bound, library.exclusions)


def changes_found(connection: sqlite3.Connection, crawl_id: str, hidden: Collection[str]) -> Iterator[ReviewChange]:
    """Return what one crawl found new or changed, without hidden reviews; changed ones come before new ones."""
    return _changes(connection, _FOUND_BY, {"crawl": crawl_id}, hidden)


def _changes(
    connection: sqlite3.Connection, chosen: str, bound: dict[str, str], hidden: Collection[str]
) -> Iterator[ReviewChange]:
    rows = connection.execute(_VERSIONS.format(chosen=chosen), bound)
    return (_change(connection, row) for row in rows if row["review_id"] not in hidden)


def _bound_of(connection: sqlite3.Connection, since: str) -> tuple[str, str]:
    """Return the comparison (">" or ">=") and the moment that ``since`` stands for."""
    crawl = connection.execute(
        "SELECT coalesce(finished_at, (SELECT max(captured_at) FROM captures c WHERE c.crawl_id = k.crawl_id), "
        "started_at, '') AS ended FROM crawls k WHERE crawl_id = ?",
        (since,),
    ).fetchone()
    if crawl is not None:
        return ">", crawl["ended"]
    day, moment = time_of(since) or (None, None)
    if day or moment:
        return ">=", str(day or moment)
    raise UsageError(
        f"{since!r} is neither a date (2026-03-14) nor a crawl of this library (campbell status lists them)."
    )


def _change(connection: sqlite3.Connection, row: sqlite3.Row) -> ReviewChange:
    record = decoded_record(row["review_id"], row["record"])
    return ReviewChange(
        review_id=row["review_id"],
        version=row["version"],
        at=row["at"],
        capture_id=row["capture_id"],
        title=record.get("title"),
        url=record.get("url"),
        doi=record.get("doi"),
        kind=_kind(row["version"], row["old_status"], record.get("status")),
        fields=[FieldChange(**dict(one)) for one in connection.execute(_FIELDS, (row["review_id"], row["version"]))],
    )


def _kind(version: int, old_status: str | None, status: str | None) -> str:
    if version == 1:
        return "new"
    if status != old_status and status in KINDS:
        return str(status)
    return "back" if old_status == "gone" and status != "gone" else "changed"


def write_text(changes: Iterable[ReviewChange], out: TextIO) -> int:
    """Write changes for a person at a terminal; return their number."""
    counts = dict.fromkeys(KINDS, 0)
    for change in changes:
        counts[change.kind] += 1
        out.write(f"{one_line(change.at[:19])}Z  {change.kind:<9}  {one_line(change.review_id)}\n")
        lines = filter(None, (one_line(change.title or ""), web_url(change.url)))
        out.writelines(f"    {shortened(line, 300)}\n" for line in lines)
        for part in change.fields:
            text = as_text(*part.readable) if part.old != part.new else ""
            out.write(f"  {one_line(part.field)}:\n")
            out.writelines(f"    {line}\n" for line in text.splitlines() if line.strip())
        out.write("\n")
    total = sum(counts.values())
    out.write(", ".join(f"{number:,} {kind}" for kind, number in counts.items() if number) or "Nothing changed")
    out.write(".\n")
    return total


def write_json(changes: Iterable[ReviewChange], out: TextIO, *, library: str, since: str | None) -> int:
    """Write changes as one JSON object with ``library``, ``since`` and ``changes``; return their number.

    Each field has ``old``, ``new`` and ``words``: pairs of a sign (=, -, +) and the text that is in both, in the old
    or in the new value.
    """
    head = escaped_json(json.dumps({"library": library, "since": since}, ensure_ascii=False))
    out.write(f'{head[:-1]}, "changes": [')
    count = 0
    for change in changes:
        out.write(",\n" if count else "\n")
        out.write(escaped_json(json.dumps(_as_dict(change), ensure_ascii=False)))
        count += 1
    out.write("\n]}\n")
    return count


def _as_dict(change: ReviewChange) -> dict[str, Any]:
    names = ("review_id", "version", "kind", "at", "title", "url", "doi", "capture_id")
    fields = []
    for one in change.fields:
        old, new = one.readable
        fields.append({"field": one.field, "old": one.old, "new": one.new, "words": word_diff(old or "", new or "")})
    return {name: getattr(change, name) for name in names} | {"fields": fields}


def _readable(value: str | None) -> str | None:
    """Return a list, which the database keeps as JSON, joined by "; "."""
    if value is None or not value.startswith("["):
        return value
    try:
        items = parsed_json(value)
    except ValueError:
        return value
    return "; ".join(items) if isinstance(items, list) and all(isinstance(item, str) for item in items) else value
