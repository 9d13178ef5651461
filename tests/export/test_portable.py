"""The portable SQLite file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from campbell_scraper import __version__
from campbell_scraper.archive.capture import Note
from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.portable.portable_copy import hash_of_content, write_sqlite
from campbell_scraper.items import Attachment, Kind, Link, PageReading, PageRecord, PageSection
from campbell_scraper.view.log.intake import rows_of_capture
from campbell_scraper.view.schema.dictionary import TABLES
from campbell_scraper.view.store import Store
from tests.made_library import COCHRANE, FIRST, GANGS, PIP, SECOND, SITE

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder
    from tests.made_library import Maker


def written(folder: DataFolder, path: Path, *, where: str | None = None, as_of: str | None = None) -> int:
    with Library.open(folder, as_of=as_of) as library:
        return write_sqlite(library, folder, path, where=where)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "portable.db"


def test_it_is_one_file_without_internal_tables(folder: DataFolder, target: Path) -> None:
    assert written(folder, target) == 5
    assert [path.name for path in target.parent.iterdir() if path.is_file()] == ["portable.db"]
    assert target.read_bytes()[18:20] == b"\x01\x01", "no WAL: the file says rollback journal"
    with closing(sqlite3.connect(f"file:{target}?immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")}
        assert {table.name for table in TABLES} <= names
        assert not {name for name in names if name.startswith("_")}


def test_its_rows_are_those_of_the_library(folder: DataFolder, target: Path) -> None:
    written(folder, target)
    with closing(sqlite3.connect(target)) as copy, closing(sqlite3.connect(folder.database)) as live:
        for table in TABLES:
            if table.name == "meta":
                continue
            rows = [sorted(map(repr, one.execute(f'SELECT * FROM "{table.name}"'))) for one in (copy, live)]
            assert rows[0] == rows[1], table.name


def test_full_text_finds_the_right_rows_after_they_were_numbered_anew(maker: Maker, target: Path) -> None:
    maker.crawl(FIRST, "2026-03-14", [GANGS, COCHRANE, PIP])
    maker.crawl(SECOND, "2026-04-14", [replace(GANGS, title="Gangs, edited"), COCHRANE, PIP])
    maker.exclude(("better-evidence/youth-gangs", "asked"))
    written(maker.folder, target)
    with closing(sqlite3.connect(target)) as connection:
        found = connection.execute(
            "SELECT r.review_id FROM reviews r JOIN reviews_fts f ON f.rowid = r.rowid WHERE reviews_fts MATCH ?",
            ("psychotherapy",),
        ).fetchall()
        sections = connection.execute(
            "SELECT s.heading FROM sections s JOIN sections_fts f ON f.rowid = s.rowid WHERE sections_fts MATCH ?",
            ("searched",),
        ).fetchall()
        assert connection.execute("SELECT 1 FROM reviews_fts WHERE reviews_fts MATCH 'gangs'").fetchall() == []
    assert found == [("better-evidence/parent-infant-psychotherapy",)]
    assert sections == [("How up-to-date is this review?",)]


def test_the_stamp_says_when_what_and_by_what(edited: DataFolder, target: Path) -> None:
    written(edited, target)
    with closing(sqlite3.connect(target)) as connection:
        stamp = dict(connection.execute("SELECT key, value FROM meta"))
        assert stamp["export_content_hash"] == hash_of_content(connection)
        connection.execute("UPDATE reviews SET title = 'forged' WHERE review_id LIKE '%gangs'")
        assert stamp["export_content_hash"] != hash_of_content(connection)
    assert json.loads(stamp["export_crawls"]) == [FIRST, SECOND]
    assert stamp["export_software"] == f"campbell-scraper/{__version__}"
    assert len(stamp["export_date"]) == len("2026-03-14T09:00:00Z")


def test_the_same_content_has_the_same_hash(folder: DataFolder, target: Path) -> None:
    hashes = set()
    for port in (8080, 9999):
        with Store.open(folder.database) as store:
            store.set_replay_base(f"http://127.0.0.1:{port}/campbell/")
        written(folder, target)
        with closing(sqlite3.connect(target)) as connection:
            hashes.add(hash_of_content(connection))
    assert len(hashes) == 1


def test_an_excluded_review_is_nowhere_in_the_bytes(maker: Maker, target: Path) -> None:
    secret = replace(
        COCHRANE,
        title="Zanzibar heading",
        headline="Zanzibar headline",
        url=f"{SITE}/better-evidence/zanzibar.html",
        attachments=[Attachment(url=f"{SITE}/media/zanzibar.pdf", label="Zanzibar")],
    )
    maker.crawl(FIRST, "2026-03-14", [PIP, secret])
    maker.crawl(SECOND, "2026-04-14", [PIP, replace(secret, brief="Zanzibar once more")])
    connection = maker.store.connection
    connection.execute(
        "INSERT INTO review_urls VALUES ('better-evidence/zanzibar', ?, 'alias')", (f"{SITE}/x/alias-7",)
    )
    with maker.store.transaction():
        maker.store.take(
            rows_of_capture(maker.capture(SECOND, f"{SITE}/x/alias-7", "2026-04-14T09:30:00.000000Z"), "page", None)
        )
        leads = replace(maker.capture(SECOND, f"{SITE}/old", "2026-04-14T09:31:00.000000Z"),
                        redirect_to=secret.url, status=301)  # fmt: skip
        maker.store.take(rows_of_capture(leads, "other", None))
        image = f"{SITE}/images/zanzibar@2x.png"
        via = replace(maker.capture(SECOND, image, "2026-04-14T09:32:00.000000Z"), via=secret.url)
        maker.store.take(rows_of_capture(via, "requisite", None))
        contact = replace(maker.capture(SECOND, f"{SITE}/contact", "2026-04-14T09:34:00.000000Z"), via=secret.url)
        maker.store.take(rows_of_capture(contact, "page", None))
        for url in (image, "https://onlinelibrary.example/zanzibar"):
            fields = {"url": url, "decision": "offsite", "via": secret.url, "hint_modified": None}
            maker.store.take(Note(crawl_id=SECOND, noted_at="2026-04-14T11:00:00.000000Z", fields=fields))
        text = "- Zanzibar  HEADING\n- Another"
        home = PageRecord(url=f"{SITE}/", kind="home", title="Home", text=text, sections=[
            PageSection(heading="Featured", text=text, links=[Link(text="Zanzibar heading", url=secret.url)]),
        ])  # fmt: skip
        reading = PageReading(url=home.url, kind=Kind.PAGE, layout="k2-home", canonical_url=home.url, pages=[home])
        maker.store.take(
            rows_of_capture(maker.capture(SECOND, home.url, "2026-04-14T09:35:00.000000Z"), Kind.PAGE, reading)
        )
        maker.store.take(
            rows_of_capture(
                maker.capture(SECOND, f"{SITE}/media/zanzibar.pdf", "2026-04-14T09:33:00.000000Z"), "pdf", None
            )
        )
    maker.exclude(("better-evidence/zanzibar", "asked"))
    assert written(maker.folder, target) == 1
    data = target.read_bytes().lower()
    for word in (b"zanzibar", b"excluded-here", b"alias-7"):
        assert word not in data
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT review_id, work_id FROM reviews").fetchall() == [
            ("better-evidence/parent-infant-psychotherapy",) * 2
        ]
        assert copy.execute("SELECT via FROM captures WHERE url LIKE '%/contact'").fetchall() == [(None,)]
        assert (
            copy.execute("SELECT text FROM page_sections UNION ALL SELECT text FROM pages").fetchall()
            == [("- […]\n- Another",)] * 2
        )


def test_a_condition_leaves_the_rest_out(folder: DataFolder, target: Path) -> None:
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        connection.execute("UPDATE reviews SET work_id = 'better-evidence/a-title'")
    assert written(folder, target, where="stage = 'protocol'") == 1
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT review_id, work_id FROM reviews").fetchall() == [
            ("better-evidence/youth-gangs",) * 2
        ]
        assert connection.execute("SELECT name FROM authors").fetchall() == [("Åsa Ørsted",)]
        assert connection.execute("SELECT name FROM coordinating_groups").fetchall() == [("Crime and Justice",)]
        assert connection.execute("SELECT count(*) FROM sections").fetchone() == (0,)


def test_the_file_as_of_a_day(edited: DataFolder, target: Path) -> None:
    assert written(edited, target, as_of="2026-03-31") == 4
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT title FROM reviews WHERE review_id LIKE '%parent%'").fetchall() == [
            (PIP.title,)
        ]
        assert connection.execute("SELECT value FROM meta WHERE key = 'as_of'").fetchone()[0].startswith("2026-03-31")
        assert connection.execute("SELECT max(captured_at) FROM captures").fetchone()[0] < "2026-04"


def test_a_wrong_condition_leaves_an_earlier_file_as_it_was(folder: DataFolder, target: Path) -> None:
    target.write_bytes(b"earlier")
    with pytest.raises(UsageError):
        written(folder, target, where="nonsense(")
    assert target.read_bytes() == b"earlier"
    assert [path.name for path in target.parent.iterdir() if path.is_file()] == ["portable.db"]
