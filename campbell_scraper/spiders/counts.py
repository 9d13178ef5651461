"""How far a crawl is, in numbers, for whoever shows its progress. Needs nothing of Scrapy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How far a crawl is."""

    exchanges: int = 0
    """In the archive, failed ones included; as ``captures`` will have them."""
    failed: int = 0
    """Those of them without an answer."""
    pending: int = 0
    """Requests that are queued or under way."""
    replayed: int = 0
    """Answers that a resumed crawl took from its archive."""
    reviews: int = 0
    """Reviews read, each once."""
    received: int = 0
    """Bytes."""
    waits_for: str = ""
    """What the crawl is doing at the moment."""
    detected_source: str = ""
    """Which source the start page showed, as a sentence; "" if the source was named."""


class Progress(Protocol):
    """What shows a crawl's progress."""

    def update(self, counts: Counts) -> None:
        """Show the counts so far."""
