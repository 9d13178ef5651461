"""Printed dates as ISO 8601, at the precision they have. Ambiguous dates are not guessed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
"""Names and abbreviations of months, in lower case, to their numbers."""
_DASHES: Final = str.maketrans("\u2010\u2011\u2012\u2013\u2014", "-----")
"""What editors make of a typed hyphen."""
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ]\d{1,2}:\d{2}.*)?$")
_DAY_FIRST = re.compile(
    r"(?:[a-z]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+([a-z]+)\.?,?[\s-]+(\d{4})(?:[\s,]+\d{1,2}:\d{2}.*)?$"
)
_MONTH_FIRST = re.compile(r"(?:[a-z]+,\s+)?([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$")
_MONTH = re.compile(r"([a-z]+)\.?,?[\s-]+(\d{4})$")
_YEAR_MONTH = re.compile(r"(\d{4})[\s,]+([a-z]+)\.?$")
_NUMERIC = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})$")
_NUMERIC_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})$")
_YEAR = re.compile(r"(\d{4})$")
_FORMS: Final = (
    (_ISO, (1, 2, 3)),
    (_DAY_FIRST, (3, 2, 1)),
    (_MONTH_FIRST, (3, 1, 2)),
    (_MONTH, (2, 1, 0)),
    (_YEAR_MONTH, (1, 2, 0)),
    (_NUMERIC_YEAR_FIRST, (1, 2, 3)),
    (_YEAR, (1, 0, 0)),
)
"""Forms of a date, and which groups are its year, month and day (0: not given)."""


def date(text: str) -> tuple[str, str] | None:
    """Return the ISO 8601 date at the precision the text has, and that precision ("day", "month", "year").

    None if it is no date, no possible one, or one that can be read two ways ("04/05/2016").

    >>> date("Monday, 02 March 2015")
    ('2015-03-02', 'day')
    >>> date("March 2015"), date("2015"), date("04/05/2016")
    (('2015-03', 'month'), ('2015', 'year'), None)
    """
    text = " ".join(text.lower().translate(_DASHES).split()).rstrip(".")
    if len(text) > 64:
        return None
    for pattern, (year, month, day) in _FORMS:
        if match := pattern.match(text):
            return _date(match[year], match[month] if month else None, match[day] if day else None)
    if match := _NUMERIC.match(text):
        return _numeric_date(int(match[1]), int(match[2]), match[3])
    return None


def _numeric_date(first: int, second: int, year: str) -> tuple[str, str] | None:
    """Return a date whose day and month come in either order, if one of them cannot be a month or they are equal."""
    if first > 12 or first == second:
        return _date(year, str(second), str(first))
    if second > 12:
        return _date(year, str(first), str(second))
    return None


def _date(year: str, month: str | None, day: str | None) -> tuple[str, str] | None:
    number = None if month is None else int(month) if month.isdecimal() else MONTHS.get(month)
    if month is not None and number is None:
        return None
    try:
        made = dt.date(int(year), number or 1, int(day) if day else 1)
    except ValueError:
        return None
    if not 1900 <= made.year <= 2100:
        return None
    if day:
        return made.isoformat(), "day"
    return (f"{year}-{made.month:02}", "month") if number else (year, "year")
