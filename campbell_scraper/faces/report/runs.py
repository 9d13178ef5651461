"""What the database tells of runs: which there were, how each went, and what was found in it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from campbell_scraper.errors import UsageError
from campbell_scraper.view.judging.assertions import FIELDS, fields_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_RUN = (
    "SELECT crawl_id, source, site, started_at, finished_at, status, discovery_complete, arguments, closing FROM crawls"
)
_CONTENTS = """
SELECT p.crawl_id, p.review_id, p.representation, p.content_hash FROM _representations p
WHERE p.crawl_id IN (SELECT value FROM json_each(?)) AND p.representation IN ('item', 'rest')
ORDER BY p.captured_at, p.capture_id"""
_BARRED = """
SELECT d.decision, d.url, d.via FROM discovered d
WHERE d.crawl_id = ? AND d.decision NOT IN ('fetched', 'unchanged', 'listed', 'reserved') ORDER BY d.decision, d.url"""
_FAILED = """
SELECT url, method, status, outcome, error, truncated, via, coalesce(captured_at, '') AS captured_at, kind
FROM captures
WHERE crawl_id = ? AND (outcome = 'failed' OR error IS NOT NULL OR truncated IS NOT NULL OR status >= 400)
ORDER BY captured_at, capture_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One crawl, as its row says."""

    crawl_id: str
    source: str | None
    site: str | None
    started_at: str | None
    finished_at: str | None
    status: str
    discovery_complete: bool
    arguments: str | None
    gaps: list[str]
    """Why reviews may be missing that a finished run should have found, each reason with its URL in front."""

    @property
    def is_limited(self) -> bool:
        """Whether it was asked for a number of reviews only."""
        return any(word.startswith("limit=") for word in (self.arguments or "").split())

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it runs."""
        return time_at(self.finished_at)

    @property
    def seconds(self) -> float | None:
        """From start to end; None while there is no end."""
        began, ended = time_at(self.started_at), time_at(self.finished_at)
        return (ended - began).total_seconds() if began and ended else None


