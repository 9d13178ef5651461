"""The options of a crawl, each defined once.

``campbell crawl`` and ``campbell schedule`` derive their options from these fields, the archive records those that make
up the crawl's scope, and ``scrapy crawl reviews -a NAME=TEXT`` takes them by the names of the fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final, Self

from campbell_scraper.errors import UsageError

from .discovery import FULL_EVERY, Scope
from .sources.wayback_index import MACHINE, PATHS, span_of

AUTO: Final = "auto"
"""In place of a source: the site's start page shows which source to use."""
DEFAULT_SITES: Final = {
    "k2": None,
    "live": "https://www.campbellcollaboration.org/",
    "wayback": "https://www.campbellcollaboration.org/",
}
"""Source → the site it starts from unless another is named."""
_SOURCES: Final = (AUTO, *sorted(DEFAULT_SITES))
_LONGEST: Final = 1e9
"""Seconds: longer than any archive is old, and still within a timedelta."""
_SIZES: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_TIMES: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def count(text: str) -> int:
    """Return a whole number above zero; raises ValueError for any other text."""
    if not re.fullmatch(r"0*[1-9]\d{0,15}", text, re.ASCII):
        raise ValueError(f"{text!r} is not a whole number above 0")
    return int(text)


def size(text: str) -> int:
    """Return bytes from a number with k, M or G; raises ValueError for any other text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmg]?)b?", text.strip().lower(), re.ASCII)
    if not match:
        raise ValueError(f"{text!r} is not a size (examples: 500k, 20M, 2G)")
    return int(float(match[1]) * _SIZES[match[2]])


def seconds(text: str) -> float:
    """Return seconds from a number with s, m, h or d; raises ValueError for any other text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip().lower(), re.ASCII)
    if not match:
        raise ValueError(f"{text!r} is not a duration (examples: 90s, 30m, 12h, 30d)")
    return float(match[1]) * _TIMES[match[2]]


def source_name(text: str) -> str:
    """Return the name of a source; raises ValueError for any other text."""
    if text not in _SOURCES:
        raise ValueError(f"there is no source {text!r}: choose one of {', '.join(_SOURCES)}")
    return text


