"""The sink of a crawl: what the archive hands over once it is on disk becomes rows, what comes at once in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from campbell_scraper.archive.capture import Capture
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.log.ingest import Ingest

from .session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler

    from campbell_scraper.archive.capture import Event, Lookup
    from campbell_scraper.view.log.ingest import Extraction


class CrawlWatch(Protocol):
    """Whoever wants to see a crawl's progress; called on the sink's thread."""

    def stored(self, capture: Capture, extraction: Extraction) -> None:
        """One capture and what it said are in the database."""


class IngestSink:
    """Stores a crawl's captures (see ``archive.capture.CaptureSink``)."""

    def __init__(self, session: Session, *, own_session: bool, watch: CrawlWatch | None = None) -> None:
        self._session = session
        self._own_session = own_session
        self._watch = watch
        self._ingest = Ingest(session.store)
        self._whole = True

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Use the session the command line opened, or open one for a plain ``scrapy crawl``."""
        session = getattr(crawler.spider, "session", None)
        if isinstance(session, Session):
            return cls(session, own_session=False, watch=getattr(crawler.spider, "watch", None))
        library = crawler.settings.getdict("ARCHIVE_CRAWL_INFO")["library"]
        folder = DataFolder(Path(crawler.settings["CAMPBELL_DATA"]))
        return cls(Session.open(folder, library, "scrapy crawl reviews"), own_session=True)

    def stored(self, events: Sequence[Event]) -> None:
        """Take events whose records are safe on disk."""
        self._whole = False
        with self._session.store.transaction():
            taken = [(event, self._ingest.take(event)) for event in events]
        self._whole = True
        if self._watch is None:
            return
        for event, extraction in taken:
            if isinstance(event, Capture) and extraction is not None:
                self._watch.stored(event, extraction)

    @property
    def lookup(self) -> Lookup:
        """Where earlier captures are to be looked up."""
        return self._session.store.holders

    def close(self) -> None:
        """Finish the view of this crawl; the archive's files are closed by now."""
        store = self._session.store
        with store.transaction():
            store.finish()
        if self._own_session:
            try:
                self._session.finish_crawl(whole=self._whole)
            finally:
                self._session.close()
