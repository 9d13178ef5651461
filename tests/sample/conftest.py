"""A running sample site, and what tests need to look at its pages without the project's own parsers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.sample import SampleSite, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def site() -> Iterator[SampleSite]:
    """The embedded sample, with every exchange's bytes kept."""
    with SampleSite(log=True) as running:
        yield running


@pytest.fixture(scope="session")
def by_hand() -> dict[str, dict[str, Any]]:
    """The expected records of the reviews written by hand, by path."""
    records = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((HERE / "expected").glob("*.json"))]
    return {one["url"]: one for one in records}


@pytest.fixture(scope="session")
def expected(by_hand: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The expected records of all reviews of the sample, by path."""
    return by_hand | {one["url"]: one for one in truth()}


@pytest.fixture(scope="session")
def expected_pages() -> list[dict[str, Any]]:
    """The expected records of the pages that are no reviews."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted((HERE / "expected_pages").glob("*.json"))]
