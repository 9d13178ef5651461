"""Files of restored records (see ``restore``): ``restored-*.warc.gz``, beside those of the crawl's own exchanges."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import CrawlStart
from campbell_scraper.archive.files import OpenFile, file_name

from .jobs import Place
from .records import FIELDS_TYPE, RESPONSE_TYPE, Fields, digest_of, warc_date, warc_fields, write_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from campbell_scraper.archive.listen.archive_settings import ArchiveSettings

    from .jobs import RestoredJob, Said

FILE_PREFIX: Final = "restored"
DESCRIPTION: Final = (
    "Records restored from the answers of a web archive, as their WARC-Source-URI says; no captures of this crawler. "
    "The exchanges in which they were got are in the other files of this crawl; each record's metadata names its own "
    "as restoredFrom."
)
_NOT_SAID: Final = frozenset({"crawl-started"})
"""What the crawl's own files say of it; so theirs is the earlier word, and describes the crawl."""


class RestoredFiles:
    """Writes restored records; the first begins the first file."""

    def __init__(self, settings: ArchiveSettings, crawl_fields: Fields, on_full: Callable[[OSError], None]) -> None:
        self._settings = settings
        self._on_full = on_full
        self._fields: Fields = [(name, value) for name, value in crawl_fields if name not in _NOT_SAID]
        self._fields.append(("description", DESCRIPTION))
        self._file: OpenFile | None = None
        self._safe_size = 0
        self._serial = 0
        self._warcinfo_id = ""
        self.count = 0
        """Records written."""

    def write(self, restored: RestoredJob, entity: bytes) -> list[Said]:
        """Write a record and what says where it comes from; give what is to be said of it."""
        file = self._file
        said: list[Said] = []
        if file is None:
            file = self._begin()
            said.append(self._write_warcinfo(file))
        said.append(self._write_record(file, restored, entity))
        self._write_origin(file, restored)
        file.flush()
        self._safe_size = file.size
        self.count += 1
        return said

    def sync(self) -> None:
        """Have everything on disk; a file that is full is closed."""
        if self._file is None:
            return
        self._file.sync()
        if self._file.size >= self._settings.max_file_size:
            self.finish()

    def finish(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.finish(self._settings.manifest)
            self._file = None

    def abandon(self) -> None:
        """Leave the file ``.open`` behind its last whole record."""
        if self._file is not None:
            self._file.abandon(self._safe_size)

    def _begin(self) -> OpenFile:
        self._serial += 1
        name = file_name(FILE_PREFIX, self._settings.crawl_id, self._serial)
        self._file = OpenFile(self._settings.directory, name, self._on_full)
        self._safe_size = 0
        return self._file

    def _write_warcinfo(self, file: OpenFile) -> CrawlStart:
        block = warc_fields(self._fields)
        date = warc_date(time.time())
        fields = [
            ("WARC-Filename", file.name),
            ("WARC-Block-Digest", self._digest(block)),
            ("Content-Type", FIELDS_TYPE),
        ]
        self._warcinfo_id, _, _ = write_record(file, "warcinfo", date, fields, (block,), length=len(block))
        info = dict(self._fields)
        return CrawlStart(crawl_id=self._settings.crawl_id, started_at=date, software=info["software"], info=info)

    def _common_fields(self, restored: RestoredJob) -> Fields:
        return [("WARC-Target-URI", restored.url), ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>")]

    def _write_record(self, file: OpenFile, restored: RestoredJob, entity: bytes) -> Place:
        block = restored.head + entity
        fields = [
            *self._common_fields(restored),
            ("WARC-Source-URI", restored.source_uri),
            ("WARC-Creation-Date", restored.fetched_at),
            ("WARC-Block-Digest", self._digest(block)),
            ("WARC-Payload-Digest", restored.payload_digest),
            ("Content-Type", RESPONSE_TYPE),
        ]
        _, offset, length = write_record(
            file,
            "response",
            restored.captured_at,
            fields,
            (block,),
            length=len(block),
            record_id=restored.record_id,
        )
        return Place(file.name, offset, length)

    def _write_origin(self, file: OpenFile, restored: RestoredJob) -> None:
        about = warc_fields([("restoredFrom", f"<{restored.source_id}>"), ("restoredFromDate", restored.fetched_at)])
        fields = [
            *self._common_fields(restored),
            ("WARC-Concurrent-To", f"<{restored.record_id}>"),
            ("WARC-Block-Digest", self._digest(about)),
            ("Content-Type", FIELDS_TYPE),
        ]
        write_record(file, "metadata", restored.captured_at, fields, (about,), length=len(about))

    def _digest(self, block: bytes) -> str:
        return digest_of(self._settings.digest, block)
