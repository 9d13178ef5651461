"""The archive's settings, read once and checked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
"""Fields of ArchiveSettings that the warcinfo record names too, as ``setting-ARCHIVE_NAME``."""


class CaptureUnavailable(RuntimeError):
    """Exchanges of this crawl would not be recorded exactly, or not at all; the crawl must not start."""


def new_crawl_id(now: datetime | None = None) -> str:
    """Return a crawl id that sorts by time and does not collide: ``20261123T005603Z-3f9a1c2b``."""
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """The values of the ``ARCHIVE_*`` settings. Sizes are bytes, times seconds."""

    directory: Path
    """ARCHIVE_DIR: the folder of WARC files; made if missing. Required."""
    prefix: str = "archive"
    """ARCHIVE_PREFIX: prefix of file names; letters, digits, dot, underscore."""
    crawl_id: str = field(default_factory=new_crawl_id)
    """ARCHIVE_CRAWL_ID: ``isPartOf`` of the warcinfo; generated if not given."""
    crawl_info: Mapping[str, str] = field(default_factory=dict)
    """ARCHIVE_CRAWL_INFO: more fields for the warcinfo, each as ``crawl-<name>``."""
    crawl_started: str = ""
    """ARCHIVE_CRAWL_STARTED: ISO 8601 time at which a resumed crawl began; now by default."""
    operator: str = ""
    """ARCHIVE_OPERATOR: who crawls, with a contact."""
    manifest: Path = Path()
    """ARCHIVE_MANIFEST: fixity of closed files in sha256sum's format; ARCHIVE_DIR/manifest-sha256.txt by default.
    Its entries are relative to its own folder."""
    max_file_size: int = 1 << 30
    """ARCHIVE_MAX_FILE_SIZE: size at which a file is closed and the next one begun."""
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
    """ARCHIVE_DEDUP: write a revisit record, without a body, for a payload that is already archived."""
    dedup_min: int = 64
    """ARCHIVE_DEDUP_MIN: payloads of fewer bytes are always stored."""
    requisites: bool = True
    """ARCHIVE_REQUISITES: fetch what pages need for display (style sheets, images, scripts, fonts, PDFs)."""
    redact_headers: tuple[str, ...] = ()
    """ARCHIVE_REDACT_HEADERS: header names whose values are replaced before writing. Off by default: with it the
    records are not exact any more, and the warcinfo says so."""
    selftest: bool = True
    """ARCHIVE_SELFTEST: record one loopback exchange before the crawl, and refuse to crawl if it differs."""
    silent_retry: bool = True
    """ARCHIVE_SILENT_RETRY: let Twisted send a request again at once when a kept-alive connection was dead. Off for
    hosts that break connections to slow clients down: Scrapy then retries, with its delay."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> ArchiveSettings:
        """Read Scrapy settings. Raises CaptureUnavailable, naming the setting that is wrong."""
        if not settings.get("ARCHIVE_DIR"):
            raise CaptureUnavailable("ARCHIVE_DIR is not set: name the folder for the WARC files")
        directory = Path(settings["ARCHIVE_DIR"]).absolute()
        given: dict[str, Any] = {"manifest": directory / "manifest-sha256.txt"}
        for option in fields(cls):
            name = f"ARCHIVE_{option.name.upper()}"
            if (value := settings.get(name)) is not None and value != "":
                given[option.name] = _READERS[str(option.type)](settings, name)
        result = cls(**given | {"directory": directory})
        for name, holds, expected in _RULES:
            if not holds(getattr(result, name)):
                raise CaptureUnavailable(f"ARCHIVE_{name.upper()} {getattr(result, name)!r}: {expected}")
        return result


_READERS: Final[dict[str, Callable[[BaseSettings, str], Any]]] = {
    "str": lambda settings, name: str(settings[name]),
    "int": lambda settings, name: settings.getint(name),
    "float": lambda settings, name: settings.getfloat(name),
    "bool": lambda settings, name: settings.getbool(name),
    "Path": lambda settings, name: Path(settings[name]).absolute(),
    "tuple[str, ...]": lambda settings, name: tuple(str(one).lower() for one in settings.getlist(name)),
    "Mapping[str, str]": lambda settings, name: {
        str(key): str(value) for key, value in settings.getdict(name).items() if value is not None
    },
}
"""How a setting is read, by the type of its field."""
_RULES: Final[tuple[tuple[str, Callable[[Any], object], str], ...]] = (
    ("prefix", _PREFIX.fullmatch, "letters, digits, dot, underscore only"),
    ("crawl_id", _CRAWL_ID.fullmatch, "not a usable name"),
    ("crawl_info", lambda info: all(map(_INFO_NAME.fullmatch, info)), "names are lower-case words"),
    ("digest", {"sha256", "sha1"}.__contains__, "sha256 or sha1"),
    ("fsync_interval", lambda seconds: 0 < seconds <= 1, "over 0, at most 1 second"),
    ("max_file_size", lambda size: size > 0, "must be over 0"),
    ("max_body", lambda size: size >= 0, "must not be negative"),
    ("spool_size", lambda size: size > 0, "must be over 0"),
)
"""Field, its check, and the message if the check fails."""
