"""A crawl's progress as it happens: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from campbell_scraper.items import Kind

if TYPE_CHECKING:
    from rich.console import RenderableType


SECONDS_BETWEEN_LINES = 2.0
_COLUMNS = (("reviews", Kind.REVIEW), ("listings", Kind.LISTING), ("requisites", Kind.REQUISITE), ("PDFs", Kind.PDF))


class CrawlProgress:
    """Counts what is stored (see ``sink.CrawlWatch``) and shows it. Used as a context manager around a crawl."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._counts = (0, 0, 0, 0)
        self._began = time.monotonic()
        self._last_line = self._began
        self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=5, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
        if self._counts[1]:
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def update(self, *, pages: int, requests: int, failed: int, bytes: int) -> None:  # noqa: A002 - what it counts
        """Take a crawl's counts so far."""
        self._counts = (pages, requests, failed, bytes)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> str:
        pages, requests, failed, size = self._counts
        seconds = time.monotonic() - self._began
        return f"{seconds:6.1f} s: {requests} requests ({pages} reviews, {failed} failed, {size / 1e6:.1f} MB)"

    def _table(self) -> RenderableType:
        return Text(self._line())
