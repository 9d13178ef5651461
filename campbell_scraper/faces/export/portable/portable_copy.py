"""One portable SQLite file: the database without internal tables and excluded reviews, and stamped.

The stamp is in ``meta``: ``export_date``, ``export_crawls`` (JSON array of crawl_ids), ``export_software`` and
``export_content_hash``, the SHA-256 over all rows (see :func:`hash_of_content`), which a receiver can compute again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from campbell_scraper import __version__
from campbell_scraper.atomic_files import beside
from campbell_scraper.errors import DamagedError, Unfinished
from campbell_scraper.view import as_of
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import store_error
from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.keys import review_key, url_identity
from campbell_scraper.view.rebuild import remove_database
from campbell_scraper.view.schema import BY_NAME, TABLES
from campbell_scraper.view.store import Store

if TYPE_CHECKING:
    from collections.abc import Collection

    from campbell_scraper.faces.export.library_export import Library
    from campbell_scraper.folder import DataFolder

STAMP = ("export_date", "export_crawls", "export_software", "export_content_hash")
_NO_CONTENT = (*STAMP, "replay_base")
"""Rows of ``meta`` that say nothing of the library's content."""
_OF_REVIEW = tuple(table.name for table in reversed(TABLES) if "review_id" in table.names and not table.hidden)
"""Tables whose rows are about one review, those that refer to others first."""
_NAMING = 12
"""Characters of the shortest title that is blanked out in other texts."""
_VOCABULARIES = (
    ("authors", "author_id", "review_authors"),
    ("coordinating_groups", "group_id", "review_groups"),
    ("document_types", "type_id", "review_document_types"),
)


def write_sqlite(
    library: Library, folder: DataFolder, output: Path, *, where: str | None = None, export_date: str | None = None
) -> int:
    """Write the portable file; return the number of its reviews. ``output`` is replaced when all is done.

    With ``where``, reviews that the condition does not select are left out as if they were excluded; a library opened
    as of a day gives the snapshot of that day, which has no versions. ``export_date`` is by default now.

    Raises:
        UsageError: the condition cannot be used.
        Unfinished: the file cannot be written.
        DamagedError: the result fails SQLite's checks; nothing is written.

    """
    selected = None if where is None else set(library.select(where))
    partial = beside(output)
    try:
        try:
            _copy(library, folder, partial)
            with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
                count = _made_portable(connection, library, selected, export_date)
            partial.replace(output)
        finally:
            remove_database(partial)
    except (OSError, sqlite3.Error) as error:
        damaged = store_error(error, folder.database) if isinstance(error, sqlite3.Error) else None
        raise damaged or Unfinished(f"{output} could not be written: {error}.") from error
    return count


