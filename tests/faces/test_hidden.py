"""What exclusions.csv names is nowhere, whoever asks and however; hostile text is text everywhere."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campbell_scraper.faces.datasette import visible_database
from campbell_scraper.faces.datasette.csv_cells import safe_row
from campbell_scraper.view.database.copying import copy_database
from campbell_scraper.view.schema.dictionary import TABLES
from campbell_scraper.words import clean
from tests.made_library import COCHRANE, HOSTILE, PIP_EDITED, SECOND, copied

from .conftest import FIRST, Maker, in_datasette, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.folder import DataFolder

    from .conftest import Served

GONE = "better-evidence/parent-infant-psychotherapy"
WORDS = ("psychotherapy", "Psychotherapy", "846 p", "Jane Barlow", "csr.2015.6")
PATHS = [
    "/", "/-/reviews", "/-/reviews.json",
    "/-/search?q=psychotherapy", "/-/search?q=participants", "/-/changes", "/-/changes.atom", "/-/plots",
    "/-/dashboards/library",
    "/-/export/csv", "/-/export/ris", "/-/export/bibtex", "/-/export/csl-json", "/-/export/jsonl", "/campbell.json",
    *(f"/campbell/{table.name}.json?_size=max&_labels=on" for table in TABLES if table.name != "data_dictionary"),
    *(f"/campbell/{table.name}" for table in TABLES if table.name != "data_dictionary"),
    "/campbell/review_overview.json?_facet=title&_facet_array=groups", "/campbell/review_overview.csv?_stream=on",
    "/campbell/by_author", "/campbell/one_section?kind=included_studies", "/campbell/facts_with_sentences",
]  # fmt: skip
ATTACKS = [
    "select * from reviews", "select * from main.reviews", "select * from review_versions",
    "select * from reviews_fts", "select * from reviews_fts where reviews_fts match 'psychotherapy'",
    "select * from sections_fts_content", "select * from reviews_fts_content",
    "select hex(block) from reviews_fts_data",
    "select * from review_overview", "select * from captures", "select * from authors",
    "select group_concat(name) n from sqlite_master",
]  # fmt: skip


@pytest.fixture(scope="module")
def hidden(five: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = copied(five, tmp_path_factory.mktemp("hidden") / "data")
    folder.exclusions.write_text(f"review_id,reason\n{GONE},asked to\n", "utf-8")
    with in_datasette(folder) as served:
        yield served


@pytest.mark.parametrize("path", PATHS)
def test_an_excluded_review_is_on_no_page(hidden: Served, path: str) -> None:
    text = hidden.text(path).replace('value="psychotherapy"', "").replace("psychotherapy: Search", "")
    text = text.replace("_search=psychotherapy", "").replace("psychotherapy&#34;", "").replace("q=psychotherapy", "")
    if "csv" not in path:
        text = text.replace('search matching "psychotherapy"', "")
    assert not [word for word in WORDS if word in text]


@pytest.mark.parametrize("table", ["reviews", "sections", "files"])
def test_table_search_does_not_know_an_excluded_review(hidden: Served, table: str) -> None:
    for word in ("psychotherapy", "846", "PDF"):
        found = hidden.get(f"/campbell/{table}.json?_search={word}").json()
        assert found["filtered_table_rows_count"] == 0


@pytest.mark.parametrize("query", ATTACKS)
def test_no_sql_gets_at_an_excluded_review(hidden: Served, query: str) -> None:
    rows = json.dumps([{name: value for name, value in row.items() if name != "file"} for row in hidden.sql(query)])
    assert not [word for word in (*WORDS, "".join(f"{ord(one):02X}" for one in "psychotherapy")) if word in rows]


def test_internal_tables_are_not_there(hidden: Served) -> None:
    names = {row["name"] for row in hidden.sql("select name from sqlite_master")}
    assert "_contents" not in names
    assert "reviews" in names


@pytest.mark.parametrize("path", [f"/-/review/{GONE}", f"/-/compare/{GONE}", f"/-/cite/ris/{GONE}"])
def test_an_excluded_review_has_no_page(hidden: Served, path: str) -> None:
    assert "Jane Barlow" not in hidden.get(path, 404).text


def test_a_decision_counts_at_once_and_can_be_taken_back(folder: DataFolder, serve: Any) -> None:
    served: Served = serve(folder)
    count = "select count(*) n from reviews"
    assert served.sql(count) == [{"n": 5}]
    folder.exclusions.write_text(f"review_id,reason\n{GONE},\n", "utf-8")
    assert served.sql(count) == [{"n": 4}]
    folder.exclusions.unlink()
    assert served.sql(count) == [{"n": 5}]


def test_a_list_that_cannot_be_read_shows_nothing(folder: DataFolder, serve: Any) -> None:
    served: Served = serve(folder)
    folder.exclusions.write_text("nonsense\n", "utf-8")
    for path in ("/", f"/-/review/{GONE}", "/campbell/reviews"):
        answer = served.get(path, 503).text
        assert "must be review_id,reason" in answer
        assert "Jane Barlow" not in answer


def test_the_copy_follows_a_crawl(maker: Maker, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visible_database, "COPY_EVERY", 0.0)
    maker.crawl(FIRST, "2026-03-14", [PIP_EDITED])
    maker.exclude((GONE, ""))
    served: Served = serve(maker.folder)
    assert served.sql("select count(*) n from reviews") == [{"n": 0}]
    maker.crawl(SECOND, "2026-04-14", [PIP_EDITED, COCHRANE])
    assert served.sql("select title from reviews") == [{"title": "Together with Cochrane"}]
    maker.store.close()


def test_the_library_is_read_while_it_is_written_and_when_it_is_replaced(
    maker: Maker, serve: Any, tmp_path: Any
) -> None:
    maker.crawl(FIRST, "2026-03-14", [COCHRANE])
    served: Served = serve(maker.folder)
    with maker.store.transaction():
        assert served.sql("select count(*) n from reviews") == [{"n": 1}]
    maker.crawl(SECOND, "2026-04-14", [PIP_EDITED, COCHRANE])
    assert served.sql("select count(*) n from reviews") == [{"n": 2}]
    other = tmp_path / "rebuilt.db"
    maker.store.connection.execute("VACUUM INTO ?", (str(other),))
    with closing(sqlite3.connect(other, isolation_level=None)) as connection:
        connection.execute("UPDATE reviews SET title = 'rebuilt'")
    copy_database(other, maker.store)
    maker.store.close()
    assert {row["title"] for row in served.sql("select title from reviews")} == {"rebuilt"}


@pytest.mark.parametrize("path", [
    "/", "/-/review/better-evidence/hostile", "/-/search?q=alert", "/-/changes", "/campbell/reviews",
    "/campbell/review_overview", "/campbell/authors", "/campbell/sections", "/campbell/by_author?name=Robert",
    "/campbell/reviews/better-evidence~2Fhostile", "/campbell/review_versions",
])  # fmt: skip
def test_hostile_text_is_text(served: Served, path: str) -> None:
    page = served.text(path)
    tree = parsed(page)
    scripts = [one.text_content() for one in tree.xpath("//script")]
    assert not [one for one in scripts if "alert(1)" in one]
    assert not tree.xpath("//a[starts-with(normalize-space(@href), 'javascript')]")
    assert not tree.xpath("//*[@onclick or @onerror or @onload]")
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "\x1b" not in page


def test_the_hostile_title_is_shown_as_it_is(served: Served) -> None:
    tree = parsed(served.text("/-/review/better-evidence/hostile"))
    title = tree.xpath("string(//h1)")
    assert title.startswith("<script>alert(1)</script>")
    assert "evil{x" in title
    assert HOSTILE[:25] == title[:25]


def test_stored_markup_is_cleaned_once_more(maker: Maker, serve: Any) -> None:
    from campbell_scraper.items import LabelValue  # noqa: PLC0415
    from tests.made_library import record  # noqa: PLC0415

    evil = (
        '<script>alert(1)</script><img src="http://evil.example/x.png" onerror="alert(1)"><h2 onclick="x()">H</h2>'
        '<a href="javascript:alert(1)">a</a><a href="https://example.org/">ok</a><form><input></form><p style="x">p</p>'
    )
    label = LabelValue(label="Note", value="x", html=evil, field_type=None)
    maker.crawl(FIRST, "2026-03-14", [record("evil", additional_info=[label])])
    maker.store.close()
    page = serve(maker.folder).text("/-/review/better-evidence/evil")
    tree = parsed(page)
    cell = tree.xpath("//tr[th='Note']/td")[0]
    assert not cell.xpath(".//script | .//img | .//form | .//input | .//h2 | .//@onclick | .//@style")
    assert cell.xpath(".//a/@href") == ["https://example.org/"]
    assert "evil.example" not in page


@pytest.mark.parametrize("path", [
    "/campbell/reviews.csv?_stream=on", "/campbell/review_overview.csv", "/campbell/sections.csv?_size=max&_labels=on",
    "/campbell/authors.csv", "/campbell/coordinating_groups.csv", "/campbell/by_author.csv?name=",
    "/campbell.csv?sql=select+headline,-5+as+minus,-1.5e-300+as+small+from+reviews",
])  # fmt: skip
def test_no_csv_of_a_table_or_query_holds_a_formula(served: Served, path: str) -> None:
    text = served.get(path).content.decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1
    cells = [cell for row in rows for cell in row]
    assert any(cell.startswith("'") for cell in cells)
    assert {cell for cell in cells if cell[:1] in tuple("=+-@\t")} <= {"-5", "-1.5e-300"}
    assert not set("\u202e\x00\x1b") & set(text)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_csv_made_safe_has_the_same_cells_but_for_the_apostrophes(cells: list[str]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    (row,) = csv.reader(io.StringIO(safe_row(out.getvalue()), newline=""))
    assert [cell.replace("'", "") for cell in row] == [clean(own).replace("'", "") for own in cells]
    assert all(cell.count("'") >= own.count("'") for cell, own in zip(row, cells, strict=True))
