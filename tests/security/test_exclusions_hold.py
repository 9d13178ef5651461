"""What is excluded is excluded with all that is the same, whatever becomes of its address."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.view.exclusions import addresses, excluded

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

OLD = "better-evidence/parent-infant-psychotherapy"


@pytest.fixture
def names(folder: DataFolder) -> list[str]:
    folder.exclusions.write_text(f"review_id,reason\n{OLD},asked to\n", "utf-8")
    with closing(sqlite3.connect(folder.database)) as connection:
        return [row[0] for row in connection.execute("SELECT review_id FROM reviews ORDER BY review_id")]


def change(folder: DataFolder, *statements: tuple[str, tuple[str, ...]]) -> None:
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        for sql, values in statements:
            connection.execute(sql, values)


def url_of(folder: DataFolder, review_id: str) -> str:
    with closing(sqlite3.connect(folder.database)) as connection:
        found: str = connection.execute("SELECT url FROM reviews WHERE review_id = ?", (review_id,)).fetchone()[0]
        return found


@pytest.mark.parametrize("way", ["old address leads to new", "new address leads to old", "one work"])
def test_the_same_review_elsewhere_is_excluded_too(folder: DataFolder, names: list[str], way: str) -> None:
    other = next(name for name in names if name != OLD)
    assert set(excluded(folder)) == {OLD}
    led = "INSERT OR REPLACE INTO review_urls (review_id, url, how) VALUES (?, ?, 'redirect')"
    change(
        folder,
        {
            "old address leads to new": (led, (other, url_of(folder, OLD))),
            "new address leads to old": (led, (OLD, url_of(folder, other))),
            "one work": ("UPDATE reviews SET work_id = 'w' WHERE review_id IN (?, ?)", (OLD, other)),
        }[way],
    )
    assert set(excluded(folder)) == {OLD, other}
    assert excluded(folder)[other] == "asked to"


def test_an_address_of_nobody_joins_no_reviews(folder: DataFolder, names: list[str]) -> None:
    other = next(name for name in names if name != OLD)
    led = "INSERT OR REPLACE INTO review_urls (review_id, url, how) VALUES (?, ?, 'alias')"
    home = "https://www.campbellcollaboration.org/index.php"
    change(folder, (led, (OLD, home)), (led, (other, home)))
    assert set(excluded(folder)) == {OLD}


def test_its_files_are_among_its_addresses(folder: DataFolder, names: list[str]) -> None:
    pdf = "https://www.campbellcollaboration.org/media/kites.pdf"
    change(folder, ("INSERT INTO files (url, review_id) VALUES (?, ?)", (pdf, OLD)))
    with closing(sqlite3.connect(folder.database)) as connection:
        assert pdf in addresses(connection, excluded(folder))
