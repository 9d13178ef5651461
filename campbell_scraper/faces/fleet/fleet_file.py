"""``fleet.toml``: which libraries a fleet keeps, how often and how each is crawled."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from campbell_scraper.errors import UsageError
from campbell_scraper.folder import DataFolder
from campbell_scraper.spiders.crawl_options import DEFAULTS, OPTIONS, CrawlOptions, Option, seconds, start_of
from campbell_scraper.spiders.discovery import site_url
from campbell_scraper.spiders.spider import SOURCES, require_contact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")
_LONGEST: Final = 1e9
"""Seconds."""
_SCHEMES: Final = {"redis", "rediss", "unix"}
_CRAWLING: Final = {option.key: name for name, option in OPTIONS.items() if option.scheduled}
"""Key → field of ``CrawlOptions``, of those that a schedule passes on."""
_OF_LIBRARY: Final = ("site", "data", "every", *_CRAWLING)
_OF_FLEET: Final = ("redis", "retries", "pause", "defaults", "library")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One library of a fleet."""

    name: str
    folder: DataFolder
    every: float
    """Seconds from one good run to the next."""
    options: CrawlOptions
    stored_as: str
    """Its name in the folder's database."""
    host: str
    """The host that its crawl asks, without ``www.``; for the source ``wayback`` the Wayback Machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What a ``fleet.toml`` says."""

    file: Path
    """Absolute; data folders are named from its folder."""
    redis: str
    """URL."""
    retries: int
    """How often a crawl that failed is tried again."""
    pause: float
    """Seconds before the first of these; each further pause is about twice as long."""
    libraries: Mapping[str, Library]
    """By name, in the file's order."""


def read_fleet(file: Path) -> Fleet:
    """Read and check a ``fleet.toml``.

    Raises:
        UsageError: it cannot be read, or says what cannot be done; the sentence names the library and the key.

    """
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # of TOML and of UTF-8
        raise UsageError(f"{file} is not TOML: {error}.") from error
    with _prefixed_errors(str(file)):
        _require_known(content, _OF_FLEET)
        defaults, tables = (_table(content, key) for key in ("defaults", "library"))
        _require_known(defaults, [key for key in _OF_LIBRARY if key not in {"site", "data"}])
        if not tables:
            raise ValueError("it names no library (add a table [library.NAME])")
        redis = _read(content, "redis", _redis_url, "redis://127.0.0.1:6379/0")
        retries, pause = _read(content, "retries", _whole, "5"), _read(content, "pause", _time, "5m")
    libraries: dict[str, Library] = {}
    for name in tables:
        with _prefixed_errors(f"{file}, library {name}"):
            libraries[name] = one = _library(file, name, defaults | _table(tables, name))
            for other in libraries.values():
                if other is not one and other.folder.root.resolve() == one.folder.root.resolve():
                    raise ValueError(f"its data folder {one.folder.root} is that of library {other.name}")
    return Fleet(file=file.absolute(), redis=redis, retries=retries, pause=pause, libraries=libraries)


@contextmanager
def _prefixed_errors(what: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, UsageError) as error:
        raise UsageError(f"{what}: {str(error).removesuffix('.')}.") from error


def _require_known(table: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"there is no key {key!r}; the keys are {', '.join(known)}")


def _table(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = content.get(key, {})
    if not isinstance(table, dict):
        raise ValueError(f"{key} has to be a table of keys and values")  # noqa: TRY004 - a fault of the file
    return table


def _library(file: Path, name: str, table: dict[str, Any]) -> Library:
    if not _NAME.fullmatch(name):
        raise ValueError("a name has letters, digits, dots, - and _ only, and begins with a letter or digit")
    _require_known(table, _OF_LIBRARY)
    asked = {field: _value(key, OPTIONS[field], table[key]) for key, field in _CRAWLING.items() if key in table}
    site = site_url(start_of(asked.get("source", DEFAULTS["source"]), _read(table, "site", str, None)))
    options = CrawlOptions(site=site, **asked)
    discovery = SOURCES[options.source](options.site, options.scope())
    require_contact(discovery.asks, options.contact)
    return Library(
        name=name,
        folder=DataFolder(file.absolute().parent / _read(table, "data", str, name)),
        every=_read(table, "every", _time, "7d"),
        options=options,
        stored_as=discovery.library,
        host=(urlsplit(discovery.asks).hostname or "").removeprefix("www."),
    )


def _value(key: str, option: Option, given: object) -> Any:
    """Return an option's value, read as the command line would read it."""
    if option.is_flag:
        if not isinstance(given, bool):
            raise ValueError(f"{key} is either true or false")
        return given
    if option.is_repeated and isinstance(given, list):
        return tuple(_read({key: one}, key, option.read, None) for one in given)
    return _read({key: given}, key, option.value, None)


def _read(table: Mapping[str, Any], key: str, read: Callable[[str], Any], default: str | None) -> Any:
    """Return what a function reads in the text or number of a key; None without any."""
    given = table.get(key, default)
    if given is None:
        return None
    if not isinstance(given, str | int | float) or isinstance(given, bool):
        raise ValueError(f"{key} is a text or a number")  # noqa: TRY004 - a fault of the file
    try:
        return read(str(given))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _time(text: str) -> float:
    if not 0 < (value := seconds(text)) <= _LONGEST:
        raise ValueError(f"{text!r} is not a time between 0 s and 30 years")
    return value


def _redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES or parts.port == 0:  # .port raises ValueError for what is no number
        raise ValueError("it is not the URL of a Redis server (example: redis://127.0.0.1:6379/0)")
    return text
