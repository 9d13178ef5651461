"""What earlier crawls know, read from the data folder's database: ``spiders.discovery.KnownItems`` in SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from campbell_scraper.archive.surt_keys import timestamp_of
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import NotADatabase
from campbell_scraper.view.keys import post_address, review_key

from .discovery import History, Seen, Validators

if TYPE_CHECKING:
    from pathlib import Path

STALE = timedelta(days=7)
"""How long to fetch a page again that does not show an edit known from REST."""
_STALE = """
    WITH shown AS (SELECT replace(representation, 'protected:', '') AS representation, captured_at, capture_id,
        json_remove(record, '$.groups', '$.document_types', '$.additional_info', '$.posted_at', '$.modified_at') AS said
        FROM _representations JOIN _contents USING (content_hash) WHERE address = ?
        AND representation IN ('item', 'rest', 'protected:item', 'protected:rest')),
    seen AS (SELECT representation, captured_at, said, lag(said)
        OVER (PARTITION BY representation ORDER BY captured_at, capture_id) AS before FROM shown),
    changed AS (SELECT representation, max(captured_at) AS at, max(before IS NOT NULL) AS is_edit FROM seen
        WHERE before IS NOT said GROUP BY representation)
    SELECT 1 FROM changed r, changed i WHERE r.representation = 'rest' AND i.representation = 'item'
    AND r.is_edit AND r.at > i.at AND r.at > ?"""
_IS_LOST = "(SELECT 1 FROM _losses l WHERE l.crawl_id = c.crawl_id AND l.url = c.url)"
_LAST_SEEN = f"""
    SELECT hint_modified, fetched_at FROM (
        SELECT d.hint_modified, c.fetched_at, c.status = 200 AND NOT EXISTS {_IS_LOST} AS is_whole
        FROM discovered d JOIN captures c USING (capture_id)
        WHERE d.url = ? AND d.decision = 'fetched' ORDER BY c.fetched_at DESC LIMIT 1)
    WHERE hint_modified IS NOT NULL AND is_whole"""  # noqa: S608 - constant
_SHORT = """SELECT short.url FROM review_urls own JOIN review_urls short USING (review_id)
    WHERE own.url = ? AND short.how = 'alias' AND short.url LIKE '%?%p=%' ORDER BY short.url"""
_CURRENT = f"""
    SELECT r.url FROM reviews r JOIN captures c USING (capture_id) JOIN crawls USING (crawl_id)
    WHERE r.status <> 'gone' AND crawls.source = ? AND (SELECT redirect_to FROM captures c WHERE url = r.url
        AND NOT EXISTS {_IS_LOST} ORDER BY captured_at DESC LIMIT 1) IS NULL
    ORDER BY r.url"""  # noqa: S608
_VALIDATORS = """
    SELECT etag, last_modified FROM captures WHERE url = ? AND status = 200 AND truncated IS NULL AND error IS NULL
    AND restored = 0
    ORDER BY fetched_at DESC LIMIT 1"""

_RESTORED = "SELECT capture_id, url, captured_at FROM captures WHERE restored = 1"
_REDIRECTED = (
    "SELECT url, redirect_to FROM captures WHERE redirect_to LIKE '%/web/%' AND url LIKE '%/web/%' AND restored = 0"
)


def known_items(database: Path, source: str) -> KnownInDatabase | None:
    """Return what the database of earlier runs knows; None if there is no database, or one without tables."""
    try:
        with closing(open_readonly(database)) as connection:
            is_made = connection.execute("PRAGMA user_version").fetchone()[0] > 0
    except NotADatabase:
        return None
    return KnownInDatabase(database, source) if is_made else None


class KnownInDatabase:
    """Reads a library's database while the writer works, on its own connections: each belongs to its thread.

    Questions about single URLs share one connection, which :meth:`close` closes.
    """

    def __init__(self, database: Path, source: str) -> None:
        self._database = database
        self._source = source
        self._kept: sqlite3.Connection | None = None

    def last_seen(self, url: str) -> Seen | None:
        """Return hint and time of the newest run that requested the item, if it got it whole; else None."""
        row = self._first(_LAST_SEEN, url)
        if row is None or self._is_stale(url):
            return None
        short = self._first(_SHORT, url)
        post = post_address(str(short[0])) if short else None
        return Seen(str(row[0]), str(row[1]), int(post.rpartition("=")[2]) if post else None)

    def _is_stale(self, url: str) -> bool:
        """Tell whether REST has lately shown an edit that the page does not: a cache may have served the page."""
        lately = (datetime.now(UTC) - STALE).strftime("%Y-%m-%dT%H:%M:%S")
        return self._first(_STALE, review_key(url), lately) is not None

    def current(self) -> list[str]:
        """Return the URLs of reviews last found by this source that are neither gone nor moved."""
        with closing(open_readonly(self._database)) as connection:
            return [str(url) for (url,) in connection.execute(_CURRENT, (self._source,))]

    def validators(self, url: str) -> Validators | None:
        """Return the validators of the newest complete answer (200) of that URL; None without one."""
        row = self._first(_VALIDATORS, url)
        return None if row is None or row == (None, None) else Validators(row[0], row[1])

    def history(self) -> History:
        """Return what was restored from another archive, and where that redirected to."""
        with closing(open_readonly(self._database)) as connection:
            rows = connection.execute(_RESTORED).fetchall()
            redirects = dict(connection.execute(_REDIRECTED).fetchall())
        captures = frozenset((url, timestamp_of(date)) for _, url, date in rows)
        return History(captures=captures, records=frozenset(row[0] for row in rows), redirects=redirects)

    def close(self) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _first(self, sql: str, *asked: str) -> tuple[str | None, ...] | None:
        if self._kept is None:
            self._kept = open_readonly(self._database)
        row: tuple[str | None, ...] | None = self._kept.execute(sql, asked).fetchone()
        return row
