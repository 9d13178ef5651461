"""How far a run is, in one line on standard error: replaced on a terminal; elsewhere a crawl prints one a minute.

Only what a crawl detected and did goes to standard output, in a line each.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.text import Text

from campbell_scraper.faces.export.citations.clean_text import one_line
from campbell_scraper.spiders.counts import Counts

from .plain_console import PlainConsole

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SECONDS_BETWEEN_LINES = 60.0
WIDTH = 79
"""Columns of a line; a terminal may be narrower."""
_WINDOW = 60.0
"""Seconds over which the rate is taken."""


class StatusLine:
    """One line on standard error that is replaced. Used as a context manager around what takes long."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or PlainConsole(stderr=True)
        self._began = time.monotonic()
        self._text = ""
        self._live = Live(get_renderable=self._shown, console=self.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self.console.is_terminal:
            self._live.stop()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def tell(self, text: str) -> None:
        """Show what is done at the moment, if there is a terminal."""
        self._text = text

    def line(self) -> str:
        """Return the line as it is now."""
        return f"{self._text} ({span(self.elapsed)})"

    def _shown(self) -> RenderableType:
        return Text(self.line()[: min(WIDTH, self.console.width - 1)], no_wrap=True, overflow="ellipsis")


class CrawlProgress(StatusLine):
    """Shows a crawl's counts (see ``spiders.counts.Progress``)."""

    def __init__(self, console: Console | None = None) -> None:
        self._counts = Counts()
        self._past: deque[tuple[float, int]] = deque()
        super().__init__(console)
        self._last_line = self._began

    def __exit__(self, *exc_info: object) -> None:
        super().__exit__(*exc_info)
        if self._counts.exchanges or self._counts.replayed:
            self._say(self.last_line())

    def update(self, counts: Counts) -> None:
        """Show the counts so far."""
        now = time.monotonic()
        if counts.detected_source and not self._counts.detected_source:
            self._say(counts.detected_source)
        self._counts = counts
        self._past.append((now, counts.exchanges))
        while now - self._past[0][0] > _WINDOW:
            self._past.popleft()
        if not self.console.is_terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self.console.print(self.line()[:WIDTH], highlight=False, markup=False, soft_wrap=True)

    @staticmethod
    def _say(text: str) -> None:
        PlainConsole().print(one_line(text), soft_wrap=True)

    def line(self) -> str:
        """Return how much is done of about how many, the rate, the time left, the bytes, and what goes on."""
        counts = self._counts
        known = counts.exchanges + counts.pending
        parts = [
            f"{counts.exchanges:,} of about {known:,} requests" if counts.pending else f"{counts.exchanges:,} requests"
        ]
        if rate := self._rate():
            parts.append(f"{rate:.1f}/s")
            if counts.pending:
                parts.append(f"{span(counts.pending / rate)} left")
        parts.append(f"{counts.received / 1e6:,.1f} MB")
        if counts.waits_for:
            parts.append(one_line(counts.waits_for))
        return ", ".join(parts)

    def last_line(self) -> str:
        """Return what the run did, in the numbers of the summary."""
        counts = self._counts
        replayed = f", {counts.replayed:,} taken from the archive" if counts.replayed else ""
        reviews = f"{counts.reviews:,} reviews read, " if counts.reviews else ""
        return (
            f"{counts.exchanges:,} exchanges archived in {span(self.elapsed)}{replayed}: {reviews}"
            f"{counts.failed:,} failed, {counts.received / 1e6:,.1f} MB received"
        )

    def _rate(self) -> float:
        (began, before), (now, done) = (self._past[0], self._past[-1]) if self._past else ((0.0, 0), (0.0, 0))
        return (done - before) / (now - began) if now - began > 1 else 0.0


def span(seconds: float) -> str:
    """Return a length of time in few characters.

    >>> span(9.2), span(754), span(7500), span(200_000)
    ('9s', '12m34s', '2h05m', '2d7h')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24}d{hours % 24}h"
    if hours:
        return f"{hours}h{minutes_left:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
