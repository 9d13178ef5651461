"""Finishes the view with what needs all captures: absences, redirects, works, file texts, vocabularies, statistics."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.view.database.creating import create_indexes
from campbell_scraper.view.database.store_errors import Damaged
from campbell_scraper.view.database.writing import write
from campbell_scraper.view.keys import post_address, review_key, url_identity
from campbell_scraper.view.schema.log_tables import UnhandledRow
from campbell_scraper.view.schema.review_tables import ReviewUrlRow

from . import confirmed_facts, fulltext_index, ownership, run_conclusions, vanished_fields
from .absences import update_missing
from .corrections import read_corrections, report, to_fold_anew
from .moved_addresses import MAX_HOPS, update_moved
from .post_files import reviews_with_new_files, tie_post_files
from .works import WorkEvidence, read_identity, relate

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from .refolding import Refolder

_ANALYSED = 1_000
"""Rows of each index that statistics are made from: enough to choose between indexes, at a cost that does not grow."""
_ATTACH = """UPDATE files SET (capture_id, pages, text, error) =
    (SELECT capture_id, pages, text, error FROM _file_texts WHERE url_identity = ?) WHERE rowid = ?"""


def finish(connection: sqlite3.Connection, refolder: Refolder, *, identity: Path, bulk: bool) -> None:
    """Fold pending reviews (after a bulk load all), and make what needs all captures, in the caller's transaction."""
    pending = {row[0] for row in connection.execute("SELECT id FROM _pending WHERE kind = 'crawl'")}
    if bulk:
        ownership.reassign_all(connection)
        moved = set[str]()
    else:
        moved = ownership.reassign_pending(connection)
    removals = _removals(connection, identity.with_name("removals.csv"))
    signalled = {*run_conclusions.update(connection, removals), *update_missing(connection), *update_moved(connection)}
    signalled.update(vanished_fields.update(connection, removals))
    corrections, problems = read_corrections(identity.with_name("corrections.csv"))
    refolder.reload(corrections)
    if bulk:
        refolder.fold_all()
        ownership.write_urls(connection, [row[0] for row in connection.execute("SELECT review_id FROM reviews")])
        create_indexes(connection)
    else:
        affected = moved | ownership.owners_of_pending(connection)
        anew = {*reviews_with_new_files(connection, pending), *to_fold_anew(connection, corrections)}
        refolder.refold(affected | signalled | anew, anew=anew)
        shown = {row[0] for row in connection.execute("SELECT review_id FROM reviews")}
        ownership.write_urls(connection, sorted((affected | ownership.naming_pending(connection)) & shown))
    connection.execute("DELETE FROM _pending")
    tie_post_files(connection)
    _redirected_addresses(connection)
    _works(connection, identity)
    unused = confirmed_facts.confirm(connection, identity.with_name("facts.csv"))
    _report(connection, "conflict", ("facts.csv %",), unused)
    report(connection, corrections, problems)
    _unknown_stages(connection)
    _vocabularies(connection)
    _attach(connection, index=not bulk)
    if bulk:
        fulltext_index.rebuild_index(connection)
        _check_references(connection)
    connection.execute(f"PRAGMA analysis_limit = {_ANALYSED}")
    connection.execute("ANALYZE")


def _removals(connection: sqlite3.Connection, path: Path) -> list[vanished_fields.Removal]:
    """Return what people say was really taken off the site; report lines that cannot be used."""
    believed, problems = vanished_fields.read_removals(path)
    _report(connection, "conflict", ("removals.csv %",), (("", problem) for problem in problems))
    return believed


def _redirected_addresses(connection: sqlite3.Connection) -> None:
    """Add to ``review_urls`` every URL that ever redirected, over any number of hops, to one that is there."""
    into: dict[str, set[str]] = {}
    for url, target in connection.execute(
        "SELECT DISTINCT url, redirect_to FROM captures c WHERE redirect_to IS NOT NULL AND NOT EXISTS ("
        "SELECT 1 FROM _losses l WHERE l.crawl_id = c.crawl_id AND l.url = c.url) ORDER BY url, redirect_to"
    ):
        into.setdefault(url_identity(target), set()).add(url)
    if not into:
        return
    rows = []
    known = set(connection.execute("SELECT review_id, url FROM review_urls WHERE how <> 'redirect'"))
    for review_id, url in sorted(known):
        waiting, redirecting = {url_identity(url)}, set[str]()
        for _ in range(MAX_HOPS):
            sources = {source for address in waiting for source in into.get(address, ())} - redirecting
            if not sources:
                break
            redirecting |= sources
            waiting = {url_identity(source) for source in sources}
        # An address that redirects to itself or in a circle keeps the "how" that its page gave it.
        new = (source for source in sorted(redirecting) if (review_id, source) not in known)
        rows += [ReviewUrlRow(review_id=review_id, url=source, how="redirect") for source in new]
    write(connection, rows)


