"""What a librarian types: forms of words, words left out, fields, slips of the pen; the same on every page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from campbell_scraper.faces.datasette.search.english_forms import english_forms
from campbell_scraper.items import Section
from tests.made_library import author, record, summary

from .conftest import FIRST, Maker, in_datasette, parsed, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Served

SAME = [
    ("school", "schools"), ("pupil", "pupils"), ("study", "studies"), ("study", "studied"),
    ("randomised", "randomized"), ("randomise", "randomizing"), ("programme", "program"), ("programmes", "programs"),
    ("behaviour", "behaviors"), ("organisation", "organizations"), ("analysis", "analyses"), ("analyse", "analyzed"),
    ("child", "children"), ("woman", "women"), ("criterion", "criteria"), ("teach", "teaching"),
    ("evaluate", "evaluating"), ("stop", "stopped"), ("care", "caring"), ("use", "using"), ("travel", "travelled"),
    ("travelled", "traveled"), ("centre", "centers"), ("paediatric", "pediatric"), ("ageing", "aging"),
    ("bully", "bullying"), ("class", "classes"), ("church", "churches"), ("enrolment", "enrollment"),
    ("judgement", "judgment"), ("labour", "labor"), ("virus", "viruses"), ("agree", "agreed"),
    ("licence", "licenses"), ("box", "boxes"), ("hero", "heroes"), ("building", "buildings"),
]  # fmt: skip
OTHERS = [
    ("community", "communication"), ("organ", "organisation"), ("car", "caring"), ("new", "news"), ("see", "seed"),
    ("policy", "police"), ("university", "universe"), ("rat", "rating"), ("thing", "the"), ("four", "for"),
    ("need", "knee"), ("general", "generic"), ("is", "as"), ("even", "evening"), ("bus", "business"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_forms_and_spellings_of_a_word_are_one_word(one: str, other: str) -> None:
    assert other in english_forms(one)
    assert one in english_forms(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_words_that_only_look_alike_are_two(one: str, other: str) -> None:
    assert other not in english_forms(one)
    assert one not in english_forms(other)


@pytest.mark.parametrize("word", ["naïve", "2015", "is", "心", "x", ""])
def test_what_is_no_english_word_has_no_forms(word: str) -> None:
    assert english_forms(word) == [word]


@pytest.fixture(scope="module")
def librarian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    def told(name: str, title: str, text: str, **fields: Any) -> Any:
        section = Section(heading="What?", level=2, kind="other", text=text)
        return record(name, title=title, summaries=[summary(text=text, sections=[section])], **fields)

    maker = Maker(tmp_path_factory.mktemp("librarian") / "data")
    per, ann = author("Per Jørgensen", family="Jørgensen"), author("Ann Barlow", family="Barlow")
    maker.crawl(
        FIRST,
        "2026-03-14",
        [
            told("one", "A school for lamplighters", "Reading by a randomized programme.", published_date="2015-01-01"),
            told("two", "Lanterns in schools", "Arithmetic of pupils.", groups=["Education"]),
            told("three", "Boats", "A pupil read. Two programs were randomised."),
            told("four", "Jørgensen's boats", "Boats of Ann Barlow.", authors=[per]),
            told("five", "Clogs", "Of schooling, 心理治疗.", authors=[ann]),
            replace(told("six", "School school school", "Schools."), withdrawn=True),
        ],
    )  # fmt: skip
    maker.store.close()
    with in_datasette(maker.folder) as served:
        yield served


def found_by(served: Served, typed: str) -> list[str]:
    rows = served.get(f"/-/reviews.json?q={quote(typed)}").json()["reviews"]
    return [row["review_id"].rpartition("/")[2] for row in rows]


@pytest.mark.parametrize(("typed", "found"), [
    ("school", "one two five six"), ("schools", "one two five six"), ('"school"', "one six"),
    ('"schools"', "two six"), ("pupil", "two three"), ("PUPILS", "two three"), ("randomised", "one three"),
    ("randomized", "one three"), ("programme", "one three"), ("program randomisation", ""),
    ("school -reading", "two five six"), ("school NOT reading", "two five six"),
    ("NOT reading school", "two five six"), ("school -pupils -clogs", "one six"),
    ('school -"schools for"', "one two five six"), ("-school", "three four"), ("NOT school -jørgensen", "three"),
    ("boats OR clogs -barlow", "three"), ("author:barlow", "five"), ("authors: Barlow", "five"),
    ("barlow", "four five"), ("author:barlow boats", ""), ("title:boats", "three four"),
    ("Title:boat -author:jorgensen", "three"), ("author:jorgensen", "four"), ("author:Jørgensen", "four"),
    ('title:"school for"', "one"), ('title:"for school"', ""), ("boats OR title:clogs", "three four five"),
    ("author:barlows", ""), ("title:reading", ""), ("心理 -clogs", ""), ("心理", "five"),
    ("school*", "one two five six"),
    ("title:lamp*", "one"), ("well-school", ""), ("non-existing OR boats", "three four"), ("lamplighters-school", ""),
    ('"read by"', ""), ("title:", ""), ("-", ""), ('school -""', "one two five six"),
])  # fmt: skip
def test_what_a_librarian_types_finds_what_it_says(librarian: Served, typed: str, found: str) -> None:
    assert sorted(found_by(librarian, typed)) == sorted(found.split())


def test_leaving_out_a_word_leaves_out_what_the_word_finds(librarian: Served) -> None:
    for word in ("reading", "programs", "lanterns", "schools", "author:barlow", '"boats of"'):
        without = set(found_by(librarian, "school")) - set(found_by(librarian, word))
        assert set(found_by(librarian, f"school -{word}")) == without
        assert set(found_by(librarian, f"school NOT {word}")) == without


def test_withdrawn_reviews_come_last_and_are_marked(librarian: Served) -> None:
    assert found_by(librarian, "school")[-1] == "six"
    items = parsed(librarian.text("/-/reviews?q=school")).xpath("//ol[@class='results']/li")
    assert ["withdrawn" in words(item.text_content()) for item in items] == [False, False, False, True]


def test_all_forms_are_marked_where_they_stand(librarian: Served) -> None:
    page = librarian.text("/-/reviews?q=pupils+randomized")
    assert "A <mark>pupil</mark> read." in page
    assert "<mark>randomised</mark>." in page


@pytest.mark.parametrize(("typed", "meant"), [
    ("shcool", "school"), ("lantrens", "lanterns"), ("title:lamplihgters", "title:lamplighters"),
    ("randomizd -pupils", "randomized -pupils"), ("Arithmetik", "arithmetic"),
])  # fmt: skip
def test_a_slip_of_the_pen_is_answered_by_the_word_meant(librarian: Served, typed: str, meant: str) -> None:
    answer = librarian.get(f"/-/reviews.json?q={quote(typed)}&stage=review").json()
    assert answer["did_you_mean"] == meant
    page = parsed(librarian.text(f"/-/reviews?q={quote(typed)}&stage=review"))
    (link,) = page.xpath("//main//p[starts-with(., 'Did you mean')]/a/@href")
    assert "stage=review" in link
    assert librarian.text(link).count("<h3>") > 0


@pytest.mark.parametrize("typed", ["school", "unicorn", "school boats", "?!", "心理学", "12345", "zzzzzz"])
def test_nothing_is_suggested_for_words_the_library_has_or_has_nothing_like(librarian: Served, typed: str) -> None:
    assert librarian.get(f"/-/reviews.json?q={quote(typed)}").json()["did_you_mean"] is None


def test_no_word_of_an_excluded_review_is_suggested(maker: Maker, serve: Any) -> None:
    maker.crawl(FIRST, "2026-03-14", [record("shown", title="Lanterns"), record("unseen", title="Marmalade")])
    maker.exclude(("better-evidence/unseen", ""))
    maker.store.close()
    assert serve(maker.folder).get("/-/reviews.json?q=marmelade").json()["did_you_mean"] is None


@pytest.mark.parametrize("table", ["reviews", "review_overview", "works"])
def test_tables_and_views_of_reviews_are_searched_alike(librarian: Served, table: str) -> None:
    assert 'name="_search"' in librarian.text(f"/campbell/{table}")
    for typed in ("school", "author:barlow", "pupils -boats", "title:boats", "-school", "NOT author:barlow"):
        rows = librarian.get(f"/campbell/{table}.json?_search={quote(typed)}&_shape=array").json()
        assert sorted(row["review_id"].rpartition("/")[2] for row in rows) == sorted(found_by(librarian, typed))
    (row,) = librarian.get(f"/campbell/{table}.json?_search_title=lantern&_shape=array").json()
    assert row["title"] == "Lanterns in schools"
    assert librarian.text(f"/campbell/{table}.csv?_search=pupils").count("\r\n") == 3


def test_sections_are_found_by_any_form_and_say_what_was_found(librarian: Served) -> None:
    rows = librarian.get("/campbell/full_text.json?words=pupils+-boats&_shape=array").json()
    assert {row["found"] for row in rows} == {
        "Arithmetic of [pupils].",
        "A [pupil] read. Two programs were randomised.",
    }
    rows = librarian.get("/campbell/full_text.json?words=author:barlow&_shape=array").json()
    assert {row["found"] for row in rows} == {"Boats of Ann [Barlow]."}
