"""The rows of ``crawls``: what warcinfo and closing records say, in whatever order they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.keys import canonical_json, storable
from campbell_scraper.view.schema.log_tables import CrawlRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from campbell_scraper.archive.capture import CrawlEnd, CrawlStart

_TRUE = frozenset({"1", "true", "yes"})
_STATUS = frozenset({"finished", "interrupted", "failed"})


def ensure_row(connection: sqlite3.Connection, crawl_id: str) -> None:
    """Make sure the crawl has a row: captures may come before the record that describes it."""
    write(connection, [CrawlRow(crawl_id=crawl_id)])


def started(connection: sqlite3.Connection, start: CrawlStart) -> None:
    """Store a warcinfo record. The earliest record of a crawl_id describes the crawl; its text breaks ties.

    If the site's start page decided the source, the closing record names it.
    """
    ensure_row(connection, start.crawl_id)
    info = canonical_json(dict(start.info))
    fields = _plain(start.info)
    connection.execute(
        "UPDATE crawls SET source = coalesce(closing ->> '$.\"crawl-source\"', ?), site = ?, started_at = ?, "
        "software = ?, arguments = ?, info = ? "
        "WHERE crawl_id = ? AND (started_at IS NULL OR (started_at, info) > (?, ?))",
        (
            fields.get("source"),
            fields.get("site"),
            start.started_at,
            storable(start.software),
            fields.get("arguments"),
            info,
            start.crawl_id,
            start.started_at,
            info,
        ),
    )


def ended(connection: sqlite3.Connection, end: CrawlEnd) -> None:
    """Store a closing record. A resumed crawl has several; the last counts."""
    ensure_row(connection, end.crawl_id)
    closing = canonical_json(dict(end.info))
    fields = _plain(end.info)
    counts = {
        name.removeprefix("count_"): int(value)
        for name, value in fields.items()
        if name.startswith("count_") and value.isdecimal()
    }
    connection.execute(
        "UPDATE crawls SET source = coalesce(?, source), finished_at = ?, status = ?, counts = ?, "
        "discovery_complete = ?, closing = ? "
        "WHERE crawl_id = ? AND (finished_at IS NULL OR (finished_at, closing) < (?, ?))",
        (
            fields.get("source"),
            end.finished_at,
            end.status if end.status in _STATUS else "failed",
            canonical_json(counts) if counts else None,
            int(fields.get("discovery_complete", "").lower() in _TRUE),
            closing,
            end.crawl_id,
            end.finished_at,
            closing,
        ),
    )


def _plain(info: Mapping[str, str]) -> dict[str, str]:
    """Return the fields by plain names: ``crawl-source`` is ``source``, ``count-requests`` is ``count_requests``."""
    return {name.lower().replace("-", "_").removeprefix("crawl_"): storable(str(value)) for name, value in info.items()}
