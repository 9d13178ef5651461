"""The language a summary is written in, and whether that is the language of its label.

The identifier is CLD2 (compiled, offline, in the wheel of pycld2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pycld2  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from campbell_scraper.items import Summary

UNKNOWN: Final = "unknown"
"""What ``identify`` returns for a text too short, or too mixed, to tell."""

_MIN_BYTES: Final = 72
"""Bytes of words, in UTF-8, that a text must have to be identified: scripts that need fewer letters need more bytes."""
_SAMPLE: Final = 1000
"""Characters looked at."""
_NONCHARACTERS: Final = "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
_REFUSED: Final = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
"""Characters for which CLD2 refuses a text as damaged."""
_TODAY: Final = {"iw": "he", "jw": "jv"}
"""Codes that ISO 639 has replaced since."""
_SAME: Final = (
    frozenset({"no", "nb", "nn", "da"}),
    frozenset({"hr", "sr", "bs", "sh", "me"}),
    frozenset({"id", "ms"}),
    frozenset({"hi", "ne", "mr"}),
    frozenset({"fa", "prs", "ps"}),
    frozenset({"es", "gl", "ca", "an"}),
    frozenset({"pt", "gl"}),
    frozenset({"cs", "sk"}),
    frozenset({"af", "nl"}),
    frozenset({"fil", "tl"}),
    frozenset({"yue", "zh"}),
)
"""Languages an identifier confuses: a text found to be one of a group does not contradict a label of another."""


def identify(text: str) -> str:
    """Return the language ``text`` is written in (ISO 639), or ``UNKNOWN`` if it is short or ambiguous."""
    sample = text[:_SAMPLE]
    try:
        is_reliable, size, ranked = pycld2.detect(sample)
    except (pycld2.error, UnicodeEncodeError):
        is_reliable, size, ranked = pycld2.detect(_REFUSED.sub(" ", sample))
    code: str = ranked[0][1].partition("-")[0]
    if not is_reliable or size < _MIN_BYTES or code.startswith("x"):
        return UNKNOWN
    return _TODAY.get(code, code)


def language_mismatch(summary: Summary) -> str | None:
    """Return the language of a summary's text if it is not that of its label; None if it is, or cannot be told."""
    if summary.is_placeholder or summary.language == "und":
        return None
    found = identify(summary.text)
    labelled = summary.language.split("-")[0].lower()
    if found in (UNKNOWN, labelled) or any({found, labelled} <= group for group in _SAME):
        return None
    return found
