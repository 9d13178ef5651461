"""A Scrapy extension that lets plain ``datasette DIR`` show a crawled data folder as ``campbell serve`` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import signals

from campbell_scraper.folder import DataFolder

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class FolderFaces:
    """Writes Datasette's files at the end of each crawl."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for the data folder named by ``CAMPBELL_DATA``."""
        faces = cls(DataFolder(Path(crawler.settings["CAMPBELL_DATA"])))
        crawler.signals.connect(faces.write, signal=signals.spider_closed)
        return faces

    def write(self) -> None:
        """Write what is not there yet, or differs."""
        from .metadata import write_faces  # noqa: PLC0415 - not before the crawl's first request

        write_faces(self._folder)
