"""Canned queries as pages for people, names of languages, and the note that a library is invented."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from campbell_scraper.faces.datasette.queries import QUERIES
from campbell_scraper.folder import SAMPLE
from campbell_scraper.items import Section
from campbell_scraper.view.store import Store
from tests.made_library import PIP
from tests.store.test_store_maps import REFERENCES, page, show

from .conftest import FIRST, Maker, parsed, words

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

    from .conftest import Served

REVIEW = "/-/review/better-evidence/parent-infant-psychotherapy"
CLOSED = [(name, field) for name, query in QUERIES.items()
          for field, one in query.get("fields", {}).items() if "options" in one]  # fmt: skip
FOUND = {"by_group_and_year", "changed_in_month", "facts_with_sentences"}
"""Queries whose other fields, left empty, leave nothing out."""
INVENTED = "This is the sample library"


@pytest.mark.parametrize(("name", "parameter"), CLOSED)
def test_a_closed_list_is_a_select_of_what_the_library_holds(
    folder: DataFolder, serve: Any, name: str, parameter: str
) -> None:
    with Store.open(folder.database) as store:
        show(store, page(json.dumps(REFERENCES)))
    served: Served = serve(folder)
    (url,) = parsed(served.text("/campbell/map_cell")).xpath("//select[@name='map']/option[@value!='']/@value")
    asked = f"/campbell/{name}?" + (f"map={url}&" if name == "map_cell" else "")
    (select,) = parsed(served.text(asked)).xpath(f"//form//select[@name='{parameter}']")
    values = [one.get("value") for one in select if one.get("value")]
    assert values
    for value in values:
        tree = parsed(served.text(f"{asked}{parameter}={quote(value)}"))
        assert tree.xpath(f"//select[@name='{parameter}']/option[@selected]/@value") == [value]
        assert tree.xpath("//tbody/tr") or name not in FOUND, value


@pytest.mark.parametrize("name", QUERIES)
def test_a_question_has_labels_a_button_and_no_script(served: Served, name: str) -> None:
    tree = parsed(served.text(f"/campbell/{name}"))
    fields = QUERIES[name].get("fields", {})
    assert [one.text.strip() for one in tree.xpath("//main//form//label")] == [one["label"] for one in fields.values()]
    assert tree.xpath("//main//form//button/text()") == (["Show"] if fields else [])
    assert not tree.xpath("//script")
    assert not tree.xpath("//pre")
    shown = parsed(served.text(f"/campbell/{name}?_show_sql=1")).xpath("//pre/text()")
    assert shown[0].split() == QUERIES[name]["sql"].split()


def test_a_value_that_is_in_no_list_is_asked_for_all_the_same(served: Served) -> None:
    tree = parsed(served.text("/campbell/by_group_and_year?group=%22><script>alert(1)</script>"))
    assert tree.xpath("//option[@selected]/text()") == ['"><script>alert(1)</script>']
    assert not tree.xpath("//script")
    assert not tree.xpath("//tbody/tr")
    assert parsed(served.text("/campbell/by_group_and_year?group=Crime&year=2019")).xpath("//tbody/tr")


def test_a_row_begins_with_the_review_and_has_its_sentences_whole(maker: Maker, serve: Any) -> None:
    long = "One sentence. " * 100
    section = Section(heading="What are the main results?", level=3, kind="main_results", text=long)
    one = replace(PIP, summaries=[replace(PIP.summaries[0], sections=[section], facts=[])])
    maker.crawl(FIRST, "2026-03-14", [one])
    maker.store.close()
    served: Served = serve(maker.folder)
    (row,) = parsed(served.text("/campbell/one_section")).xpath("//tbody/tr")
    assert [cell.get("data-label") for cell in row] == ["Title", "Heading", "Text", "Published date"]
    assert row.xpath("td[1]/a/@href") == [REVIEW]
    assert row.xpath("string(td[3])").strip() == long.strip()
    assert served.text("/campbell/one_section.csv").startswith("review_id,title,heading,text,published_date")


def test_facets_and_cells_name_languages(served: Served) -> None:
    for path, column in (("/campbell/review_overview", "languages"), ("/campbell/summaries", "language")):
        tree = parsed(served.text(path))
        assert tree.xpath(f"//*[@id='facet-{column}']//li/a/text()") == ["Arabic", "English", "Norwegian Bokmål"]
        (link,) = tree.xpath(f"//*[@id='facet-{column}']//a[.='Norwegian Bokmål']/@href")
        chosen = parsed(served.text(link.removeprefix("http://localhost")))
        assert len(chosen.xpath("//table[contains(@class, 'rows-and-columns')]/tbody/tr")) == 1
        (cell,) = chosen.xpath(f"//td[contains(@class, 'col-{column} ')]")
        assert cell.text_content().strip() in {"English; Norwegian Bokmål", "Norwegian Bokmål nb"}
    options = parsed(served.text("/campbell/one_section")).xpath("//select[@name='language']/option/text()")
    assert options == ["English", "Arabic", "English", "Norwegian Bokmål"]


def test_every_page_of_the_invented_library_says_that_it_is(folder: DataFolder, serve: Any) -> None:
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'library'", (SAMPLE,))
    served: Served = serve(folder)
    for path in ("/", REVIEW, "/-/reviews", "/-/plots", "/campbell", "/campbell/reviews", "/campbell/by_author"):
        assert INVENTED in words(served.text(path)), path
    assert INVENTED in words(served.get("/-/review/none", 404).text)


def test_no_page_of_another_library_does(served: Served) -> None:
    for path in ("/", REVIEW, "/campbell/reviews"):
        assert INVENTED not in words(served.text(path)), path
