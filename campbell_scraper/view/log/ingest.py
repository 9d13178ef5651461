"""The one path from a capture to rows: crawl, rebuild, import and catch-up all go through :class:`Ingest`.

Only where captures come from differs. What a page says depends on its URL, headers and bytes alone, so the same
captures give the same rows, whatever their source, order of arrival or time of day.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Damage, Note, PayloadError
from campbell_scraper.archive.listen.archive_settings import MAX_WAITING
from campbell_scraper.archive.write.restore import is_archive_answer
from campbell_scraper.items import Kind, PageReading, Representation, ReviewRecord, Unhandled
from campbell_scraper.reading import read_page
from campbell_scraper.reading.page.decoding import header
from campbell_scraper.reading.page.links import review_id
from campbell_scraper.reading.pdf import PdfText, read_pdf

from .intake import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campbell_scraper.archive.capture import Event
    from campbell_scraper.view import Store

_TEXT_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "application/json", "application/xml", "text/xml", "text/plain"}
)
_REQUISITE_TYPES = frozenset(
    {
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
        "application/font-woff",
        "application/vnd.ms-fontobject",
        "application/font-sfnt",
        "application/x-font-ttf",
    }
)
_REQUISITE_FAMILIES = ("image/", "font/", "audio/", "video/")
_ANSWERED = 200
_KIND_OF_PATH = {"/robots.txt": Kind.ROBOTS, "/cdx/search/cdx": Kind.API}
"""By path alone; the second is the Wayback Machine's index of captures."""


class Extraction(NamedTuple):
    """What one capture says: its kind, the page's reading, and the text of a PDF."""

    kind: Kind
    reading: PageReading | None = None
    pdf: PdfText | None = None
    error: str | None = None


