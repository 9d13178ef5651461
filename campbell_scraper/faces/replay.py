"""``campbell replay``: the archived site in a browser, with a home page that lists crawls and reviews."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from campbell_scraper.archive.publish.replay_site import (
    CrawlEntry,
    ReplayEntry,
    ReplayUnavailableError,
    run_pywb,
    write_replay_files,
)
from campbell_scraper.archive.stored_files import stored_archive
from campbell_scraper.errors import ExtraNeeded, UsageError
from campbell_scraper.faces.export.citations.clean_text import web_url
from campbell_scraper.folder import COLLECTION, SAMPLE
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.exclusions import addresses, excluded
from campbell_scraper.view.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.folder import DataFolder

_CRAWLS = """
select crawl_id, started_at, finished_at, status,
       (select count(*) from captures where captures.crawl_id = crawls.crawl_id) as captures
from crawls order by started_at desc
"""
_PAGES = """
select reviews.review_id, coalesce(reviews.title, reviews.review_id) as title, captures.url, captures.captured_at,
       reviews.stage
from reviews join captures using (capture_id) order by title
"""


def prepare_replay(folder: DataFolder, serve_url: str) -> None:
    """Bring the index of the archive and pywb's home page up to date; ``serve_url`` is where the database is shown."""
    folder.require_plain()
    hidden = excluded(folder)
    with closing(open_readonly(folder.newest)) as connection:
        connection.row_factory = sqlite3.Row
        library = connection.execute("select value from meta where key = 'library'").fetchone()
        crawls = [CrawlEntry(**dict(row)) for row in connection.execute(_CRAWLS)]
        pages = [
            ReplayEntry(title=row["title"], url=row["url"], captured_at=row["captured_at"], note=row["stage"] or "")
            for row in connection.execute(_PAGES)
            if row["review_id"] not in hidden
        ]
        urls = addresses(connection, hidden)
    name = library["value"] if library else ""
    title = f"Archive of {'the sample library' if name == SAMPLE else name}" if name else "Archive"
    write_replay_files(
        folder.root, title=title, crawls=crawls, pages=pages, links=[("The database (campbell serve)", serve_url)],
        hidden=urls, record_url=f"{serve_url.rstrip('/')}/-/record",
    )  # fmt: skip


def serve_replay(
    folder: DataFolder, port: int, hosts: Sequence[str] = (), *, serve_url: str, is_trusted: bool = False
) -> None:
    """Serve the archive on 127.0.0.1 until interrupted; the database's links to it lead there from now on.

    Programs of the folder are run only with ``is_trusted``; ``hosts`` are further names to answer to; the database is
    shown at ``serve_url``.

    Raises:
        UsageError: the extra [replay] is not installed, pywb did not start, or ``serve_url`` is not a URL.
        DamagedError: the database cannot be opened.

    """
    if find_spec("pywb") is None:
        raise ExtraNeeded("campbell replay needs pywb", "replay")
    if stored_archive(folder.root) is not None and find_spec("boto3") is None:
        raise ExtraNeeded("Replay from object storage needs boto3", "s3")
    if web_url(serve_url) is None:
        raise UsageError(f"{serve_url!r} is not a URL (example: http://127.0.0.1:8001/).")
    try:
        prepare_replay(folder, serve_url)
        with Store.open(folder.database) as store:
            store.set_replay_base(f"http://127.0.0.1:{port}/{COLLECTION}/")
        run_pywb(
            folder.root, port, names=hosts, linked=serve_url, is_trusted=is_trusted,
            on_ready=lambda url: click.echo(f"The archived site is at {url} (Ctrl-C ends it)."),
        )  # fmt: skip
    except ReplayUnavailableError as error:
        raise UsageError(f"The archive cannot be replayed: {error}") from error
