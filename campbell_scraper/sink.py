"""The sink of a crawl: what the archive's writer hands over once it is on disk becomes rows, one transaction a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from .archive.capture import Capture
from .folder import DataFolder
from .ingest import Ingest
from .session import Session
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler

    from .archive.capture import Event
    from .ingest import Extraction


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
        self._reading: Store | None = None

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
        store = self._session.store
        for event in events:
            self._whole = False
            with store.transaction():
                extraction = self._ingest.take(event)
            self._whole = True
            if self._watch is not None and isinstance(event, Capture) and extraction is not None:
                self._watch.stored(event, extraction)

    def lookup(self, payload_digest: str) -> tuple[str, str, str] | None:
        """Find an earlier capture with this payload: its id, URL and date."""
        return self._reader().lookup(payload_digest)

    def lookup_url(self, url: str) -> tuple[str, str, str] | None:
        """Find the capture that an answer 304 confirms: its id, URL and date."""
        return self._reader().lookup_url(url)

    def _reader(self) -> Store:
        """Give a connection of its own for look-ups, which come while pages are read and stored."""
        if self._reading is None:
            self._reading = Store.open(self._session.store.path, readonly=True)
        return self._reading

    def close(self) -> None:
        """Finish the view of this crawl; the archive's files are closed by now."""
        if self._reading is not None:
            self._reading.close()
        store = self._session.store
        with store.transaction():
            store.finish()
        if self._own_session:
            try:
                self._session.finish_crawl(whole=self._whole)
            finally:
                self._session.close()