def is_yes(text: str) -> bool:
    """Return whether a text switches a flag on."""
    return text.lower() in {"1", "true", "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How people write an option."""

    name: str
    """On the command line; a flag with its opposite as ``--yes/--no``."""
    help: str
    read: Callable[[str], Any] = str
    """Returns the value of a text, or raises ValueError with a sentence."""
    default: str | tuple[str, ...] | bool | None = None
    """As people would write it; a tuple for what can be given several times."""
    metavar: str | None = None
    recorded: bool = False
    """Whether the archive records it, as part of the scope: a crawl of another scope does not resume this one."""
    scheduled: bool = True
    """Whether a schedule passes it on."""
    setting: bool = False
    """Whether it becomes a setting of Scrapy's, and so is not an argument of the spider."""

    @property
    def key(self) -> str:
        """Its name in files and in the archive: without dashes in front, and without its opposite."""
        return self.name.partition("/")[0].removeprefix("--")

    @property
    def is_repeated(self) -> bool:
        """Whether the option can be given several times."""
        return isinstance(self.default, tuple)

    @property
    def is_flag(self) -> bool:
        """Whether the option is on or off."""
        return self.read is is_yes

    def value(self, text: str) -> Any:
        """Return the value of a text (values separated by commas if repeated); raises ValueError for any other text."""
        return tuple(map(self.read, text.split(","))) if self.is_repeated else self.read(text)


_KEY: Final = "option"


def _option(name: str, text: str, **more: Any) -> Any:
    """Return a field for an option."""
    option = Option(name=name, help=text, **more)
    default = ",".join(option.default) if isinstance(option.default, tuple) else option.default
    return field(default=option.value(default) if isinstance(default, str) else default, metadata={_KEY: option})


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """The options of ``campbell crawl``."""

    site: str
    library: str | None = None
    """Name of the library; by default the site's host."""
    source: str = _option(
        "--source",
        "Kind of site: K2 layout, live (WordPress), or the Wayback Machine; auto: as in earlier runs, else as the"
        " site's start page shows.",
        read=source_name,
        default=AUTO,
        metavar=f"[{'|'.join(_SOURCES)}]",
    )
    contact: str | None = _option(
        "--contact", "Your e-mail address, sent with each request; required except for loopback.", metavar="MAIL"
    )
    limit: int | None = _option("--limit", "Fetch at most this many reviews.", read=count, metavar="N", recorded=True)
    delay: float = _option(
        "--delay", "Time between requests to one host.", read=seconds, default="1s", metavar="DURATION", setting=True
    )
    concurrency: int = _option("--concurrency", "Requests at once.", read=count, default="1", metavar="N", setting=True)
    max_requests: int | None = _option(
        "--max-requests", "Stop after this many requests.", read=count, metavar="N", setting=True
    )
    max_bytes: int | None = _option(
        "--max-bytes", "Stop after this many bytes (500k, 20M, 2G).", read=size, metavar="SIZE", setting=True
    )
    max_time: float | None = _option(
        "--max-time", "Stop after this time (90s, 30m, 12h).", read=seconds, metavar="DURATION", setting=True
    )
    requisites: bool = _option(
        "--requisites/--no-requisites",
        "Also archive what pages need to be shown (styles, images, fonts, scripts) and all PDFs they link to; the PDFs"
        " of a review's text are always fetched.",
        read=is_yes,
        default=True,
        recorded=True,
        setting=True,
    )
    full: bool = _option("--full", "Fetch all pages again.", read=is_yes, default=False, recorded=True)
    full_every: float = _option(
        "--full-every",
        "Fetch unchanged pages again after this time: the oldest first, at most a quarter of all in a run; 0: all.",
        read=seconds,
        default=f"{FULL_EVERY.days}d",
        metavar="DURATION",
        recorded=True,
    )
    follow: float = _option(
        "--follow",
        "How often the database is updated while the crawl runs; 0: only at its end.",
        read=seconds,
        default="60s",
        metavar="DURATION",
        setting=True,
    )
    gate: bool = _option(
        "--gate",
        "Show readers (in Datasette, exports, feed) the rows of the last good run until this run has finished and"
        " passed all checks, or is accepted (campbell accept).",
        read=is_yes,
        default=False,
    )
    since: str | None = _option(
        "--from",
        "wayback: captures from this year, month or day (2016-05).",
        metavar="DATE",
        recorded=True,
    )
    until: str | None = _option(
        "--to", "wayback: captures up to this year, month or day.", metavar="DATE", recorded=True
    )
    nearest: str | None = _option(
        "--nearest",
        "wayback: only one capture of each page, the nearest to this date that shows it.",
        metavar="DATE",
        recorded=True,
    )
    paths: tuple[str, ...] = _option(
        "--path",
        "wayback: captures of this path of the site; with * at its end, of all paths that begin with it (for"
        " /index.php* only K2 pages); can be repeated.",
        default=PATHS,
        metavar="PATH",
        recorded=True,
    )
    wayback_url: str = _option("--wayback-url", "The Wayback Machine to ask.", default=MACHINE, metavar="URL")
    resume: bool | None = _option(
        "--resume/--fresh",
        "Resume the interrupted crawl, or start a new one; by default it is resumed if it is younger than 48 h.",
        read=is_yes,
        scheduled=False,
        setting=True,
    )
    """True: there must be a crawl to resume; None: there may be."""

    @classmethod
    def of_texts(cls, site: str, texts: Mapping[str, str]) -> Self:
        """Return the options that a spider's arguments (field → text) ask for.

        Raises:
            UsageError: there is no such argument, or its text cannot be read.

        """
        values: dict[str, Any] = {}
        for name, text in texts.items():
            option = OPTIONS.get(name)
            if name == "library":
                values[name] = text
                continue
            if option is None or option.setting:
                raise UsageError(f"The spider takes no argument {name!r}.")
            try:
                values[name] = option.value(text)
            except ValueError as error:
                raise UsageError(f"{name}: {error}.") from error
        return cls(site=site, **values)

    def words(self) -> list[str]:
        """Return the arguments of ``campbell crawl`` that a schedule passes on: those that differ from the defaults."""
        words = []
        for name, option in OPTIONS.items():
            value = getattr(self, name)
            if not option.scheduled or value == DEFAULTS[name]:
                continue
            if option.is_flag:
                yes, _, no = option.name.partition("/")
                words.append(yes if value else no)
            else:
                # Each option is one argument, so that no value is taken for an option.
                words += [f"{option.name}={_text(one)}" for one in (value if option.is_repeated else (value,))]
        return words

    def recorded(self) -> str:
        """Return the scope as the archive records it; pace and budget may differ when the crawl is resumed."""
        asked = {
            option.key: getattr(self, name)
            for name, option in OPTIONS.items()
            if option.recorded and getattr(self, name) != DEFAULTS[name]
        }
        return " ".join(
            f"{name}={','.join(value) if isinstance(value, tuple) else _text(value)}" for name, value in asked.items()
        )

    def scope(self) -> Scope:
        """Return the scope as the discovery takes it. Raises UsageError for a text that is not a date."""
        span = span_of(since=self.since, until=self.until, nearest=self.nearest, paths=self.paths,
                       machine=self.wayback_url)  # fmt: skip
        every = timedelta(seconds=min(self.full_every, _LONGEST))
        return Scope(limit=self.limit, full=self.full, full_every=every, span=span)


OPTIONS: Final[Mapping[str, Option]] = {
    one.name: one.metadata[_KEY] for one in fields(CrawlOptions) if _KEY in one.metadata
}
"""Field → its option, in the order in which help texts list them."""
DEFAULTS: Final[Mapping[str, Any]] = {one.name: one.default for one in fields(CrawlOptions)}


def start_of(source: str, site: str | None) -> str:
    """Return the URL a crawl of a source starts from.

    Raises:
        UsageError: the source has no default site.

    """
    start = site or DEFAULT_SITES.get(source)
    if start is None:
        raise UsageError(f"The source {source} needs SITE, the URL to start from (example: http://127.0.0.1:8000/).")
    return start


def source_sentence(site: str, source: str, why: str) -> str:
    """Return a sentence that says as which source a site is crawled, and why."""
    return f"{site} is crawled as --source {source}: {why}."


def _text(value: object) -> str:
    """Return a value as its option reads it: durations are seconds, without an exponent."""
    return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
