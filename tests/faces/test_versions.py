"""Versions side by side, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.faces.export.citations.word_diff import as_columns
from tests.made_library import PIP, PIP_EDITED, SECOND

from .conftest import FIRST, Maker, parsed, words

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

    from .conftest import Served

REVIEW = "better-evidence/parent-infant-psychotherapy"
COMPARE = f"/-/compare/{REVIEW}"
THIRD = "20260514T090000Z-k2-00000003"


def cells(page: str) -> list[list[str]]:
    """Return the rows of a comparison: field, old, new."""
    return [[cell.text_content() for cell in row] for row in parsed(page).xpath("//tbody/tr")]


def test_two_versions_stand_side_by_side(edited: DataFolder, serve: Any) -> None:
    served: Served = serve(edited)
    page = served.text(f"{COMPARE}?old=1&new=2")
    assert cells(page) == [
        [
            "title",
            "Parent-infant psychotherapy & HIV: 50% of infants",
            "Parent-infant psychotherapy and HIV: 50% of infants",
        ],
        ["brief", "Parents and infants.Two paragraphs.", "Parents and their infants."],
    ]
    assert "<del>&amp; </del>" in page
    assert "<ins>and </ins>" in page
    heads = [one.text_content() for one in parsed(page).xpath("//thead//th")]
    assert heads == ["Version 1, 2026-03-14 as captured", "Version 2, 2026-04-14 as captured"]
    captured = parsed(page).xpath("//thead//a/@href")
    assert [one.split("/")[4] for one in captured] == ["20260314090000", "20260414090000"]
    assert "These two versions are the same." in words(served.text(f"{COMPARE}?old=2&new=2"))
    assert "fields changed" in words(served.text(f"/-/review/{REVIEW}"))


def test_one_steps_through_versions(maker: Maker, serve: Any) -> None:
    third = replace(PIP_EDITED, groups=["Social Welfare"])
    for crawl, day, one in (
        (FIRST, "2026-03-14", PIP),
        (SECOND, "2026-04-14", PIP_EDITED),
        (THIRD, "2026-05-14", third),
    ):
        maker.crawl(crawl, day, [one])
    maker.store.close()
    served: Served = serve(maker.folder)
    newest = parsed(served.text(COMPARE))
    assert newest.xpath("//thead//time/text()") == ["2026-04-14", "2026-05-14"]
    assert not newest.xpath("//a[@rel='next']")
    (before,) = newest.xpath("//a[@rel='prev']/@href")
    first = parsed(served.text(before))
    assert first.xpath("//thead//time/text()") == ["2026-03-14", "2026-04-14"]
    assert not first.xpath("//a[@rel='prev']")
    assert (
        parsed(served.text(first.xpath("//a[@rel='next']/@href")[0])).xpath("//thead//time/text()")[1] == "2026-05-14"
    )


def test_a_review_with_one_version_says_so(served: Served) -> None:
    assert "one version, first seen 2026-03-14" in words(served.text(COMPARE))


@pytest.mark.parametrize(("old", "new", "columns"), [
    ("a b c", "a c", ("a <del>b </del>c", "a c")),
    ("Parents and infants.", "Parents, all.", ("Parents <del>and infants</del>.", "Parents<ins>, all</ins>.")),
    (None, "<b>", ("", "<ins>&lt;b&gt;</ins>")),
    ("  two\n words ", "two words", ("  two<br> words ", "two words")),
])  # fmt: skip
def test_each_side_has_its_own_words_and_white_space(old: str | None, new: str, columns: tuple[str, str]) -> None:
    assert as_columns(old, new) == columns
