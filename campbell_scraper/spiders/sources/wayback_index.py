"""The Wayback Machine's index of captures (CDX server): what to ask, and what it answers (docs/sites.md).

Rows come in the order of their URL's key, then of time. The server is not asked to collapse rows: it would
merge rows of neighbouring URLs where a short answer (a 404) is the same at both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus, urlencode

from campbell_scraper.errors import UsageError
from campbell_scraper.spiders.discovery import site_url
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from campbell_scraper.spiders.discovery import Answer

MACHINE: Final = "https://web.archive.org"
QUERIES: Final = "/index.php*"
"""The path at which Joomla selects pages by the query alone; only K2's pages are requested."""
PATHS: Final = ("/better-evidence*", "/library*", "/component/jak2filter*", "/component/k2*", QUERIES, "/review/*")
"""Where reviews and listings are: of the K2 years, then of WordPress, whose listings are made by scripts."""
PAGE: Final = 5000
"""Rows of the index in one request."""
_FIELDS: Final = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest")
_STATUSES: Final = "statuscode:(200|301|302|303|307|308|404|410|-)"
"""Pages, redirects and missing pages; "-" is a capture with the same payload as an earlier one."""
_KEPT: Final = "%+!'()*,/:;@$~"
"""What a resume key may hold that is not encoded again."""
_TIMESTAMP: Final = re.compile(r"\d{14}", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Which captures a crawl of the Wayback Machine fetches."""

    since: str | None = None
    """First day, as the index takes it: 4 to 14 digits; None for no bound."""
    until: str | None = None
    """Last day, likewise."""
    nearest: datetime | None = None
    """Only the capture of each page that is nearest to this moment."""
    paths: tuple[str, ...] = PATHS
    """Paths of the site; with ``*`` at the end, everything that begins with it."""
    machine: str = MACHINE
    """URL of the Wayback Machine, without a slash at its end."""

    def holds(self, timestamp: str) -> bool:
        """Tell whether a capture's fourteen digits are within the bounds."""
        after = self.since is None or timestamp >= self.since.ljust(14, "0")
        return after and (self.until is None or timestamp <= self.until.ljust(14, "9"))


def span_of(
    *,
    since: str | None = None,
    until: str | None = None,
    nearest: str | None = None,
    paths: tuple[str, ...] = (),
    machine: str | None = None,
) -> Span:
    """Make a span of what a user typed: years, months or days (2016, 2016-05, 2016-05-31).

    Raises:
        UsageError: a date is not valid, or the first is after the last.

    """
    first = None if since is None else _digits(since)
    last = None if until is None else _digits(until)
    if first and last and first > last.ljust(8, "9"):
        raise UsageError(f"--from {since} is later than --to {until}.")
    moment = None if nearest is None else _middle(_digits(nearest))
    wanted = tuple(path if path.startswith("/") else f"/{path}" for path in paths)
    return Span(first, last, moment, wanted or PATHS, site_url(machine or MACHINE).rstrip("/"))


def _digits(date: str) -> str:
    match = _DAY.fullmatch(date.strip())
    if match is not None:
        year, month, day = match.groups()
        try:
            datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
        except ValueError:
            match = None
    if match is None:
        raise UsageError(f"{date!r} is not a valid date (examples: 2016, 2016-05, 2016-05-31).")
    return "".join(part for part in match.groups() if part)


def _middle(digits: str) -> datetime:
    """Return the middle of a year, month or day: nearest to a year means nearest to its July."""
    year, month, day = int(digits[:4]), int(digits[4:6] or 7), int(digits[6:8] or (1 if len(digits) == 4 else 15))
    return datetime(year, month, day, 12 if len(digits) == 8 else 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One capture, as the index lists it."""

    urlkey: str
    timestamp: str
    """Fourteen digits, UTC."""
    original: str
    mimetype: str
    status: int | None
    """None where the index does not say: a revisit."""
    digest: str
    """SHA-1 of the payload, Base32."""

    def distance(self, moment: datetime) -> timedelta:
        """Return how far from a moment it was captured."""
        return abs(timestamp_time(self.timestamp) - moment)


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """One page of the index."""

    rows: list[IndexRow] = field(default_factory=list)
    resume_key: str | None = None
    """What requests the next page; None at the end."""
    malformed: int = 0
    """Rows that are not captures."""


def timestamp_time(timestamp: str) -> datetime:
    """Return the moment of fourteen digits. Raises ValueError if they are not a time."""
    return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def query_url(span: Span, host: str, path: str, resume_key: str | None = None, limit: int = PAGE) -> str:
    """Return the address of a page of the index for a path of a host."""
    asked: list[tuple[str, str]] = [
        ("url", f"{host}{path}"),
        ("output", "json"),
        ("fl", ",".join(_FIELDS)),
        ("filter", _STATUSES),
    ]
    if path == QUERIES:
        asked.append(("filter", "urlkey:.*option=com_k2.*"))
    asked += [(name, value) for name, value in (("from", span.since), ("to", span.until)) if value]
    asked += [("limit", str(limit)), ("showResumeKey", "true")]
    # The server returns its key URL-encoded, to be sent back unchanged (wayback-cdx-server's README).
    resumed = "" if resume_key is None else f"&resumeKey={quote_plus(resume_key, safe=_KEPT)}"
    return f"{span.machine}/cdx/search/cdx?{urlencode(asked)}{resumed}"


def read_index(answer: Answer) -> IndexAnswer | None:
    """Read one page of the index; return None for any other answer.

    A list of lists: the first row names the fields; an empty row stands before the resume key. No capture at all is an
    empty list, or nothing.
    """
    try:
        lines = parsed_json(answer.body.decode("utf-8", "replace")) if answer.body.strip() else []
    except ValueError:
        return None
    if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
        return None
    if not lines:
        return IndexAnswer()
    resume_key = None
    if len(lines) >= 2 and lines[-2] == [] and len(lines[-1]) == 1:
        resume_key, lines = str(lines[-1][0]), lines[:-2]
    names = [str(name) for name in lines[0]] if lines else []
    if lines and not set(_FIELDS) <= set(names):
        return None
    parsed = [_row(dict(zip(names, map(str, line), strict=False))) for line in lines[1:] if line]
    rows = [row for row in parsed if row is not None]
    return IndexAnswer(rows, resume_key, len(parsed) - len(rows))


def _row(values: Mapping[str, str]) -> IndexRow | None:
    if any(name not in values for name in _FIELDS) or not _TIMESTAMP.fullmatch(values["timestamp"]):
        return None
    try:
        timestamp_time(values["timestamp"])
    except ValueError:
        return None
    status = values["statuscode"]
    if not values["original"].lower().startswith(("http://", "https://")):
        return None
    return IndexRow(
        values["urlkey"],
        values["timestamp"],
        values["original"],
        values["mimetype"],
        int(status) if status.isascii() and status.isdigit() and len(status) == 3 else None,
        values["digest"],
    )
