"""Folds reviews of a database: those with something new, or all of them after a bulk load."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from campbell_scraper.view.database.writing import write
from campbell_scraper.view.keys import url_identity
from campbell_scraper.view.schema.internal_tables import PendingRow

from . import fulltext_index, ownership
from .composing import PROTECTED
from .materialise import delete_derived, history, put
from .run_conclusions import BELIEVED
from .vanished_fields import class_of, load_vanished
from .version_fold import Absence, Folded, Sighting, fold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator, Sequence

    from campbell_scraper.view.log.row_buffer import Rows
    from campbell_scraper.view.schema import Row

    from .composing import Content
    from .corrections import Corrections
    from .version_fold import Event

_EVENTS = f"""SELECT review_id, captured_at, capture_id, representation, crawl_id, content_hash
    FROM _representations r WHERE {BELIEVED}"""  # noqa: S608 - constant
_SIGNALS = (
    "SELECT s.at, s.kind, s.capture_id, s.crawl_id, s.url_identity, s.since, c.redirect_to "
    "FROM _signals s LEFT JOIN captures c USING (capture_id) WHERE s.review_id = ? "
    "AND NOT EXISTS (SELECT 1 FROM _losses l WHERE l.crawl_id = s.crawl_id AND l.review_id = s.review_id)"
)
_NEW = """SELECT DISTINCT r.review_id FROM _pending p JOIN _representations r ON r.address = p.id
    WHERE p.kind = 'address' AND r.representation NOT LIKE 'listing%'
    AND r.review_id NOT IN (SELECT review_id FROM reviews) ORDER BY 1"""
_VERSIONS = "SELECT * FROM review_versions WHERE review_id = ? ORDER BY version"
_CHANGES = "SELECT * FROM changes WHERE review_id = ? ORDER BY version, field"
_SEEN = "UPDATE reviews SET first_seen = ?, last_seen = ?, capture_id = ? WHERE review_id = ?"
FLUSH = 2_000
"""Rows that are buffered before they are written."""


class Refolder:
    """Folds reviews of one database. Rows that did not change are not touched."""

    def __init__(self, connection: sqlite3.Connection, rows: Rows) -> None:
        self._connection = connection
        self._rows = rows
        self._cache: dict[str, Content] = {}
        self._texts: dict[str, str] = {}
        self._vanished = load_vanished(connection)
        self._corrections: Corrections = {}

    def reload(self, corrections: Corrections) -> None:
        """Read the decisions about vanished fields again, and apply these corrections from now on."""
        self._vanished = load_vanished(self._connection)
        self._corrections = corrections

    def refold(self, reviews: Iterable[str], *, anew: Container[str] = ()) -> None:
        """Fold reviews again and write what changed; those in ``anew`` are written even if nothing did."""
        changed = [review_id for review_id in sorted(set(reviews)) if self._refold(review_id, anew=review_id in anew)]
        self._rows.flush()
        for review_id in changed:
            fulltext_index.insert(self._connection, review_id)

    def show_new(self) -> None:
        """Fold pending reviews that are not shown yet, once more than a listing of them has been read."""
        moved = ownership.reassign_pending(self._connection)
        write(self._connection, [PendingRow(kind="address", id=one) for one in sorted(moved)])  # for the end of the run
        new = [row[0] for row in self._connection.execute(_NEW)]
        self.refold(new)
        ownership.write_urls(self._connection, new)

    def fold_all(self) -> None:
        """Fold every review of a database that has no derived rows yet."""
        cursor = self._connection.execute(f"{_EVENTS} ORDER BY review_id, captured_at, capture_id")
        for review_id, rows in groupby(cursor, key=itemgetter(0)):
            folded = self._fold(review_id, rows)
            if folded is not None:
                put(self._rows, review_id, folded, self.text, self._corrections.get(review_id, ()))
            if self._rows.count >= FLUSH:
                self._rows.flush()
        self._rows.flush()

    def _refold(self, review_id: str, *, anew: bool) -> bool:
        """Fold a review and put its rows into the buffer; return False if at most its times of sighting changed."""
        rows = self._connection.execute(
            f"{_EVENTS} AND review_id = ? ORDER BY captured_at, capture_id", (review_id,)
        ).fetchall()
        folded = self._fold(review_id, rows)
        if folded is not None and not anew and self._is_known(review_id, folded):
            self._connection.execute(_SEEN, (folded.first_seen, folded.last_seen, folded.capture_id, review_id))
            return False
        fulltext_index.remove(self._connection, review_id)
        delete_derived(self._connection, review_id)
        if folded is None:  # another review turned out to have this address, or only signals are known
            self._connection.execute("DELETE FROM review_urls WHERE review_id = ?", (review_id,))
            self._connection.execute("DELETE FROM reviews WHERE review_id = ?", (review_id,))
            return False
        put(self._rows, review_id, folded, self.text, self._corrections.get(review_id, ()))
        return True

    def _is_known(self, review_id: str, folded: Folded) -> bool:
        """Tell whether the database has a review's versions and changes exactly as folded now."""
        versions, changes = history(review_id, folded, self.text)
        return self._has(_VERSIONS, review_id, versions) and self._has(_CHANGES, review_id, changes)

    def _has(self, sql: str, review_id: str, rows: Sequence[Row]) -> bool:
        present = self._connection.execute(sql, (review_id,)).fetchall()
        return present == [tuple(row.values()) for row in rows]

    def _fold(self, review_id: str, rows: Iterable[tuple[str, ...]]) -> Folded | None:
        events: list[Event] = [
            Sighting(
                at=at,
                capture_id=capture_id,
                representation=name.removeprefix(PROTECTED),
                crawl_id=crawl_id,
                content_hash=content,
                is_protected=name.startswith(PROTECTED),
            )
            for _, at, capture_id, name, crawl_id, content in rows
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
        return self._vanished.get((sighting.crawl_id or "", class_of(sighting.representation)), ())

    def content(self, content_hash: str) -> Content:
        """Return what a representation says, by its hash."""
        known = self._cache.get(content_hash)
        if known is None:
            known = self._cache[content_hash] = json.loads(self.text(content_hash))
        return known

    def text(self, content_hash: str) -> str:
        """Return what a representation says as canonical JSON, by its hash."""
        known = self._texts.get(content_hash)
        if known is None:
            cursor = self._connection.execute("SELECT record FROM _contents WHERE content_hash = ?", (content_hash,))
            known = self._texts[content_hash] = cursor.fetchone()[0]
        return known
