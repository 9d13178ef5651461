"""What an item's page said before, for pages that come again with nothing new but tokens and counters.

Joomla puts fresh tokens and ids into every answer, so that no two are the same bytes though the page has not changed. A
rebuild of many crawls reads such a page once: what differs is blanked out, and what is left is compared. Only for K2's
item pages, of which it is known that nothing of what is blanked out is read.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.items import PageReading, ReviewRecord
from campbell_scraper.reading.page.decoding import header

from .ingest import Ready, extract, make_ready, ready_of
from .intake import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.archive.capture import Capture
    from campbell_scraper.items import PageRecord

    from .ingest import Extraction
    from .intake import Prepared

LAYOUT: Final = "k2-item"
SIZE: Final = 16_384
"""Pages remembered by one process, at about 2 kB each. Crawls bring all pages in turn: of more than this, none would be
remembered when it comes again."""
MAX_FOOTERS: Final = 64
_VOLATILE: Final = (
    (b"cloak", re.compile(rb"cloak[0-9a-f]{32}")),
    (b"addy", re.compile(rb"addy(?:_text)?[0-9a-f]{32}")),
    (b"csrf.token", re.compile(rb'"csrf\.token":"[0-9a-f]{32}"')),
    (b'" value="1"', re.compile(rb'name="[0-9a-f]{32}" value="1"')),
)
"""Tokens, each with bytes to look for first, which is faster by far."""
_HITS: Final = re.compile(rb'<span class="itemHits">\s*Read <b>\d+</b>')
_TOKEN: Final = re.compile(rb"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class _Said:
    """A reading without its content, and the hashes that the content has in the database."""

    reading: PageReading
    hashes: dict[str, str]


class Recall:
    """Reads captures as :func:`ingest.make_ready` does, remembering pages.

    What it gives for a remembered page lacks the content, which it gave before: all of it must reach one database.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._pages: OrderedDict[bytes, _Said] = OrderedDict()
        self._footers: dict[tuple[str, str], PageRecord] = {}

    def ready(self, capture: Capture) -> Ready:
        """Give what a capture brings. Never raises."""
        if capture.payload is None or capture.status != 200 or capture.mime != "text/html" or capture.truncated:
            return make_ready(capture)
        try:
            body = capture.payload()
        except PayloadError:
            return make_ready(capture)
        key = _fingerprint(capture.url, header(capture.headers, "content-type") or "", body)
        said = self._pages.pop(key, None)
        if said is not None:
            self._pages[key] = said
            return Ready(capture.url, prepare(capture, said.reading.kind, said.reading, known=said.hashes))
        read = replace(capture, payload=lambda: body)
        extraction = extract(read)
        ready = ready_of(read, extraction)
        self._remember(key, body, extraction, ready)
        return ready

    def _remember(self, key: bytes, body: bytes, extraction: Extraction, ready: Ready) -> None:
        reading = extraction.reading
        if reading is None or reading.layout != LAYOUT or len(reading.reviews) != 1 or extraction.error:
            return
        # A token that found its way into what the page says would be another one the next time.
        tokens = {
            token[0]
            for mark, pattern in _VOLATILE
            if mark in body
            for match in pattern.finditer(body)
            if (token := _TOKEN.search(match[0]))
        }
        if tokens and _has_one_of(ready.prepared, [token.decode() for token in tokens]):
            return
        hashes = {name: hashed for seen in ready.prepared.sightings.values() for name, hashed in seen}
        said = reading.reviews[0]
        light = ReviewRecord(
            url=said.url,
            representation=said.representation,
            layout=said.layout,
            aliases=said.aliases,
            unhandled=said.unhandled,
        )
        pages = [self._shared(page) for page in reading.pages]
        self._pages[key] = _Said(
            PageReading(
                url=reading.url,
                kind=reading.kind,
                layout=LAYOUT,
                reviews=[light],
                pages=pages,
                unhandled=reading.unhandled,
                attached=reading.attached,
            ),
            hashes,
        )
        while len(self._pages) > self._size:
            self._pages.popitem(last=False)

    def _shared(self, page: PageRecord) -> PageRecord:
        """Give an equal record that is kept already: the footer of every page is one."""
        if len(self._footers) >= MAX_FOOTERS:
            self._footers.clear()
        kept = self._footers.setdefault((page.url, page.text), page)
        return kept if kept == page else page


def _has_one_of(prepared: Prepared, tokens: Sequence[str]) -> bool:
    """Tell whether any text of a capture's rows holds a token."""
    rows = [row for _, row in prepared.rows] + prepared.addresses
    for page, sections, files in prepared.pages:
        rows += [page, *sections, *files]
    text = "\0".join(cell for row in rows for cell in row if isinstance(cell, str))
    return any(token in text for token in tokens)


def _fingerprint(url: str, content_type: str, body: bytes) -> bytes:
    for mark, pattern in _VOLATILE:
        if mark in body:
            body = pattern.sub(b"\0", body)
    body = _HITS.sub(b"\0", body)
    hasher = hashlib.sha256(f"{url}\0{content_type}\0".encode("utf-8", "replace"))
    hasher.update(body)
    return hasher.digest()


_recall = Recall()
make_ready_recalling = _recall.ready
"""For worker processes, each of which works for one rebuild."""
