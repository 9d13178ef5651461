"""What a capture and its reading say, as rows of the log and of the hidden tables that versions are folded from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from campbell_scraper.items import Attachment, PageReading, PageRecord, Representation, ReviewRecord

from .compose import FIELDS
from .keys import canonical_json, content_hash, review_key, storable, url_identity

if TYPE_CHECKING:
    from campbell_scraper.archive.capture import Capture, Note

    from .rows import Rows

_GONE = frozenset({404, 410})
_NOT_MODIFIED = 304
_ASKING = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class Taken:
    """What one capture touched."""

    sightings: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """review_id → (representation, content_hash), each representation once."""
    signalled: str | None = None
    """review_id that a 404, 410 or 304 would concern."""


def take(rows: Rows, capture: Capture, kind: str, reading: PageReading | None) -> Taken:
    """Put the rows of one capture into the buffer; the capture itself first."""
    taken = Taken()
    rows.add("captures", _capture_row(capture, kind))
    if capture.crawl_id is not None:
        decision = (storable(capture.url), _text(capture.via), None, "fetched", capture.capture_id, capture.captured_at)
        rows.add("discovered", (capture.crawl_id, *decision))
    _signal(rows, capture, taken)
    if reading is not None:
        told = set()
        for record in _with_attachments(reading):
            _review(rows, capture, record, taken)
            told |= {(item.kind, item.value) for item in record.unhandled}
            _unhandled(rows, capture, record.url, [(item.kind, item.value) for item in record.unhandled])
        page_level = [(item.kind, item.value) for item in reading.unhandled if (item.kind, item.value) not in told]
        _unhandled(rows, capture, reading.url, page_level)
    return taken


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


def _capture_row(capture: Capture, kind: str) -> tuple[object, ...]:
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


def _signal(rows: Rows, capture: Capture, taken: Taken) -> None:
    if capture.method not in _ASKING or capture.status is None:
        return
    if capture.status in _GONE:
        kind = "gone"
    elif capture.status == _NOT_MODIFIED:
        kind = "not_modified"
    else:
        return
    taken.signalled = review_key(capture.url)
    address = url_identity(capture.url)
    place = (taken.signalled, capture.captured_at, kind, capture.capture_id)
    rows.add("_signals", (*place, capture.crawl_id, address, None))


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


def _review(rows: Rows, capture: Capture, record: ReviewRecord, taken: Taken) -> None:
    review_id = review_key(record.url)
    representation = _representation(capture, record)
    seen = taken.sightings.setdefault(review_id, [])
    if any(name == representation for name, _ in seen):
        return
    said = {name: getattr(record, name) for name in FIELDS}
    said["status"] = "withdrawn" if record.withdrawn else "current"
    text = canonical_json(said)
    hashed = content_hash(text)
    rows.add("_contents", (hashed, text))
    place = (review_id, capture.captured_at, capture.capture_id, representation)
    rows.add("_representations", (*place, capture.crawl_id, hashed))
    seen.append((representation, hashed))


def _representation(capture: Capture, record: ReviewRecord) -> str:
    """Name the representation so that like is compared with like: listings and aliases by the path they are at."""
    if record.representation in {Representation.ITEM, Representation.REST}:
        return str(record.representation)
    try:
        path = urlsplit(capture.url).path
    except ValueError:
        path = ""
    return storable(f"{record.representation}:{path}")[:500]


def address_rows(capture: Capture, reading: PageReading) -> list[tuple[str, str, str]]:
    """Give the rows of ``review_urls`` that a reading makes."""
    found = []
    for record in reading.reviews:
        review_id = review_key(record.url)
        found.append((review_id, storable(record.url), "canonical"))
        found += [(review_id, storable(url), "alias") for url in record.aliases]
        of_its_own = record.representation in {Representation.ITEM, Representation.ALIAS}
        if of_its_own and capture.url != record.url:
            found.append((review_id, storable(capture.url), "alias"))
    return found


def _unhandled(rows: Rows, capture: Capture, url: str, values: list[tuple[str, str]]) -> None:
    for kind, value in values:
        rows.add("unhandled", (capture.crawl_id, storable(url), kind, storable(value)))


def page_rows(
    capture: Capture, page: PageRecord, attachments: list[Attachment]
) -> tuple[tuple[object, ...], list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Give a page's row, the rows of its sections and those of its files."""
    url = storable(page.url)
    row = (url, page.kind, _text(page.title), _text(page.tagline), storable(page.text), capture.capture_id,
           capture.captured_at)  # fmt: skip
    sections: list[tuple[object, ...]] = [
        (url, position, storable(section.heading), storable(section.text), canonical_json(section.links))
        for position, section in enumerate(page.sections, 1)
    ]
    files: list[tuple[object, ...]] = [
        (storable(item.url), None, url, _text(item.label), item.language, None, None, None, None)
        for item in attachments
    ]
    return row, sections, files
