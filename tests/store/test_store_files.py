"""Whose file it is, whether it is sound, and how it is replaced."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.items import Representation
from campbell_scraper.view.as_of import snapshot, states
from campbell_scraper.view.database.copying import copy_database
from campbell_scraper.view.database.extractor import extractor_version
from campbell_scraper.view.database.staleness import stale_reason
from campbell_scraper.view.database.store_errors import (
    ArchiveIncomplete,
    Damaged,
    NewerSchema,
    NotADatabase,
    StoreError,
    WrongLibrary,
)
from campbell_scraper.view.database_diff import EXCLUDED, compare
from campbell_scraper.view.fold.provenance import field_sources
from campbell_scraper.view.log.intake import rows_of_capture
from campbell_scraper.view.schema.dictionary import INTERNAL, TABLES, markdown
from campbell_scraper.view.store import Store

from .library import GANGS, SITE, at, capture, end, feed, note, reading, review, show, start, state, summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTRACT = {
    "crawls": "crawl_id source site started_at finished_at status software arguments counts discovery_complete",
    "captures": "capture_id crawl_id method url url_key captured_at fetched_at source_uri restored status mime kind "
    "outcome error redirect_to refers_to via etag last_modified payload_digest payload_length truncated warc_file "
    "warc_offset warc_length",
    "discovered": "crawl_id url via hint_modified decision capture_id",
    "reviews": "review_id work_id matched_by stage status url title published_date published_date_raw "
    "published_precision doi full_review_url library_image_url headline brief layout first_seen last_seen last_changed "
    "version capture_id",
    "review_urls": "review_id url how",
    "authors": "author_id name given family is_group",
    "review_authors": "review_id author_id position",
    "coordinating_groups": "group_id name",
    "review_groups": "review_id group_id",
    "document_types": "type_id name",
    "review_document_types": "review_id type_id",
    "additional_info": "review_id position label value html field_type",
    "summaries": "summary_id review_id language language_label form title banner headline brief text is_placeholder "
    "pdf_url",
    "sections": "section_id summary_id position heading level kind text",
    "evidence_facts": "review_id section_id fact value number precision quote quote_start quote_end",
    "files": "url review_id language capture_id pages text error",
    "pages": "url kind title tagline text",
    "page_sections": "url position heading text links",
    "review_versions": "review_id version valid_from valid_to capture_id content_hash record",
    "changes": "review_id version field old new changed_at",
    "unhandled": "crawl_id url kind value",
    "data_dictionary": "table column type description source example",
    "meta": "key value",
    "review_overview": "review_id authors groups types languages studies_included participants search_date "
    "search_lag_months replay_url",
    "works": "work_id review_id",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_the_contract_of_tables_and_columns(store: Store, table: str) -> None:
    present = [row[1] for row in store.connection.execute(f"PRAGMA table_info({table})")]
    assert set(CONTRACT[table].split()) <= set(present)
    described = store.connection.execute('SELECT "column" FROM data_dictionary WHERE "table" = ?', (table,)).fetchall()
    assert {row[0] for row in described} == set(present)


def test_every_table_is_strict_and_described(store: Store) -> None:
    tables = store.connection.execute(
        "SELECT name, strict FROM pragma_table_list "
        "WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    assert [name for name, strict in tables if not strict] == []
    shown = {table.name for table in TABLES if table.name not in {"review_overview", "works"}}
    assert {name for name, _ in tables} == shown | set(INTERNAL)
    assert store.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert "| doi |" in markdown()


def test_a_foreign_key_holds(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.connection.execute("INSERT INTO review_urls VALUES ('none', 'u', 'alias')")


def _other_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (c)")


def _newer(path: Path) -> None:
    Store.open(path, library="campbell").close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")


def _damaged(path: Path) -> None:
    feed(path, [(capture(GANGS, n), reading(review(title=str(n)))) for n in range(1, 20)])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    content[100:8192] = b"\xff" * (8192 - 100)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: path.write_bytes(b"%PDF-1.4 no database at all, but long enough to be one" * 40), NotADatabase),
        (lambda path: path.write_bytes(b"short"), NotADatabase),
        (_other_program, NotADatabase),
        (lambda path: Store.open(path, library="cochrane").close(), WrongLibrary),
        (_newer, NewerSchema),
        (_damaged, Damaged),
        (lambda path: path.mkdir(), StoreError),
    ],
)
def test_a_file_that_is_not_ours_is_named_and_left_alone(
    tmp_path: Path, make: Callable[[Path], Any], error: type[StoreError]
) -> None:
    path = tmp_path / "campbell.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error):
        Store.open(path, library="campbell")
    assert (path.read_bytes() if path.is_file() else None) == before


def test_reading_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase):
        Store.open(tmp_path / "campbell.db", readonly=True)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def stores_and_fails() -> None:
        with store.transaction():
            show(store, 1, review(title="A"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stores_and_fails()
    assert store.count("captures") == store.count("reviews") == store.count("_contents") == 0
    show(store, 1, review(title="A"))
    store.finish()
    assert store.count("reviews") == 1


def test_stale_after_other_code_and_past_the_end_of_a_file(store: Store, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "a.warc.gz").write_bytes(b"x" * 2_000_000)
    show(store, 1, review(title="A"))
    assert stale_reason(store.connection, archive) is None
    (archive / "a.warc.gz").rename(archive / "a.warc.gz.open")
    assert stale_reason(store.connection, archive) is None
    (archive / "a.warc.gz.open").write_bytes(b"x" * 10)
    assert "past the end of a.warc.gz" in (stale_reason(store.connection, archive) or "")
    store.connection.execute("UPDATE meta SET value = 'other' WHERE key = 'extractor_version'")
    assert "changed" in (stale_reason(store.connection, archive) or "")
    assert len(extractor_version()) == 16


def test_nothing_is_made_of_an_archive_that_lacks_files(store: Store, tmp_path: Path) -> None:
    """A copy may have the rows of a file that got its final name while the folder was copied, and not the file."""
    show(store, 1, review(title="A"))
    with pytest.raises(ArchiveIncomplete, match=r"a\.warc\.gz first"):
        stale_reason(store.connection, tmp_path)


def test_a_reader_sees_old_rows_then_new_ones(tmp_path: Path) -> None:
    live, fresh = tmp_path / "campbell.db", tmp_path / "fresh.db"
    feed(live, [(capture(GANGS, 1), reading(review(title="Old")))])
    feed(fresh, [(capture(GANGS, 1), reading(review(title="New")))], bulk=True)
    reader = sqlite3.connect(live)
    with Store.open(live, library="campbell") as store:
        store.set_replay_base("http://127.0.0.1:9999/campbell/")
        assert reader.execute("SELECT title FROM reviews").fetchone() == ("Old",)
        copy_database(fresh, store)
        assert reader.execute("SELECT title FROM reviews").fetchone() == ("New",)
        assert state(store, "title") == "New"
        show(store, 2, review(title="Newer"))
        store.finish()
        assert reader.execute("SELECT title FROM reviews").fetchone() == ("Newer",)
        (replay,) = reader.execute("SELECT replay_url FROM review_overview").fetchone()
        assert replay == f"http://127.0.0.1:9999/campbell/20200103000000/{GANGS}"
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reader.close()


def test_how_far_warc_files_are_derived(store: Store) -> None:
    store.note_derived({"a.warc.gz": 10, "b.warc.gz": 5})
    store.note_derived({"a.warc.gz": 20})
    assert store.derived() == {"a.warc.gz": 20, "b.warc.gz": 5}


def test_every_url_ends_in_discovered(store: Store) -> None:
    store.take(note("c1", 1, f"{SITE}/wp-admin/"))
    store.take(note("c1", 1, GANGS, "unchanged", hint_modified="2020-01-01"))
    show(store, 2, review(title="A"))
    assert store.connection.execute("SELECT url, decision, hint_modified FROM discovered ORDER BY url").fetchall() == [
        (GANGS, "fetched", "2020-01-01"), (f"{SITE}/wp-admin/", "robots", None)]  # fmt: skip


def test_the_library_as_it_stood(store: Store, tmp_path: Path) -> None:
    store.take(start("c1", 1))
    show(store, 1, review(title="Old title", groups=["Education"], summaries=[summary("Old words")]))
    show(store, 5, review(title="New title", summaries=[summary("New words")]))
    show(store, 6, review(f"{SITE}/review/later-review/", title="Later"))
    store.take(rows_of_capture(capture(GANGS, 8, status=404), "other", None))
    store.take(end("c1", 9))
    store.finish()
    assert [s.record["title"] for s in states(store.connection, at(4))] == ["Old title"]
    assert [s.record["title"] for s in states(store.connection, at(5))] == ["New title"]
    assert [s.record["status"] for s in states(store.connection, "2021-01-01T00:00:00.000000Z")] == ["gone", "current"]
    assert list(states(store.connection, "2019-01-01T00:00:00.000000Z")) == []
    path = tmp_path / "then.db"
    assert snapshot(store, at(4), path) == 1
    with Store.open(path, readonly=True) as then:
        (row,) = then.connection.execute("SELECT title, groups, last_seen FROM review_overview").fetchall()
        assert row == ("Old title", '["Education"]', at(1))
        assert then.connection.execute("SELECT text FROM sections").fetchall() == [("Old words",)]
        assert then.connection.execute("SELECT count(*) FROM reviews_fts WHERE reviews_fts MATCH 'old'").fetchone() == (
            1,
        )


def test_what_a_rebuild_may_change_is_short(tmp_path: Path) -> None:
    assert set(EXCLUDED) == {"_warc_files"}
    path = feed(tmp_path / "a.db", [(capture(GANGS, 1), reading(review(title="A")))])
    with Store.open(path) as store:
        store.note_derived({"a.warc.gz": 1})
    assert compare(path, feed(tmp_path / "b.db", [(capture(GANGS, 1), reading(review(title="A")))])) == []


def test_each_field_names_who_says_it_and_since_when(store: Store) -> None:
    first = show(store, 1, review(title="A"))
    newest = show(store, 5, review(title="A"))
    rest = show(store, 3, review(GANGS, Representation.REST, title="B", groups=["Education"]), url=f"{SITE}/wp-json/1")
    found = field_sources(store.connection, "better-evidence/youth-gangs")
    assert found["title"] == ("item", newest.capture_id, at(5), first.capture_id, at(1))
    assert found["groups"] == ("rest", rest.capture_id, at(3), rest.capture_id, at(3))
    assert "doi" not in found
    assert field_sources(store.connection, "none") == {}
