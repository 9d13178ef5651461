"""The list of reviews: words, filters, sorting, pages; every export of it holds exactly its rows in its order."""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from campbell_scraper.faces.datasette.search import selection as selecting
from campbell_scraper.faces.datasette.search.review_index import SORTS, load_index
from campbell_scraper.faces.datasette.search.search_page import find
from campbell_scraper.faces.datasette.search.selection import Selection
from campbell_scraper.faces.datasette.search.sql_functions import register_functions
from campbell_scraper.faces.export import FORMATS
from tests.made_library import author, record, summary

from .conftest import FIRST, REVIEWS, Maker, cells, parsed, selected, words

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

    from .conftest import Served

EDUCATION = "review_id IN (SELECT review_id FROM review_groups WHERE name = 'Education')"
CRIME = "review_id IN (SELECT review_id FROM review_groups WHERE name = 'Crime and Justice')"
AUTHOR = "(SELECT name FROM review_authors ra JOIN authors USING (author_id) WHERE ra.review_id = r.review_id)"
SELECTIONS = [
    ("", "1"),
    ("group=Education&from=2015&to=2019", f"{EDUCATION} AND substr(published_date, 1, 4) BETWEEN '2015' AND '2019'"),
    ("group=Crime+and+Justice&stage=protocol", f"{CRIME} AND stage = 'protocol'"),
    ("group=Crime+and+Justice&group=Education&year=2003", "substr(published_date, 1, 4) = '2003'"),
    ("q=schools&stage=review&language=en", "stage = 'review'"),
    ("q=n0007+OR+%22included+8+schools%22", "review_id LIKE '%n0008'"),
    ("status=withdrawn", "0"),
    ("group=Nobody", "0"),
    ("from=2020", "0"),
]


def answer(served: Served, query: str) -> dict[str, Any]:
    found: dict[str, Any] = served.get(f"/-/reviews.json?{query}").json()
    return found


def listed(served: Served, query: str) -> list[str]:
    """Return the names of all reviews of a list, page by page."""
    names, page = [], f"/-/reviews.json?{query}&size=400"
    while page:
        found = served.get(page).json()
        names += [row["review_id"] for row in found["reviews"]]
        page = (found["next_url"] or "").replace("http://localhost", "")
    return names


@pytest.mark.parametrize(("query", "where"), SELECTIONS)
def test_a_list_is_what_its_sql_selects_and_so_is_every_export(
    big: Served, library: DataFolder, query: str, where: str
) -> None:
    sql = f"SELECT review_id FROM reviews WHERE {where} ORDER BY published_date DESC, review_id"
    expected = [row[0] for row in selected(library, sql)]
    names = listed(big, query)
    assert sorted(names) == sorted(expected)
    if "q=" not in query:
        assert [name for name in names if name in expected] == names
    assert answer(big, query)["total"] == len(expected)
    page = parsed(big.text(f"/-/reviews?{query}"))
    shown = [one.rpartition("/-/review/")[2] for one in page.xpath("//ol[@class='results']//h3/a/@href")]
    assert shown == names[:20]
    if not expected:
        return
    csv_link = page.xpath("//a[text()='CSV']/@href")[0]
    assert [row[0] for row in cells(big.text(csv_link))[1:]] == names
    jsonl = big.text(page.xpath("//a[text()='JSON Lines']/@href")[0])
    assert [json.loads(line)["review_id"] for line in jsonl.splitlines()] == names
    titles = dict(selected(library, "SELECT review_id, title FROM reviews"))
    ris = big.text(page.xpath("//a[text()='RIS']/@href")[0])
    assert [line[6:] for line in ris.splitlines() if line.startswith("TI  - ")] == [titles[name] for name in names]
    csl = big.get(page.xpath("//a[text()='CSL-JSON']/@href")[0]).json()
    assert [one["title"] for one in csl] == [titles[name] for name in names]
    assert big.text(page.xpath("//a[text()='BibTeX']/@href")[0]).count("title = ") == len(names)


