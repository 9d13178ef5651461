"""Folding one review from the database, and all of them after a bulk load."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from campbell_scraper.view.keys import url_identity

from . import fulltext_index as search
from .composing import hollow, rank
from .materialise import delete_derived, put
from .stated import EVERYTHING
from .vanished import class_of, load
from .version_fold import Absence, Folded, Sighting, fold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from campbell_scraper.view.log.row_buffer import Rows

    from .composing import Content
    from .version_fold import Event

_EVENTS = "SELECT review_id, captured_at, capture_id, representation, crawl_id, content_hash FROM _representations"
_SIGNALS = (
    "SELECT s.at, s.kind, s.capture_id, s.crawl_id, s.url_identity, s.since, c.redirect_to "
    "FROM _signals s LEFT JOIN captures c USING (capture_id) WHERE s.review_id = ?"
)
FLUSH = 2_000
"""Rows written at once in a bulk load."""


class Folder:
    """Folds reviews of one database."""

    def __init__(self, connection: sqlite3.Connection, rows: Rows) -> None:
        self._connection = connection
        self._rows = rows
        self._cache: dict[str, Content] = {}
        self._texts: dict[str, str] = {}
        self.running: AbstractSet[str] = frozenset()
        """Runs that something came of since the view was last finished: what their pages lack is not judged yet."""
        self._vanished = load(connection)

    def judged(self) -> None:
        """Take note that no run goes on, and that the decisions in the database are those of all runs."""
        self.running = frozenset()
        self._vanished = load(self._connection)

    def refold(self, review_id: str) -> bool:
        """Fold a review anew and put its rows into the buffer; False if it was never seen."""
        found = self._connection.execute(
            f"{_EVENTS} WHERE review_id = ? ORDER BY captured_at, capture_id", (review_id,)
        ).fetchall()
        folded = self._fold(review_id, found)
        if folded is None:
            return False
        search.remove(self._connection, review_id)
        delete_derived(self._connection, review_id)
        put(self._rows, review_id, folded, self.text)
        if folded.provisional:
            self._rows.add("_waiting", (review_id,))
        return True

    def fold_all(self) -> None:
        """Fold every review of a database that has no derived rows yet."""
        cursor = self._connection.execute(f"{_EVENTS} ORDER BY review_id, captured_at, capture_id")
        for review_id, found in groupby(cursor, key=itemgetter(0)):
            folded = self._fold(review_id, found)
            if folded is not None:
                put(self._rows, review_id, folded, self.text)
            if self._rows.count >= FLUSH:
                self._rows.flush()
        self._rows.flush()

    def unchanged(self, review_id: str, representation: str, captured_at: str, capture_id: str) -> bool:
        """Take a sighting just stored by the short way, if it is the newest and says what its like said before.

        Then only ``last_seen`` and perhaps ``capture_id`` move. False if the review must be folded.
        """
        newest = self._connection.execute(
            "SELECT captured_at, capture_id, representation, content_hash, crawl_id FROM _representations "
            "WHERE review_id = ? ORDER BY captured_at DESC, capture_id DESC LIMIT 40",
            (review_id,),
        )
        first = newest.fetchone()
        if first is None or first[:3] != (captured_at, capture_id, representation):
            return False
        like = next((row for row in newest if row[2] == representation), None)
        if like is None or like[3] != first[3] or self._hollow(first[3]) or self._keeps(review_id, like):
            return False
        state = self._connection.execute(
            "SELECT status, capture_id, (SELECT max(at) FROM _signals s WHERE s.review_id = r.review_id) "
            "FROM reviews r WHERE review_id = ?",
            (review_id,),
        ).fetchone()
        if state is None or state[0] == "gone" or (state[2] or "") >= captured_at:
            return False
        primary = self._connection.execute(
            "SELECT representation FROM _representations WHERE capture_id = ? AND review_id = ?", (state[1], review_id)
        ).fetchall()
        best = min((row[0] for row in primary), key=rank, default=representation)
        shown_by = capture_id if rank(representation) <= rank(best) else state[1]
        self._connection.execute(
            "UPDATE reviews SET last_seen = ?, capture_id = ? WHERE review_id = ?", (captured_at, shown_by, review_id)
        )
        return True

    def _fold(self, review_id: str, found: Iterable[tuple[str, ...]]) -> Folded | None:
        events: list[Event] = [
            Sighting(at=at, capture_id=capture_id, representation=name, crawl_id=crawl_id, content_hash=content)
            for _, at, capture_id, name, crawl_id, content in found
        ]
        if not events:
            return None
        self._cache.clear()
        self._texts.clear()
        events += self._signals(review_id, cast("list[Sighting]", events[:]))
        return fold(events, self.content, self._vanished_in)

    def _signals(self, review_id: str, sightings: list[Sighting]) -> Iterator[Event]:
        signals = self._connection.execute(_SIGNALS, (review_id,)).fetchall()
        if not signals:
            return
        addresses = {url_identity(self.content(sighting.content_hash or "")["url"]) for sighting in sightings}
        for at, kind, capture_id, crawl_id, address, since, redirect_to in signals:
            if kind == "missing":
                yield Absence(at=at, capture_id=None, since=since)
            elif address not in addresses:
                continue
            elif kind == "gone":
                yield Absence(at=at, capture_id=capture_id)
            elif kind == "moved":
                yield Absence(at=at, capture_id=capture_id, redirects_to=redirect_to)
            else:
                yield Sighting(
                    at=at, capture_id=capture_id, crawl_id=crawl_id, representation="item", content_hash=None
                )

    def _vanished_in(self, sighting: Sighting) -> Container[str]:
        if sighting.crawl_id in self.running:
            return EVERYTHING
        return self._vanished.get((sighting.crawl_id or "", class_of(sighting.representation)), ())

    def _keeps(self, review_id: str, like: tuple[str, ...]) -> bool:
        """Tell whether a review may have more of a representation than its last sighting but this one said."""
        if self._vanished.get((like[4] or "", class_of(like[2]))):
            return True
        waits = self._connection.execute("SELECT 1 FROM _waiting WHERE review_id = ?", (review_id,))
        return waits.fetchone() is not None

    def _hollow(self, content_hash: str) -> bool:
        found = self._connection.execute("SELECT record FROM _contents WHERE content_hash = ?", (content_hash,))
        return hollow(json.loads(found.fetchone()[0]))

    def content(self, content_hash: str) -> Content:
        """Give what a representation says, by its hash."""
        known = self._cache.get(content_hash)
        if known is None:
            known = self._cache[content_hash] = json.loads(self.text(content_hash))
        return known

    def text(self, content_hash: str) -> str:
        """Give the same as canonical JSON."""
        known = self._texts.get(content_hash)
        if known is None:
            found = self._connection.execute("SELECT record FROM _contents WHERE content_hash = ?", (content_hash,))
            known = self._texts[content_hash] = found.fetchone()[0]
        return known
