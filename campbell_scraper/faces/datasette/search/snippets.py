"""The words of a query found in texts: how often, and the part of a text around them."""

from __future__ import annotations

from typing import NamedTuple

from campbell_scraper.words import clean

from .fulltext_query import Query, folded, parse

_MAX_TEXT = 200_000
"""Characters of a text in which words are looked for."""
_BEFORE, _AFTER = 80, 220
"""Characters of a snippet before and after the first word found."""


class Piece(NamedTuple):
    """A part of a text."""

    text: str
    hit: bool


def count_hits(query: Query, text: str | None) -> int:
    """Return how often words of a query occur in a text."""
    if not text or query.pattern is None:
        return 0
    return sum(1 for _ in query.pattern.finditer(folded(text[:_MAX_TEXT])))


def snippet(query: Query, text: str | None, *, whole: bool = False) -> list[Piece]:
    """Return the part of a text around the first words found (or the whole), cut into pieces."""
    text = (text or "")[:_MAX_TEXT]
    hits = [match.span() for match in query.pattern.finditer(folded(text))] if query.pattern else []
    start, end = 0, len(text)
    if not whole:
        first = hits[0][0] if hits else 0
        start, end = _window(text, first)
    pieces = [Piece("… ", False)] if start else []
    at = start
    for begin, stop in hits:
        if begin < at or stop > end:
            continue
        if begin > at:
            pieces.append(Piece(text[at:begin], False))
        pieces.append(Piece(text[begin:stop], True))
        at = stop
    if at < end:
        pieces.append(Piece(text[at:end], False))
    return [*pieces, Piece(" …", False)] if end < len(text) else pieces


def excerpt(text: str | None, typed: str | None) -> str:
    """Return the part of a text around the first words found, in [brackets] (SQL function of that name)."""
    pieces = snippet(parse(typed or ""), clean(text or ""))
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces)


def _window(text: str, first: int) -> tuple[int, int]:
    start = max(0, first - _BEFORE)
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    end = min(len(text), first + _AFTER)
    if end < len(text):
        space = text.rfind(" ", first + _AFTER // 2, end)
        end = space if space >= 0 else end
    return start, end
