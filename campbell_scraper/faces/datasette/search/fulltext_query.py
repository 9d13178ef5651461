"""What people type into a search box, as full-text queries that cannot fail."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.view.fold import fulltext_index as search

from .english_forms import english_forms

if TYPE_CHECKING:
    pass

MAX_QUERY = 400
"""Characters of a query that are read."""
FIELDS = {"title": "title", "author": "authors", "authors": "authors"}
"""What stands before a colon → column of the full text of reviews."""
_MAX_TERMS = 32
_TERM = re.compile(
    rf"""(?P<sign>(?<!\S)-)?(?:(?P<field>{"|".join(FIELDS)}):\s*)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))""",
    re.IGNORECASE,
)
_QUOTES = re.compile("[“”„‟«»＂]")
_RESOLVER = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)(?=10\.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A query as typed, understood."""

    typed: str
    match: str
    """For ``MATCH``: every word or "quoted phrase" must occur, a word in any of its English forms; OR between two means
    either; ``-word`` and NOT leave out; ``word*`` any ending. Empty if there is nothing to be found."""
    left_out: str
    """For ``MATCH``: the words to leave out of a query that has no others; else empty, and in ``match``."""
    pattern: re.Pattern[str] | None
    """Finds its words in a :func:`folded` text."""
    words: tuple[str, ...]
    """The single words that must occur, folded."""
    has_fields: bool
    """Whether something must stand in a certain field."""


class _Term(NamedTuple):
    match: str
    patterns: list[str]
    word: str | None


@lru_cache(maxsize=64)
def parse(typed: str, *, fields: bool = True) -> Query:
    """Read any text as a query: punctuation, quotes, hyphens, any language.

    Cached, because ``excerpt`` asks for each row. Without ``fields``, for tables that have none, what is asked for in a
    field is looked for everywhere.

    >>> parse('"meta-analysis" OR "plain language" psycho*').match
    '("meta analysis" OR "plain language") AND "psycho" *'
    >>> parse('author:barlow girls -"boys"').match
    '({authors grams} : "barlow" AND ("girls" OR "girl" OR "girled" OR "girling")) NOT "boys"'
    >>> parse("?! -").match
    ''
    """
    text = _RESOLVER.sub("", _QUOTES.sub('"', typed[:MAX_QUERY].replace("\0", " ")))
    groups: list[list[str]] = []
    left_out: list[str] = []
    patterns: list[str] = []
    words: list[str] = []
    has_fields = either = negated = False
    for token in list(_TERM.finditer(text))[:_MAX_TERMS]:
        word = token["word"]
        if word in {"OR", "AND", "NOT"} and not token["field"]:
            either = (word == "OR" and bool(groups)) or (either and word != "AND")
            negated |= word == "NOT"
            continue
        field = FIELDS[token["field"].lower()] if token["field"] and fields else None
        term = _term(token["phrase"] if word is None else word, is_exact=word is None or field == "authors")
        if not term.match:
            continue
        match = f"{{{field} grams}} : {term.match}" if field else term.match  # words as typed are there only
        has_fields |= field is not None
        if negated or token["sign"]:
            left_out.append(match)
        else:
            groups[-1:] = [[*groups[-1], match]] if either else [*groups[-1:], [match]]
            patterns += term.patterns
            words += [term.word] if term.word else []
        either = negated = False
    match = " AND ".join(map(_any, groups))
    if groups and left_out:
        match = f"({match}) NOT {_any(left_out)}" if len(groups) > 1 else f"{match} NOT {_any(left_out)}"
    pattern = re.compile("|".join(sorted(dict.fromkeys(patterns), key=len, reverse=True))) if patterns else None
    return Query(typed, match, "" if groups else " OR ".join(left_out), pattern, tuple(words), has_fields)


def _any(matches: list[str]) -> str:
    return matches[0] if len(matches) == 1 else "(" + " OR ".join(matches) + ")"


def fts_query(typed: str | None, table: str = "") -> str:
    """Return the ``MATCH`` expression of what somebody typed (SQL function of that name); an empty text finds nothing.

    Only "reviews_fts" has fields.
    """
    return parse(typed or "", fields=table == "reviews_fts").match or '""'


def _term(text: str, *, is_exact: bool) -> _Term:
    """Return a word or phrase as FTS5 takes it and as patterns, and the word, if it is a single one."""
    tokens = _tokens(text)
    if not tokens:
        return _Term("", [], None)
    if any(search._RUN.search(token) for token in tokens):
        pieces = [piece for token in tokens for piece in _pieces(token)]
        matches = " AND ".join(f'"{piece}"' for piece in pieces)
        return _Term(f"({matches})", [re.escape(folded(piece)) for piece in pieces], None)
    prefix = text.endswith("*")
    *before, last = tokens
    forms = [last] if prefix or is_exact else english_forms(last)
    forms[0] = last
    phrases = [" ".join([*before, form]) for form in forms]
    ending = r"\w*" if prefix else r"(?!\w)"
    patterns = []
    for phrase in phrases:
        first, *more = (re.escape(folded(token)) for token in phrase.split())
        # What begins with a letter is found ten times faster than what begins with a look behind.
        patterns.append(r"\W+".join([rf"{first}(?<!\w{first})", *more]) + ending)
    spellings = dict.fromkeys(one for phrase in phrases for one in (phrase, search.as_typed(phrase)))
    word = folded(last) if not before and not prefix else None
    return _Term(_any([f'"{one}"' + (" *" if prefix else "") for one in spellings]), patterns, word)


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
        self[code] = letter = base.lower()[:1]
        return letter


_FOLDED = _Folded()