def test_a_workbook_holds_the_selection(big: Served) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    query = "group=Education&year=2015&sort=title"
    book = openpyxl.load_workbook(io.BytesIO(big.get(f"/-/export/xlsx?{query}").content), read_only=True)
    names = [row[0] for row in book["reviews"].iter_rows(min_row=2, values_only=True)]
    assert names == listed(big, query)


@pytest.mark.parametrize(("sort", "order"), [
    ("newest", "published_date DESC, review_id"), ("oldest", "published_date, review_id"),
    ("title", "lower(title), review_id"),
    ("author", f"{AUTHOR}, review_id"),
])  # fmt: skip
def test_every_order_is_the_one_of_sql(big: Served, library: DataFolder, sort: str, order: str) -> None:
    assert sort in SORTS
    expected = [row[0] for row in selected(library, f"SELECT review_id FROM reviews r ORDER BY {order}")]
    assert listed(big, f"sort={sort}") == expected


def test_facets_count_what_a_click_would_give(big: Served) -> None:
    query = "group=Education&stage=review&from=2010"
    facets = answer(big, query)["facets"]
    assert {one["name"] for one in facets["language"]} == {"English"}
    for facet, others in (("stage", "group=Education&from=2010"), ("group", "stage=review&from=2010")):
        for one in facets[facet]:
            there = answer(big, f"{others}&{facet}={quote(one['value'])}")["total"]
            assert one["count"] == there, (facet, one)
    assert [one["value"] for one in facets["stage"] if one["chosen"]] == ["review"]
    for one in facets["year"]:
        assert one["count"] == answer(big, f"group=Education&stage=review&year={one['value']}")["total"]


def test_a_form_without_scripts_gives_a_short_permanent_address(big: Served) -> None:
    page = parsed(big.text("/-/reviews?q=schools&group=Education&to=2010"))
    (form,) = page.xpath("//main//form")
    fields = [(one.get("name"), one.get("value")) for one in form.xpath(".//input[@type='search' or @checked]")]
    fields += [(one.get("name"), one.xpath("string(option[@selected]/@value)")) for one in form.xpath(".//select")]
    assert not page.xpath("//script")
    redirected = big.get(f"{form.get('action')}?{urlencode(fields)}", 302).headers["location"]
    assert redirected == "/-/reviews?q=schools&group=Education&to=2010"
    assert [big.get(href) for href in page.xpath("//ul[contains(@class, 'chosen')]//a/@href")]
    assert page.xpath("//ul[contains(@class, 'chosen')]//a/@href") == [
        "/-/reviews?q=schools&to=2010", "/-/reviews?q=schools&group=Education",
    ]  # fmt: skip
    ids = [one.get("id") for one in page.xpath("//*[@id]")]
    assert not [one for one, times in Counter(ids).items() if times > 1]


def test_pages_follow_one_another(big: Served) -> None:
    first = parsed(big.text("/-/reviews?group=Education"))
    assert "1,100 reviews · page 1 of 55" in words(big.text("/-/reviews?group=Education"))
    (following,) = first.xpath("//a[@rel='next']/@href")
    assert following == "/-/reviews?group=Education&page=2"
    assert 'start="21"' in big.text(following)
    assert not parsed(big.text("/-/reviews?group=Education&page=55")).xpath("//a[@rel='next']")
    assert "No review matches these filters" in big.text("/-/reviews?group=Education&page=56")


@pytest.mark.parametrize("query", [
    "page=x&size=-1", "from=x&to=99999", "sort=nonsense", "year=0", "q=%00", "group=%27%22%3Cscript%3E",
    "page=999999999&size=999999", "group=" + "&group=".join(map(str, range(300))),
])  # fmt: skip
def test_an_address_that_makes_no_sense_is_no_error(big: Served, query: str) -> None:
    assert "<script" not in big.text(f"/-/reviews?{query}")
    assert answer(big, query)["total"] in (0, REVIEWS)


def test_navigation_and_home_lead_to_the_list(big: Served) -> None:
    home = parsed(big.text("/"))
    (link,) = home.xpath("//nav[@aria-label='Main']//a[text()='Reviews']/@href")
    assert link == "/-/reviews"
    assert "/-/reviews?group=Crime%20and%20Justice" in home.xpath("//main//a/@href")
    assert big.text("/campbell/review_overview").count("<th") > 20
    assert "/campbell/review_overview" in parsed(big.text(link)).xpath("//a[text()='as a table']/@href")


