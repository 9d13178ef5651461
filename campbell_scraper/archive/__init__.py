"""The archive room: exact bytes in, exact bytes out. It knows WARC, HTTP and Scrapy, and nothing of Campbell.

Any Scrapy project records every exchange of any spider with it::

    ADDONS = {"campbell_scraper.archive.ArchiveAddon": 300}
    ARCHIVE_DIR = "archive"

The result is a folder of WARC/1.1 files and, for each exchange, one :class:`Capture`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campbell_scraper.archive.capture import (
    Capture,
    CrawlEnd,
    CrawlStart,
    Damage,
    Event,
    Note,
    PayloadError,
)

from .archive_settings import ArchiveSettings, CaptureUnavailable

if TYPE_CHECKING:
    from .listen.archive_addon import ArchiveAddon, addon_for

__all__ = [
    "ArchiveAddon",
    "ArchiveSettings",
    "Capture",
    "CaptureUnavailable",
    "CrawlEnd",
    "CrawlStart",
    "Damage",
    "Event",
    "Note",
    "PayloadError",
    "addon_for",
]


def __getattr__(name: str) -> Any:
    if name in {"ArchiveAddon", "addon_for"}:
        from .listen import archive_addon as addon  # noqa: PLC0415 - reading an archive needs no Scrapy

        return getattr(addon, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
