"""Conditions from outside select reviews and can do nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.portable.sql_condition import matching

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

LONG = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n WHERE x < 0"


def selected(folder: DataFolder, condition: str, as_of: str | None = None) -> list[str]:
    with Library.open(folder, as_of=as_of) as library:
        return [review.review_id.rsplit("/", 1)[1] for review in library.reviews(condition)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("stage = 'protocol'", ["youth-gangs"]),
        ("published_date >= '2015' AND published_date < '2016'", ["parent-infant-psychotherapy"]),
        ("groups LIKE '%Crime%' -- a comment", ["parent-infant-psychotherapy", "youth-gangs"]),
        ("studies_included > 5", ["parent-infant-psychotherapy"]),
        ("EXISTS (SELECT 1 FROM json_each(groups) WHERE value = 'Social Welfare')", ["parent-infant-psychotherapy"]),
        ("review_id IN (SELECT review_id FROM sections WHERE kind = 'up_to_date')", ["parent-infant-psychotherapy"]),
        (
            """review_id IN (SELECT review_id FROM sections WHERE rowid IN
            (SELECT rowid FROM sections_fts WHERE sections_fts MATCH 'studies'))""",
            ["parent-infant-psychotherapy"],
        ),
        ("0", []),
    ],
)
def test_a_condition_selects(folder: DataFolder, condition: str, expected: list[str]) -> None:
    assert selected(folder, condition) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "stage =",
        "no_such_column = 1",
        "stage = 'review'; DROP TABLE reviews",
        "1) ; DELETE FROM reviews --",
        "stage = 'a\x00b",
        "1) UNION SELECT load_extension('x') --",
        "load_extension('/tmp/x.so') = 1",
        "review_id IN (SELECT * FROM pragma_database_list)",
        "(SELECT 1 FROM nowhere)",
        "readfile('/etc/passwd') = 1",
        "length(zeroblob(1000000000)) > 1",
        "length(replace(printf('%.1000000c', 'x'), 'x', printf('%.1000c', 'y'))) > 1",
        "x" * 200_000,
    ],
)
def test_what_is_no_condition_is_one_clear_sentence(folder: DataFolder, condition: str) -> None:
    before = folder.database.read_bytes()
    with pytest.raises(UsageError) as caught:
        selected(folder, condition)
    assert "--where" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert folder.database.read_bytes() == before


def test_a_condition_that_takes_too_long_is_stopped(folder: DataFolder) -> None:
    with Library.open(folder) as library:
        began = time.process_time()
        with pytest.raises(UsageError, match=r"takes longer than 0\.2 seconds"):
            matching(library.connection, f"({LONG}) > 0", seconds=0.2)
        assert time.process_time() - began < 5
        assert len(list(library.reviews())) == 5, "the connection can be used afterwards"


def test_a_condition_speaks_of_the_day_the_library_is_shown_as_of(edited: DataFolder) -> None:
    assert selected(edited, "title LIKE '%&%'", "2026-03-20") == ["parent-infant-psychotherapy"]
    assert selected(edited, "title LIKE '%&%'") == []
    assert selected(edited, "status = 'current'", "2026-03-20") == [
        "a-title", "cochrane", "parent-infant-psychotherapy", "youth-gangs",
    ]  # fmt: skip
    assert selected(edited, "status = 'current'") == ["cochrane", "hostile", "parent-infant-psychotherapy"]
    assert selected(edited, "1", "2026-03-13") == []


def test_excluded_reviews_are_not_selected(folder: DataFolder) -> None:
    folder.exclusions.write_text("review_id,reason\nbetter-evidence/youth-gangs,asked\n", "utf-8")
    assert "youth-gangs" not in selected(folder, "1")
