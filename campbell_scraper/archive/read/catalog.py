"""A small index of captures in SQLite, for projects that bind no sink of their own."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields
from typing import TYPE_CHECKING, Final, Self

from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Lookup, Note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scrapy.crawler import Crawler

    from campbell_scraper.archive.capture import Event

CATALOG_NAME: Final = "catalog.sqlite"
_COLUMNS: Final = tuple(field.name for field in fields(Capture) if field.name not in {"headers", "payload"})
# Rows of captures in the order in which they come: by their random keys each would dirty a page of its own.
_SCHEMA: Final = f"""
create table if not exists captures ({", ".join(_COLUMNS)}, primary key (capture_id));
create index if not exists captures_payload on captures (payload_digest) where outcome = 'new' and status = 200;
create index if not exists captures_url on captures (url, captured_at) where outcome = 'new' and status = 200;
create table if not exists crawls (crawl_id text primary key, started_at text, finished_at text, status text,
                                   software text, info text) without rowid;
create table if not exists notes (crawl_id text, noted_at text, url text, decision text, fields text);
"""
_STORE_CAPTURE: Final = f"insert or replace into captures values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - marks

_HOLDER: Final = (
    "select capture_id, url, captured_at from captures where {} = ?"
    " and outcome = 'new' and status = 200 and truncated is null order by captured_at {} limit 1"
)
_HOLDER_OF_PAYLOAD: Final = _HOLDER.format("payload_digest", "")
_HOLDER_OF_URL: Final = _HOLDER.format("url", "desc")


class Catalog:
    """Tables ``captures`` (the fields of Capture without headers and payload), ``crawls``, ``notes``.

    A view of the WARC files like any other: it can be deleted, and made again from them.
    """

    def __init__(self, path: Path) -> None:
        # Made on the crawl's thread, used and closed on the archive's.
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=normal")  # what a power loss takes, the WARC files still have
        self._connection.executescript(_SCHEMA)
        self.lookup = Lookup(path, _HOLDER_OF_PAYLOAD, _HOLDER_OF_URL)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the catalog in ARCHIVE_DIR."""
        from campbell_scraper.archive.listen.archive_addon import addon_for  # noqa: PLC0415 - reading the archive needs no Scrapy

        return cls(addon_for(crawler).settings.directory / CATALOG_NAME)

    def stored(self, events: Sequence[Event]) -> None:
        """Take events in one transaction."""
        with self._connection as connection:
            rows = [[getattr(event, name) for name in _COLUMNS] for event in events if isinstance(event, Capture)]
            connection.executemany(_STORE_CAPTURE, rows)
            for event in events:
                self._store(connection, event)

    def _store(self, connection: sqlite3.Connection, event: Event) -> None:
        if isinstance(event, CrawlStart):
            connection.execute(
                "insert or ignore into crawls values (?, ?, null, 'running', ?, ?)",
                (event.crawl_id, event.started_at, event.software, json.dumps(dict(event.info))),
            )
        elif isinstance(event, CrawlEnd):
            connection.execute(
                "update crawls set finished_at = ?, status = ? where crawl_id = ?",
                (event.finished_at, event.status, event.crawl_id),
            )
        elif isinstance(event, Note):
            connection.execute(
                "insert into notes values (?, ?, ?, ?, ?)",
                (
                    event.crawl_id,
                    event.noted_at,
                    event.fields.get("url"),
                    event.fields.get("decision"),
                    json.dumps(dict(event.fields)),
                ),
            )

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
