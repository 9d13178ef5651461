"""The parts of a data folder, as a rebuild uses them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from campbell_scraper.reading.layouts.review_record import set_facts
from campbell_scraper.view.log.extraction import read_capture, rows_of_extraction

from .part_file import UNFIT, Part, PartReader, number_of, reading_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from campbell_scraper.archive.capture import Capture
    from campbell_scraper.view.log.intake import RowsOfCapture

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptCapture:
    """A capture whose reading is kept in a part."""

    capture: Capture
    part: Path
    key: bytes
    digest: bytes
    """Of the reading."""

    def read(self) -> RowsOfCapture:
        """Return the capture's rows. A part that cannot be used is removed, and the page is read."""
        try:
            said = _opened(self.part).get(self.key)
            for record in said.reading.reviews if said.reading is not None else ():
                set_facts(record)
            return rows_of_extraction(self.capture, said)
        except (FileNotFoundError, MemoryError):
            pass
        except Exception as error:  # noqa: BLE001 - a stranger's part may have the right types and wrong values
            _remove(self.part, error)
        return read_capture(self.capture)


class KeptReadings:
    """Readings of captures that come file by file."""

    def __init__(self, folder: Path, digests: Mapping[Path, str], version: str) -> None:
        """Take the folder of the parts, the SHA-256 of each closed WARC file, and the version of the reading code."""
        self._folder = folder
        self._digests = digests
        self._version = version
        self._warcs = {path.name: path for path in digests}

    def of(self, capture: Capture) -> KeptCapture | None:
        """Return a capture whose reading is kept, with where that is; None if its page has to be read."""
        warc = self._warcs.get(capture.warc_file)
        if warc is None or (key := reading_key(capture, self._digests)) is None:
            return None
        path = Part(warc, self._digests[warc], number_of(capture.warc_offset)).path(self._folder, self._version)
        try:
            digest = _opened(path).digests.get(key)
        except FileNotFoundError:
            return None
        except UNFIT as error:
            _remove(path, error)
            return None
        return None if digest is None else KeptCapture(capture, path, key, digest)

    def discard(self) -> None:
        """Remove all parts."""
        for path in self._folder.glob("*.parquet"):
            path.unlink(missing_ok=True)


@lru_cache(maxsize=1)  # captures come part by part
def _opened(part: Path) -> PartReader:
    return PartReader(part)


def _remove(part: Path, error: Exception) -> None:
    logger.warning("%s cannot be used as a part, and was removed: %s", part, error)
    _opened.cache_clear()
    part.unlink(missing_ok=True)
