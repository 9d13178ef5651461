"""Turns a capture and its reading into rows of the log and of the internal tables that versions are folded from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from campbell_scraper.items import Attachment, PageReading, PageRecord, Representation, ReviewRecord
from campbell_scraper.reading.page.links import path_of, site_of
from campbell_scraper.view.fold.composing import FIELDS, PROTECTED
from campbell_scraper.view.fold.stated_fields import stated
from campbell_scraper.view.keys import canonical_json, content_hash, post_address, review_key, storable, url_identity
from campbell_scraper.view.schema.internal_tables import (
    AddressRow,
    AliasRow,
    ContentRow,
    PostFilesRow,
    RepresentationRow,
    SignalRow,
)
from campbell_scraper.view.schema.log_tables import CaptureRow, DiscoveredRow, UnhandledRow
from campbell_scraper.view.schema.page_tables import (
    FileRow,
    MapCellRow,
    MapCodeRow,
    MapReferenceRow,
    PageRow,
    PageSectionRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.archive.capture import Capture, Note
    from campbell_scraper.view.schema import Row

_SIGNALS = {404: "gone", 410: "gone", 304: "not_modified"}
_MAX_CELLS = 1000
"""Cells of one reference of a map that are kept."""
_ASKING = frozenset({"GET", "HEAD"})


PageRows = tuple[PageRow, "list[Row]", list[FileRow]]
"""A page that is not a review: its row, the rows of its sections or of its map, and those of its files."""


@dataclass(slots=True)
class RowsOfCapture:
    """All rows that one capture brings: made in any process, stored by the one that writes."""

    capture_id: str
    captured_at: str
    crawl_id: str | None
    url: str
    rows: list[Row] = field(default_factory=list)
    """The row of the capture itself first."""
    sightings: dict[str, set[str]] = field(default_factory=dict)
    """Address of a review → its representations in this capture."""
    aliased: str | None = None
    """The capture's address, if its page names another as canonical."""
    signalled: str | None = None
    """review_id that a 404, 410 or 304 would concern."""
    addresses: list[AddressRow] = field(default_factory=list)
    pages: list[PageRows] = field(default_factory=list)
    unreadable: str | None = None
    """Why the capture could not be read."""


def rows_of_capture(capture: Capture, kind: str, reading: PageReading | None = None) -> RowsOfCapture:
    """Return the rows that a capture and its reading bring. A pure function: processes that read pages call it."""
    result = RowsOfCapture(capture.capture_id, capture.captured_at, capture.crawl_id, capture.url)
    result.rows.append(_capture_row(capture, kind))
    if capture.crawl_id is not None and capture.captured_at:
        result.rows.append(
            DiscoveredRow(
                crawl_id=capture.crawl_id,
                url=storable(capture.url),
                via=_text(capture.via),
                decision="fetched",
                capture_id=capture.capture_id,
                noted_at=capture.captured_at,
            )
        )
    _signal(result, capture)
    if reading is not None:
        _add_reading(result, capture, reading)
    return result


def _add_reading(result: RowsOfCapture, capture: Capture, reading: PageReading) -> None:
    reported = set()
    for record in _with_attachments(reading):
        _review(result, capture, record)
        values = [(item.kind, item.value) for item in record.unhandled]
        reported.update(values)
        result.rows += _unhandled(capture, record.url, values)
        result.rows += _offsite(capture, record)
    for post, files in reading.attached.items():
        if (address := post_address(post)) is not None:
            result.rows.append(
                PostFilesRow(
                    post=address,
                    captured_at=capture.captured_at,
                    capture_id=capture.capture_id,
                    files=canonical_json(files),
                )
            )
    page_level = [(item.kind, item.value) for item in reading.unhandled if (item.kind, item.value) not in reported]
    result.rows += _unhandled(capture, reading.url, page_level)
    for index, page in enumerate(reading.pages):
        attachments = reading.attachments if index == 0 and not reading.reviews else []
        result.pages.append(_page(capture, page, attachments))


def note_row(note: Note) -> DiscoveredRow | None:
    """Return the row of ``discovered`` for a note; None if it names no URL."""
    url = note.fields.get("url")
    if not url:
        return None
    return DiscoveredRow(
        crawl_id=note.crawl_id,
        url=storable(url),
        via=_text(note.fields.get("via")),
        hint_modified=_text(note.fields.get("hint_modified")),
        decision=storable(note.fields.get("decision") or "limit"),
        noted_at=note.noted_at,
    )


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def _capture_row(capture: Capture, kind: str) -> CaptureRow:
    values: dict[str, Any] = {name: getattr(capture, name) for name in CaptureRow.__slots__ if name != "kind"}
    texts = {name: storable(value) for name, value in values.items() if isinstance(value, str)}
    return CaptureRow.of(
        values | texts, kind=kind, captured_at=capture.captured_at or None, fetched_at=capture.fetched_at or None
    )


def _signal(result: RowsOfCapture, capture: Capture) -> None:
    kind = "not_modified" if capture.outcome == "unchanged" else _SIGNALS.get(capture.status or 0)
    if kind is None or capture.method not in _ASKING or not capture.captured_at:
        return
    result.signalled = review_key(capture.url)
    result.rows.append(
        SignalRow(
            review_id=result.signalled,
            at=capture.captured_at,
            kind=kind,
            capture_id=capture.capture_id,
            crawl_id=capture.crawl_id,
            url_identity=url_identity(capture.url),
        )
    )


