"""What a capture and its reading say, as rows of the log and of the hidden tables that versions are folded from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from campbell_scraper.items import Attachment, PageReading, PageRecord, Representation, ReviewRecord
from campbell_scraper.reading.page.links import site_of
from campbell_scraper.view.fold.composing import FIELDS
from campbell_scraper.view.fold.stated import stated
from campbell_scraper.view.keys import canonical_json, content_hash, post_address, review_key, storable, url_identity

if TYPE_CHECKING:
    from campbell_scraper.archive.capture import Capture, Note

_GONE = frozenset({404, 410})
_NOT_MODIFIED = 304
_ASKING = frozenset({"GET", "HEAD"})


Row = tuple[Any, ...]
Page = tuple[Row, list[Row], list[Row]]
"""A page that is no review: its row, the rows of its sections and those of its files."""


@dataclass(slots=True)
class CaptureRows:
    """All that one capture brings, as rows of plain values: made anywhere, stored by the one writer."""

    capture_id: str
    captured_at: str
    crawl_id: str | None
    url: str
    rows: list[tuple[str, Row]] = field(default_factory=list)
    """(table, values), the capture itself first."""
    sightings: dict[str, set[str]] = field(default_factory=dict)
    """Address of a review → its representations in this capture."""
    aliased: str | None = None
    """Address whose page names another as its own."""
    signalled: str | None = None
    """review_id that a 404, 410 or 304 would concern."""
    addresses: list[Row] = field(default_factory=list)
    """Rows of ``_addresses``."""
    pages: list[Page] = field(default_factory=list)
    unreadable: str | None = None
    """Why the payload could not be read."""


def rows_of_capture(capture: Capture, kind: str, reading: PageReading | None = None) -> CaptureRows:
    """Return what a capture and its reading bring. Pure: the processes that read pages do it."""
    prepared = CaptureRows(capture.capture_id, capture.captured_at, capture.crawl_id, capture.url)
    rows = prepared.rows
    rows.append(("captures", _capture_row(capture, kind)))
    if capture.crawl_id is not None:
        decision = (storable(capture.url), _text(capture.via), None, "fetched", capture.capture_id, capture.captured_at)
        rows.append(("discovered", (capture.crawl_id, *decision)))
    _signal(prepared, capture)
    if reading is not None:
        told = set()
        for record in _with_attachments(reading):
            _review(prepared, capture, record)
            told |= {(item.kind, item.value) for item in record.unhandled}
            _unhandled(rows, capture, record.url, [(item.kind, item.value) for item in record.unhandled])
            _offsite(rows, capture, record)
        for post, files in reading.attached.items():
            if (address := post_address(post)) is not None:
                row = (address, capture.captured_at, capture.capture_id, canonical_json(files))
                rows.append(("_post_files", row))
        page_level = [(item.kind, item.value) for item in reading.unhandled if (item.kind, item.value) not in told]
        _unhandled(rows, capture, reading.url, page_level)
        for index, page in enumerate(reading.pages):
            attachments = reading.attachments if index == 0 and not reading.reviews else []
            prepared.pages.append(_page(capture, page, attachments))
    return prepared


def note_row(note: Note) -> tuple[str, str, str | None, str | None, str, None, str] | None:
    """Give the row of ``discovered`` that a note makes; None if it is about no URL."""
    url = note.fields.get("url")
    if not url:
        return None
    decision = note.fields.get("decision") or "limit"
    hint = _text(note.fields.get("hint_modified"))
    via = _text(note.fields.get("via"))
    return note.crawl_id, storable(url), via, hint, storable(decision), None, note.noted_at


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def _capture_row(capture: Capture, kind: str) -> Row:
    return (
        capture.capture_id,
        capture.crawl_id,
        capture.method,
        storable(capture.url),
        storable(capture.url_key),
        capture.captured_at,
        capture.fetched_at,
        _text(capture.source_uri),
        int(capture.restored),
        capture.status,
        _text(capture.mime),
        kind,
        capture.outcome,
        _text(capture.error),
        _text(capture.redirect_to),
        capture.refers_to,
        _text(capture.via),
        capture.hops,
        _text(capture.etag),
        _text(capture.last_modified),
        capture.payload_digest,
        capture.payload_length,
        capture.truncated,
        capture.warc_file,
        capture.warc_offset,
        capture.warc_length,
    )


def _signal(prepared: CaptureRows, capture: Capture) -> None:
    if capture.method not in _ASKING or capture.status is None:
        return
    if capture.status in _GONE:
        kind = "gone"
    elif capture.status == _NOT_MODIFIED:
        kind = "not_modified"
    else:
        return
    prepared.signalled = review_key(capture.url)
    address = url_identity(capture.url)
    place = (prepared.signalled, capture.captured_at, kind, capture.capture_id)
    prepared.rows.append(("_signals", (*place, capture.crawl_id, address, None)))


def _with_attachments(reading: PageReading) -> list[ReviewRecord]:
    """Give the reading's reviews; the files of an item's page are the item's."""
    items = [record for record in reading.reviews if record.representation is not Representation.LISTING]
    if len(items) != 1 or not reading.attachments:
        return reading.reviews
    record = items[0]
    known = {item.url for item in record.attachments}
    more = [item for item in reading.attachments if item.url not in known]
    if not more:
        return reading.reviews
    whole = replace(record, attachments=[*record.attachments, *more])
    return [whole if other is record else other for other in reading.reviews]


