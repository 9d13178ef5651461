"""Sentences of a text, as offsets into it, and the plain form in which patterns are matched against them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN: Final = {
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2008\u2009\u200a\u202f\t"), " "),
    ord("’"): "'",
    ord("‘"): "'",
    ord("“"): '"',
    ord("”"): '"',
}
"""One character for one, so that offsets stay those of the text."""

_END: Final = re.compile(
    r"[.!?…\n](?:(?<=\n)|[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[A-Z0-9À-Þ])"
    # A lost tag or space glues sentences: "Sweden.The included studies".
    r"|(?<=[a-z)][.!?])(?=[A-Z][a-z]+[\s,]))"
)
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|ca|approx|no|nos|fig|figs|dr|mr|mrs|ms|prof|st|jr|sr|ref|refs|vol|pp|eds?|inc|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)|\b[A-Z]|\b[A-Z]\.[A-Z])\.$",
    re.IGNORECASE,
)
_INITIAL: Final = re.compile(r"\s[a-z]\.$")
"""A single small letter ends a sentence ("vitamin c.")."""


def plain(text: str) -> str:
    """Give ``text`` with plain dashes, quotes and spaces, character for character."""
    return text if text.isascii() else text.translate(_PLAIN)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Give start and end of each sentence of ``text``, without the white space around it."""
    start = 0
    for match in _END.finditer(text):
        if match[0] != "\n" and _abbreviates(text, match):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _abbreviates(text: str, match: re.Match[str]) -> bool:
    head = text[max(0, match.start() - 8) : match.start() + 1]
    return head.endswith(".") and _ABBREVIATION.search(head) is not None and not _INITIAL.search(head)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