def _with_attachments(reading: PageReading) -> list[ReviewRecord]:
    """Return the reading's reviews; if there is one item, the page's files are added to its own."""
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


def _review(result: RowsOfCapture, capture: Capture, record: ReviewRecord) -> None:
    review_id = review_key(record.url)
    representation = _representation(capture, record)
    result.addresses += _addresses(capture, record, review_id)
    here = review_key(capture.url)
    if record.representation is Representation.ALIAS and here != review_id:
        result.rows.append(
            AliasRow(address=here, captured_at=capture.captured_at, capture_id=capture.capture_id, review_id=review_id)
        )
        result.aliased = here
    representations = result.sightings.setdefault(review_id, set())
    if representation in representations:
        return
    representations.add(representation)
    fields = {name: getattr(record, name) for name in FIELDS}
    fields["status"] = "withdrawn" if record.withdrawn else "current"
    text = canonical_json(fields)
    hashed = content_hash(text)
    same = content_hash(canonical_json({**fields, "url": ""}))
    result.rows.append(
        ContentRow(content_hash=hashed, record=text, stated=canonical_json(sorted(stated(fields))), same=same)
    )
    result.rows.append(
        RepresentationRow(
            review_id=review_id,
            captured_at=capture.captured_at,
            capture_id=capture.capture_id,
            representation=representation,
            crawl_id=capture.crawl_id,
            content_hash=hashed,
            address=review_id,
        )
    )


def _representation(capture: Capture, record: ReviewRecord) -> str:
    """Name the representation so that like is compared with like: listings and aliases by the path they are at."""
    name = f"{PROTECTED if record.protected else ''}{record.representation}"
    if record.representation in {Representation.ITEM, Representation.REST}:
        return name
    return storable(f"{name}:{path_of(capture.url)}")[:500]


def _addresses(capture: Capture, record: ReviewRecord, review_id: str) -> list[AddressRow]:
    """Return the rows of ``_addresses`` that a record makes."""
    addresses = [(record.url, "canonical"), *((url, "alias") for url in record.aliases)]
    of_its_own = record.representation in {Representation.ITEM, Representation.ALIAS}
    if of_its_own and capture.url != record.url:
        addresses.append((capture.url, "alias"))
    return [AddressRow(address=review_id, url=storable(url), how=how) for url, how in addresses]


def _offsite(capture: Capture, record: ReviewRecord) -> list[DiscoveredRow]:
    """Note that the URL of a full review on another site was seen and not requested."""
    url = record.full_review_url
    if url is None or capture.crawl_id is None or capture.restored or site_of(url) == site_of(capture.url):
        return []
    return [
        DiscoveredRow(
            crawl_id=capture.crawl_id,
            url=storable(url),
            via=storable(capture.url),
            decision="offsite",
            noted_at=capture.captured_at,
        )
    ]


def _unhandled(capture: Capture, url: str, values: list[tuple[str, str]]) -> list[UnhandledRow]:
    return [
        UnhandledRow(crawl_id=capture.crawl_id, url=storable(url), kind=kind, value=storable(value))
        for kind, value in values
    ]


def _page(capture: Capture, page: PageRecord, attachments: list[Attachment]) -> PageRows:
    url = storable(page.url)
    row = PageRow(
        url=url,
        kind=page.kind,
        title=_text(page.title),
        tagline=_text(page.tagline),
        text=storable(page.text),
        capture_id=capture.capture_id,
        captured_at=capture.captured_at,
    )
    sections: list[Row] = [
        PageSectionRow(
            url=url,
            position=position,
            heading=storable(section.heading),
            text=storable(section.text),
            links=canonical_json(section.links),
        )
        for position, section in enumerate(page.sections, 1)
    ]
    files = [
        FileRow(url=storable(item.url), page_url=url, label=_text(item.label), language=item.language)
        for item in attachments
    ]
    return row, [*sections, *_map(url, page)], files


def _map(url: str, page: PageRecord) -> Iterator[Row]:
    """Yield the rows of a map: its codes, its references, and in which cells these stand."""
    axes: dict[int, str] = {}
    for position, code in enumerate(page.codes, 1):
        if code.is_leaf:
            axes[code.code] = code.axis
        yield MapCodeRow(
            url=url,
            code=code.code,
            position=position,
            name=storable(code.name),
            axis=code.axis,
            parent=code.parent,
            is_leaf=code.is_leaf,
        )
    for position, one in enumerate(page.references, 1):
        yield MapReferenceRow(
            url=url,
            position=position,
            item=_text(one.item),
            title=storable(one.title),
            authors=_text(one.authors),
            year=one.year,
            doi=_text(one.doi),
            link=_text(one.url),
            codes=canonical_json(one.codes),
        )
        rows: list[int | None] = [code for code in one.codes if axes.get(code) == "row"]
        columns: list[int | None] = [code for code in one.codes if axes.get(code) == "column"]
        cells = product(rows or [None], columns or [None]) if rows or columns else ()
        for number, (row_code, column_code) in enumerate(islice(cells, _MAX_CELLS), 1):
            yield MapCellRow(url=url, position=position, number=number, row_code=row_code, column_code=column_code)
