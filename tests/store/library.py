"""Captures and readings as a crawl would hand them over, for the store's tests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Note
from campbell_scraper.items import Kind, PageReading, Representation, ReviewRecord, Section, Summary
from campbell_scraper.view.keys import url_identity
from campbell_scraper.view.log.intake import RowsOfCapture, rows_of_capture
from campbell_scraper.view.schema.internal_tables import FileTextRow
from campbell_scraper.view.store import Store

if TYPE_CHECKING:
    from pathlib import Path

SITE = "https://www.campbellcollaboration.org"
GANGS = f"{SITE}/better-evidence/youth-gangs.html"
GANGS_ID = "better-evidence/youth-gangs"


def at(day: float) -> str:
    """Return a time: days since the first of January 2020, as WARC-Date has it."""
    whole, seconds = int(day), round((day - int(day)) * 86_400)
    month, date = divmod(whole, 28)
    return f"2020-{month + 1:02}-{date + 1:02}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000000Z"


def capture(url: str, day: float, *, crawl: str | None = "c1", number: int = 0, **more: Any) -> Capture:
    """Return a capture whose id depends on its URL, day and number only."""
    digest = hashlib.sha256(f"{url} {day} {number}".encode()).hexdigest()
    fields: dict[str, Any] = {
        "status": 200,
        "mime": "text/html",
        "warc_file": "a.warc.gz",
        "warc_offset": int(day * 1e6),
        "warc_length": 10,
        "payload_digest": f"sha256:{digest}",
        "payload_length": 9,
    }
    fields |= more
    return Capture(capture_id=f"urn:uuid:{digest[:32]}", crawl_id=crawl, method="GET", url=url, url_key=url,
                   captured_at=at(day), fetched_at=at(day), **fields)  # fmt: skip


def review(url: str = GANGS, representation: Representation = Representation.ITEM, **said: Any) -> ReviewRecord:
    said.setdefault("layout", "k2-item")
    return ReviewRecord(url=url, representation=representation, **said)


def reading(*reviews: ReviewRecord, url: str | None = None, **more: Any) -> PageReading:
    return PageReading(
        url=url or (reviews[0].url if reviews else SITE), kind=Kind.REVIEW, layout="k2-item", reviews=[*reviews], **more
    )


def summary(text: str, language: str = "en", heading: str = "What is this review about?", **more: Any) -> Summary:
    section = Section(heading=heading, level=2, kind="about", text=text)
    label = {"en": "English", "nb": "Norwegian", "zh": "Chinese"}.get(language)
    return Summary(language=language, language_label=label, text=text, sections=[section], **more)


def start(crawl: str, day: float, source: str = "live") -> CrawlStart:
    info = {"crawl-source": source, "crawl-site": SITE, "crawl-library": "campbell", "crawl-arguments": "crawl"}
    return CrawlStart(crawl_id=crawl, started_at=at(day), software="campbell-scraper/0.1.0", info=info)


def end(crawl: str, day: float, *, complete: bool = True, status: str = "finished") -> CrawlEnd:
    info = {"count-requests": "3", "discovery_complete": "1" if complete else "0"}
    return CrawlEnd(crawl_id=crawl, finished_at=at(day), status=status, info=info)


def note(crawl: str, day: float, url: str, decision: str = "robots", **more: str) -> Note:
    return Note(crawl_id=crawl, noted_at=at(day), fields={"url": url, "decision": decision, "via": SITE, **more})


def show(store: Store, day: float, *reviews: ReviewRecord, crawl: str = "c1", url: str | None = None) -> Capture:
    """Store a capture that shows the reviews; gives the capture."""
    seen = capture(url or (reviews[0].url if reviews else SITE), day, crawl=crawl)
    store.take(rows_of_capture(seen, "review", reading(*reviews, url=seen.url)))
    return seen


def file_text(seen: Capture, pages: int | None, text: str | None, error: str | None) -> RowsOfCapture:
    """Return the rows of a captured PDF with its text."""
    rows = rows_of_capture(seen, "pdf")
    place = {"url_identity": url_identity(seen.url), "captured_at": seen.captured_at, "capture_id": seen.capture_id}
    rows.rows.append(FileTextRow(**place, pages=pages, text=text, error=error))
    return rows


def versions(store: Store, review_id: str = GANGS_ID) -> list[dict[str, Any]]:
    store.finish()
    names = ("version", "valid_from", "valid_to", "record")
    rows = store.connection.execute(
        f"SELECT {', '.join(names)} FROM review_versions WHERE review_id = ? ORDER BY version", (review_id,)
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def changes(store: Store, review_id: str = GANGS_ID) -> list[tuple[Any, ...]]:
    store.finish()
    return store.connection.execute(
        "SELECT version, field, old, new FROM changes WHERE review_id = ? ORDER BY version, field", (review_id,)
    ).fetchall()


def state(store: Store, column: str, review_id: str = GANGS_ID) -> Any:
    store.finish()
    row = store.connection.execute(f"SELECT {column} FROM reviews WHERE review_id = ?", (review_id,)).fetchone()
    return None if row is None else row[0]


def feed(path: Path, events: list[Any], *, bulk: bool = False, finish_every: int = 0) -> Path:
    """Store events (``(capture, reading)``, CrawlStart, CrawlEnd, Note) in that order into a new database."""
    with Store.open(path, library="campbell", bulk=bulk) as store:
        for number, event in enumerate(events, 1):
            with store.transaction():
                if isinstance(event, tuple):
                    seen, says = event
                    event = rows_of_capture(seen, "review" if says else "other", says)  # noqa: PLW2901
                store.take(event)
            if finish_every and number % finish_every == 0:
                store.finish()
        store.finish()
    return path