def test_a_review_in_the_list_says_what_it_is(maker: Maker, serve: Any) -> None:
    brief = "Lanterns help 3.5 times. More later."
    bare = record("bare", title=None, stage=None, document_types=[], groups=[])
    maker.crawl(
        FIRST,
        "2026-03-14",
        [
            record("told", title="Lanterns", brief=brief, groups=["Education"], published_date="2015-03-02",
                   stage="update", document_types=["Update"], authors=[author("Ann Lee", given="Ann", family="Lee")],
                   summaries=[summary("nb", text="x")]),
            bare,
            replace(record("gone-bad", title="Bad lanterns", published_date="2026-01-01"), withdrawn=True),
        ],
    )  # fmt: skip
    maker.store.close()
    served: Served = serve(maker.folder)
    page = served.text("/-/reviews")
    (first, second, last) = [words(str(one)) for one in page.split("<li>\n<h3>")[1:]]
    assert "Lanterns Ann Lee · 2015 update Education Lanterns help 3.5 times." in first.replace(" </a>", "")
    assert "More later" not in first
    assert "better-evidence/bare" in second
    assert "withdrawn" in last, "the newest, and withdrawn"
    row = answer(served, "language=nb")["reviews"][0]
    assert (row["year"], row["languages"], row["types"], row["sentence"]) == (
        "2015", ["nb"], ["Update"], "Lanterns help 3.5 times.",
    )  # fmt: skip
    assert row["page_url"].endswith("/-/review/better-evidence/told")
    assert listed(served, "stage=none") == ["better-evidence/bare"]
    assert listed(served, "language=none") == ["better-evidence/bare", "better-evidence/gone-bad"]
    assert listed(served, "q=lanterns")[-1] == "better-evidence/gone-bad"


def test_an_excluded_review_is_in_no_list_facet_or_export(maker: Maker, serve: Any) -> None:
    shown = record("shown", title="Lanterns", groups=["Education"])
    maker.crawl(FIRST, "2026-03-14", [shown, record("unseen", title="Unseen lanterns", groups=["Secret"], stage="map")])
    maker.exclude(("better-evidence/unseen", ""))
    maker.store.close()
    served: Served = serve(maker.folder)
    paths = ["/-/reviews", "/-/reviews?q=lanterns", "/-/reviews.json", "/-/reviews?group=Education"]
    paths += [f"/-/export/{name}?q=lanterns" for name in FORMATS if name not in ("xlsx", "parquet")]
    for path in paths:
        text = served.text(path)
        assert "Unseen" not in text, path
        assert "Secret" not in text, path
    assert answer(served, "q=lanterns")["total"] == 1


@pytest.mark.parametrize("typed", ["", "schools"])
def test_a_longer_page_takes_no_more_queries(library: DataFolder, typed: str) -> None:
    with closing(sqlite3.connect(library.database)) as connection:
        register_functions(connection)
        index = load_index(connection)
        asked: list[str] = []
        connection.set_trace_callback(asked.append)
        numbers = []
        for size in (1, 200):
            asked.clear()
            assert len(find(connection, index, Selection(typed=typed), size=size)["reviews"]) == size
            ours = [
                one for one in asked if not one.startswith("--") and "'main'." not in one
            ]  # without full text's own
            numbers.append(len(ours))
    assert numbers[0] == numbers[1] <= 6


def test_of_many_matches_those_filtered_are_ranked_by_all_their_words(
    maker: Maker, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "RANKED", 3)
    texts = [record(f"n{number}", brief="Jam and bread and butter.") for number in range(6)]
    often = [
        record(f"f{number}", brief=f"{'Jam. ' * number}And tea." + " Bread." * (9 - number), groups=["Education"])
        for number in (1, 3, 2)
    ]
    maker.crawl(FIRST, "2026-03-14", [*texts, *often])
    maker.store.close()
    served: Served = serve(maker.folder)
    assert listed(served, "q=jam&group=Education") == [f"better-evidence/f{number}" for number in (3, 2, 1)]
