"""Search takes whatever people type, finds it in every language, and shows where it stands."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campbell_scraper.faces.datasette.search import selection, table_search
from campbell_scraper.faces.datasette.search.fulltext_query import folded, parse
from campbell_scraper.faces.datasette.search.snippets import snippet
from campbell_scraper.items import Section, Summary
from campbell_scraper.view.fold.fulltext_index import TOKENIZER
from tests.made_library import PIP, record

from .conftest import FIRST, Maker, parsed, words

if TYPE_CHECKING:
    from .conftest import Served


@pytest.fixture(scope="module")
def index() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute(f'CREATE VIRTUAL TABLE t USING fts5(title, authors, grams, tokenize="{TOKENIZER}")')
    connection.execute("INSERT INTO t VALUES ('a text', '', '')")
    return connection


@given(st.text(max_size=80))
def test_any_text_is_a_query(index: sqlite3.Connection, typed: str) -> None:
    query = parse(typed)
    if query.match:
        for match in (query.match, f"{{title}} : ({query.match})", query.left_out or '"x"'):
            index.execute("SELECT count(*) FROM t WHERE t MATCH ?", (match,)).fetchone()


@given(
    st.text(alphabet="ab\"()*-+^:{}[]OR NEAR AND NOT' “”,.!", max_size=60)
    | st.lists(
        st.sampled_from(["a", "schools", "OR", "AND", "NOT", "-", "-a", "title:", "author:b", '"a b', '"', "a*", "心"])
    ).map(" ".join)
)
def test_any_text_of_operators_is_a_query(index: sqlite3.Connection, typed: str) -> None:
    query = parse(typed)
    if query.match:
        for match in (query.match, f"{{title}} : ({query.match})", query.left_out or '"x"'):
            index.execute("SELECT count(*) FROM t WHERE t MATCH ?", (match,)).fetchone()


def test_a_letter_that_a_keyboard_lacks_is_found_as_typed_and_as_it_stands() -> None:
    assert parse("Jørgensen").match == '("Jørgensen" OR "Jorgensen")'
    assert parse("author:jorgensen").match == '{authors grams} : "jorgensen"'
    assert [one.text for one in snippet(parse("jorgensen"), "Anne Jørgensen, 2015") if one.hit] == ["Jørgensen"]


@given(st.text(max_size=200))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(folded(text)) == len(text)


@given(st.text(max_size=300), st.text(max_size=20))
def test_a_whole_snippet_loses_nothing(text: str, typed: str) -> None:
    assert "".join(piece.text for piece in snippet(parse(typed), text, whole=True)) == text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("psychotherapy", True),
        ("PSYCHOTHERAPY", True),
        ("parent-infant", True),
        ("“parent infant psychotherapy”", True),
        ('"infant parent"', False),
        ("psycho", False),
        ("psycho*", True),
        ("unicorn OR psychotherapy", True),
        ("unicorn psychotherapy", False),
        ("doi:10.4073/csr.2015.6", True),
        ("https://doi.org/10.4073/csr.2015.6", True),
        ("d'Aubigné", True),
        ("daubigne OR d'aubigne", True),
        ("50%", True),
        ("psychotherapy AND (", True),
        ("psychotherapy AND unicorn", False),
        ("psychotherapy )(*&^ --", True),
    ],
)
def test_what_people_type_finds_what_they_mean(served: Served, typed: str, found: bool) -> None:
    text = words(served.text(f"/-/search?q={quote(typed)}"))
    assert ("1 review " in text or "2 reviews" in text) is found, text


@pytest.mark.parametrize("typed", ["?!", '"', '""', "*", "-", "  ", "\x00", "()", "OR"])
def test_what_has_no_word_finds_nothing(served: Served, typed: str) -> None:
    assert 'class="results"' not in served.text(f"/-/search?q={quote(typed)}")


def test_words_are_marked_where_they_stand(maker: Maker, serve: Any) -> None:
    text = "The review includes 8 studies of 846 participants."
    section = Section(heading="What studies are included?", level=2, kind="included_studies", text=text)
    summary = Summary(language="en", language_label="English", text=text, sections=[section])
    maker.crawl(FIRST, "2026-03-14", [record("one", summaries=[summary])])
    maker.store.close()
    page = serve(maker.folder).text("/-/search?q=participants")
    assert "of 846 <mark>participants</mark>." in page
    assert '#section-1"' in page


@pytest.mark.parametrize(
    ("language", "text", "typed"),
    [
        ("zh", "这项综述研究了心理治疗对婴儿的作用。", "心理治疗"),
        ("zh", "这项综述研究了心理治疗对婴儿的作用。", "综述研究了心理治疗对婴儿"),
        ("ja", "このレビューは心理療法について述べています。", "心理療法"),
        ("th", "การทบทวนนี้ศึกษาจิตบำบัดสำหรับทารก", "จิตบำบัด"),
        ("ar", "تبحث هذه المراجعة في العلاج النفسي للرضع", "العلاج النفسي"),
        ("hi", "यह समीक्षा मनोचिकित्सा के बारे में है", "मनोचिकित्सा"),
        ("ru", "Этот обзор о психотерапии", "ПСИХОТЕРАПИИ"),
        ("fr", "Cette revue étudie la psychothérapie", "psychotherapie"),
        ("ko", "이 검토는 심리치료에 관한 것입니다", "심리치료에"),
    ],
)
def test_every_language_is_found_and_marked(maker: Maker, serve: Any, language: str, text: str, typed: str) -> None:
    section = Section(heading="?", level=2, kind="other", text=text)
    maker.crawl(
        FIRST, "2026-03-14",
        [record("one", summaries=[Summary(language=language, language_label="X", text=text, sections=[section])]),
         record("other")],
    )  # fmt: skip
    maker.store.close()
    page = serve(maker.folder).text(f"/-/search?q={quote(typed)}")
    assert "1 review " in words(page)
    assert "<mark>" in page


def test_texts_of_pdfs_are_found(maker: Maker, serve: Any) -> None:
    maker.crawl(FIRST, "2026-03-14", [PIP])
    maker.store.close()
    connection = sqlite3.connect(maker.folder.database)
    connection.execute("UPDATE files SET text = 'Only the file says marmalade.', pages = 1")
    connection.execute("DELETE FROM files_fts")
    connection.execute("INSERT INTO files_fts(rowid, text, grams) SELECT rowid, text, '' FROM files")
    connection.commit()
    connection.close()
    page = serve(maker.folder).text("/-/search?q=marmalade")
    assert "Only the file says <mark>marmalade</mark>." in page
    assert "0 reviews, 1 PDF" in words(page)


def test_results_come_in_pages(maker: Maker, serve: Any) -> None:
    maker.crawl(FIRST, "2026-03-14", [record(f"n{number}", title=f"Marmalade {number}") for number in range(45)])
    maker.store.close()
    served: Served = serve(maker.folder)
    first = served.text("/-/search?q=marmalade")
    assert "45 reviews · page 1 of 3" in words(first)
    last = served.text("/-/search?q=marmalade&page=3")
    assert last.count("<h3>") == 5
    assert 'start="41"' in last


def test_of_words_that_all_have_those_in_titles_come_first(
    maker: Maker, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "RANKED", 5)
    texts = [
        record(f"n{number}", brief=f"Marmalade, kind {number}.", published_date=f"{2010 + number * 7 % 10}")
        for number in range(10)
    ]
    maker.crawl(FIRST, "2026-03-14", [*texts, record("x1", title="Marmalade one"), record("x2", title="Marmalade two")])
    maker.store.close()
    page = serve(maker.folder).text("/-/search?q=marmalade")
    assert "12 reviews" in words(page)
    listed = [one.rpartition("/")[2] for one in parsed(page).xpath("//ol[@class='results']//h3/a/@href")]
    assert set(listed[:2]) == {"x1", "x2"}
    assert listed[2:] == ["n7", "n4", "n1", "n8", "n5", "n2", "n9", "n6", "n3", "n0"], "the others by year, 2019 first"


CHINESE = "这项综述研究了心理治疗对婴儿的作用。"


@pytest.mark.parametrize(
    ("typed", "found"),
    [("marmalade OR unicorn", 1), ("marmal*", 1), ("marmal", 0), ("?!", 0), ('mar-malade "', 0), (CHINESE, 1)],
)
def test_the_search_box_of_a_table_reads_words_as_the_search_page_does(
    maker: Maker, serve: Any, typed: str, found: int
) -> None:
    section = Section(heading="?", level=2, kind="other", text=CHINESE)
    summary = Summary(language="zh", language_label="X", text=CHINESE, sections=[section])
    maker.crawl(FIRST, "2026-03-14", [record("one", title="Marmalade", summaries=[summary])])
    maker.store.close()
    served: Served = serve(maker.folder)
    table = "sections" if typed == CHINESE else "reviews"
    assert len(served.get(f"/campbell/{table}.json?_search={quote(typed)}").json()["rows"]) == found


@pytest.mark.parametrize(
    "asked",
    [
        "_search=marmalade", "_search_brief=marmalade", "_search=n3", "_search=nothing",
        "_search=marmalade&stage=review&_facet=stage", "_search=marmalade&_size=3&_sort=title",
    ],
)  # fmt: skip
def test_the_search_box_of_a_table_finds_the_same_whichever_way_it_looks(
    maker: Maker, serve: Any, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    texts = [record(f"n{number}", title=f"About n{number}", brief=f"Marmalade {number}.") for number in range(7)]
    maker.crawl(FIRST, "2026-03-14", [*texts, record("x1", title="Marmalade one"), record("y1", title="Jam")])
    maker.store.close()
    served: Served = serve(maker.folder)
    answers = []
    for many in (1, 10_000):
        monkeypatch.setattr(table_search, "MANY", many)
        answer = served.get(f"/campbell/reviews.json?{asked}").json()
        answers.append({name: answer[name] for name in ("rows", "filtered_table_rows_count", "facet_results", "next")})
        assert answer["human_description_en"].startswith("where search ")
        plus = "+rowid" in answer["query"]["sql"]
        assert plus == (many == 1 and "nothing" not in asked)
    assert answers[0] == answers[1]
    found = {"_search=marmalade": 8, "_search_brief=marmalade": 7, "_search=n3": 1, "_search=nothing": 0}
    assert answers[0]["filtered_table_rows_count"] == found.get(asked, answers[0]["filtered_table_rows_count"])


def test_full_text_has_no_other_columns_and_says_so(served: Served) -> None:
    answer = served.get("/campbell/reviews.json?_search_url=campbell", 400)
    assert "The full-text index of reviews has no column url" in answer.json()["error"]
    assert 'name="_search"' not in served.text("/campbell/crawls")


def test_sections_found_show_their_words_in_brackets_in_any_language(maker: Maker, serve: Any) -> None:
    section = Section(heading="?", level=2, kind="other", text=CHINESE)
    summary = Summary(language="zh", language_label="X", text=CHINESE, sections=[section])
    maker.crawl(FIRST, "2026-03-14", [record("one", summaries=[summary])])
    maker.store.close()
    (row,) = serve(maker.folder).get(f"/campbell/full_text.json?words={quote('心理治疗')}&_shape=array").json()
    assert row["found"] == CHINESE.replace("心理治疗", "[心理治疗]")


def test_another_syllable_with_the_same_first_letter_is_not_marked() -> None:
    assert [piece.hit for piece in snippet(parse("심"), "신 심 십")] == [False, True, False]
