"""A crawl's progress as it happens: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from campbell_scraper.items import Kind

from .plain_console import PlainConsole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console, RenderableType

SECONDS_BETWEEN_LINES = 2.0
_COLUMNS = (("reviews", Kind.REVIEW), ("listings", Kind.LISTING), ("requisites", Kind.REQUISITE), ("PDFs", Kind.PDF))


class CrawlProgress:
    """Shows a crawl's counts (see ``spiders.crawl_counts.Progress``). Used as a context manager around a crawl."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or PlainConsole()
        self._began = time.monotonic()
        self._last_line = self._began
        self.update(pages={}, requests=0, failed=0, received=0)
        self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=5, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
        if self._requests:
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def update(self, *, pages: Mapping[Kind, int], requests: int, failed: int, received: int, url: str = "") -> None:
        """Show the counts so far: answers by kind, finished requests, those that failed, bytes, and the last URL."""
        self._requests, self._url = requests, url
        # The numbers by the names that people see.
        self._cells = {name: str(pages.get(kind, 0)) for name, kind in _COLUMNS}
        self._cells |= {"failed": str(failed), "MB": f"{received / 1e6:.1f}"}
        now = time.monotonic()
        if not self._console.is_terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> str:
        counts = ", ".join(f"{number} {name}" for name, number in self._cells.items())
        return f"{time.monotonic() - self._began:6.1f} s: {self._requests} exchanges archived ({counts})"

    def _table(self) -> RenderableType:
        cells = {"time": f"{time.monotonic() - self._began:.1f} s", "exchanges": str(self._requests)}
        cells |= self._cells
        table = Table(show_header=True, header_style="bold", box=None)
        for name in (*cells, "last"):
            table.add_column(name, justify="left" if name == "last" else "right", no_wrap=True)
        table.add_row(*cells.values(), Text(self._url, overflow="ellipsis"))
        return table
