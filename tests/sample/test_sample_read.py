"""The sample read by the project's own parser: every expected field of every page, over real HTTP."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.sample import SampleLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.items import PageReading
    from campbell_scraper.sample import SampleSite

PATHS = sorted(one.path for one in SampleLibrary.embedded().entries)
FACTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "expected_facts.json").read_text(encoding="utf-8")
)
PAGES = sorted((Path(__file__).parent / "expected_pages").glob("*.json"))


def read(site: SampleSite, path: str) -> PageReading:
    with urllib.request.urlopen(site.url + path) as answer:
        return read_page(site.url + path, list(answer.headers.items()), answer.read())


def differences(want: Any, got: Any, base: str, at: str = "") -> Iterator[str]:
    """What is expected and was not read so; site-relative addresses are made absolute."""
    if is_dataclass(got) and not isinstance(got, type):
        got = asdict(got)
    if isinstance(want, dict):
        for key, value in want.items():
            yield from differences(value, got.get(key), base, f"{at}.{key}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for number, (one, other) in enumerate(zip(want, got, strict=True)):
            yield from differences(one, other, base, f"{at}[{number}]")
    elif got != want and not (isinstance(want, str) and want.startswith("/") and got == base + want):
        yield f"{at}: expected {want!r}, read {got!r}"


def short(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".html")[:50]


@pytest.mark.parametrize("path", PATHS, ids=short)
def test_every_field_of_a_review_is_read_as_a_reader_would_say_it(
    site: SampleSite, expected: dict[str, dict[str, Any]], path: str
) -> None:
    reading = read(site, path)
    assert len(reading.reviews) == 1
    assert list(differences(expected[path], reading.reviews[0], site.url)) == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_pages_that_are_no_reviews_are_read_whole(site: SampleSite, file: Path) -> None:
    want = json.loads(file.read_text(encoding="utf-8"))
    block = want["url"] == "/#contact"
    pages = [one for one in read(site, "/" if block else want["url"]).pages if (one.title == "Contact us") == block]
    assert len(pages) == 1
    assert list(differences(want, pages[0], site.url)) == []


@pytest.mark.parametrize("path", FACTS, ids=short)
def test_no_fact_is_read_that_the_text_does_not_state(site: SampleSite, path: str) -> None:
    """A fact may be missed; one that is read must be the one that a reader finds."""
    english = next(one for one in read(site, path).reviews[0].summaries if one.language == "en")
    for name, stated in FACTS[path].items():
        found = [one for one in english.facts if one.fact == name]
        if name == "countries":
            assert {one.value for one in found} <= set(stated)
        elif name == "search_date":
            assert {one.value for one in found} <= {stated}
        else:
            assert {one.number for one in found} <= {stated}