def time_at(text: str | None) -> datetime | None:
    """Return a time of the database; None for a text that is no time with a zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else None


def runs(connection: sqlite3.Connection, limit: int = 10) -> list[Run]:
    """Return the newest runs, the last first."""
    rows = connection.execute(f"{_RUN} ORDER BY started_at DESC, crawl_id DESC LIMIT ?", (limit,)).fetchall()
    return [_run(row) for row in rows]


def run(connection: sqlite3.Connection, crawl_id: str | None = None) -> Run:
    """Return one run, by default the last.

    Raises:
        UsageError: there is no such run.

    """
    if crawl_id is None:
        newest = runs(connection, 1)
        if not newest:
            raise UsageError("The database has no crawl.")
        return newest[0]
    row = connection.execute(f"{_RUN} WHERE crawl_id = ?", (crawl_id,)).fetchone()
    if row is None:
        raise UsageError(f"There is no crawl {crawl_id!r} in this database (campbell status lists them).")
    return _run(row)


def runs_up_to(connection: sqlite3.Connection, this: Run, limit: int = 10) -> list[Run]:
    """Return the runs of the same source and site up to ``this``, the oldest first."""
    rows = connection.execute(
        f"{_RUN} WHERE source IS ? AND site IS ? AND (started_at, crawl_id) <= (?, ?) "
        "ORDER BY started_at DESC, crawl_id DESC LIMIT ?",
        (this.source, this.site, this.started_at, this.crawl_id, limit),
    ).fetchall()
    return [_run(row) for row in reversed(rows)] or [this]


def _run(row: sqlite3.Row | tuple[Any, ...]) -> Run:
    *values, closing = row
    crawl = Run(**dict(zip(Run.__slots__, values, strict=False)), gaps=[])
    gaps = _gaps(crawl, json.loads(closing or "{}"))
    return replace(crawl, discovery_complete=bool(crawl.discovery_complete), gaps=gaps)


def _gaps(crawl: Run, closing: dict[str, str]) -> list[str]:
    """Return why a finished run is incomplete, from its closing record.

    A run with a limit is meant to miss reviews, and the Wayback Machine is no census of the site. What a run lost of
    the pages that it found is for the assertions to say.
    """
    if crawl.status != "finished" or crawl.discovery_complete or crawl.is_limited or not crawl.source:
        return []
    unread = [str(closing[name]) for name in sorted(closing) if name.startswith("crawl-unread-list-")]
    is_known = unread or crawl.source == "wayback" or closing.get("discovery_complete") == "1"
    return unread if is_known else ["the run does not say why"]


def totals(connection: sqlite3.Connection, crawl_id: str) -> dict[str, int]:
    """Return how many exchanges a run made, how many of them failed, and how many reviews it saw."""
    sql = (
        "SELECT count(*), coalesce(sum(outcome = 'failed'), 0), (SELECT count(DISTINCT review_id)"
        " FROM _representations WHERE crawl_id = :crawl) FROM captures WHERE crawl_id = :crawl"
    )
    counts = connection.execute(sql, {"crawl": crawl_id}).fetchone()
    return dict(zip(("exchanges", "failed", "reviews"), counts, strict=True))


def coverage(connection: sqlite3.Connection, of: Iterable[Run]) -> list[dict[str, Any]]:
    """Return for each run how many reviews were known from it and the runs before, and the share that has each field.

    A review that a run did not fetch counts with what its page said last. Shares are of 1; an empty run has none.
    """
    chosen = list(of)
    latest: dict[tuple[str, str], str] = {}
    stated: dict[str, frozenset[str]] = {}
    by_run: dict[str, list[tuple[str, str, str]]] = {}
    ids = json.dumps([crawl.crawl_id for crawl in chosen])
    for crawl_id, review_id, representation, content_hash in connection.execute(_CONTENTS, (ids,)):
        by_run.setdefault(crawl_id, []).append((review_id, representation, content_hash))
    coverages = []
    for crawl in chosen:
        for review_id, representation, content_hash in by_run.get(crawl.crawl_id, ()):
            latest[review_id, representation] = content_hash
            if content_hash not in stated:
                stated[content_hash] = _stated(connection, content_hash)
        fields: dict[str, set[str]] = {}
        for (review_id, _), content_hash in latest.items():
            fields.setdefault(review_id, set()).update(stated[content_hash])
        counts = Counter(name for names in fields.values() for name in names)
        shares = {name: counts[name] / len(fields) for name in FIELDS} if fields else {}
        coverages.append(
            {"crawl_id": crawl.crawl_id, "started_at": crawl.started_at, "reviews": len(fields), "shares": shares}
        )
    return coverages


def _stated(connection: sqlite3.Connection, content_hash: str) -> frozenset[str]:
    """Return the fields that one content has."""
    row = connection.execute("SELECT record FROM _contents WHERE content_hash = ?", (content_hash,)).fetchone()
    return fields_of(row[0]) if row else frozenset()


def failures(connection: sqlite3.Connection, crawl_id: str, limit: int = 200) -> tuple[dict[str, int], list[Any]]:
    """Return why exchanges failed or were cut off, counted, and the first of them as dictionaries."""
    rows = [dict(row) for row in connection.execute(_FAILED, (crawl_id,))]
    for row in rows:
        row["reason"] = row["error"] or (
            f"cut off ({row['truncated']})" if row["truncated"] else f"HTTP {row['status']}"
        )
    return dict(Counter(_kind_of_reason(row["reason"]) for row in rows).most_common()), rows[:limit]


def _kind_of_reason(reason: str) -> str:
    """Return a reason without what differs from case to case: an exception's class, a status."""
    head = reason.partition(":")[0]
    return head if head.replace("Error", "").isalnum() else reason[:60]


def barred(connection: sqlite3.Connection, crawl_id: str, limit: int = 100) -> dict[str, dict[str, Any]]:
    """Return the URLs seen and not fetched, by decision: their number and the first of them."""
    groups: dict[str, dict[str, Any]] = {}
    for decision, url, via in connection.execute(_BARRED, (crawl_id,)):
        group = groups.setdefault(decision, {"count": 0, "urls": []})
        group["count"] += 1
        if len(group["urls"]) < limit:
            group["urls"].append({"url": url, "via": via})
    return groups
