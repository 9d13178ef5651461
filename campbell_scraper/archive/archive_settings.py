"""The archive's settings, read once and checked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_PREFIX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]{0,63}")
_CRAWL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_INFO_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")

RECORDED_SETTINGS: Final = (
    "AUTOTHROTTLE_ENABLED",
    "CONCURRENT_REQUESTS",
    "CONCURRENT_REQUESTS_PER_DOMAIN",
    "COOKIES_ENABLED",
    "DEPTH_LIMIT",
    "DOWNLOAD_DELAY",
    "DOWNLOAD_MAXSIZE",
    "DOWNLOAD_TIMEOUT",
    "DOWNLOAD_VERIFY_CERTIFICATES",
    "HTTPCACHE_ENABLED",
    "RANDOMIZE_DOWNLOAD_DELAY",
    "REDIRECT_ENABLED",
    "RETRY_ENABLED",
    "RETRY_TIMES",
    "ROBOTSTXT_OBEY",
)
"""Settings that the warcinfo record names, as ``setting-NAME``. An allow-list: settings hold passwords and keys."""

RECORDED_OPTIONS: Final = ("dedup", "digest", "max_body", "requisites")
"""Fields of ArchiveSettings that it names likewise, as ``setting-ARCHIVE_NAME``."""


class CaptureUnavailable(RuntimeError):
    """Exchanges of this crawl would not be recorded exactly, or not at all; the crawl must not start."""


def new_crawl_id(now: datetime | None = None) -> str:
    """Return a crawl id that sorts by time and does not collide: ``20261123T005603Z-3f9a1c2b``."""
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """What ``ARCHIVE_*`` settings say. Sizes are bytes, times seconds."""

    directory: Path
    """ARCHIVE_DIR: the folder of WARC files; made if missing. Required."""
    prefix: str = "archive"
    """ARCHIVE_PREFIX: what file names begin with; letters, digits, dot, underscore."""
    crawl_id: str = field(default_factory=new_crawl_id)
    """ARCHIVE_CRAWL_ID: ``isPartOf`` of the warcinfo; generated if not given."""
    crawl_info: Mapping[str, str] = field(default_factory=dict)
    """ARCHIVE_CRAWL_INFO: what the project wants in the warcinfo, each entry as ``crawl-<name>``."""
    crawl_started: str = ""
    """ARCHIVE_CRAWL_STARTED: ISO 8601 time a crawl that is taken up again began; else now."""
    operator: str = ""
    """ARCHIVE_OPERATOR: who crawls, with a contact."""
    manifest: Path = Path()
    """ARCHIVE_MANIFEST: fixity of closed files in sha256sum's format; ARCHIVE_DIR/manifest-sha256.txt by default.
    Its entries are relative to its own folder."""
    max_file_size: int = 1 << 30
    """ARCHIVE_MAX_FILE_SIZE: a file that has reached it is closed, and the next begun."""
    max_body: int = 0
    """ARCHIVE_MAX_BODY: body bytes recorded of one response; the rest is left out and the record marked truncated.
    0: no limit but Scrapy's own DOWNLOAD_MAXSIZE."""
    spool_size: int = 1 << 20
    """ARCHIVE_SPOOL_SIZE: bytes of a body kept in memory before it goes on to a temporary file in ARCHIVE_DIR."""
    digest: str = "sha256"
    """ARCHIVE_DIGEST: sha256 (lower-case hex) or sha1 (Base32)."""
    fsync_interval: float = 0.5
    """ARCHIVE_FSYNC_INTERVAL: longest time between a record's writing and its fsync; at most 1."""
    dedup: bool = True
    """ARCHIVE_DEDUP: write payloads that are already held as revisit records."""
    dedup_min: int = 64
    """ARCHIVE_DEDUP_MIN: payloads of fewer bytes are always stored."""
    requisites: bool = True
    """ARCHIVE_REQUISITES: fetch what pages need to be shown (style sheets, images, scripts, fonts, PDFs)."""
    redact_headers: tuple[str, ...] = ()
    """ARCHIVE_REDACT_HEADERS: header names whose values are replaced before writing. Off by default: with it the
    records are not exact any more, and the warcinfo says so."""
    selftest: bool = True
    """ARCHIVE_SELFTEST: record one loopback exchange before the crawl, and refuse to crawl if it differs."""
    silent_retry: bool = True
    """ARCHIVE_SILENT_RETRY: let Twisted send a request again at once when a kept-alive connection was dead. Off for
    hosts that break connections to say "slower": Scrapy then asks again, with its delay."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> ArchiveSettings:
        """Read Scrapy settings. Raises CaptureUnavailable, naming the setting that is wrong."""
        if not settings.get("ARCHIVE_DIR"):
            raise CaptureUnavailable("ARCHIVE_DIR is not set: the archive has nowhere to write to")
        directory = Path(settings["ARCHIVE_DIR"]).absolute()
        info = settings.getdict("ARCHIVE_CRAWL_INFO")
        result = cls(
            directory=directory,
            prefix=settings.get("ARCHIVE_PREFIX") or "archive",
            crawl_id=settings.get("ARCHIVE_CRAWL_ID") or new_crawl_id(),
            crawl_info={str(name): str(value) for name, value in info.items() if value is not None},
            crawl_started=settings.get("ARCHIVE_CRAWL_STARTED") or "",
            operator=settings.get("ARCHIVE_OPERATOR") or "",
            manifest=Path(settings.get("ARCHIVE_MANIFEST") or directory / "manifest-sha256.txt").absolute(),
            max_file_size=settings.getint("ARCHIVE_MAX_FILE_SIZE", 1 << 30),
            max_body=settings.getint("ARCHIVE_MAX_BODY", 0),
            spool_size=settings.getint("ARCHIVE_SPOOL_SIZE", 1 << 20),
            digest=settings.get("ARCHIVE_DIGEST") or "sha256",
            fsync_interval=settings.getfloat("ARCHIVE_FSYNC_INTERVAL", 0.5),
            dedup=settings.getbool("ARCHIVE_DEDUP", True),
            dedup_min=settings.getint("ARCHIVE_DEDUP_MIN", 64),
            requisites=settings.getbool("ARCHIVE_REQUISITES", True),
            redact_headers=tuple(str(name).lower() for name in settings.getlist("ARCHIVE_REDACT_HEADERS")),
            selftest=settings.getbool("ARCHIVE_SELFTEST", True),
            silent_retry=settings.getbool("ARCHIVE_SILENT_RETRY", True),
        )
        result.check()
        return result

    def check(self) -> None:
        """Raise CaptureUnavailable for a value that cannot be used."""
        wrong = next((problem for holds, problem in self._rules() if not holds), None)
        if wrong:
            raise CaptureUnavailable(wrong)

    def _rules(self) -> list[tuple[bool, str]]:
        return [
            (
                bool(_PREFIX.fullmatch(self.prefix)),
                f"ARCHIVE_PREFIX {self.prefix!r}: letters, digits, dot, underscore only",
            ),
            (bool(_CRAWL_ID.fullmatch(self.crawl_id)), f"ARCHIVE_CRAWL_ID {self.crawl_id!r} is no usable name"),
            (
                all(_INFO_NAME.fullmatch(name) for name in self.crawl_info),
                f"ARCHIVE_CRAWL_INFO: names are lower-case words, not {sorted(self.crawl_info)}",
            ),
            (self.digest in {"sha256", "sha1"}, f"ARCHIVE_DIGEST {self.digest!r}: sha256 or sha1"),
            (0 < self.fsync_interval <= 1, f"ARCHIVE_FSYNC_INTERVAL {self.fsync_interval}: over 0, at most 1 second"),
            (self.max_file_size > 0, "ARCHIVE_MAX_FILE_SIZE must be over 0"),
            (self.max_body >= 0, "ARCHIVE_MAX_BODY must not be negative"),
            (self.spool_size > 0, "ARCHIVE_SPOOL_SIZE must be over 0"),
        ]
