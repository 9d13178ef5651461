"""What people type into a search box, as full-text queries that cannot fail, and their words found again in texts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.words import clean

if TYPE_CHECKING:
    import sqlite3

MAX_QUERY = 400
"""Characters of a query that are read."""
_MAX_TERMS = 32
_MAX_TEXT = 200_000
"""Characters of a text in which words are looked for."""
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_QUOTES = re.compile("[“”„‟«»＂]")
_RESOLVER = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)(?=10\.)", re.IGNORECASE)
_BEFORE, _AFTER = 80, 220


class Piece(NamedTuple):
    """A part of a text."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query as typed, understood."""

    typed: str
    match: str
    """For ``MATCH``: every word or "quoted phrase" must occur; OR between two means either; ``word*`` any ending. Empty
    if nothing in it can be searched for."""
    pattern: re.Pattern[str] | None
    """Finds its words in a :func:`folded` text."""


def parse(typed: str) -> Query:
    """Understand a query, whatever it is made of: punctuation, quotes, hyphens, any language.

    >>> parse('meta-analysis OR "plain language" psycho*').match
    '("meta analysis" OR "plain language") AND "psycho" *'
    >>> parse("?! -").match
    ''
    """
    text = _RESOLVER.sub("", _QUOTES.sub('"', typed[:MAX_QUERY].replace("\0", " ")))
    groups: list[list[str]] = []
    patterns: list[str] = []
    either = False
    for found in list(_TERM.finditer(text))[:_MAX_TERMS]:
        phrase, word = found[1], found[2]
        if word == "OR" and groups:
            either = True
            continue
        if word == "AND":
            continue
        term, pattern = _term(phrase if word is None else word)
        if not term:
            continue
        if either:
            groups[-1].append(term)
        else:
            groups.append([term])
        either = False
        patterns += pattern
    match = " AND ".join(one[0] if len(one) == 1 else "(" + " OR ".join(one) + ")" for one in groups)
    return Query(typed, match, re.compile("|".join(sorted(patterns, key=len, reverse=True))) if patterns else None)


def fts_query(typed: str | None) -> str:
    """Return the ``MATCH`` expression of what somebody typed (SQL function of that name); finds nothing for nothing."""
    return parse(typed or "").match or '""'


def _term(text: str) -> tuple[str, list[str]]:
    """Return a word or phrase as FTS5 has it, and as patterns."""
    tokens = _tokens(text)
    if not tokens:
        return "", []
    if not any(search._RUN.search(token) for token in tokens):
        prefix = text.endswith("*")
        first, *more = (re.escape(folded(token)) for token in tokens)
        # What begins with a letter is found ten times faster than what begins with a look behind.
        words = r"\W+".join([rf"{first}(?<!\w{first})", *more])
        phrase = " ".join(tokens)
        spellings = dict.fromkeys((phrase, search.as_typed(phrase)))
        quoted = " OR ".join(f'"{one}"' + (" *" if prefix else "") for one in spellings)
        return quoted if len(spellings) == 1 else f"({quoted})", [words + (r"\w*" if prefix else r"(?!\w)")]
    pieces = [piece for token in tokens for piece in _pieces(token)]
    return "(" + " AND ".join(f'"{piece}"' for piece in pieces) + ")", [re.escape(folded(piece)) for piece in pieces]


def _pieces(token: str) -> list[str]:
    """Cut a run without spaces into strings short enough to be found, and leave spaced letters around it whole."""
    runs = search._RUN.findall(token)
    if not runs:
        return [token]
    pieces = []
    for run in runs:
        letters = search._clusters(run)
        step = search.LONGEST_HAN
        pieces += ["".join(letters[start : start + step]) for start in range(0, len(letters), step)]
    return pieces


def _tokens(text: str) -> list[str]:
    """Split as the tokenizer of the full-text tables does."""
    kept = "".join(one if _is_letter(one) else " " for one in text)
    return kept.split()


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category in {"Co", "Mn", "Mc"}


def folded(text: str) -> str:
    """Return a text of the same length without case and accents."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """Character → itself without case and accents, found once: texts of PDFs are long."""

    def __missing__(self, code: int) -> str:
        typed = search.as_typed(chr(code))
        base, *marks = list(unicodedata.normalize("NFD", typed if len(typed) == 1 else chr(code)))
        if any(unicodedata.category(mark) != "Mn" for mark in marks):  # a Korean syllable is more than its first letter
            base = chr(code)
        self[code] = found = base.lower()[:1]
        return found


_FOLDED = _Folded()


def count_hits(query: Query, text: str | None) -> int:
    """Return how often words of a query occur in a text."""
    if not text or query.pattern is None:
        return 0
    return sum(1 for _ in query.pattern.finditer(folded(text[:_MAX_TEXT])))


def snippet(query: Query, text: str | None, *, whole: bool = False) -> list[Piece]:
    """Return the part of a text around the first words found (or the whole), cut into pieces."""
    text = (text or "")[:_MAX_TEXT]
    hits = [found.span() for found in query.pattern.finditer(folded(text))] if query.pattern else []
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


def register_functions(connection: sqlite3.Connection) -> None:
    """Make ``fts_query(words)`` and ``excerpt(text, words)`` known, and let the search box of tables read words alike.

    Datasette's own ``escape_fts`` knows no OR and no word*, and finds no long run of Chinese.
    """
    connection.create_function("fts_query", 1, fts_query, deterministic=True)
    connection.create_function("escape_fts", 1, fts_query, deterministic=True)
    connection.create_function("excerpt", 2, excerpt, deterministic=True)


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
