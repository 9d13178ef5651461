"""What code and archive make of a database that another version wrote: rebuilt first, or refused untouched."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from campbell_scraper.view.database_diff import EXCLUDED, compare
from tests.helpers import campbell

from .conftest import Uninterrupted
from .runs import crawl, rows

pytestmark = pytest.mark.xdist_group("robust")


@pytest.fixture
def data(usual: Uninterrupted, tmp_path: Path) -> Path:
    """A copy of a crawled folder."""
    return Path(shutil.copytree(usual.data, tmp_path / "library"))


def change(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(sql)


def state(database: Path) -> str:
    return hashlib.sha256(database.read_bytes()).hexdigest()


def test_a_database_that_was_replayed_at_another_port_equals_the_rebuilt_one(data: Path) -> None:
    change(data / "campbell.db", "UPDATE meta SET value = 'http://127.0.0.1:9999/campbell/' WHERE key = 'replay_base'")
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("version", ["extractor_version", "schema_version"])
def test_a_view_made_by_other_code_is_rebuilt_before_a_crawl_fetches(
    usual: Uninterrupted, site: SampleSite, data: Path, version: str
) -> None:
    database = data / "campbell.db"
    change(database, f"update meta set value = 'another' where key = '{version}'")
    change(database, "update reviews set title = 'as worse code read it'")
    change(database, "update review_versions set record = json_set(record, '$.title', 'as worse code read it')")
    assert crawl(site, data, "--no-requisites").returncode == 0
    assert rows(database, f"select value from meta where key = '{version}'") == rows(
        usual.database, f"select value from meta where key = '{version}'"
    )
    titles = "select review_id, title, version from reviews order by 1"
    assert rows(database, titles) == rows(usual.database, titles)
    assert not rows(database, "select * from changes")


def test_rows_that_point_past_the_end_of_the_archive_are_dropped(usual: Uninterrupted, data: Path) -> None:
    database = data / "campbell.db"
    change(database, "update captures set warc_offset = warc_offset + 1000000000 where kind = 'robots'")
    assert campbell("verify", "--data", data).returncode == 5
    assert campbell("rebuild", "--data", data).returncode == 0
    assert not compare(usual.database, database, exclude=EXCLUDED)


def test_a_database_ahead_of_its_archive_is_rebuilt_before_a_crawl(site: SampleSite, data: Path) -> None:
    database = data / "campbell.db"
    change(database, "update captures set warc_offset = warc_offset + 1000000000 where kind = 'robots'")
    assert crawl(site, data, "--no-requisites").returncode == 0
    assert rows(database, "select count(*) from captures where warc_offset >= 1000000000") == [(0,)]
    assert campbell("verify", "--data", data, "--rebuild").returncode == 0


def test_an_incomplete_archive_is_no_ground_to_rebuild(site: SampleSite, data: Path) -> None:
    database = data / "campbell.db"
    change(database, "update meta set value = 'another' where key = 'extractor_version'")
    (warc,) = (data / "collections/campbell/archive").glob("*.warc.gz")
    warc.rename(data / "elsewhere")
    before = state(database)
    for run in (crawl(site, data), campbell("rebuild", "--data", data)):
        assert run.returncode == 5, run.stderr
        assert warc.name in run.stderr
        assert "Traceback" not in run.stderr
    assert state(database) == before
    assert not site.requests


def test_a_database_of_newer_code_is_left_alone(site: SampleSite, data: Path) -> None:
    database = data / "campbell.db"
    change(database, "pragma user_version = 9999")
    before = state(database)
    run = crawl(site, data)
    assert run.returncode == 5
    assert "newer" in run.stderr
    assert "Traceback" not in run.stderr
    assert state(database) == before
    assert not site.requests