def hash_of_content(connection: sqlite3.Connection) -> str:
    """Return the hash of a portable file's content: ``sha256:`` and hexadecimal.

    Over all tables but full text in the order of their names: a line with the table's name, then a line for each row in
    the order of its key, as a JSON array without spaces and with non-ASCII as it is. The stamp and ``replay_base`` in
    ``meta`` are left out.
    """
    digest = hashlib.sha256()
    for table in sorted(table.name for table in TABLES if not table.hidden):
        digest.update(f"{table}\n".encode())
        stamp = f"WHERE key NOT IN {_NO_CONTENT}" if table == "meta" else ""
        rows = connection.execute(f"SELECT * FROM {table} {stamp} ORDER BY {_key(table)}")  # noqa: S608
        for row in rows:
            digest.update(json.dumps(list(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"


def _key(table: str) -> str:
    return ", ".join(f'"{name}"' for name in BY_NAME[table].key)


def _copy(library: Library, folder: DataFolder, target: Path) -> None:
    if library.moment is None:
        with closing(open_readonly(folder.database, query_only=False)) as source:
            source.execute("VACUUM INTO CAST(? AS TEXT)", (os.fsencode(target),))  # a name need not be UTF-8
        return
    with Store.open(folder.database, readonly=True) as store:
        as_of.snapshot(store, library.moment, target)


def _made_portable(
    connection: sqlite3.Connection, library: Library, selected: Collection[str] | None, export_date: str | None
) -> int:
    search.register(connection)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("BEGIN IMMEDIATE")
    known = [row[0] for row in connection.execute("SELECT review_id FROM reviews")]
    hidden = set(library.exclusions) & set(known)
    removed = hidden if selected is None else set(known) - set(selected)
    _remove_internal_tables(connection)
    addresses, titles = _addresses(connection, library.exclusions), _titles(connection, library.exclusions)
    _remove_reviews(connection, removed)
    _remove_addresses(connection, addresses)
    _remove_titles(connection, titles)
    _rename_works(connection, removed)
    _stamp(connection, library, export_date)
    for table in search.FTS:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    connection.execute("COMMIT")
    connection.execute("VACUUM")
    # VACUUM numbers rows anew, and full text is joined to its table by row number.
    connection.execute("BEGIN IMMEDIATE")
    search.rebuild_index(connection)
    connection.execute("COMMIT")
    _check(connection)
    return len(known) - len(removed)


def _remove_internal_tables(connection: sqlite3.Connection) -> None:
    for table in TABLES:
        if table.hidden:
            connection.execute(f"DROP TABLE {table.name}")


def _remove_reviews(connection: sqlite3.Connection, removed: Collection[str]) -> None:
    connection.execute("CREATE TEMP TABLE removed (review_id TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT INTO removed VALUES (?)", [(one,) for one in sorted(removed)])
    for table in _OF_REVIEW:
        connection.execute(f"DELETE FROM {table} WHERE review_id IN (SELECT review_id FROM removed)")  # noqa: S608
    for table, key, links in _VOCABULARIES:
        connection.execute(f"DELETE FROM {table} WHERE {key} NOT IN (SELECT {key} FROM {links})")  # noqa: S608


def _addresses(connection: sqlite3.Connection, excluded: Collection[str]) -> set[str]:
    """Return the keys of all addresses of excluded reviews, and of the files that no other review offers."""
    keys = set(excluded)
    for review_id in excluded:
        urls = connection.execute(
            "SELECT url FROM review_urls WHERE review_id = :id UNION SELECT url FROM files f WHERE review_id = :id "
            "AND NOT EXISTS (SELECT 1 FROM files o WHERE o.url = f.url AND o.review_id IS NOT :id)",
            {"id": review_id},
        )
        keys |= {review_key(row[0]) for row in urls}
    return keys


def _remove_addresses(connection: sqlite3.Connection, excluded: Collection[str]) -> None:
    """Remove what names an excluded review's address from the log: captures, decisions, links of other pages."""
    if not excluded:
        return
    connection.create_function("is_excluded", 1, lambda url: _leads_to(url, excluded), deterministic=True)
    # What only its page led to names it too: pictures, files, the publisher's address.
    connection.execute(
        "CREATE TEMP TABLE gone AS SELECT capture_id FROM captures WHERE is_excluded(url) OR is_excluded(redirect_to) "
        "OR (is_excluded(via) AND kind IN ('requisite', 'pdf', 'other') AND capture_id NOT IN "
        "(SELECT capture_id FROM files WHERE capture_id IS NOT NULL))"
    )
    connection.execute(
        "DELETE FROM discovered WHERE is_excluded(via) AND (capture_id IS NULL OR capture_id IN gone) "
        "AND url NOT IN (SELECT url FROM review_urls UNION SELECT url FROM pages UNION SELECT url FROM files)"
    )
    for table in ("discovered", "files"):
        connection.execute(f"UPDATE {table} SET capture_id = NULL WHERE capture_id IN gone")  # noqa: S608
    connection.execute("DELETE FROM captures WHERE capture_id IN gone")
    connection.execute("UPDATE captures SET refers_to = NULL WHERE refers_to IN gone")
    for name in ("via", "source_uri"):
        connection.execute(f"UPDATE captures SET {name} = NULL WHERE is_excluded({name})")  # noqa: S608
    connection.execute("DELETE FROM discovered WHERE is_excluded(url)")
    connection.execute("UPDATE discovered SET via = NULL WHERE is_excluded(via)")
    connection.execute("DELETE FROM unhandled WHERE is_excluded(url)")
    connection.execute("DELETE FROM review_urls WHERE is_excluded(url)")
    rows = connection.execute("SELECT rowid, links FROM page_sections WHERE links <> '[]'").fetchall()
    for rowid, links in rows:
        kept = [link for link in json.loads(links) if not _leads_to(link.get("url"), excluded)]
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        connection.execute("UPDATE page_sections SET links = ? WHERE rowid = ?", (text, rowid))


def _titles(connection: sqlite3.Connection, excluded: Collection[str]) -> re.Pattern[str] | None:
    """Return a pattern of the titles that excluded reviews ever had, as other pages (the home page) print them."""
    sql = (
        "SELECT json_extract(record, '$.title') FROM review_versions WHERE review_id = :id "
        "UNION SELECT title FROM reviews WHERE review_id = :id"
    )
    rows = (row for one in sorted(excluded) for row in connection.execute(sql, {"id": one}))
    titles = {" ".join(row[0].split()) for row in rows if row[0]}
    patterns = [
        r"\s+".join(re.escape(word) for word in title.split())
        for title in sorted(titles, key=lambda one: (-len(one), one))
        if len(title) >= _NAMING
    ]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def _remove_titles(connection: sqlite3.Connection, titles: re.Pattern[str] | None) -> None:
    if titles is None:
        return
    connection.create_function("untitled", 1, lambda text: titles.sub("[…]", text), deterministic=True)
    for table, column in (
        ("pages", "text"),
        ("page_sections", "text"),
        ("page_sections", "heading"),
        ("map_references", "title"),
    ):
        connection.execute(f"UPDATE {table} SET {column} = untitled({column})")  # noqa: S608


def _leads_to(url: object, excluded: Collection[str]) -> bool:
    if not isinstance(url, str) or not url:
        return False
    try:
        # A restored record's own address ends with that of the page.
        inner = urlsplit(url).path.partition("id_/")[2]
        return any(review_key(one) in excluded for one in (url, inner) if one)
    except ValueError:
        return url_identity(url) in excluded


def _rename_works(connection: sqlite3.Connection, removed: Collection[str]) -> None:
    """Name a work that had a removed review's address after its first remaining one."""
    for work in sorted(removed):
        connection.execute(
            "UPDATE reviews SET work_id = (SELECT min(o.review_id) FROM reviews o WHERE o.work_id = :work) "
            "WHERE work_id = :work",
            {"work": work},
        )


def _stamp(connection: sqlite3.Connection, library: Library, export_date: str | None) -> None:
    if library.moment is not None:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('as_of', ?)", (library.moment,))
    date = export_date or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    crawls = [row[0] for row in connection.execute("SELECT crawl_id FROM crawls ORDER BY crawl_id")]
    stamp = (date, json.dumps(crawls), f"campbell-scraper/{__version__}", hash_of_content(connection))
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", zip(STAMP, stamp, strict=True))


def _check(connection: sqlite3.Connection) -> None:
    checks = [*connection.execute("PRAGMA foreign_key_check"), *connection.execute("PRAGMA integrity_check(1)")]
    problems = [answer for answer in checks if answer != ("ok",)]
    if problems:
        raise DamagedError(f"The exported database has {len(problems)} broken references: {problems[0]}.")
