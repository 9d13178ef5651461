"""What a capture says, as rows: its kind, the reading of its page, the text of a PDF.

What a page says depends on its URL, headers and bytes alone, so the same captures give the same rows, whatever their
source, order of arrival or time of day.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.read.payload import RevisitPayload
from campbell_scraper.archive.watched_processes import limited_memory
from campbell_scraper.archive.write.restore import is_archive_answer
from campbell_scraper.items import Kind, PageReading, Representation, ReviewRecord, Unhandled
from campbell_scraper.reading.layouts.eppi_maps import EppiMap
from campbell_scraper.reading.page.links import path_of, review_id
from campbell_scraper.reading.page_reading import is_requisite, read_page, read_without_facts
from campbell_scraper.reading.pdf import PdfText, read_pdf
from campbell_scraper.view.keys import content_hash, url_identity
from campbell_scraper.view.schema.internal_tables import FileTextRow, RobotsRow

from .intake import RowsOfCapture, rows_of_capture

if TYPE_CHECKING:
    from campbell_scraper.archive.capture import Capture

_TEXT_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "application/json", "application/xml", "text/xml", "text/plain"}
)
_ANSWERED = 200
_NOT_MODIFIED = 304
_KIND_OF_PATH = {"/robots.txt": Kind.ROBOTS, "/cdx/search/cdx": Kind.API}
"""Kinds by path alone; the second is the Wayback Machine's index of captures."""


class Extraction(NamedTuple):
    """What one capture says: its kind, the page's reading, and the text of a PDF."""

    kind: Kind
    reading: PageReading | None = None
    pdf: PdfText | None = None
    robots: str | None = None
    """The text of a robots.txt."""
    error: str | None = None


def extract(capture: Capture, *, with_facts: bool = True) -> Extraction:
    """Return what a capture is and says, with or without facts; an unreadable payload is an ``error``.

    Raises MemoryError if the machine has less than a page may take, and Unfinished or DamagedError if an object store
    does not give the payload.
    """
    kind = _kind_without_payload(capture)
    if not needs_reading(capture):
        return Extraction(kind or Kind.OTHER, error=None if capture.captured_at else capture.error)
    with limited_memory() as is_limited:
        try:
            return _read_payload(capture, kind, is_limited=is_limited, with_facts=with_facts)
        except MemoryError:
            if not is_limited:
                raise
            return Extraction(kind or Kind.OTHER, error="memory limit")


def _read_payload(capture: Capture, kind: Kind | None, *, is_limited: bool, with_facts: bool) -> Extraction:
    assert capture.payload is not None
    try:
        body = capture.payload()
        body = http.unpacked(body) if _is_packed(capture) else body
    except PayloadError as error:
        return Extraction(kind or Kind.OTHER, error=str(error))
    if capture.status is None:
        return Extraction(Kind.OTHER, error="an answer without a status line")
    if kind is Kind.ROBOTS:
        return Extraction(kind, robots=body.decode("utf-8", "replace"))
    if kind is Kind.PDF:
        return Extraction(kind, pdf=read_pdf(body, is_limited=is_limited))
    read = read_page if with_facts else read_without_facts
    reading = _under_canonical(read(capture.url, capture.headers, body), capture.url)
    codings = [coding for coding in http.content_codings(capture.headers) if coding not in http.NO_CODINGS]
    if codings and len(body) == capture.payload_length:
        plain = Unhandled(kind="coding", value=f"Content-Encoding {', '.join(codings)}: read as it stands")
        reading = replace(reading, unhandled=[*reading.unhandled, plain])
    is_cut = capture.truncated and reading.layout != EppiMap.layout  # a map is read as far as it goes
    reason = f"truncated ({capture.truncated})" if is_cut else None
    if reason:
        cut = Unhandled(kind="layout", value=f"{reason}: kept, not read")
        reading = replace(reading, reviews=[], pages=[], unhandled=[*reading.unhandled, cut])
    return Extraction(reading.kind, reading, error=reason)