def _works(connection: sqlite3.Connection, identity: Path) -> None:
    decided, problems = read_identity(identity)
    posts: dict[str, set[str]] = {}
    for review_id, url in connection.execute("SELECT review_id, url FROM review_urls WHERE how = 'alias'"):
        if (post := post_address(url)) is not None:
            posts.setdefault(review_id, set()).add(post)
    pages = [
        WorkEvidence(
            review_id, stage, doi, title, frozenset(posts.get(review_id, ())), language, english and review_key(english)
        )
        for review_id, stage, doi, title, language, english in connection.execute(
            "SELECT review_id, stage, doi, title, language, translation_of FROM reviews"
        )
    ]
    reviews = {page.review_id for page in pages}
    redirects = [
        (review_key(url), review_id)
        for review_id, url in connection.execute("SELECT review_id, url FROM review_urls WHERE how = 'redirect'")
    ]
    works = relate(pages, ((old, new) for old, new in redirects if old != new and old in reviews), decided)
    present = {row[0]: row[1:] for row in connection.execute("SELECT review_id, work_id, matched_by FROM reviews")}
    connection.executemany(
        "UPDATE reviews SET work_id = ?, matched_by = ? WHERE review_id = ?",
        [(*work, review_id) for review_id, work in works.assigned.items() if present[review_id] != work],
    )
    urls = dict(connection.execute("SELECT review_id, url FROM reviews"))
    conflicts = ((urls.get(review_id, review_id), value) for review_id, value in [*problems, *works.conflicts])
    _report(connection, "conflict", ("work: %", "identity.csv %"), conflicts)


def _report(connection: sqlite3.Connection, kind: str, like: Iterable[str], values: Iterable[tuple[str, str]]) -> None:
    """Report values (URL and value) that belong to no run, in place of earlier ones that match ``like``."""
    for wording in like:
        connection.execute(
            "DELETE FROM unhandled WHERE kind = ? AND crawl_id IS NULL AND value LIKE ?", (kind, wording)
        )
    write(connection, [UnhandledRow(crawl_id=None, url=url, kind=kind, value=value) for url, value in values])


def _unknown_stages(connection: sqlite3.Connection) -> None:
    """Report reviews without a stage (with a block theme and no REST, neither terms nor title nor text say one)."""
    value = "no stage: neither terms nor title nor text say one"
    reviews = connection.execute(
        "SELECT url, ? FROM reviews WHERE stage IS NULL AND status <> 'gone' AND layout LIKE 'wordpress%' ORDER BY url",
        (value,),
    )
    _report(connection, "document_type", (value,), reviews.fetchall())


def _vocabularies(connection: sqlite3.Connection) -> None:
    """Keep the authors, groups and types that occur in a review's latest state, groups and types by a name in use."""
    connection.execute("DELETE FROM authors WHERE author_id NOT IN (SELECT author_id FROM review_authors)")
    for vocabulary, links, key in (
        ("coordinating_groups", "review_groups", "group_id"),
        ("document_types", "review_document_types", "type_id"),
    ):
        connection.execute(f"DELETE FROM {vocabulary} WHERE {key} NOT IN (SELECT {key} FROM {links})")
        names = connection.execute(
            f"SELECT min(l.name), v.{key} FROM {vocabulary} v JOIN {links} l USING ({key}) GROUP BY v.{key}, v.name "
            "HAVING min(l.name) <> v.name"
        ).fetchall()
        connection.executemany(f"UPDATE {vocabulary} SET name = ? WHERE {key} = ?", names)


def _attach(connection: sqlite3.Connection, *, index: bool) -> None:
    """Set the text of each file, captured at its address or where that redirects to."""
    texts = dict(connection.execute("SELECT url_identity, capture_id FROM _file_texts"))
    if not texts:
        return
    redirects = {  # as the newest answer of each address says
        url_identity(url): url_identity(target)
        for url, target in connection.execute(
            "SELECT url, redirect_to FROM captures WHERE redirect_to IS NOT NULL ORDER BY captured_at, capture_id"
        )
    }
    for rowid, url, present in connection.execute("SELECT rowid, url, capture_id FROM files").fetchall():
        address = url_identity(url)
        for _ in range(MAX_HOPS):
            if address in texts or address not in redirects:
                break
            address = redirects[address]
        if texts.get(address) != present:
            connection.execute(_ATTACH, (address, rowid))
            if index:
                fulltext_index.refresh_file(connection, rowid)


def _check_references(connection: sqlite3.Connection) -> None:
    """Check the foreign keys, which a bulk load leaves unchecked."""
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise Damaged(f"A row of {broken[0]} refers to a row of {broken[2]} that does not exist.")
