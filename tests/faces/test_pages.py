"""Every page: it answers, it links, it tells what the database holds."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from campbell_scraper.faces.datasette.metadata import write_faces
from campbell_scraper.faces.datasette.pages import plots
from campbell_scraper.faces.datasette.pages.review_page import blocks, language_name, shown_html
from campbell_scraper.faces.datasette.queries import QUERIES
from campbell_scraper.faces.export import FORMATS
from campbell_scraper.view.schema.dictionary import INTERNAL, TABLES
from campbell_scraper.view.store import Store
from tests.made_library import PIP as PIP_RECORD
from tests.made_library import record
from tests.store.test_store_maps import REFERENCES, page, show

from .conftest import ALL, FIRST, Maker, parsed, words

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

    from .conftest import Served

PIP = "better-evidence/parent-infant-psychotherapy"
PAGES = [
    "/", "/-/reviews", "/-/reviews?stage=protocol&q=gangs",
    "/-/search?q=psychotherapy", f"/-/review/{PIP}", f"/-/compare/{PIP}", "/-/plots", "/-/changes",
    "/-/map", "/campbell", *(f"/campbell/{table.name}" for table in TABLES), *(f"/campbell/{name}" for name in QUERIES),
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_a_language_landmarks_and_asks_nobody_else(served: Served, path: str) -> None:
    response = served.get(path)
    tree = parsed(response.text)
    assert tree.get("lang") == "en"
    assert len(tree.xpath("//h1")) == 1
    assert len(tree.xpath("//main")) == 1
    assert tree.xpath("//header//form[@role='search']//label")
    assert tree.xpath("//title/text()")
    levels = [int(one.tag[1]) for one in tree.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")]
    assert levels[0] == 1
    assert "default-src 'self'" in response.headers["content-security-policy"]
    asked = [one.get("src") or one.get("href") for one in tree.xpath("//*[@src] | //link[@rel='stylesheet']")]
    assert all(url.startswith(("/", "data:")) and not url.startswith("//") for url in asked), asked


def test_home_says_what_the_library_holds(served: Served) -> None:
    text = words(served.text("/"))
    assert f"{len(ALL)} reviews" in text
    assert "finished, all lists read" in text
    for query in QUERIES.values():
        assert html.escape(query["title"]) in served.text("/")


def test_every_link_of_the_home_page_leads_somewhere(served: Served) -> None:
    tree = parsed(served.text("/"))
    links = {one.split("#")[0] for one in tree.xpath("//a/@href") if one.startswith("/")}
    assert len(links) > 25
    for link in sorted(links):
        served.get(link)


def test_a_corrected_value_is_shown_as_a_persons_with_what_the_page_says(folder: DataFolder, serve: Any) -> None:
    lines = f"review_id,field,old,new,reason,who\n{PIP},doi,{PIP_RECORD.doi},10.1000/right,a slip,J. Doe\n"
    (folder.root / "corrections.csv").write_text(lines, "utf-8")
    with Store.open(folder.database) as store:
        store.finish()
    served: Served = serve(folder)
    text = words(served.text(f"/-/review/{PIP}"))
    assert "doi:10.1000/right" in text
    assert f"Corrected by a person Doi 10.1000/right The page says: {PIP_RECORD.doi}; a slip; J. Doe" in text
    assert 'name="citation_doi" content="10.1000/right"' in served.text(f"/-/review/{PIP}")


def test_every_link_of_a_review_page_leads_somewhere(served: Served) -> None:
    tree = parsed(served.text(f"/-/review/{PIP}"))
    links = {one.split("#")[0] for one in tree.xpath("//a/@href") if one.startswith("/")}
    assert any("/captures/" in link for link in links)
    for link in sorted(links):
        served.get(link)


def test_authors_and_groups_lead_to_the_list_of_their_reviews(served: Served) -> None:
    tree = parsed(served.text(f"/-/review/{PIP}"))
    links = tree.xpath("//p[@class='authors']/a/@href | //div[@class='head']/p[@class='note']/a/@href")
    assert len(links) == len(PIP_RECORD.authors) + len(PIP_RECORD.groups)
    for link in links:
        assert f"/-/review/{PIP}" in parsed(served.text(link)).xpath("//ol[@class='results']//a/@href")


def test_printed_markup_has_no_links_to_places_that_are_not_on_our_page() -> None:
    shown = shown_html(
        '<p><a href="#findings">down</a> <a href="../x.html">by</a> <a href="https://e.example/">on</a></p>'
    )
    assert parsed(shown).xpath("//a/@href") == ["https://e.example/"]
    assert words(shown) == "down by on"


def test_a_review_reads_like_its_page_and_links_everywhere(served: Served) -> None:
    page = served.text(f"/-/review/{PIP}")
    tree = parsed(page)
    assert tree.xpath("string(//h1)") == "Parent-infant psychotherapy & HIV: 50% of infants"
    headings = [one.text_content() for one in tree.xpath("//section[@lang='en']//h2")]
    assert headings == ["Psychotherapy helps", "What studies are included?", "How up-to-date is this review?"]
    links = tree.xpath("//a/@href")
    assert "https://doi.org/10.4073/csr.2015.6" in links
    assert any(one.startswith("http://127.0.0.1:8080/campbell/20260314090000/https://www.camp") for one in links)
    assert f"/-/cite/ris/{PIP}" in links
    for said in ("campbell-20260314090000000-00000-1a2b3c4d.warc.gz", "sha256:00000", "Version 1, 2026-03-14"):
        assert said in words(page)


def test_every_fact_leads_to_its_sentence(served: Served) -> None:
    tree = parsed(served.text(f"/-/review/{PIP}"))
    facts = tree.xpath("//aside//a[contains(@href, '#fact-')]")
    assert [one.text_content() for one in facts] == ["8", "846", "2014-01"]
    for fact, sentence in zip(
        facts, ["8 studies of 846 participants.", "8 studies of 846 participants.", "until January 2014."], strict=True
    ):
        there = tree.get_element_by_id(fact.get("href").split("#")[1])
        marked = there if there.tag == "mark" else there.getparent()
        assert marked.text_content().endswith(sentence)


def test_languages_are_tabs_without_scripts(served: Served) -> None:
    page = served.text(f"/-/review/{PIP}?summary=2")
    tree = parsed(page)
    assert [one.text_content().split()[0] for one in tree.xpath("//nav[@aria-label='Languages']//a")] == [
        "English", "Norwegian",
    ]  # fmt: skip
    assert tree.xpath("string(//a[@aria-current='page'])").startswith("Norwegian")
    assert "Click on 'Download PDF'" in html.unescape(page)
    assert not tree.xpath("//script")


@pytest.mark.parametrize("position", ["0", "99", "-1", "x", "9" * 50, "٣"])
def test_a_tab_that_is_not_there_is_the_first(served: Served, position: str) -> None:
    assert "Psychotherapy helps" in served.text(f"/-/review/{PIP}?summary={position}")


def test_reference_managers_find_a_citation(served: Served) -> None:
    tree = parsed(served.text(f"/-/review/{PIP}"))
    tags = [(one.get("name"), one.get("content")) for one in tree.xpath("//meta[starts-with(@name, 'citation_')]")]
    assert ("citation_title", "Parent-infant psychotherapy & HIV: 50% of infants") in tags
    authors = [value for name, value in tags if name == "citation_author"]
    assert authors[:2] == ["Barlow, Jane", "van der Beek, Allard, Jr."]
    assert ("citation_doi", "10.4073/csr.2015.6") in tags
    assert ("citation_publication_date", "2015/03/02") in tags
    assert ("citation_journal_title", "Campbell Systematic Reviews") in tags
    assert ("citation_issue", "1") in tags


@pytest.mark.parametrize(
    ("name", "begins"),
    [("ris", b"TY  - JOUR"), ("bibtex", b"@article{"), ("csl-json", b"["), ("csv", b"review_id,"), ("jsonl", b"{")],
)
def test_a_review_can_be_taken_away(served: Served, name: str, begins: bytes) -> None:
    response = served.get(f"/-/cite/{name}/{PIP}")
    assert response.content.lstrip().startswith(begins)
    assert response.content.count(b"10.4073/csr.2015.6") >= 1
    assert response.content.count(b"10.1002/cl2.1234") == 0
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', response.headers["content-disposition"])
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize("name", FORMATS)
def test_the_library_can_be_taken_away(served: Served, name: str) -> None:
    assert f"/-/export/{name}" in parsed(served.text("/")).xpath("//main//a/@href")
    content = served.get(f"/-/export/{name}").content
    begins = {"xlsx": b"PK", "parquet": b"PAR1"}.get(name)
    assert content.startswith(begins) if begins else b"10.1002/cl2.1234" in content


def test_rows_shown_can_be_taken_as_citations(served: Served) -> None:
    page = served.text("/campbell/review_overview?stage=protocol")
    link = parsed(page).xpath("//a[text()='ris']/@href")[0]
    assert served.text(link).count("TY  - ") == 1
    everybody = served.text("/campbell/by_author.bibtex?name=van der")
    assert everybody.count("@article{") == 1


@pytest.mark.parametrize(
    "path",
    ["/-/review/none", "/-/review/" + "x" * 3000, "/-/review/%00", "/-/cite/ris/none", "/-/cite/exe/none",
     "/-/export/exe", "/-/compare/none", f"/-/compare/{PIP}?old=7&new=9", "/-/plots/none.svg", "/campbell/none"],
)  # fmt: skip
def test_what_is_not_there_is_said_without_a_traceback(
    served: Served, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Error 404" in served.get(path, 404).text
    assert "Traceback" not in "".join(capsys.readouterr())


def test_changes_and_their_feed(edited: DataFolder, serve: Any) -> None:
    served: Served = serve(edited)
    text = words(served.text("/-/changes"))
    for kind in ("new", "changed", "withdrawn", "gone"):
        assert f" {kind} " in text
    later = words(served.text("/-/changes?since=2026-04-01"))
    assert "changed" in later
    assert "2026-03-14" not in later.split("all fields")[1]
    assert "neither a date" in words(served.text("/-/changes?since=yesterday"))
    feed = etree.fromstring(served.get("/-/changes.atom").content)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert len(feed.findall("{*}entry")) >= 8


def test_tables_and_columns_are_described_and_internal_tables_are_hidden(served: Served) -> None:
    shown = served.get("/campbell.json").json()
    visible = {one["name"] for one in shown["tables"] if not one["hidden"]}
    hidden = {one["name"] for one in shown["tables"] if one["hidden"]}
    assert set(INTERNAL) <= hidden
    assert not {name for name in visible if name.startswith("_") or "_fts" in name}
    for table in TABLES:
        page = html.unescape(served.text(f"/campbell/{table.name}"))
        assert table.description in page
        for column in table.columns:
            assert f"<dd>{column.description}</dd>" in page


def test_facets_of_the_overview_count_groups(served: Served) -> None:
    facets = served.get("/campbell/review_overview.json").json()["facet_results"]
    groups = {one["value"]: one["count"] for one in facets["groups"]["results"]}
    assert groups["Crime and Justice"] == 2
    rows = served.get("/campbell/review_overview.json?groups__arraycontains=Social+Welfare&_shape=array").json()
    assert [row["review_id"] for row in rows] == [PIP]


def test_what_canned_queries_answer(served: Served) -> None:
    def rows(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = served.get(f"/campbell/{path}").json()
        return found

    assert rows("by_author.json?name=beek&_shape=array")[0]["review_id"] == PIP
    assert rows("search_to_publication.json?_shape=array")[0]["search_lag_months"] == 14
    assert rows("overdue_for_update.json?years=&_shape=array")[0]["review_id"] == PIP
    assert rows("overdue_for_update.json?years=200&_shape=array") == []
    assert rows("largest_evidence_bases.json?_shape=array")[0]["studies_included"] == 8
    assert [one["review_id"] for one in rows("languages_missing.json?language=fr&_shape=array")] == [PIP]
    assert rows("languages_missing.json?language=nb&_shape=array") == []
    assert rows("changed_in_month.json?month=2026-03&_shape=array")[0]["field"] == "first seen"
    assert len(rows("one_section.json?kind=up_to_date&language=en&_shape=array")) == 1
    assert {one["pages"] for one in rows("by_group_and_year.json?group=Crime&year=2019&_shape=array")} == {1}
    assert len(rows("facts_with_sentences.json?fact=participants&_shape=array")) == 1
    assert rows("full_text.json?words=%22846+participants%22&_shape=array")[0]["review_id"] == PIP


@pytest.mark.parametrize(("title", "stage", "date", "overdue"), [
    (f"{PIP_RECORD.title} – an update", "update", "2021-05-02", False),
    (f"UPDATE: {PIP_RECORD.title}", "update", "2021-05-02", False),
    (PIP_RECORD.title, "review", "2021-05-02", False),
    (f"{PIP_RECORD.title} – an update", "update", "2014-05-02", True),
    (f"{PIP_RECORD.title} – an update", "protocol", "2021-05-02", True),
    ("An update of something else", "update", "2021-05-02", True),
])  # fmt: skip
def test_a_review_whose_update_is_in_the_library_is_not_overdue(
    maker: Maker, serve: Any, *, title: str, stage: str, date: str, overdue: bool
) -> None:
    other = record("another-page", title=title, stage=stage, published_date=date, doi="10.1002/cl2.4321")
    maker.crawl(FIRST, "2026-03-14", [PIP_RECORD, other])
    found = serve(maker.folder).get("/campbell/overdue_for_update.json?years=&_shape=array").json()
    assert [row["review_id"] for row in found] == ([PIP] if overdue else [])


def test_faces_written_twice_are_the_same(folder: DataFolder) -> None:
    write_faces(folder)
    before = {path.name: path.stat().st_mtime_ns for path in folder.root.rglob("*") if path.is_file()}
    write_faces(folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", plots.PLOTS)
def test_a_plot_is_a_picture_without_scripts_or_links(served: Served, name: str) -> None:
    pytest.importorskip("vl_convert")
    svg = served.get(f"/-/plots/{name}.svg").content
    tree = etree.fromstring(svg)
    assert etree.QName(tree).localname == "svg"
    assert not tree.xpath("//*[local-name()='script' or local-name()='a' or local-name()='image']")
    assert served.get(f"/-/plots/{name}.png").content.startswith(b"\x89PNG")


def test_texts_are_cut_into_paragraphs_lists_and_tables() -> None:
    found = blocks("One.\n- a\n- b\n1. x\n2. y\n\nh1\th2\nc1\tc2\nTwo.")
    assert [(one.tag, len(one.items)) for one in found] == [("p", 1), ("ul", 2), ("ol", 2), ("table", 2), ("p", 1)]


def test_sentences_that_overlap_or_lie_wrong_lose_no_word() -> None:
    text = "First one. Second one.\n- third one\nlast"
    facts = [("a", 0, 10), ("b", 5, 22), ("c", -5, 400), ("d", 23, 34), ("e", 30, 3), ("f", 900, 990)]
    found = blocks(text, facts)
    runs = [run for block in found for item in block.items for run in (item if isinstance(item, list) else [item])]
    assert "".join(run.text for run in runs) == "First one. Second one.third onelast"
    assert [one for run in runs for one in run.begins] == ["a", "c", "b", "d"]


@pytest.mark.parametrize(("tag", "name"), [("no", "Norwegian"), ("zh-Hant", "Chinese (Traditional)"), ("x!", "x!")])
def test_languages_have_names(tag: str, name: str) -> None:
    assert language_name(tag) == name


def test_what_plots_show_is_asked_for_once_for_each_state_of_the_data(
    folder: DataFolder, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: Served = serve(folder)
    asked: list[str] = []
    real = plots.plot_rows

    def counted(connection: sqlite3.Connection, name: str) -> list[plots.Row]:
        asked.append(name)
        return real(connection, name)

    monkeypatch.setattr(plots, "plot_rows", counted)

    def shown() -> tuple[str, str, str]:
        return tuple(served.text(path) for path in ("/", "/-/plots", "/-/plots/groups_by_year.svg"))  # type: ignore[return-value]

    before, times = shown(), len(asked)
    assert shown() == before
    assert len(asked) == times > 5
    with closing(sqlite3.connect(folder.database)) as connection:
        connection.execute("UPDATE reviews SET published_date = '1987-01-01'")
        connection.commit()
    edited = shown()
    assert all("1987" in text for text in edited)
    folder.exclusions.write_text(f"review_id,reason\n{PIP},asked to\n", "utf-8")
    assert all(text not in (*before, *edited) for text in shown()), "the copy without it is another database"
    folder.exclusions.unlink()
    assert shown() == edited


def test_the_tables_page_says_what_each_table_and_query_is(served: Served) -> None:
    text = words(served.text("/campbell"))
    for query in QUERIES.values():
        assert query["description"] in html.unescape(text)
    for table in TABLES:
        assert table.description in html.unescape(text)
    assert not [name for name in INTERNAL if name in text]
    assert served.text("/campbell?_show_hidden=1").count("internal table") > 5


def test_a_page_of_a_query_is_called_by_its_question(served: Served) -> None:
    for name, query in QUERIES.items():
        page = parsed(served.text(f"/campbell/{name}"))
        assert page.findtext(".//title") == page.findtext(".//h1") == query["title"]
        assert "Custom SQL" not in page.text_content()
    assert parsed(served.text("/campbell?sql=select+1")).findtext(".//title") == "SQL: select 1"


def test_a_picture_for_phones_has_less_width_and_the_same_letters(served: Served) -> None:
    wide, narrow = (etree.fromstring(served.get(f"/-/plots/studies.svg{query}").content) for query in ("", "?narrow=1"))
    assert float(narrow.attrib["width"]) < 400 < float(wide.attrib["width"])
    sizes = [{one.get("font-size") for one in svg.iter("{*}text")} for svg in (wide, narrow)]
    assert sizes[0] == sizes[1]


def test_years_without_works_have_their_place_in_the_plots(maker: Maker, serve: Any) -> None:
    early, late = (record(name, title=name, published_date=date, groups=["Education"]) for name, date in
                   (("early", "2004-05-01"), ("late", "2010-05-01")))  # fmt: skip
    maker.crawl(FIRST, "2026-03-14", [early, late])
    maker.store.close()
    svg = serve(maker.folder).get("/-/plots/groups_by_year.svg").text
    for year in range(2004, 2011):
        assert f">{year}</text>" in svg


def test_a_gap_map_is_a_grid_whose_cells_lead_to_their_references(folder: DataFolder, serve: Any) -> None:
    with Store.open(folder.database) as store:
        show(store, page(json.dumps(REFERENCES)))
    served = serve(folder)
    (link,) = parsed(served.text("/-/map")).xpath("//a[contains(@href, '/-/map?url=')]/@href")
    grid = parsed(served.text(link))
    assert grid.xpath("//thead/tr/th/text()") == ["Sleep", "Colds", "Lateness"]
    cells = [[cell.text_content() for cell in row] for row in grid.xpath("//tbody/tr")]
    assert cells == [["Lent", "1", "", "1"], ["Given", "1", "", "1"], ["Capes", "", "", ""]]
    target = grid.xpath("//tbody//td/a/@href")[0]
    assert "One study" in served.text(target)
    assert "Three" not in words(served.text(target))
    served.get("/-/map?url=https://example.org/none", 404)