def needs_reading(capture: Capture) -> bool:
    """Tell whether a capture's payload must be read: it says more than URL and headers, or there are no headers."""
    if capture.payload is None or not capture.captured_at:
        return False
    return capture.status is None or (
        capture.status == _ANSWERED and _kind_without_payload(capture) in {None, Kind.PDF, Kind.ROBOTS}
    )


def resolved(capture: Capture) -> Capture:
    """Return a capture whose payload another process can read: a revisit's is found first. Raises PayloadError."""
    payload = capture.payload
    return replace(capture, payload=payload.resolve()) if isinstance(payload, RevisitPayload) else capture


def _kind_without_payload(capture: Capture) -> Kind | None:
    """Return a capture's kind where the URL or the media type decides it; None if the page must be read."""
    path = path_of(capture.url)
    if path in _KIND_OF_PATH:
        return _KIND_OF_PATH[path]
    if is_archive_answer(capture.headers):
        # Another archive's copy is not a page of that archive: the record restored from it is read instead.
        return Kind.OTHER
    mime = capture.mime or ""
    if mime in {"application/pdf", "application/x-pdf"} or (
        path.lower().endswith(".pdf") and mime in {"application/octet-stream", ""}
    ):
        return Kind.PDF
    if is_requisite(mime):
        return Kind.REQUISITE
    if capture.status is None or not (mime in _TEXT_TYPES or _is_packed(capture)):
        return Kind.OTHER
    return None


def _is_packed(capture: Capture) -> bool:
    """Tell whether a capture is of a gzipped sitemap."""
    return path_of(capture.url).lower().endswith(".xml.gz")


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


def read_capture(capture: Capture) -> RowsOfCapture:
    """Read a capture and return its rows. Raises as :func:`extract` does."""
    return rows_of_extraction(capture, extract(capture))


def unread(capture: Capture, reason: str) -> RowsOfCapture:
    """Return the rows of a capture whose payload ended or blocked the process that read it."""
    return rows_of_extraction(capture, Extraction(_kind_without_payload(capture) or Kind.OTHER, error=reason))


def rows_of_extraction(capture: Capture, extraction: Extraction) -> RowsOfCapture:
    """Return the rows of a capture, and of what it says."""
    rows = rows_of_capture(capture, extraction.kind, extraction.reading or _unreadable(capture, extraction))
    rows.unreadable = extraction.error
    if extraction.robots is not None:
        rows.rows.append(RobotsRow(capture_id=capture.capture_id, said=content_hash(extraction.robots)))
    if (file_text := _file_text(capture, extraction)) is not None:
        rows.rows.append(file_text)
    return rows


def _unreadable(capture: Capture, extraction: Extraction) -> PageReading | None:
    """Return a reading that says why a page could not be read; None if nothing was to be read."""
    if extraction.error is None or extraction.kind in {Kind.PDF, Kind.ROBOTS}:
        return None
    lost = Unhandled(kind="layout", value=f"kept, not read: {extraction.error}"[:200])
    return PageReading(url=capture.url, kind=extraction.kind, layout=None, unhandled=[lost])


def _file_text(capture: Capture, extraction: Extraction) -> FileTextRow | None:
    """Return the row of a PDF's text, or of why it has none; None if it is not a PDF, or unchanged."""
    if extraction.kind is not Kind.PDF or capture.status == _NOT_MODIFIED:
        return None
    pages = text = None
    error = extraction.error or capture.error or (None if capture.status == _ANSWERED else f"HTTP {capture.status}")
    if extraction.pdf is not None:
        pages, text, error = extraction.pdf.pages, extraction.pdf.text, extraction.pdf.error
    elif error is None:
        return None
    return FileTextRow(
        url_identity=url_identity(capture.url),
        captured_at=capture.captured_at,
        capture_id=capture.capture_id,
        pages=pages,
        text=text,
        error=error,
    )
