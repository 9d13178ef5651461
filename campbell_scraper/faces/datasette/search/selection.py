"""A set of reviews: the words and filters of an address, and what they select in which order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from .fulltext_query import Query, parse
from .review_index import FACETS, NEWEST, SORTS, UNKNOWN, ReviewIndex

if TYPE_CHECKING:
    import sqlite3

RANKED: Final = 2_000
"""Reviews that are ranked by all their words: words in more reviews hardly tell them apart, and take long to count."""
_MAX_TYPED: Final = 1_000
_MAX_CHOSEN: Final = 50
# Weights: title, headline, brief, authors, doi, text, grams.
_RANK = """
SELECT place FROM (SELECT rowid AS place, bm25(reviews_fts, 10, 5, 4, 6, 8, 1, 1) AS score FROM reviews_fts
  WHERE reviews_fts MATCH ? AND +rowid IN (SELECT value FROM json_each(?)) LIMIT ?) ORDER BY score, place"""
_SHORT = "{title headline authors doi}"


@dataclass(frozen=True, slots=True)
class Selection:
    """What an address asks for."""

    typed: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Facet → values, of which a review must have one."""
    since: str = ""
    until: str = ""
    """First and last year."""
    sort: str = ""

    @classmethod
    def of(cls, arguments: Any) -> Selection:
        """Read an address's parameters (Datasette's ``request.args``); what makes no sense in them is left out."""
        chosen = {
            name: tuple(dict.fromkeys(filter(None, arguments.getlist(name)[:_MAX_CHOSEN])))
            for name in FACETS
            if name in arguments
        }
        year = _year(arguments.get("year"))
        typed = (arguments.get("q") or "")[:_MAX_TYPED]
        sort = arguments.get("sort") or ""
        return cls(
            typed=typed,
            chosen={name: values for name, values in chosen.items() if values},
            since=year or _year(arguments.get("from")),
            until=year or _year(arguments.get("to")),
            sort=sort if sort in SORTS else "",
        )

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of its address."""
        pairs = [("q", self.typed)]
        pairs += [(name, value) for name in FACETS for value in self.chosen.get(name, ())]
        pairs += [("from", self.since), ("to", self.until), ("sort", self.sort)]
        return [(name, value) for name, value in pairs if value]

    def address(self, page: int = 1) -> str:
        """Return its query string, with the question mark if there is one."""
        encoded = urlencode([*self.parameters, *([("page", str(page))] if page > 1 else [])])
        return f"?{encoded}" if encoded else ""

    @property
    def without(self) -> list[tuple[str, str, Selection]]:
        """Each filter as facet, value, and the selection without it."""
        filters = [
            (name, value, replace(self, chosen=self.chosen | {name: tuple(one for one in values if one != value)}))
            for name, values in self.chosen.items()
            for value in values
        ]
        years = [("from", self.since, replace(self, since="")), ("to", self.until, replace(self, until=""))]
        return filters + [one for one in years if one[1]]


@dataclass(frozen=True, slots=True)
class Selected:
    """What was found."""

    query: Query
    matched: int
    """How many reviews have the words, before filters."""
    places: list[int]
    """All of it in its order; rowids of ``reviews``."""
    counts: dict[str, dict[str, int]]
    """Facet, or year → value → how many reviews have it, whatever is chosen of this facet."""


def select(connection: sqlite3.Connection, index: ReviewIndex, selection: Selection) -> Selected:
    """Return the reviews of a selection, withdrawn ones last."""
    query = parse(selection.typed)
    matched = set(index.names)
    if words := query.match or query.left_out:
        rows = connection.execute("SELECT rowid FROM reviews_fts WHERE reviews_fts MATCH ?", (words,))
        hits = {row[0] for row in rows}
        matched = matched & hits if query.match else matched - hits
    elif selection.typed:
        matched.clear()
    filters: dict[str, set[int]] = {
        name: set().union(*(index.values[name].get(value, ()) for value in values))
        for name, values in selection.chosen.items()
    }
    if selection.since or selection.until:
        last = selection.until or "9999"
        years = index.values["year"]
        filters["year"] = set().union(
            *(places for year, places in years.items() if selection.since <= year <= last and year != UNKNOWN)
        )
    selected = matched.intersection(*filters.values())
    counts = {}
    for name, values in index.values.items():
        among = matched.intersection(*(places for other, places in filters.items() if other != name))
        counts[name] = {value: len(places & among) for value, places in values.items()}
    if query.match and not selection.sort:
        places = _ranked(connection, index, query, selected)
    else:
        places = [place for place in index.orders[selection.sort or NEWEST] if place in selected]
    return Selected(query, len(matched), places, counts)


def _ranked(connection: sqlite3.Connection, index: ReviewIndex, query: Query, selected: set[int]) -> list[int]:
    """Return the selected reviews, the best first.

    Of more than RANKED only those with the words in short fields are ranked; the others follow, the newest first.
    """
    match = query.match if len(selected) <= RANKED else f"{_SHORT} : ({query.match})"
    best = [row[0] for row in connection.execute(_RANK, (match, json.dumps(list(selected)), RANKED))]
    rest = selected.difference(best)
    places = best + [place for place in index.orders[NEWEST] if place in rest]
    return sorted(places, key=lambda place: place in index.withdrawn)


def _year(text: str | None) -> str:
    return text if text and text.isascii() and text.isdigit() and len(text) == 4 else ""
