"""The crawl's log, as it goes into the archive at the end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.write.exchange import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LOG: Final = 64 << 20
"""Bytes of log that are kept; then it says that it ends."""
_SPOOL: Final = 1 << 20
_FORMAT: Final = "%(asctime)s [%(name)s] %(levelname)s: %(message)s"


class _SpoolHandler(logging.Handler):
    def __init__(self, spool: Spool) -> None:
        super().__init__(logging.INFO)
        self._spool = spool
        self.setFormatter(logging.Formatter(_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        # Scrapy's crawler logs all overridden settings, which hold passwords and keys.
        if self._spool.size > MAX_LOG or record.name == "scrapy.crawler":
            return
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
        except Exception:  # noqa: BLE001 - a log call with wrong arguments is reported by logging itself
            self.handleError(record)
            return
        self._spool.write(line)
        if self._spool.size > MAX_LOG:
            self._spool.write(b"(the log goes on, but is not archived any further)\n")


class CrawlLog:
    """Takes what the process logs at INFO and above, from its making to ``stop``."""

    def __init__(self, directory: Path) -> None:
        self._spool = Spool(_SPOOL, directory)
        self._handler = _SpoolHandler(self._spool)
        logging.getLogger().addHandler(self._handler)

    def stop(self) -> None:
        """Take no more."""
        logging.getLogger().removeHandler(self._handler)

    @property
    def length(self) -> int:
        """Bytes of UTF-8 taken."""
        return self._spool.size

    def pieces(self) -> Iterator[bytes]:
        """Yield the log in pieces."""
        return self._spool.pieces()

    def close(self) -> None:
        """Free it."""
        self._spool.close()
