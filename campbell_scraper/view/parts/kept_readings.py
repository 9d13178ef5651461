"""The parts of a data folder, as a rebuild asks for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from campbell_scraper.view.log.extraction import rows_of_extraction

from .part_file import UNFIT, Part, PartReader, number_of, reading_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from campbell_scraper.archive.capture import Capture
    from campbell_scraper.view.log.intake import RowsOfCapture

logger = logging.getLogger(__name__)


class KeptReadings:
    """Readings of captures that come file by file. A part that does not fit is removed, and its pages are read."""

    def __init__(self, folder: Path, digests: Mapping[Path, str], versions: tuple[str, str]) -> None:
        """Take the folder of the parts, and the SHA-256 of each closed WARC file."""
        self._folder = folder
        self._digests = digests
        self._versions = versions
        self._warcs = {path.name: path for path in digests}
        self._part: Part | None = None
        self._reader: PartReader | None = None

    def rows(self, capture: Capture) -> RowsOfCapture | None:
        """Return the rows of a capture whose reading is kept; None if its page has to be read."""
        warc = self._warcs.get(capture.warc_file)
        if warc is None or (key := reading_key(capture, self._digests)) is None:
            return None
        part = Part(warc, self._digests[warc], number_of(capture.warc_offset))
        path = part.path(self._folder, self._versions)
        try:
            if part != self._part:
                self._close()
                self._part = part
                self._reader = PartReader(path) if path.exists() else None
            said = self._reader.get(key) if self._reader is not None else None
        except UNFIT as error:
            logger.warning("%s cannot be used as a part, and was removed: %s", path, error)
            self._close()
            path.unlink(missing_ok=True)
            return None
        return None if said is None else rows_of_extraction(capture, said)

    def learn(self, read: RowsOfCapture) -> None:
        """Keep nothing of a page that had to be read: parts are made before a rebuild."""

    def discard(self) -> None:
        """Remove all parts."""
        self._close()
        for path in self._folder.glob("*.parquet"):
            path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None
