"""Fields that vanish from the pages of a run at once: a template has changed, not a hundred reviews (rules 5 and 12).

A page object that no longer finds a label reads pages without the field, and each page alone looks like an edit. A
count over all pages of the run that had been read before tells the two apart; runs are counted in the order of time.
Where a field vanished, what a representation had said of it is kept, until a page says something of it again
(``fold``); one review that loses a field among many that keep it was edited, and has a version.

It is a function of the captures and of people's ``removals.csv``, so a rebuild with a mended page object brings in what
the pages said all the time, and a rebuild with the same code makes the same rows.

* Like is compared with like: item pages, REST answers, listings.
* Only runs of a site itself are judged: what one run restores from the Wayback Machine was captured over many years.
* A field that was really taken off the site looks the same. ``removals.csv`` says that it was, and since when.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from campbell_scraper.view.database.writing import write_values
from campbell_scraper.view.decisions import read_decisions
from campbell_scraper.view.judging.assertions_file import limits
from campbell_scraper.view.keys import canonical_json
from campbell_scraper.view.schema.internal_tables import VanishedRow

from .ownership import MARK
from .stated_fields import field_of, hollow_fields, kept_fields

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

POINTS: Final = 2.0
"""More than this share in percent of the pages read again must have lost it, as in the run's assertion."""
UNJUDGED: Final = "wayback"
"""The source whose runs are not judged."""
_SIGHTINGS: Final = """SELECT r.captured_at, r.capture_id, r.crawl_id, r.address, r.representation, c.stated
    FROM _representations r JOIN _contents c USING (content_hash)
    ORDER BY r.captured_at, r.capture_id, r.address, r.representation"""
_EXAMPLES: Final = 3
_COLUMNS: Final = "crawl_id, class, field, pages, had, lost, urls"

Key = tuple[str, str]
"""Address and representation: what is compared with itself."""
Fields = frozenset[str]
Vanished = dict[tuple[str, str], frozenset[str]]
"""crawl_id and class → the fields that vanished."""


class _Sighting(NamedTuple):
    at: str
    capture_id: str
    key: Key
    fields: Fields


class Removal(NamedTuple):
    """A field that people say was taken off the site."""

    field: str
    since: str
    """ISO 8601; runs that began earlier are still judged."""


def class_of(representation: str) -> str:
    """Return the class of a representation: ``listing`` for ``listing:/library.html#better-evidence/a``."""
    return representation.partition(":")[0].partition(MARK)[0]


def load_vanished(connection: sqlite3.Connection) -> Vanished:
    """Return the decisions stored in the database."""
    vanished: dict[tuple[str, str], set[str]] = {}
    for crawl_id, name, field in connection.execute("SELECT crawl_id, class, field FROM _vanished"):
        vanished.setdefault((crawl_id, name), set()).add(field)
    return {key: frozenset(fields) for key, fields in vanished.items()}


def update(connection: sqlite3.Connection, removals: Sequence[Removal]) -> list[str]:
    """Bring ``_vanished`` up to date; return the reviews that must be folded anew."""
    before = load_vanished(connection)
    present = set(connection.execute(f"SELECT {_COLUMNS} FROM _vanished"))  # noqa: S608 - constant
    wanted = set(_judge_all(connection, removals))
    connection.executemany(
        "DELETE FROM _vanished WHERE crawl_id = ? AND class = ? AND field = ?", [row[:3] for row in present - wanted]
    )
    write_values(connection, VanishedRow, sorted(wanted - present))
    after = load_vanished(connection)
    concerned: set[str] = set()
    for crawl_id, name in before.keys() | after.keys():
        if before.get((crawl_id, name)) != after.get((crawl_id, name)):
            concerned |= {
                review_id
                for review_id, representation in connection.execute(
                    "SELECT DISTINCT review_id, representation FROM _representations WHERE crawl_id = ?", (crawl_id,)
                )
                if class_of(representation) == name
            }
    return sorted(concerned)


def read_removals(path: Path) -> tuple[list[Removal], list[str]]:
    """Read ``removals.csv`` (field, since, reason); return what it says, and what could not be used."""
    removals, problems = [], []
    for number, row in read_decisions(path):
        field, since = row.get("field", ""), row.get("since", "")
        if field and len(since) >= len("2026") and since[:4].isdecimal():
            removals.append(Removal(field, since))
        else:
            problems.append(f"removals.csv line {number} does not name a field and, in since, a date")
    return removals, problems


