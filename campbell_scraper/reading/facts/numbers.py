"""Numbers in running English text: digits with any thousands separator, and words ("one hundred and twelve")."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from text_to_num import text2num  # type: ignore[import-untyped]  # ships no types

_UNIT: Final = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEEN: Final = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS: Final = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_SMALL: Final = rf"(?:{_TENS}(?:[- ]{_UNIT})?|{_TEEN}|{_UNIT})"
_HUNDREDS: Final = rf"(?:(?:{_SMALL}|a)[- ]hundred(?:(?: and |[- ]){_SMALL})?)"
_BELOW: Final = rf"(?:{_HUNDREDS}|{_SMALL})"
_WORDS: Final = rf"(?:(?:{_BELOW}|a) (?:thousand|million)(?:(?:,? and |,? ){_BELOW})?|{_BELOW})"
_BEFORE: Final = r"[\w.,/$€£-]"
"""Characters that make a number part of something else when they stand right before it."""

DIGITS: Final = (
    rf"\d(?<!{_BEFORE}\d)(?:\d{{0,2}}(?:[, ]\d{{3}})+|\d*)(?:(?:\.\d+)? (?:million|thousand))?"
    r"(?![\d%]|[.,/:]\d|-\d| ?per ?cent)"
)
"""A number in digits that counts something: no percentage, decimal, date, range or part of a word."""
WORDS: Final = rf"(?<!{_BEFORE})\b{_WORDS}\b(?!-| per ?cent)"
"""The same for a number in words."""
NUMBER_WORDS: Final = frozenset(re.findall("[a-z]+", _UNIT + _TEEN + _TENS + "hundred|thousand|million"))
"""Every match of ``WORDS`` has one of them."""

_SCALES: Final = {"thousand": 1_000, "million": 1_000_000}


@lru_cache(maxsize=2048)
def value_of(number: str) -> int | None:
    """Return the integer that a match of ``DIGITS`` or ``WORDS`` stands for; None for "1.2345 thousand"."""
    text = " ".join(number.lower().replace(",", "").split())
    if text[:1].isdigit():
        *digits, last = text.split(" ")
        if last in _SCALES:
            scaled = float("".join(digits)) * _SCALES[last]
            return round(scaled) if abs(scaled - round(scaled)) < 1e-6 else None
        return int(text.replace(" ", "")) if len(text) < 16 else None
    if text.startswith("a "):
        text = "one" + text[1:]
    try:
        return int(text2num(text, "en"))
    except ValueError:
        return None
