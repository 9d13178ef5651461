"""Who holds a payload already: what this crawl has written, then what the sink remembers of earlier ones."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import Holder

if TYPE_CHECKING:
    from campbell_scraper.archive.capture import Lookup

_REMEMBERED: Final = 20_000
"""Payloads and URLs of this crawl that are remembered where the sink offers no lookup of its own."""
_BUSY_SECONDS: Final = 30.0


class Holders:
    """Knows which capture holds a payload, or is the last good one of a URL."""

    def __init__(self, lookup: Lookup | None) -> None:
        self._lookup = lookup
        self._connection: sqlite3.Connection | None = None
        self._payloads: OrderedDict[str, Holder] = OrderedDict()
        self._urls: OrderedDict[str, Holder] = OrderedDict()
        self._new: deque[tuple[str, Holder] | None] = deque()

    def of_payload(self, digest: str) -> Holder | None:
        """Return who holds a payload; None for a new one."""
        if digest in self._payloads:
            return self._payloads[digest]
        return self._ask(self._lookup.of_payload, digest) if self._lookup else None

    def of_url(self, url: str) -> Holder | None:
        """Return the newest capture of a URL with status 200."""
        if url in self._urls:
            return self._urls[url]
        return self._ask(self._lookup.of_url, url) if self._lookup else None

    def written(self, holder: Holder, payload_digest: str | None) -> None:
        """Take note of a capture; with a digest, its record holds that payload whole."""
        if payload_digest is not None:
            _keep(self._payloads, payload_digest, holder)
            _keep(self._urls, holder.url, holder)
        if self._lookup:
            self._new.append((payload_digest, holder) if payload_digest is not None else None)

    def stored(self, count: int) -> None:
        """Take note that the sink has ``count`` more captures: memory does not grow with the crawl."""
        for _ in range(min(count, len(self._new))):
            if (new := self._new.popleft()) is not None:
                self._payloads.pop(new[0], None)
                if self._urls.get(new[1].url) is new[1]:
                    del self._urls[new[1].url]

    def close(self) -> None:
        """Close the sink's file: SQLite puts its log into it when the last one does, who must be the sink."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, query: str, value: str) -> Holder | None:
        if self._connection is None:
            assert self._lookup is not None
            if not self._lookup.database.is_file():
                return None
            address = f"{self._lookup.database.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
        row = self._connection.execute(query, (value,)).fetchone()
        return Holder(*row) if row else None


def _keep(memory: OrderedDict[str, Holder], key: str, holder: Holder) -> None:
    memory[key] = holder
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
