"""Every export link of a table, view or query gives what the SQL behind it selects, row for row."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from campbell_scraper.faces.datasette import query_processes, visible_database
from campbell_scraper.faces.datasette.queries import QUERIES
from campbell_scraper.view.schema.dictionary import TABLES
from tests.made_library import GANGS, PIP, record

from .conftest import FIRST, REVIEWS, Maker, cells, parsed, selected, words

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

    from .conftest import Served


def links(page: str) -> dict[str, str]:
    found = parsed(page).xpath("//p[contains(@class, 'export-links')]/a")
    return {one.text_content().lower(): one.get("href") for one in found}


def ris_titles(text: str) -> list[str]:
    return [line[6:] for line in text.splitlines() if line.startswith("TI  - ")]


@pytest.mark.parametrize(("path", "sql"), [
    ("review_overview", "SELECT * FROM review_overview ORDER BY published_date DESC"),
    ("review_overview?stage=protocol&_sort=title",
     "SELECT * FROM review_overview WHERE stage = 'protocol' ORDER BY title"),
    ("reviews?_search=lanterns&_col=title&_sort=title", "SELECT review_id, title FROM reviews ORDER BY title"),
    ("authors?_next=x&_size=2", "SELECT * FROM authors ORDER BY family"),
    ("review_groups", "SELECT * FROM review_groups"),
    ("data_dictionary", "SELECT * FROM data_dictionary"),
])  # fmt: skip
def test_csv_of_a_table_has_every_row(big: Served, library: DataFolder, path: str, sql: str) -> None:
    name, _, query = path.partition("?")
    header, *rows = cells(big.text(f"/campbell/{name}.csv?{query}"))
    expected = selected(library, sql)
    assert len({len(row) for row in [header, *rows]}) == 1
    assert sorted(rows) == sorted(expected)
    if "ORDER BY title" in sql:
        assert rows == expected


def test_labels_stand_beside_their_keys(big: Served, library: DataFolder) -> None:
    link = links(big.text("/campbell/sections"))["csv"]
    header, *rows = cells(big.text(link))
    assert header[header.index("review_id") + 1] == "review_id_label"
    names = (
        "s.section_id, s.summary_id, m.headline, s.review_id, r.title, s.position, s.heading, s.level, s.kind, s.text"
    )
    sql = (
        f"SELECT {names} FROM sections s JOIN summaries m USING (summary_id) "
        "JOIN reviews r ON r.review_id = s.review_id ORDER BY section_id"
    )
    assert rows == selected(library, sql)
    assert len(rows) == 6 * REVIEWS


@pytest.mark.parametrize("name", QUERIES)
def test_every_link_of_a_canned_query_gives_all_rows(big: Served, library: DataFolder, name: str) -> None:
    page = big.text(f"/campbell/{name}?fact=&words=schools&group=&year=&name=&kind=&language=&month=&years=&map=&row=")
    found = links(page)
    given = dict(parse_qsl(urlsplit(found["csv"]).query, keep_blank_values=True)) if found else {}
    expected = selected(
        library,
        QUERIES[name]["sql"],
        **{parameter: given.get(parameter, "") for parameter in QUERIES[name].get("fields", ())},
    )
    if not found:
        assert not expected
        return
    header, *rows = cells(big.text(found["csv"]))
    assert rows == expected
    if "review_id" in header:
        place = header.index("review_id")
        assert big.text(found["ris"]).count("TY  - ") == len({row[place] for row in rows})


def test_more_rows_than_a_page_has_are_selected_by_queries_too(library: DataFolder) -> None:
    assert len(selected(library, QUERIES["one_section"]["sql"], kind="", language="")) == 6 * REVIEWS
    assert len(selected(library, QUERIES["by_author"]["sql"], name="")) == REVIEWS


@pytest.mark.parametrize("name", ["ris", "bibtex"])
@pytest.mark.parametrize("path", [
    "/campbell/review_overview?_sort=title", "/campbell/reviews?_sort=title",
    "/campbell?sql=select+review_id+from+reviews+order+by+title",
])  # fmt: skip
def test_citations_of_rows_are_all_of_them_in_their_order(
    big: Served, library: DataFolder, path: str, name: str
) -> None:
    page = big.text(path)
    text = big.text(links(page)[name])
    expected = [row[0] for row in selected(library, "SELECT title FROM reviews ORDER BY title")]
    titles = ris_titles(text) if name == "ris" else [
        line.split("{")[-1].rstrip("},") for line in text.splitlines() if line.strip().startswith("title")
    ]  # fmt: skip
    assert titles == expected


def test_the_second_page_of_a_table_links_to_all_rows_too(big: Served) -> None:
    (following,) = parsed(big.text("/campbell/reviews?_sort=title")).xpath("//a[text()='Next page']/@href")
    found = links(big.text(following.replace("http://localhost", "")))
    assert big.text(found["ris"]).count("TY  - ") == REVIEWS
    assert len(cells(big.text(found["csv"]))) == REVIEWS + 1


def test_any_sql_is_exported_whole_and_in_its_order(big: Served, library: DataFolder) -> None:
    sql = "select title, length(text) n from sections join reviews using (review_id) order by title, section_id -- all"
    assert cells(big.text(f"/campbell.csv?sql={quote(sql)}"))[1:] == selected(library, sql)
    assert cells(big.text("/campbell.csv?_header=off&sql=select+7,null,x'ff'")) == [["7", "", "ff"]]


@pytest.mark.parametrize(("path", "status", "said"), [
    ("/campbell.csv?sql=select+nonsense", 400, "no such column"),
    ("/campbell.ris?sql=update+reviews+set+title=1", 400, "must be a SELECT"),
    ("/campbell.ris?sql=select+1", 404, "no reviews in these rows"),
    ("/campbell/crawls.bibtex", 404, "no reviews in these rows"),
    ("/campbell.csv", 404, "no table in this address"),
    ("/campbell/nothing.csv", 404, "Table not found"),
    ("/campbell.csv?sql=select+*+from+_contents", 400, "prohibited"),
])  # fmt: skip
def test_what_cannot_be_exported_is_said_before_the_first_byte(big: Served, path: str, status: int, said: str) -> None:
    answer = big.get(path, status)
    assert said in words(answer.text)
    assert "content-disposition" not in answer.headers


def test_an_answer_that_takes_too_long_is_no_file(big: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
    monkeypatch.setattr(visible_database, "EXPORT_SECONDS", 0.2)
    assert "takes too long" in big.get(f"/campbell.csv?sql={quote(forever)}", 400).text


def test_rows_that_fill_the_disk_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_processes, "MAX_SPOOLED", 10_000)
    file = tmp_path / "rows"
    few = [("a text", number) for number in range(100)]
    query_processes._write_rows(few, str(file))
    with file.open("rb") as stored:
        assert list(query_processes.read_rows(stored)) == few
    with pytest.raises(sqlite3.OperationalError, match="the answer is over"):
        query_processes._write_rows(few * 100, str(file))


def test_a_filter_of_the_form_leads_to_the_file_it_means(big: Served) -> None:
    answer = big.get("/campbell/reviews.csv?_filter_column=stage&_filter_op=exact&_filter_value=protocol", 302)
    assert len(cells(big.text(answer.headers["location"]))) == REVIEWS // 10 + 1


def test_no_export_has_an_excluded_review(maker: Maker, serve: Any) -> None:
    maker.crawl(FIRST, "2026-03-14", [record("shown", title="Shown"), record("hidden", title="Unseen")])
    maker.exclude(("better-evidence/hidden", ""))
    maker.store.close()
    served: Served = serve(maker.folder)
    for path in ("reviews.csv", "review_overview.ris", "by_author.csv", "review_versions.bibtex", "captures.csv"):
        assert "Unseen" not in served.text(f"/campbell/{path}?name=")
        assert "hidden" not in served.text(f"/campbell/{path}?name=")


def test_every_table_can_be_exported(maker: Maker, serve: Any) -> None:
    maker.crawl(FIRST, "2026-03-14", [PIP, GANGS])
    maker.store.close()
    served: Served = serve(maker.folder)
    for table in TABLES:
        (count,) = served.sql(f"select count(*) n from {table.name}")
        assert len(cells(served.text(f"/campbell/{table.name}.csv?_labels=on"))) == count["n"] + 1
