"""A sentence as rules read it: lower case, with a token for each number (``N35N``) and each date (``D2015-03D``).

Years are dates and never counts. Numbers and dates are found once per sentence and not once per rule, which keeps the
rules short and fast.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from campbell_scraper.reading.values.printed_dates import MONTHS

from .numbers import DIGITS, NUMBER_WORDS, WORDS, value_of

_MONTH: Final = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_YEAR: Final = r"(?:19[5-9]\d|20[0-4]\d)"
_DAY: Final = r"(?<!week )(?<!weeks )[0-3]?\d(?:st|nd|rd|th)?"
_DATE: Final = re.compile(
    r"(?<![\w/])(?:(?:(?:the )?(?:end|beginning|start|middle|first half|second half|close) of |mid[- ]|early |late |"
    rf"(?:spring|summer|autumn|fall|winter) (?:of )?){{0,4}}(?:{_MONTH} (?:and|to|-|/) )?"
    rf"(?:(?P<iso>{_YEAR}-[01]\d-[0-3]\d)|"
    rf"(?:(?P<day>{_DAY})(?: of)? )?(?P<month>{_MONTH})(?: (?P<day2>{_DAY}),?)?,? (?:of )?(?P<year>{_YEAR})|"
    rf"(?P<year2>{_YEAR}) \((?P<month2>{_MONTH})\)|"
    rf"(?P<alone>{_YEAR})))(?![\w%/]|,\d|\.\d|-\d\d?\b)"
)
"""A date, or a year alone; the end of a span of months ("May to June 2018") stands for the span."""
_IN_DIGITS: Final = re.compile(DIGITS)
_IN_WORDS: Final = re.compile(WORDS)
_LETTERS: Final = re.compile(r"[a-z]+")


@lru_cache(maxsize=64)  # each sentence is also the one before and after others
def tokenised(low: str) -> str:
    """Return a text in lower case, plain dashes and spaces, with its dates and numbers as tokens."""
    if "19" in low or "20" in low:
        low = _DATE.sub(_date_token, low)
    low = _IN_DIGITS.sub(_number_token, low)
    low = low.replace("a single ", "one ")
    return low if NUMBER_WORDS.isdisjoint(_LETTERS.findall(low)) else _IN_WORDS.sub(_number_token, low)


def _number_token(match: re.Match[str]) -> str:
    value = value_of(match[0])
    return match[0] if value is None else f"N{value}N"


def _date_token(match: re.Match[str]) -> str:
    if date := match["iso"] or match["alone"]:
        return f"D{date}D"
    day = "".join(c for c in match["day"] or match["day2"] or "" if c.isdigit())
    if day and not 1 <= int(day) <= 31:
        return match[0]
    month = MONTHS[(match["month"] or match["month2"]).rstrip(".")]
    return f"D{match['year'] or match['year2']}-{month:02d}{f'-{int(day):02d}' if day else ''}D"
