"""Sentences of a text, as offsets into it, and the plain form in which patterns are matched against them."""

from __future__ import annotations

import re
from typing import Final

from campbell_scraper.reading.values.printed_dates import MONTHS

_PLAIN: Final = (
    *((dash, "-") for dash in "‐‑‒–—―−"),
    *((space, " ") for space in "\u00a0\u2007\u2008\u2009\u200a\u202f"),
    ("’", "'"),
    ("‘", "'"),
    ("“", '"'),
    ("”", '"'),
)
"""One character for one, so that offsets stay those of the text."""

_END: Final = re.compile(
    r"[.!?…\n](?:(?<=\n)|[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[A-Z0-9À-Þ])"
    # A lost tag or space glues sentences: "Sweden.The included studies".
    r"|(?<=[a-z)][.!?])(?=[A-Z][a-z]+[\s,]))"
)
_ABBREVIATED: Final = frozenset(
    [
        *("etc", "vs", "cf", "al", "ca", "approx", "no", "nos", "fig", "figs", "dr", "mr", "mrs", "ms", "prof", "st"),
        *("jr", "sr", "ref", "refs", "vol", "pp", "ed", "eds", "inc"),
        *(name for name in MONTHS if len(name) < 5 and name not in ("may", "june", "july")),
    ]
)
_ABBREVIATION: Final = re.compile(
    rf"(?:\b(?:e\.g|i\.e|{'|'.join(sorted(_ABBREVIATED))})|\b[A-Z]|\b[A-Z]\.[A-Z])\.$", re.IGNORECASE
)
_LONGEST: Final = 7
"""More letters before a full stop than any abbreviation has."""
_INITIAL: Final = re.compile(r"\s[a-z]\.$")
"""A single small letter ends a sentence ("vitamin c.")."""


def plain(text: str) -> str:
    """Return ``text`` with plain dashes, quotes and spaces, character for character."""
    if not text.isascii():
        # Twenty searches for a character cost a twentieth of a translation.
        for character, instead in _PLAIN:
            if character in text:
                text = text.replace(character, instead)
    return text


def sentences(text: str) -> list[tuple[int, int]]:
    """Return start and end of each sentence of ``text``, without the white space around it."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        stop, end = match.span()
        if text[stop] == "." and _abbreviates(text, stop):
            continue
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _abbreviates(text: str, stop: int) -> bool:
    if text[stop - _LONGEST : stop].isalpha():
        return False
    head = text[max(0, stop - 8) : stop + 1]
    word = head[:-1].rpartition(" ")[2]
    if len(word) > 1 and word.isalpha():
        return word.lower() in _ABBREVIATED
    return _ABBREVIATION.search(head) is not None and not _INITIAL.search(head)


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    """Add a span without the white space at its edges, if anything is left."""
    own = text[start:end]
    bare = own.lstrip()
    if bare:
        spans.append((end - len(bare), end - len(bare) + len(bare.rstrip())))
