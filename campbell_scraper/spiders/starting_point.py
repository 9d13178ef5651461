"""Where a crawl starts, and with which source, as far as the user and earlier runs say."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.write.restore import split_memento_url
from campbell_scraper.view.database import open_readonly

from .crawl_options import AUTO, DEFAULT_SITES, start_of
from .discovery import host_key, site_url
from .sources.wayback_index import MACHINE

if TYPE_CHECKING:
    from pathlib import Path

_NEWEST: Final = "SELECT source, site FROM crawls WHERE source <> '' AND site <> '' ORDER BY started_at DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a crawl starts, and with which source."""

    source: str
    """``auto`` if the site's start page decides."""
    site: str
    wayback_url: str | None = None
    """The Wayback Machine whose address was given as the site."""
    why: str = ""
    """Why this source, in words; "" if it was named or is not known."""


def known_start(source: str, site: str | None, database: Path) -> Start:
    """Return where to start: what is named, else what the newest run of the folder did, else the live site.

    Raises:
        UsageError: the site must be named, or is not a URL.
        StoreError: the database cannot be opened.

    """
    earlier = _earlier_runs(database)
    if source == AUTO and site is not None:
        if (captured := split_memento_url(site)) is not None:
            machine = site.partition("/web/")[0]
            return Start(source="wayback", site=site_url(captured.url), wayback_url=machine, why="by its address")
        if host_key(site_url(site)) == host_key(MACHINE):
            return Start(source="wayback", site=str(DEFAULT_SITES["wayback"]), why="by its address")
    if site is None and earlier:
        site = earlier[0][1]
    if source == AUTO and site is None:
        return Start(source="live", site=str(DEFAULT_SITES["live"]), why="the site of today")
    start = site_url(start_of(source, site))
    if source != AUTO:
        return Start(source=source, site=start)
    # A crawl of the Wayback Machine says nothing about the site itself.
    known = next((name for name, its_site in earlier if its_site == start and name not in {"wayback", AUTO}), None)
    return Start(source=known or AUTO, site=start, why="as in earlier runs" if known else "")


def _earlier_runs(database: Path) -> list[tuple[str, str]]:
    """Return source and site of earlier crawls, the newest first."""
    if not database.is_file():
        return []
    with closing(open_readonly(database)) as connection:
        try:
            return connection.execute(_NEWEST).fetchall()
        except sqlite3.OperationalError:  # just made, without tables
            return []
