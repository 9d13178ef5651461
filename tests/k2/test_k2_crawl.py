"""A site in the K2 layout, whatever its ways: every item of its truth once, under its own address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.sample.truth import truth
from tests.servers.crawling import Folder
from tests.servers.k2 import QUIRKS, QuirkyLibrary

KNOWN = ("title", "stage", "authors", "groups", "document_types", "published_date", "doi", "headline")
"""Fields that are compared; the sample's own test compares all."""
ONE_BY_ONE = tuple(quirk.name for quirk in QUIRKS)
ALONE = {"numbered", "by-query", "print-links"}
"""Quirks that have no effect where all are on: listings link to each item in one way."""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "library")


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    names = [author["name"] for author in record["authors"]]
    return {name: record[name] for name in KNOWN} | {"authors": names}


def test_the_numbers_of_quirks_are_theirs_for_good() -> None:
    assert [quirk.number for quirk in QUIRKS] == list(range(1, len(QUIRKS) + 1))


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_each_quirk_changes_what_is_served(name: str) -> None:
    library = generated(13, seed=4)
    quirky = QuirkyLibrary(library, name)
    paths = ["/", "/better-evidence.html", "/library.html", "/sitemap.xml", library.entries[0].path]
    assert [path for path in paths if quirky.get(path, {}).body != library.get(path, {}).body]


@pytest.mark.parametrize(
    "quirks",
    [(), ONE_BY_ONE, *(pytest.param((one,), marks=() if one in ALONE else pytest.mark.slow) for one in ONE_BY_ONE)],
    ids=lambda quirks: "all" if quirks == ONE_BY_ONE else "+".join(quirks) or "plain",
)
def test_every_item_once_with_its_fields(quirks: tuple[str, ...], folder: Folder) -> None:
    library = generated(13, seed=4)
    with SampleSite(library=QuirkyLibrary(library, *quirks)) as site:  # type: ignore[arg-type]  # answers get() alike
        folder.crawl(site.url, "--no-requisites", source="k2")
        reviews = [entry.review for entry in library.entries if entry.review is not None]
        expected = {one["url"].removeprefix(site.url): comparable(one) for one in truth(site.url, reviews)}
        sql = "select r.url, v.record from reviews r join review_versions v using (review_id, version)"
        found = {row["url"].removeprefix(site.url): comparable(json.loads(row["record"])) for row in folder.rows(sql)}
        assert found == expected
        listings = [target for _, target in site.requests if "start=" in target]
        assert len(listings) <= 4, "a listing without end was followed"
        assert len({target for _, target in site.requests}) == len(site.requests), "asked for twice"
    assert folder.last_crawl()["discovery_complete"] == 1
    assert not folder.rows("select 1 from changes")
