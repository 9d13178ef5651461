"""Item pages that repeat with nothing new: read once in a derivation.

Joomla puts fresh tokens into every answer, so that no two have the same bytes though the page has not changed. In K2
pages tokens and counters are blanked out, and the rest is compared; of a page whose reading is kept (``view/parts``),
the digest of that reading is. In an archive of many crawls most pages repeat: without this a rebuild reads them all
again and takes more than twice the time (docs/performance.md).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.items import Representation
from campbell_scraper.reading.page.decoding import header_value
from campbell_scraper.view.schema.internal_tables import ContentRow
from campbell_scraper.view.schema.log_tables import CaptureRow

from .intake import rows_of_capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.archive.capture import Capture
    from campbell_scraper.view.schema import Row
    from campbell_scraper.view.schema.table_model import AnyRow

    from .intake import PageRows, RowsOfCapture

SIZE: Final = 16_384
"""Pages remembered, at about 3 kB each: the first ones, since crawls bring all pages in turn."""
MAX_BYTES: Final = 1024 * 1024
"""Longer payloads, as stored, are read each time."""
_LAYOUT: Final = b'class="itemHits"'
_TOKENS: Final = (
    re.compile(rb"cloak([0-9a-f]{32})"),
    re.compile(rb"addy(?:_text)?([0-9a-f]{32})"),
    re.compile(rb'"csrf\.token":"([0-9a-f]{32})"'),
    re.compile(rb'name="([0-9a-f]{32})" value="1"'),
)
"""Each begins with fixed letters, which ``re`` finds much faster than alternatives."""
_HITS: Final = re.compile(rb'<span class="itemHits">\s*Read <b>\d+</b>')


@dataclass(slots=True)
class _Asked:
    """A page that is being read."""

    key: bytes
    tokens: set[str]
    capture: Capture


class UnchangedPages:
    """Pages read before in one derivation, whose rows all go into one database."""

    def __init__(self) -> None:
        self._rows: dict[bytes, RowsOfCapture] = {}
        self._asked: dict[str, _Asked] = {}
        self._shared: dict[str, PageRows] = {}

    def rows(self, capture: Capture, reading: bytes | None = None) -> RowsOfCapture | None:
        """Return the rows of a capture whose page was read before; None if it has to be read, see :meth:`learn`.

        ``reading`` is a digest of what the page says, if that is known: then the page is not looked at.
        """
        if reading is not None:
            return self._known(capture, _key(capture, reading), b"")
        if capture.mime != "text/html" or capture.truncated or (capture.payload_length or 0) > MAX_BYTES:
            return None
        assert capture.payload is not None
        try:
            body = capture.payload()
        except PayloadError:
            return None
        if _LAYOUT not in body:
            return None
        blanked = body
        for pattern in (*_TOKENS, _HITS):
            blanked = pattern.sub(b"\0", blanked)
        return self._known(capture, _key(capture, blanked), body)

    def _known(self, capture: Capture, key: bytes, body: bytes) -> RowsOfCapture | None:
        """Return the rows of a page of this key; remember the tokens in ``body`` if there are none."""
        known = self._rows.get(key)
        if known is None:
            tokens = {token.decode() for pattern in _TOKENS for token in pattern.findall(body)}
            self._asked[capture.capture_id] = _Asked(key, tokens, capture)
            return None
        return _of(capture, known)

    def learn(self, read: RowsOfCapture) -> None:
        """Remember the rows of a page, once it was read."""
        asked = self._asked.pop(read.capture_id, None)
        if asked is None or len(self._rows) >= SIZE or read.unreadable is not None or not _is_item(read):
            return
        if any(token in text for text in _texts(read) for token in asked.tokens):
            return  # a token in a row would differ the next time
        kind = next(row.kind for row in read.rows if isinstance(row, CaptureRow))
        own = len(rows_of_capture(asked.capture, kind).rows)
        kept = [row for row in read.rows[own:] if not isinstance(row, ContentRow)]  # content is stored once
        self._rows[asked.key] = replace(
            read, rows=[*read.rows[:1], *kept], pages=[self._page(one) for one in read.pages]
        )

    def _page(self, page: PageRows) -> PageRows:
        """Return an equal page that is held already: every item's page has the same footer."""
        row, sections, files = page
        blank = replace(row, capture_id="", captured_at=""), sections, files
        held = self._shared.setdefault(row.url, blank)
        return held if held == blank else blank


def _key(capture: Capture, said: bytes) -> bytes:
    """Return the digest of all that a page's rows are made from: of the capture what they depend on, and ``said``."""
    kind = header_value(capture.headers, "content-type")
    description = repr((capture.url, kind, capture.method, capture.restored, capture.crawl_id is None))
    return hashlib.sha256(description.encode() + b"\0" + said).digest()


def _is_item(read: RowsOfCapture) -> bool:
    """Tell whether a page is the one of a single item, at its own address or under another menu."""
    kinds = {kind.partition(":")[0] for seen in read.sightings.values() for kind in seen}
    return len(read.sightings) == 1 and kinds <= {Representation.ITEM, Representation.ALIAS}


def _texts(read: RowsOfCapture) -> Iterator[str]:
    every: list[Row] = [*read.rows, *read.addresses]
    for row, sections, files in read.pages:
        every += [row, *sections, *files]
    for one in every:
        yield from (value for value in one.values() if isinstance(value, str))


def _of(capture: Capture, known: RowsOfCapture) -> RowsOfCapture:
    """Return rows as if they had been read from this capture."""
    first, *others = known.rows
    assert isinstance(first, CaptureRow)
    result = rows_of_capture(capture, first.kind)
    result.rows += [_moved(row, capture) for row in others]
    result.sightings, result.aliased, result.addresses = known.sightings, known.aliased, known.addresses
    result.pages = [(_moved(row, capture), sections, files) for row, sections, files in known.pages]
    return result


def _moved(row: AnyRow, capture: Capture) -> AnyRow:
    """Return a row as that of another capture."""
    of_the_capture = {
        "capture_id": capture.capture_id,
        "captured_at": capture.captured_at,
        "crawl_id": capture.crawl_id,
        "noted_at": capture.captured_at,
    }
    values = {name: value for name, value in of_the_capture.items() if getattr(row, name, None) is not None}
    return replace(row, **values)  # type: ignore[type-var]  # table() makes rows dataclasses
