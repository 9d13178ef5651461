"""How far a crawl is, in numbers: what a crawl tells whoever shows its progress. Needs nothing of Scrapy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How far a crawl is."""

    exchanges: int = 0
    """In the archive, failed ones included; as ``captures`` will have them."""
    failed: int = 0
    """Of them without an answer."""
    pending: int = 0
    """Requests known so far that are still to come or under way."""
    replayed: int = 0
    """Answers that a crawl that was resumed had already."""
    reviews: int = 0
    """Read, each once."""
    received: int = 0
    """Bytes."""
    waits_for: str = ""
    """What goes on at the moment."""
    found: str = ""
    """What the site was found to be, where it had to show it itself."""


class Progress(Protocol):
    """Whoever shows a crawl's progress."""

    def update(self, counts: Counts) -> None:
        """Show the counts so far."""