def _judge_all(connection: sqlite3.Connection, removals: Sequence[Removal]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of ``_vanished``."""
    judged = dict(
        connection.execute(
            "SELECT crawl_id, started_at FROM crawls WHERE source IS NOT NULL AND source <> ? "
            "AND started_at IS NOT NULL",
            (UNJUDGED,),
        )
    )
    runs: dict[str, list[_Sighting]] = {}
    others: list[_Sighting] = []
    for crawl_id, sighting in _sightings(connection):
        (runs.setdefault(crawl_id, []) if crawl_id in judged else others).append(sighting)
    state: dict[Key, Fields] = {}
    waiting = iter(others)
    pending = next(waiting, None)
    for _, crawl_id in sorted((seen[0].at, crawl_id) for crawl_id, seen in runs.items()):
        began = runs[crawl_id][0].at
        while pending is not None and pending.at < began:
            state[pending.key] = pending.fields
            pending = next(waiting, None)
        denied = {removal.field for removal in removals if removal.since <= judged[crawl_id]}
        for row in _judge(state, runs[crawl_id], denied):
            name, field, pages, had, lost, captures = row
            yield crawl_id, name, field, pages, had, lost, canonical_json(_urls(connection, captures))


def _sightings(connection: sqlite3.Connection) -> Iterator[tuple[str, _Sighting]]:
    known: dict[str, Fields] = {}
    for at, capture_id, crawl_id, address, representation, text in connection.execute(_SIGHTINGS):
        fields = known.get(text)
        if fields is None:
            fields = known[text] = frozenset(json.loads(text))
        yield crawl_id, _Sighting(at, capture_id, (address, representation.partition(MARK)[0]), fields)


def _judge(
    state: dict[Key, Fields], run: Iterable[_Sighting], denied: set[str]
) -> Iterator[tuple[str, str, int, int, int, list[str]]]:
    """Judge one run and add what it says to the state; yield class, field, pages, had, lost, examples."""
    fewest, share = limits("kept")
    known = Counter(class_of(representation) for _, representation in state)
    newest = {sighting.key: sighting for sighting in run}
    pairs: dict[str, Counter[tuple[Fields, Fields]]] = {}
    for key, sighting in newest.items():
        if key in state:
            pairs.setdefault(class_of(key[1]), Counter())[state[key], sighting.fields] += 1
    vanished: dict[str, set[str]] = {}
    for name, counted in sorted(pairs.items()):
        pages = counted.total()
        had, lost = Counter[str](), Counter[str]()
        for (before, now), times in counted.items():
            had.update(dict.fromkeys(before, times))
            lost.update(dict.fromkeys(before - now, times))
        for field, times in sorted(lost.items()):
            few = times < min(fewest, max(2, known[name]))
            if few or 100 * times <= POINTS * pages or 100 * times <= share * had[field]:
                continue
            if not denied.isdisjoint((field, field_of(field))):
                continue
            vanished.setdefault(name, set()).add(field)
            shown = [
                newest[key].capture_id
                for key in sorted(newest)
                if class_of(key[1]) == name and field in state.get(key, ()) and field not in newest[key].fields
            ]
            yield name, field, pages, had[field], times, shown
    for key, sighting in newest.items():
        state[key] = _believed(state.get(key), sighting.fields, vanished.get(class_of(key[1]), set()))


def _believed(before: Fields | None, now: Fields, vanished: set[str]) -> Fields:
    """Return the fields that the fold takes a representation to state."""
    if before is None:
        return now
    if hollow_fields(now) and not hollow_fields(before):
        return before
    kept = kept_fields(before, now, vanished) if vanished else frozenset()
    if not kept:
        return now
    return frozenset(
        chain((name for name in now if field_of(name) not in kept), (name for name in before if field_of(name) in kept))
    )


def _urls(connection: sqlite3.Connection, captures: Sequence[str]) -> list[str]:
    """Return the first few pages, each once: one page of a list shows many reviews."""
    urls: dict[str, None] = {}
    for one in captures:
        (url,) = connection.execute("SELECT url FROM captures WHERE capture_id = ?", (one,)).fetchone()
        urls[str(url)] = None
        if len(urls) == _EXAMPLES:
            break
    return list(urls)
