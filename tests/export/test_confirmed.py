"""A person has the last word on facts: facts.csv, read by the derivation, shown by every face."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from campbell_scraper.faces.cli.export_commands import facts
from campbell_scraper.faces.export.library_export import Library
from campbell_scraper.items import EvidenceFact
from campbell_scraper.view.fold.confirmed_facts import read_facts
from campbell_scraper.view.store import Store
from tests.made_library import FIRST, record, summary

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder
    from tests.made_library import Maker

PIP = "better-evidence/parent-infant-psychotherapy"
HEADER = "review_id,fact,value,who,when"
SHOWN = "studies_included, participants, search_date, search_lag_months"


def say(folder: DataFolder, *lines: str) -> None:
    """Write facts.csv and derive."""
    (folder.root / "facts.csv").write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    with Store.open(folder.database) as store:
        store.finish()


def shown(folder: DataFolder) -> tuple[object, ...]:
    """Return what the database and the exports show of the review, which must be the same."""
    with Library.open(folder) as library:
        rows = library.connection.execute(f"SELECT {SHOWN} FROM review_overview WHERE review_id = ?", (PIP,))
        row = rows.fetchone()
        made = next(one.row for one in library.reviews() if one.review_id == PIP)
    assert {name: made[name] for name in row.keys()} == dict(row)  # noqa: SIM118 - a row's keys are not its items
    return tuple(row)


def listed(folder: DataFolder, *options: str) -> list[dict[str, str]]:
    result = CliRunner().invoke(facts, [*options, "--data", str(folder.root)])
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_a_person_has_the_last_word_until_the_line_is_taken_back(folder: DataFolder) -> None:
    assert shown(folder) == (8, 846, "2014-01", 14)
    say(
        folder,
        f"{PIP},studies_included,9,J. Doe,2026-11-30",
        f"{PIP},participants,none,,",
        f"{PIP},search_date,2014-02,,",
    )
    assert shown(folder) == (9, None, "2014-02", 13)
    say(folder)
    assert shown(folder) == (8, 846, "2014-01", 14)


def test_only_what_is_unconfirmed_is_listed(folder: DataFolder) -> None:
    before = [one for one in listed(folder, "--review") if one["review_id"] == PIP]
    assert [(one["fact"], one["value"]) for one in before] == [
        ("participants", "846"), ("search_date", "2014-01"), ("studies_included", "8"),
    ]  # fmt: skip
    assert before[0]["quote"] == "The review includes 8 studies of 846 participants."
    say(folder, f"{PIP},studies_included,8,J. Doe,", f"{PIP},participants,none,J. Doe,2026-11-30")
    assert [one["fact"] for one in listed(folder, "--review") if one["review_id"] == PIP] == ["search_date"]
    assert [(one["fact"], one["value"], one["who"]) for one in listed(folder)] == [
        ("participants", "none", "J. Doe"), ("studies_included", "8", "J. Doe"),
    ]  # fmt: skip


def test_every_kind_of_fact_is_listed_until_it_is_confirmed(maker: Maker) -> None:
    text = "The studies were done in Chile and Peru."
    stated = [
        EvidenceFact(fact="countries", value=name, quote=text, quote_start=0, quote_end=40)
        for name in ("Peru", "Chile")
    ]
    maker.crawl(FIRST, "2026-03-14", [record("x", summaries=[summary(text=text, facts=stated)])])

    def kept() -> list[tuple[str, str]]:
        return [(one["fact"], one["value"]) for one in listed(maker.folder, "--review")]

    none = [("participants", "none"), ("search_date", "none"), ("studies_included", "none")]
    assert kept() == [("countries", "Chile"), ("countries", "Peru"), *none]
    say(maker.folder, "better-evidence/x,countries,Chile,J. Doe,")
    assert kept() == [("countries", "Peru"), *none]


def test_a_fact_is_looked_at_again_when_the_page_has_changed_since(folder: DataFolder) -> None:
    say(folder, f"{PIP},studies_included,9,J. Doe,2020-01-01")
    assert "studies_included" in {one["fact"] for one in listed(folder, "--review") if one["review_id"] == PIP}


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["better-evidence/typo,studies_included,8,,"],
            "facts.csv names better-evidence/typo, which is not a review here",
        ),
        ([f"{PIP},studies_included,many,,"], "facts.csv line 2 does not name a review_id, a fact and its value"),
        ([f"{PIP},colour,red,,"], "facts.csv line 2 does not name a review_id, a fact and its value"),
        ([f"{PIP},participants,8,,", f"{PIP},participants,9,,"], "facts.csv line 3 contradicts an earlier line"),
        ([f"{PIP},countries,Norway,,", f"{PIP},countries,none,,"], "facts.csv line 3 contradicts an earlier line"),
    ],
)
def test_what_cannot_be_used_is_reported(folder: DataFolder, lines: list[str], problem: str) -> None:
    say(folder, *lines)
    with Library.open(folder) as library:
        found = library.connection.execute("SELECT value FROM unhandled WHERE kind = 'conflict'").fetchall()
    assert [row[0] for row in found] == [problem]


def test_numbers_are_read_as_people_write_them_and_lists_have_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(f'{HEADER}\nx,participants,"1,154",,\nx,countries,Norway,,\nx,countries,Kenya,,\n', "utf-8-sig")
    rows, problems = read_facts(path)
    assert [(row.fact, row.position, row.value, row.number) for row in rows] == [
        ("participants", 1, "1154", 1154), ("countries", 1, "Norway", None), ("countries", 2, "Kenya", None),
    ]  # fmt: skip
    assert problems == []
