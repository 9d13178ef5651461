"""A crawl's progress as it happens: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from campbell_scraper.items import Kind

if TYPE_CHECKING:
    from rich.console import RenderableType

    from campbell_scraper.archive.capture import Capture
    from campbell_scraper.view.log.ingest import Extraction

SECONDS_BETWEEN_LINES = 2.0
_COLUMNS = (("reviews", Kind.REVIEW), ("listings", Kind.LISTING), ("requisites", Kind.REQUISITE), ("PDFs", Kind.PDF))


class CrawlProgress:
    """Counts what is stored (see ``sink.CrawlWatch``) and shows it. Used as a context manager around a crawl."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._lock = threading.Lock()
        self._kinds: Counter[Kind] = Counter()
        self._captures = self._failed = self._unhandled = 0
        self._url = ""
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
        if self._captures:
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def stored(self, capture: Capture, extraction: Extraction) -> None:
        """Count one capture; called on the sink's thread."""
        with self._lock:
            self._captures += 1
            self._kinds[extraction.kind] += 1
            self._failed += capture.outcome == "failed"
            if extraction.reading is not None:
                self._unhandled += len(extraction.reading.unhandled)
            self._url = capture.url
        now = time.monotonic()
        if not self._console.is_terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> str:
        counts = ", ".join(f"{self._kinds[kind]} {name}" for name, kind in _COLUMNS)
        seconds = time.monotonic() - self._began
        return f"{seconds:6.1f} s: {self._captures} exchanges archived ({counts}, {self._failed} failed)"

    def _table(self) -> RenderableType:
        table = Table(show_header=True, header_style="bold", box=None)
        for name in ("time", "exchanges", *(name for name, _ in _COLUMNS), "failed", "unhandled", "last"):
            table.add_column(name, justify="left" if name == "last" else "right", no_wrap=True)
        with self._lock:
            seconds = time.monotonic() - self._began
            cells = [f"{seconds:.1f} s", str(self._captures), *(str(self._kinds[kind]) for _, kind in _COLUMNS)]
            table.add_row(*cells, str(self._failed), str(self._unhandled), Text(self._url, overflow="ellipsis"))
        return table
