"""The full text of reviews as a small index that a script searches in the browser: words, and which reviews have them.

It is read from the library's own full text, so that both know the same words. English forms are joined here, by the
rules of ``campbell serve``: the script needs none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.faces.datasette.search.english_forms import english_forms
from campbell_scraper.faces.datasette.search.review_index import NEWEST
from campbell_scraper.view.fold import fulltext_index as search

if TYPE_CHECKING:
    import sqlite3

    from campbell_scraper.faces.datasette.search.review_index import ReviewIndex

_BITS: Final = {"title": 1, "authors": 2, "headline": 4, "brief": 4, "doi": 4, "text": 8, "grams": 16}
"""Column of full text → the bit that says that a word is in it."""
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_LONGEST: Final = 2
"""Letters of the strings by which words of unspaced scripts are found: a longer word has several."""


def search_data(connection: sqlite3.Connection, index: ReviewIndex) -> dict[str, Any]:
    """Return what the script reads. Reviews are numbers: their places in the list of all, which begins with the newest.

    ``values`` has facet → pairs of (value, reviews); ``orders`` has sort → all reviews; ``unspaced`` is a regular
    expression of runs of scripts without spaces; ``words`` has pairs of (forms of a word separated by spaces, reviews
    that have one of them). There a review is 32 times its number plus the bits of the columns that have the word, as
    the distance from the one before.
    """
    numbers = {place: number for number, place in enumerate(index.orders[NEWEST])}
    return {
        "values": {
            facet: [(value, sorted(numbers[place] for place in places)) for value, places in values.items()]
            for facet, values in index.values.items()
        },
        "orders": {sort: [numbers[place] for place in places] for sort, places in index.orders.items()},
        "unspaced": search._RUN.pattern,
        "words": _words(connection, numbers),
    }


def _words(connection: sqlite3.Connection, numbers: dict[int, int]) -> list[tuple[str, list[int]]]:
    places: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    connection.execute("CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab('main', 'reviews_fts', 'instance')")
    for term, place, column in connection.execute("SELECT term, doc, col FROM temp.occurrences"):
        if not search._RUN.search(term) or len(search._clusters(term)) <= _LONGEST:
            places[folded(term)][numbers[place]] |= _BITS[column]
    of_form: dict[str, list[str]] = defaultdict(list)
    for word in sorted(places):
        for form in english_forms(word):
            of_form[form].append(word)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for form, words in of_form.items():
        groups[tuple(words)].append(form)
    return sorted((" ".join(forms), _reviews([places[word] for word in words])) for words, forms in groups.items())


def folded(word: str) -> str:
    """Return a word without case and accents, as the script folds what is typed.

    >>> folded("Ñandú"), folded("한국")
    ('nandu', '한국')
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).lower()


def _reviews(all_of: list[dict[int, int]]) -> list[int]:
    bits: dict[int, int] = defaultdict(int)
    for one in all_of:
        for number, where in one.items():
            bits[number] |= where
    return [new - old for old, new in pairwise([0, *sorted(32 * number + where for number, where in bits.items())])]