class _Readings:
    """Pages that a crawl's spider has read, until the sink stores them: each is parsed once, not twice."""

    def __init__(self, size: int = MAX_WAITING) -> None:
        self._readings: OrderedDict[tuple[str, bytes], PageReading] = OrderedDict()
        self._size = size
        self._lock = threading.Lock()

    def read(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> PageReading:
        """Read a page and keep what it says for :meth:`take`."""
        reading = read_page(url, headers, body)
        with self._lock:
            self._readings[_key(url, headers, body)] = reading
            while len(self._readings) > self._size:
                self._readings.popitem(last=False)
        return reading

    def take(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> PageReading:
        """Give what the spider has read of the page, and forget it; read it if it has not."""
        with self._lock:
            reading = self._readings.pop(_key(url, headers, body), None) if self._readings else None
        return reading or read_page(url, headers, body)


def _key(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> tuple[str, bytes]:
    content_type = header(headers, "content-type") or ""
    return url, hashlib.blake2b(body, key=content_type.encode()[:64], digest_size=16).digest()


_readings = _Readings()
read_and_keep = _readings.read


def extract(capture: Capture) -> Extraction:
    """Say what a capture is and what it says. Never raises: an unreadable payload is an ``error``."""
    kind = _kind_without_payload(capture)
    if kind is not None and kind is not Kind.PDF:
        return Extraction(kind)
    if capture.payload is None or capture.status != _ANSWERED:
        return Extraction(kind or Kind.OTHER)
    try:
        body = capture.payload()
    except PayloadError as error:
        return Extraction(kind or Kind.OTHER, error=str(error))
    if kind is Kind.PDF:
        return Extraction(kind, pdf=read_pdf(body))
    reading = _under_canonical(_readings.take(capture.url, capture.headers, body), capture.url)
    if capture.truncated:
        cut = Unhandled(kind="layout", value=f"truncated ({capture.truncated}): kept, not read")
        reading = replace(reading, reviews=[], pages=[], unhandled=[*reading.unhandled, cut])
    return Extraction(reading.kind, reading)


def _kind_without_payload(capture: Capture) -> Kind | None:
    """Kind of a capture where the URL or the media type decides it; None if the page must be read."""
    path = urlsplit(capture.url).path
    if path in _KIND_OF_PATH:
        return _KIND_OF_PATH[path]
    if is_archive_answer(capture.headers):
        # Another archive's copy is no page of that archive: the record restored from it is read instead.
        return Kind.OTHER
    mime = capture.mime or ""
    if mime in {"application/pdf", "application/x-pdf"} or (
        path.lower().endswith(".pdf") and mime in {"application/octet-stream", ""}
    ):
        return Kind.PDF
    if mime in _REQUISITE_TYPES or mime.startswith(_REQUISITE_FAMILIES):
        return Kind.REQUISITE
    if capture.status is None or mime not in _TEXT_TYPES:
        return Kind.OTHER
    return None


def _under_canonical(reading: PageReading, url: str) -> PageReading:
    """Mark the records of a page that was captured under another URL than its own.

    One item answers at many URLs under different menus and themes; compared with the item at its canonical address it
    would look like an edit.
    """
    here = review_id(url)
    if not any(r.representation is Representation.ITEM and review_id(r.url) != here for r in reading.reviews):
        return reading

    def marked(record: ReviewRecord) -> ReviewRecord:
        if record.representation is Representation.ITEM and review_id(record.url) != here:
            return replace(record, representation=Representation.ALIAS)
        return record

    return replace(reading, reviews=[marked(record) for record in reading.reviews])


@dataclass(slots=True)
class Ready:
    """What a capture brings, ready to be stored: made in any process, cheap to send to the one that writes."""

    url: str
    prepared: Prepared
    file_text: tuple[int | None, str | None, str | None] | None = None
    """Pages, text and error of a PDF."""
    error: str | None = None
    """Why the payload could not be read."""


def make_ready(capture: Capture) -> Ready:
    """Read a capture and make its rows. Never raises."""
    return ready_of(capture, extract(capture))


def unread(capture: Capture, reason: str) -> Ready:
    """Give what a capture brings whose payload ended or blocked the process that read it."""
    return ready_of(capture, Extraction(_kind_without_payload(capture) or Kind.OTHER, error=reason))


def ready_of(capture: Capture, extraction: Extraction) -> Ready:
    """Make the rows of a capture that was read."""
    prepared = prepare(capture, extraction.kind, extraction.reading or _unreadable(capture, extraction))
    return Ready(capture.url, prepared, _file_text(capture, extraction), extraction.error)


def _unreadable(capture: Capture, extraction: Extraction) -> PageReading | None:
    """Give the reading of a page whose payload cannot be had, which says why; None where nothing was to be read."""
    if extraction.error is None or extraction.kind is Kind.PDF:
        return None
    lost = Unhandled(kind="layout", value=f"kept, not read: {extraction.error}"[:200])
    return PageReading(url=capture.url, kind=extraction.kind, layout=None, unhandled=[lost])


def _file_text(capture: Capture, extraction: Extraction) -> tuple[int | None, str | None, str | None] | None:
    """Give pages, text and error of a PDF; None for what is none."""
    if extraction.kind is not Kind.PDF:
        return None
    if extraction.pdf is not None:
        return extraction.pdf.pages, extraction.pdf.text, extraction.pdf.error
    if extraction.error or capture.error or capture.status != _ANSWERED:
        return None, None, extraction.error or capture.error or f"HTTP {capture.status}"
    return None


class Ingest:
    """Feeds events into a store. Use one from one thread."""

    def __init__(self, store: Store, *, damaged: Callable[[Damage], None] | None = None) -> None:
        self._store = store
        self._damaged = damaged
        self.captures = 0

    def take(self, event: Event) -> Extraction | None:
        """Read and store one event inside the caller's transaction; gives what a capture said."""
        match event:
            case Capture():
                extraction = extract(event)
                self.take_ready(ready_of(event, extraction))
                return extraction
            case CrawlStart():
                self._store.crawl_started(event)
            case CrawlEnd():
                self._store.crawl_ended(event)
            case Note():
                self._store.note(event)
            case Damage():
                if self._damaged is not None:
                    self._damaged(event)
        return None

    def take_ready(self, ready: Ready) -> None:
        """Store a capture that was read elsewhere, inside the caller's transaction."""
        prepared = ready.prepared
        self._store.add_prepared(prepared)
        if ready.file_text is not None:
            pages, text, error = ready.file_text
            self._store.add_file_text(ready.url, prepared.capture_id, pages=pages, text=text, error=error)
        self.captures += 1
