"""The crawl's log, as it goes into the archive at the end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.userinfo import without_userinfo
from campbell_scraper.archive.write.exchange import Spool

if TYPE_CHECKING:
    from pathlib import Path

MAX_LOG: Final = 64 << 20
"""Bytes of log that are kept; a last line then says so."""
_SPOOL: Final = 1 << 20
_FORMAT: Final = "%(asctime)s [%(name)s] %(levelname)s: %(message)s"


class CrawlLog(logging.Handler):
    """Keeps what the process logs at INFO and above, from the creation of the handler until ``stop``."""

    def __init__(self, directory: Path) -> None:
        super().__init__(logging.INFO)
        self.spool = Spool(_SPOOL, directory)
        self.setFormatter(logging.Formatter(_FORMAT))
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one message."""
        # Scrapy's crawler logs all overridden settings, which hold passwords and keys.
        if self.spool.size > MAX_LOG or record.name == "scrapy.crawler":
            return
        try:
            line = without_userinfo(self.format(record)).encode("utf-8", "replace") + b"\n"
        except Exception:  # noqa: BLE001 - a log call with wrong arguments is reported by logging itself
            self.handleError(record)
            return
        self.spool.write(line)
        if self.spool.size > MAX_LOG:
            self.spool.write(b"(the log goes on, but is not archived any further)\n")

    def stop(self) -> None:
        """Stop taking messages."""
        logging.getLogger().removeHandler(self)
