"""Files of restored records (see ``restore``): ``restored-*.warc.gz``, beside those of the crawl's own exchanges."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, CrawlStart
from campbell_scraper.archive.files import OpenFile, file_name
from campbell_scraper.archive.serialise import (
    FIELDS_TYPE,
    RESPONSE_TYPE,
    Fields,
    digest_of,
    warc_date,
    warc_fields,
    write_record,
)
from campbell_scraper.archive.urls import url_key

if TYPE_CHECKING:
    from campbell_scraper.archive.capture import Event
    from campbell_scraper.archive.options import ArchiveSettings
    from campbell_scraper.archive.restore import Restored

FILE_PREFIX: Final = "restored"
DESCRIPTION: Final = (
    "Records restored from the answers of a web archive, as their WARC-Source-URI says; no captures of this crawler. "
    "The exchanges in which they were got are in the other files of this crawl; each record's metadata names its own "
    "as restoredFrom."
)
_NOT_SAID: Final = frozenset({"crawl-started"})
"""What the crawl's own files say of it; so theirs is the earlier word, and describes the crawl."""


@dataclass(frozen=True, slots=True)
class RestoredPayload:
    """``Capture.payload`` of a record just restored."""

    headers: http.Headers
    entity: bytes

    def __call__(self) -> bytes:
        """Return the entity with content codings undone. Raises PayloadError."""
        return http.content(self.headers, self.entity)


class RestoredFiles:
    """Writes restored records. Used by the writer's thread alone; the first record begins the first file."""

    def __init__(self, settings: ArchiveSettings, crawl_fields: Fields) -> None:
        self._settings = settings
        self._fields: Fields = [(name, value) for name, value in crawl_fields if name not in _NOT_SAID]
        self._fields.append(("description", DESCRIPTION))
        self._file: OpenFile | None = None
        self._safe_size = 0
        self._serial = 0
        self._warcinfo_id = ""

    def write(self, restored: Restored) -> list[Event]:
        """Write a record and what says where it comes from; give the events this makes."""
        file = self._file
        events: list[Event] = []
        if file is None:
            file = self._begin()
            events.append(self._write_warcinfo(file))
        events.append(self._write_record(file, restored))
        file.flush()
        self._safe_size = file.size
        return events

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
        self._file = OpenFile(self._settings.directory, name)
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

    def _write_record(self, file: OpenFile, restored: Restored) -> Capture:
        common = [("WARC-Target-URI", restored.url), ("WARC-Warcinfo-ID", f"<{self._warcinfo_id}>")]
        source = [("WARC-Source-URI", restored.source_uri), ("WARC-Creation-Date", restored.fetched_at)]
        block = restored.head + restored.entity
        fields = [
            *common,
            *source,
            ("WARC-Block-Digest", self._digest(block)),
            ("WARC-Payload-Digest", self._digest(restored.entity)),
            ("Content-Type", RESPONSE_TYPE),
        ]
        record_id, offset, length = write_record(
            file,
            "response",
            restored.captured_at,
            fields,
            (block,),
            length=len(block),
            record_id=restored.record_id,
        )
        self._write_origin(file, restored, common)
        return self._capture(restored, record_id, file.name, offset, length)

    def _write_origin(self, file: OpenFile, restored: Restored, common: Fields) -> None:
        about = warc_fields([("restoredFrom", f"<{restored.source_id}>"), ("restoredFromDate", restored.fetched_at)])
        fields = [
            *common,
            ("WARC-Concurrent-To", f"<{restored.record_id}>"),
            ("WARC-Block-Digest", self._digest(about)),
            ("Content-Type", FIELDS_TYPE),
        ]
        write_record(file, "metadata", restored.captured_at, fields, (about,), length=len(about))

    def _digest(self, block: bytes) -> str:
        return digest_of(self._settings.digest, block)

    def _capture(self, restored: Restored, record_id: str, file: str, offset: int, length: int) -> Capture:
        head = http.parse_head(restored.head)
        facts = http.response_fields(head, restored.url) if head else {}
        headers = head.headers if head else ()
        return Capture(
            capture_id=record_id,
            crawl_id=self._settings.crawl_id,
            method="GET",
            url=restored.url,
            url_key=url_key(restored.url),
            captured_at=restored.captured_at,
            fetched_at=restored.fetched_at,
            source_uri=restored.source_uri,
            restored=True,
            payload_digest=digest_of("sha256", restored.entity),
            payload_length=len(restored.entity),
            warc_file=file,
            warc_offset=offset,
            warc_length=length,
            payload=RestoredPayload(headers, restored.entity) if restored.entity else None,
            **facts,  # type: ignore[arg-type] # keyword arguments, of the types they have in Capture
        )