def _review(prepared: CaptureRows, capture: Capture, record: ReviewRecord) -> None:
    review_id = review_key(record.url)
    representation = _representation(capture, record)
    prepared.addresses += _addresses(capture, record, review_id)
    here = review_key(capture.url)
    if record.representation is Representation.ALIAS and here != review_id:
        prepared.rows.append(("_aliases", (here, capture.captured_at, capture.capture_id, review_id)))
        prepared.aliased = here
    seen = prepared.sightings.setdefault(review_id, set())
    if representation in seen:
        return
    seen.add(representation)
    said = {name: getattr(record, name) for name in FIELDS}
    said["status"] = "withdrawn" if record.withdrawn else "current"
    text = canonical_json(said)
    hashed = content_hash(text)
    prepared.rows.append(("_contents", (hashed, text, canonical_json(sorted(stated(said))))))
    place = (review_id, capture.captured_at, capture.capture_id, representation)
    prepared.rows.append(("_representations", (*place, capture.crawl_id, hashed, review_id)))


def _representation(capture: Capture, record: ReviewRecord) -> str:
    """Name the representation so that like is compared with like: listings and aliases by the path they are at."""
    if record.representation in {Representation.ITEM, Representation.REST}:
        return str(record.representation)
    try:
        path = urlsplit(capture.url).path
    except ValueError:
        path = ""
    return storable(f"{record.representation}:{path}")[:500]


def _addresses(capture: Capture, record: ReviewRecord, review_id: str) -> list[Row]:
    """Give the rows of ``_addresses`` that a record makes."""
    found: list[Row] = [(review_id, storable(record.url), "canonical")]
    found += [(review_id, storable(url), "alias") for url in record.aliases]
    of_its_own = record.representation in {Representation.ITEM, Representation.ALIAS}
    if of_its_own and capture.url != record.url:
        found.append((review_id, storable(capture.url), "alias"))
    return found


def _offsite(rows: list[tuple[str, Row]], capture: Capture, record: ReviewRecord) -> None:
    """Say of a full review elsewhere that its address was seen and not asked for."""
    url = record.full_review_url
    if url is None or capture.crawl_id is None or capture.restored or site_of(url) == site_of(capture.url):
        return
    decision = (storable(capture.url), None, "offsite", None, capture.captured_at)
    rows.append(("discovered", (capture.crawl_id, storable(url), *decision)))


def _unhandled(rows: list[tuple[str, Row]], capture: Capture, url: str, values: list[tuple[str, str]]) -> None:
    for kind, value in values:
        rows.append(("unhandled", (capture.crawl_id, storable(url), kind, storable(value))))


def _page(capture: Capture, page: PageRecord, attachments: list[Attachment]) -> Page:
    url = storable(page.url)
    row = (url, page.kind, _text(page.title), _text(page.tagline), storable(page.text), capture.capture_id,
           capture.captured_at)  # fmt: skip
    sections: list[Row] = [
        (url, position, storable(section.heading), storable(section.text), canonical_json(section.links))
        for position, section in enumerate(page.sections, 1)
    ]
    files: list[Row] = [
        (storable(item.url), None, url, _text(item.label), item.language, None, None, None, None)
        for item in attachments
    ]
    return row, sections, files
