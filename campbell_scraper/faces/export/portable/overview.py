"""The columns of ``review_overview``, made from a version's record, so that they exist for any day.

The view of the database says the same of the newest versions; a test compares the two.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from campbell_scraper.folder import REPLAY_BASE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_FRAGMENT_WORDS = 6
"""Words at each end by which a text fragment names a long text."""
_PLAIN = ("title", "stage", "status", "published_date", "doi", "headline", "brief", "url", "full_review_url")


def overview(record: Mapping[str, Any], confirmed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the columns of ``review_overview`` that a record determines; lists are lists, not JSON.

    ``confirmed`` has the facts that people have confirmed, by name (rows of ``confirmed_facts``).
    """
    search_date = _value(record, confirmed, "search_date", "value")
    return {name: record.get(name) for name in _PLAIN} | {
        "authors": "; ".join(author["name"] for author in record.get("authors") or []) or None,
        "groups": list(record.get("groups") or []),
        "types": list(record.get("document_types") or []),
        "languages": list(dict.fromkeys(summary["language"] for summary in record.get("summaries") or [])),
        "studies_included": _value(record, confirmed, "studies_included", "number"),
        "participants": _value(record, confirmed, "participants", "number"),
        "search_date": search_date,
        "search_lag_months": _months(search_date, record.get("published_date")),
    }


def replay_base(connection: sqlite3.Connection) -> str:
    """Return where ``campbell replay`` serves the archive: the URL before the timestamp."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'replay_base'").fetchone()
    return str(row[0]) if row else REPLAY_BASE


def replay_url(base: str, captured_at: str | None, url: str | None) -> str | None:
    """Return the address under which ``campbell replay`` shows a capture."""
    if captured_at is None or url is None:
        return None
    stamp = captured_at.replace("-", "").replace(":", "").replace("T", "")[:14]
    return f"{base}{stamp}/{url}"


def text_fragment(words: str) -> str:
    """Return the text fragment that makes a browser highlight the words (WICG Scroll-to-Text Fragment).

    >>> text_fragment("Ada Lovelace"), text_fragment("two-three, four")
    ('#:~:text=Ada%20Lovelace', '#:~:text=two%2Dthree%2C%20four')
    >>> text_fragment("a b c d e f g h i j k l m")
    '#:~:text=a%20b%20c%20d%20e%20f,h%20i%20j%20k%20l%20m'
    """
    line = words.split("\n", 1)[0].split()
    parts = [line[:_FRAGMENT_WORDS], line[-_FRAGMENT_WORDS:]] if len(line) > 2 * _FRAGMENT_WORDS else [line]
    # "-" has a meaning of its own in a fragment, and quote() leaves it.
    return "#:~:text=" + ",".join(quote(" ".join(part), safe="").replace("-", "%2D") for part in parts)


def as_sql(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row as the view has it: lists as JSON arrays."""
    return {
        name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list) else value
        for name, value in row.items()
    }


def _value(record: Mapping[str, Any], confirmed: Mapping[str, Any] | None, fact: str, column: str) -> Any:
    """Return the fact as confirmed, else the first of the English summary or of the first that states one."""
    if confirmed and fact in confirmed:
        return confirmed[fact][column]
    summaries = sorted(record.get("summaries") or [], key=lambda summary: summary["language"] != "en")
    facts = (one for summary in summaries for one in summary.get("facts") or [])
    return next((one.get(column) for one in facts if one["fact"] == fact), None)


def _months(search: str | None, published: str | None) -> int | None:
    try:
        if search is None or published is None:
            return None
        (year, month), (from_year, from_month) = (map(int, day[:7].split("-")) for day in (published, search))
    except ValueError:  # known to the year only, or a publication window
        return None
    return (year - from_year) * 12 + month - from_month
