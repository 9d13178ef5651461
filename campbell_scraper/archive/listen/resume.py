"""Resume by replay: a resumed crawl gets its own complete answers from its own WARC files.

Discovery is rebuilt that way without a saved queue, and only what is missing is fetched.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, PayloadError
from campbell_scraper.archive.read.archive_files import all_sources
from campbell_scraper.archive.read.locate import crawl_of, read_at
from campbell_scraper.archive.read.pairing import Pairing, warc_uri
from campbell_scraper.archive.read.payload import PayloadResolver, RecordPayload, RevisitPayload
from campbell_scraper.archive.read.reader import records_of
from campbell_scraper.archive.read.scan import RawRecord
from campbell_scraper.archive.write.restore import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request
    from scrapy.crawler import Crawler

    from campbell_scraper.archive.capture import Damage
    from campbell_scraper.archive.read.archive_files import Source

logger = logging.getLogger(__name__)

REPLAYED: Final = "replayed"
"""Flag of responses that come from the archive."""
REPLAY_KEY: Final = "archive_replay"
"""Key of ``request.meta``; False requests the URL from the site even if the archive has an answer: one that was not
good enough, or has changed during the crawl."""
_FINAL_ERRORS: Final = {404, 410}


class Answers:
    """The complete answers that one crawl already has, by method, URL and request body; only offsets are in memory."""

    def __init__(self, archive_dir: Path, crawl_id: str) -> None:
        """Read through the folder's files, ``.open`` ones too. Raises OSError if the folder cannot be read."""
        self._archive_dir = archive_dir
        self._places: dict[bytes, tuple[Path, int, str]] = {}
        """Key of a request → the arguments of ``read_at``."""
        self._resolver = PayloadResolver(elsewhere=lambda: all_sources([archive_dir]))
        pairing = Pairing(self._resolver)
        for source in all_sources([archive_dir]) if archive_dir.is_dir() else ():
            if crawl_of(source) != crawl_id:
                continue
            bodies: dict[str, bytes] = {}
            for event in pairing.events(_noting_bodies(source, bodies)):
                if not isinstance(event, Capture):
                    continue
                body = bodies.pop(event.capture_id, b"")
                if event.crawl_id == crawl_id and is_complete(event):
                    place = source.path, event.warc_offset, event.capture_id
                    self._places[_key(event.method, event.url, body)] = place

    def __len__(self) -> int:
        return len(self._places)

    def find(self, request: Request) -> Capture | None:
        """Return the capture that answers a request; None if there is none, or it cannot be read any more."""
        body = hashlib.sha256(request.body).digest() if request.body else b""
        place = self._places.get(_key(request.method, request.url.partition("#")[0], body))
        if place is None:
            return None
        try:
            return read_at(*place)
        except (OSError, ValueError) as error:
            logger.warning("Fetching %s again: its answer cannot be read from the archive: %s", request.url, error)
            return None

    def entity(self, capture: Capture) -> bytes:
        """Return the answer's entity, dechunked and still content-encoded. Raises PayloadError."""
        payload = capture.payload
        if isinstance(payload, RevisitPayload):
            payload = replace(payload, resolver=self._resolver).resolve()
        return payload.entity() if isinstance(payload, RecordPayload) else b""


def is_complete(capture: Capture) -> bool:
    """Tell whether an answer need not be requested again: 2xx, 3xx, 404, 410, and not cut off."""
    if capture.status is None or capture.truncated or capture.error:
        return False
    return 200 <= capture.status < 400 or capture.status in _FINAL_ERRORS


def _key(method: str, url: str, body: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((method.upper().encode(), url.encode("utf-8", "replace"), body))).digest()


def _noting_bodies(source: Source, bodies: dict[str, bytes]) -> Iterator[RawRecord | Damage]:
    """Yield a file's records, and note the hash of each request's body under its WARC-Concurrent-To."""
    for record in records_of(source):
        if isinstance(record, RawRecord) and record.rtype == "request":
            digest = hashlib.sha256()
            skip = max(0, http.find_head_end(record.block))
            length = 0
            for piece in record.pieces():
                digest.update(piece[skip:])
                length += len(piece[skip:])
                skip = max(0, skip - len(piece))
            if length:
                for value in record.get_all("warc-concurrent-to"):
                    bodies[warc_uri(value) or ""] = digest.digest()
        yield record


class ReplayAnswers:
    """Downloader middleware that answers requests from :class:`Answers`.

    Its place is next to the downloader (order over 900), so that the other middlewares treat replayed responses like
    downloaded ones. Replayed responses carry the flag "replayed"; they are neither delayed nor recorded again.
    ARCHIVE_RESUME names the crawl_id to resume, in ARCHIVE_DIR.
    """

    def __init__(self, archive_dir: Path, crawl_id: str, stats: Any = None) -> None:
        self.answers = Answers(archive_dir, crawl_id)
        self._stats = stats
        logger.info("Resuming crawl %s: %d answers are in the archive", crawl_id, len(self.answers))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it from ARCHIVE_DIR and ARCHIVE_RESUME. Raises NotConfigured without them."""
        crawl_id, directory = crawler.settings.get("ARCHIVE_RESUME"), crawler.settings.get("ARCHIVE_DIR")
        if not crawl_id or not directory:
            raise NotConfigured
        return cls(Path(directory), crawl_id, crawler.stats)

    def process_request(self, request: Request) -> Response | None:
        """Return the archived answer, unless there is none or the request demands a new one."""
        if request.meta.get(REPLAY_KEY) is False:
            return None
        capture = self.answers.find(request)
        if capture is None or capture.status is None:
            return None
        try:
            body = self.answers.entity(capture)
        except PayloadError as error:
            logger.warning("Fetching %s again: %s", request.url, error)
            return None
        headers = Headers()
        for name, value in capture.headers:
            headers.appendlist(name, value.encode("iso-8859-1"))
        response_class = responsetypes.from_args(headers=headers, url=request.url, body=body)
        request.meta["archive_record"] = Recorded(
            capture.capture_id, capture.captured_at, capture.headers, is_whole=is_complete(capture)
        )
        if self._stats is not None:
            self._stats.inc_value("archive/replayed")
        return response_class(
            url=request.url,
            status=capture.status,
            headers=headers,
            body=body,
            flags=[REPLAYED],
            request=request,
        )
