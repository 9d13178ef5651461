"""What somebody may have meant: a word that the library lacks, as the nearest word of its index."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from .fulltext_query import Query, parse

if TYPE_CHECKING:
    import sqlite3

_NEAR: Final = 0.75
"""Share of letters that two words must have in common, in their order."""
_SHORTEST: Final = 4
_MATCH: Final = "SELECT 1 FROM reviews_fts WHERE reviews_fts MATCH ? LIMIT 1"
_VOCABULARY: Final = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'reviews_fts', 'row')"


def suggestion(connection: sqlite3.Connection, query: Query) -> str | None:
    """Return a query with the words that the index lacks as the nearest that it has; None if there are none."""
    meant = query.typed
    for word in query.words:
        if connection.execute(_MATCH, (parse(word).match,)).fetchone() is None and (near := _nearest(connection, word)):
            meant = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", near, meant, count=1, flags=re.IGNORECASE)
    return meant if meant != query.typed else None


def _nearest(connection: sqlite3.Connection, word: str) -> str | None:
    """Return the most similar word of the index with the same first letter, of equals the most frequent."""
    if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return None
    connection.execute("PRAGMA query_only = OFF")  # a temporary table counts as writing; the file is opened read-only
    connection.execute(_VOCABULARY)
    connection.execute("PRAGMA query_only = ON")
    letters, matcher = set(word), SequenceMatcher(b=word)
    best: tuple[float, int, str] = (_NEAR, 0, "")
    same_letter = "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?"
    for term, reviews in connection.execute(same_letter, (word[0], chr(ord(word[0]) + 1))):
        if abs(len(term) - len(word)) <= 2 and len(letters.symmetric_difference(term)) <= 3:
            matcher.set_seq1(term)
            best = max(best, (matcher.ratio(), reviews, term))
    return best[2] or None
