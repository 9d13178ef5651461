"""The library as of a day, and what is excluded from it."""

from __future__ import annotations

import os
import sqlite3
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.errors import DamagedError, UsageError
from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.formats import FORMATS
from campbell_scraper.faces.export.library_export import end_of
from campbell_scraper.folder import DataFolder
from campbell_scraper.view import as_of
from campbell_scraper.view.exclusions import excluded
from campbell_scraper.view.store import Store
from tests.made_library import FIRST, PIP, PIP_EDITED, record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.made_library import Maker


def test_the_library_as_of_a_day_is_that_of_the_versions(edited: DataFolder) -> None:
    with Library.open(edited, as_of="2026-03-31") as library:
        before = {review.review_id: review for review in library.reviews()}
    with Library.open(edited) as library:
        now = {review.review_id: review for review in library.reviews()}
    pip = "better-evidence/parent-infant-psychotherapy"
    assert before[pip].record["title"] == PIP.title
    assert now[pip].record["title"] == PIP_EDITED.title
    assert (before[pip].version, now[pip].version) == (1, 2)
    assert before[pip].valid_to == now[pip].valid_from
    assert set(now) - set(before) == {"better-evidence/hostile"}
    assert now["better-evidence/a-title"].record["status"] == "gone"
    assert before["better-evidence/a-title"].record["status"] == "current"
    with Store.open(edited.database, readonly=True) as store:
        states = {state.review_id: state.record for state in as_of.states(store.connection, end_of("2026-03-31"))}
    assert {name: review.record for name, review in before.items()} == states


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2026", "2026-03-14T09:00:00", "", "2026-03-14T25:00Z"])
def test_what_is_no_day_is_refused(folder: DataFolder, day: str) -> None:
    with pytest.raises(UsageError, match="is not a date"):
        Library.open(folder, as_of=day)


def test_a_day_means_its_end_and_a_time_itself() -> None:
    assert end_of("2026-03-14") == "2026-03-14T23:59:59.999999Z"
    assert end_of("2026-03-14T09:00Z") == "2026-03-14T09:00:00.000000Z"


def test_exclusions_take_paths_and_addresses(folder: DataFolder) -> None:
    folder.exclusions.write_bytes(
        b'\xef\xbb\xbfreview_id,reason\r\n/better-evidence/Youth-Gangs.html,"asked, twice"\r\n\r\n'
        b"https://www.campbellcollaboration.org/better-evidence/cochrane.html,\r\n"
    )
    assert excluded(folder) == {"better-evidence/youth-gangs": "asked, twice", "better-evidence/cochrane": ""}
    with Library.open(folder) as library:
        names = {review.review_id for review in library.reviews()}
    assert names == {f"better-evidence/{slug}" for slug in ("a-title", "hostile", "parent-infant-psychotherapy")}


def test_an_exclusion_may_name_any_address_that_led_to_the_review(folder: DataFolder) -> None:
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        url = "https://campbellcollaboration.org/library/youth-gangs.html"
        connection.execute("INSERT INTO review_urls VALUES ('better-evidence/youth-gangs', ?, 'alias')", (url,))
    folder.exclusions.write_text("review_id,reason\nlibrary/youth-gangs,asked\n", "utf-8")
    assert excluded(folder) == {"library/youth-gangs": "asked", "better-evidence/youth-gangs": "asked"}
    with Library.open(folder) as library:
        assert "better-evidence/youth-gangs" not in {review.review_id for review in library.reviews()}
        assert library.unknown_exclusions() == []


def test_no_file_excludes_nothing(folder: DataFolder) -> None:
    assert excluded(folder) == {}


@pytest.mark.parametrize(
    "data",
    [b"", b"id,why\nx,y\n", b"review_id,reason\n,because\n", b"review_id,reason\n\"x,y\n",
     b"review_id,reason\n\xff,y\n"],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_an_error_and_not_empty(folder: DataFolder, data: bytes) -> None:
    folder.exclusions.write_bytes(data)
    with pytest.raises(UsageError, match=r"exclusions\.csv"):
        Library.open(folder)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_excluded_review_and_its_author_are_in_no_format(maker: Maker, name: str) -> None:
    import io  # noqa: PLC0415

    pytest.importorskip({"xlsx": "xlsxwriter", "parquet": "pyarrow"}.get(name, "csv"))
    hidden = record("hidden-page", title="Hidden title", authors=[])
    maker.crawl(FIRST, "2026-03-14", [PIP, hidden])
    maker.exclude(("better-evidence/hidden-page", "asked"))
    out = io.BytesIO()
    with Library.open(maker.folder) as library:
        assert FORMATS[name].write(library.reviews(), out) == 1
    assert b"idden" not in out.getvalue()


def test_exclusions_of_nothing_are_told(folder: DataFolder) -> None:
    folder.exclusions.write_text("review_id,reason\nbetter-evidence/typo,asked\n", "utf-8")
    with Library.open(folder) as library:
        assert library.unknown_exclusions() == ["better-evidence/typo"]


def test_a_folder_without_library_and_a_file_that_is_none(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with pytest.raises(UsageError, match=r"no campbell\.db"):
        Library.open(folder)
    folder.database.write_bytes(b"This is no database, it is a text." * 100)
    with pytest.raises(DamagedError, match="is not a SQLite database"):
        Library.open(folder)
    folder.database.unlink()
    sqlite3.connect(folder.database).execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(DamagedError, match="cannot be read as a library"):
        Library.open(folder)


def test_a_record_that_is_no_json_is_damage(folder: DataFolder) -> None:
    with sqlite3.connect(folder.database) as connection:
        connection.execute("UPDATE review_versions SET record = '{' WHERE review_id LIKE '%gangs'")
    connection.close()
    with Library.open(folder) as library, pytest.raises(DamagedError, match="youth-gangs is not JSON"):
        list(library.reviews())


@pytest.mark.parametrize("name", ["ris", "bibtex", "csl-json", "csv", "jsonl", "xlsx", "parquet"])
def test_memory_does_not_grow_with_the_library(maker: Maker, name: str) -> None:
    """A library four times as large takes no more memory: writers stream."""
    pytest.importorskip({"xlsx": "xlsxwriter", "parquet": "pyarrow"}.get(name, "csv"))
    maker.crawl(FIRST, "2026-03-14", [PIP])
    row = maker.store.connection.execute("SELECT * FROM reviews").fetchone()
    version = maker.store.connection.execute("SELECT * FROM review_versions").fetchone()
    peaks = []
    for count in (250, 1000):
        known = maker.store.count("reviews")
        with maker.store.transaction():
            for number in range(known, count):
                name_of = f"better-evidence/copy-{number}"
                maker.store.connection.execute(
                    f"INSERT INTO reviews VALUES ({', '.join('?' * len(row))})", (name_of, name_of, *row[2:])
                )
                maker.store.connection.execute(
                    f"INSERT INTO review_versions VALUES ({', '.join('?' * len(version))})", (name_of, *version[1:])
                )
        with Library.open(maker.folder) as library, open(os.devnull, "wb") as out:  # noqa: PTH123
            tracemalloc.start()
            assert FORMATS[name].write(library.reviews(), out) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_500_000
