"""The archive's catalog: a view of the WARC files that answers two questions."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from campbell_scraper.archive.write.catalog import Catalog, Holder
from tests.archive_read.handmade import PAGE, exchange, new_id, revisit, sha256, warcinfo, write

DATE = "2026-01-01T00:00:00.000000Z"
ONE = Holder("urn:uuid:1", "http://127.0.0.1/", DATE)


def refuse(error: Exception) -> None:
    raise error


def opened(folder: Path) -> Catalog:
    return Catalog(folder, on_failure=refuse)


def test_what_was_added_counts_at_once_and_is_kept_once_committed(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz.open").touch()
    with closing(opened(tmp_path)) as catalog:
        assert catalog.of_payload("sha256:one") is None
        catalog.add(ONE, "sha256:one", "a.warc.gz")
        assert catalog.of_payload("sha256:one") == catalog.of_url(ONE.url) == ONE
        catalog.commit()
        catalog.add(ONE._replace(capture_id="urn:uuid:2"), "sha256:two", "a.warc.gz")
    with closing(opened(tmp_path)) as catalog:
        assert catalog.of_payload("sha256:one") == ONE
        assert catalog.of_payload("sha256:two") is None
    assert not list(tmp_path.glob("catalog.sqlite-*"))


def test_the_newest_capture_of_a_url_is_what_an_answer_304_confirms(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz.open").touch()
    newer = Holder("urn:uuid:2", ONE.url, "2026-02-01T00:00:00.000000Z")
    with closing(opened(tmp_path)) as catalog:
        catalog.add(newer, "sha256:two", "a.warc.gz")
        catalog.add(ONE, "sha256:one", "a.warc.gz")
        assert catalog.of_url(ONE.url) == newer


@pytest.mark.parametrize("damage", ["deleted", "no database", "another version's"])
def test_a_catalog_that_is_lost_is_made_again_from_the_files(tmp_path: Path, damage: str) -> None:
    held = new_id()
    write(tmp_path / "a.warc.gz", [warcinfo(), *exchange("http://site.test/a", record_id=held)])
    write(tmp_path / "b.warc.gz", [revisit("http://site.test/b", held, sha256(PAGE))])
    path = tmp_path / "catalog.sqlite"
    if damage == "no database":
        path.write_bytes(b"no database" * 1000)
    elif damage == "another version's":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("create table captures (capture_id text primary key)")
    with closing(opened(tmp_path)) as catalog:
        found = catalog.of_payload(sha256(PAGE))
        assert found is not None
        assert (found.capture_id, found.url) == (held, "http://site.test/a")
        assert catalog.of_url("http://site.test/b") is None, "a revisit holds no payload"


def test_a_record_that_is_not_in_the_archive_any_more_holds_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", exchange("http://site.test/a"))
    write(tmp_path / "b.warc.gz", exchange("http://site.test/b"))
    opened(tmp_path).close()
    (tmp_path / "a.warc.gz").unlink()
    shutil.copy(tmp_path / "b.warc.gz", tmp_path / "c.warc.gz")
    write(tmp_path / "b.warc.gz", [*exchange("http://site.test/c"), *exchange("http://site.test/d")])
    with closing(opened(tmp_path)) as catalog:
        known = {name for name in "abcd" if catalog.of_url(f"http://site.test/{name}")}
    assert known == {"b", "c", "d"}


def test_a_restored_or_truncated_record_holds_nothing_for_others(tmp_path: Path) -> None:
    (record, *_) = exchange("http://site.test/a")
    restored = b"WARC-Source-URI: https://web.archive.org/a\r\nWARC-Creation-Date: 2026-02-01T00:00:00Z\r\n"
    records = [
        record.replace(b"WARC-Date", restored + b"WARC-Date", 1),
        exchange("http://site.test/b")[0].replace(b"WARC-Date", b"WARC-Truncated: length\r\nWARC-Date", 1),
    ]
    write(tmp_path / "a.warc.gz", records)
    with closing(opened(tmp_path)) as catalog:
        assert catalog.of_payload(sha256(PAGE)) is None


def test_a_catalog_that_fails_says_so_and_knows_nothing(tmp_path: Path) -> None:
    failures: list[Exception] = []
    catalog = Catalog(tmp_path, on_failure=failures.append)
    catalog.add(ONE, "sha256:one", "a.warc.gz")
    assert catalog._connection is not None
    catalog._connection.execute("drop table holders")
    assert catalog.of_payload("sha256:one") is None
    assert [type(failure) for failure in failures] == [sqlite3.OperationalError]
    catalog.add(ONE, "sha256:one", "a.warc.gz")
    catalog.commit()
    catalog.close()
    assert len(failures) == 1
