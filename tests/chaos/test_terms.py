"""A term is one name, and its name beats its slug."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from campbell_scraper.items import Representation
from campbell_scraper.reading.page_reading import read_page
from tests.store.library import capture, end, feed, reading, review, start

SITE = "https://www.campbellcollaboration.org"
KITES = f"{SITE}/review/kites/"


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Sustainable Disability", "Sustainable Disability"),
        ("Education, Disability &amp; Work", "Education, Disability & Work"),
        ("Crime &amp; Justice", "Crime and Justice"),
    ],
)
def test_a_term_is_one_name(name: str, group: str) -> None:
    terms = [{"taxonomy": "coordinating_group", "name": name}, {"taxonomy": "review_type", "name": "Review protocol"}]
    item: dict[str, Any] = {"id": 7, "type": "review", "link": KITES, "title": {"rendered": "Kites"},
            "content": {"rendered": ""}, "_embedded": {"wp:term": [terms]}}  # fmt: skip
    url = f"{SITE}/wp-json/wp/v2/review?page=1"
    (record,) = read_page(url, [("Content-Type", "application/json")], json.dumps([item]).encode()).reviews
    assert (record.groups, record.document_types) == ([group], ["Review protocol"])


def test_a_slug_is_one_name() -> None:
    article = '<article class="type-review coordinating_group-sustainable-disability"><h1>Kites</h1></article>'
    page = f'<html><body class="single single-review">{article}</body></html>'
    (record,) = read_page(KITES, [("Content-Type", "text/html")], page.encode()).reviews
    assert record.groups == ["Sustainable disability"]


def test_a_term_that_was_renamed_has_its_new_name(tmp_path: Path) -> None:
    """The classes of the page are made of the slug, which a renamed term keeps."""
    events: list[Any] = []
    for number, name in enumerate(("International Development", "Sustainable Development"), 1):
        rest = review(KITES, Representation.REST, title="Kites", groups=[name], document_types=[f"{name} paper"])
        item = review(KITES, title="Kites", groups=["International Development"], document_types=["Paper"])
        events.append(start(f"c{number}", number))
        for place, record in enumerate((rest, item)):
            seen = capture(KITES, number + 0.1 * place, crawl=f"c{number}", number=place)
            events.append((seen, reading(record)))
        events.append(end(f"c{number}", number + 0.5))
    connection = sqlite3.connect(feed(tmp_path / "campbell.db", events))
    assert connection.execute("select name from review_groups").fetchall() == [("Sustainable Development",)]
    types = connection.execute("select name from review_document_types").fetchall()
    assert types == [("Sustainable Development paper",)]
    changed = connection.execute("select distinct version, field from changes order by field").fetchall()
    assert changed == [(2, "document_types"), (2, "groups")]
