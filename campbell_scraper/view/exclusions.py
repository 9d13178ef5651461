"""Reviews that must not be shown: people's decisions in ``exclusions.csv``, honoured by every face."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING, Any

from campbell_scraper.errors import UsageError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import StoreError

from .decisions import read_decisions
from .keys import review_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from campbell_scraper.folder import DataFolder

_KNOWN = "SELECT 1 FROM reviews WHERE review_id = ?"
_ADDRESSES = "SELECT url, review_id FROM review_urls UNION SELECT url, review_id FROM files ORDER BY url"
_LED_TO = "SELECT url, review_id FROM review_urls"
_WORKS = "SELECT 'work ' || work_id, review_id FROM reviews"


def excluded(folder: DataFolder) -> dict[str, str]:
    """Return the excluded reviews of a library: review_id → reason ("" if none is given).

    The file is CSV (see ``decisions``) with the header ``review_id,reason``; ``review_id`` may also be written as the
    page's URL, or as any other address that led to it (table ``review_urls``): then both names are returned. Pages that
    count as the same are excluded too: those that its address led to or that led to it, and those of its work. No file
    means no exclusions. A file that cannot be read is an error and not an empty list, because showing what somebody
    wanted hidden cannot be undone.

    Raises:
        UsageError: the file cannot be read, has another header, or has a row without a review_id.

    """
    path = folder.exclusions
    try:
        decisions = dict(_decision(row, line) for line, row in read_decisions(path))
    except ValueError as error:
        raise UsageError(f"{path} cannot be read as a list of exclusions: {error}.") from error
    return _with_the_same(folder, decisions)


def other_names(connection: sqlite3.Connection, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return (name, review_id) of names that are not a review_id but an address that led to a review."""
    unknown = {name for name in names if not connection.execute(_KNOWN, (name,)).fetchone()}
    if not unknown:
        return []
    rows = connection.execute("SELECT url, review_id FROM review_urls ORDER BY review_id, url")
    return [(key, review_id) for url, review_id in rows if (key := review_key(url)) in unknown]


def addresses(connection: sqlite3.Connection, reviews: Collection[str]) -> list[str]:
    """Return every URL that led to one of these reviews, and those of their files."""
    return [url for url, review_id in connection.execute(_ADDRESSES) if review_id in reviews]


def without_addresses(value: Any, hidden: Collection[str]) -> Any:
    """Return a plain value (of lists, dictionaries, texts) with "[excluded]" where a text names one of the addresses.

    >>> without_addresses({"urls": ["https://x.example/a", "https://x.example/ab"]}, ["https://x.example/a"])
    {'urls': ['[excluded]', 'https://x.example/ab']}
    """
    if not hidden:
        return value
    named = re.compile("(?:" + "|".join(map(re.escape, sorted(hidden))) + r")(?![\w./?&=%-])")

    def cleaned(part: Any) -> Any:
        if isinstance(part, str):
            return named.sub("[excluded]", part)
        if isinstance(part, dict):
            return {name: cleaned(one) for name, one in part.items()}
        return [cleaned(one) for one in part] if isinstance(part, list | tuple) else part

    return cleaned(value)


def _with_the_same(folder: DataFolder, decisions: dict[str, str]) -> dict[str, str]:
    """Return the decisions, extended to all pages that count as the same."""
    if not folder.database.is_file() or not decisions:
        return decisions
    same: dict[str, set[str]] = {}
    joined: list[tuple[str, str]] = []
    try:
        for database in {folder.database, folder.newest}:
            with contextlib.closing(open_readonly(database)) as connection:
                joined += [(review_key(url), name) for url, name in connection.execute(_LED_TO)]
                joined += connection.execute(_WORKS).fetchall()
    except (StoreError, sqlite3.Error):  # not a library: the caller finds that out when reading it
        return decisions
    for one, other in joined:
        same.setdefault(one, set()).add(other)
        same.setdefault(other, set()).add(one)
    reviews = {review_id for _, review_id in joined}
    extended, waiting = dict(decisions), list(decisions)
    while waiting:
        name = waiting.pop()
        for other in same.get(name, ()):
            # An address that is not a review's own joins nothing: menus and searches lead to many reviews.
            is_joint = other in reviews or other.startswith("work ")
            if other not in extended and is_joint:
                extended[other] = extended[name]
                waiting.append(other)
    return {name: reason for name, reason in extended.items() if not name.startswith("work ")}


def _decision(row: dict[str, str], line: int) -> tuple[str, str]:
    name, reason = row.get("review_id", ""), row.get("reason", "")
    if not name:
        raise ValueError(f"line {line} has a reason but no review_id")
    # A path gets a host, so that it is read as the path of a URL and by the same rule.
    return review_key(name if "://" in name else f"https://www.campbellcollaboration.org/{name.strip('/')}"), reason
