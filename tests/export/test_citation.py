"""The neutral citation: what is an article of which journal, who wrote it, when, and under which key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.faces.export.citations.bibtex import bibtex
from campbell_scraper.faces.export.citations.citation import Citation, Name, cite
from campbell_scraper.faces.export.citations.citekey import citation_key
from campbell_scraper.faces.export.library_export import Library
from campbell_scraper.items import LabelValue
from campbell_scraper.sample import INVENTED
from tests.made_library import ALL, FIRST, GANGS, PIP, SECOND, author, record, summary

if TYPE_CHECKING:
    from campbell_scraper.items import ReviewRecord
    from tests.made_library import Maker


def citation_of(maker: Maker, one: ReviewRecord) -> Citation:
    maker.crawl(FIRST, "2026-03-14", [one])
    with Library.open(maker.folder) as library:
        (review,) = library.reviews()
        return cite(review)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"doi": "10.4073/csr.2015.6"}, (True, "Campbell Systematic Reviews", "1891-1803", "1", None, None)),
        ({"doi": "10.4073/csr.2008.12"}, (True, "Campbell Systematic Reviews", "1891-1803", "12", None, None)),
        ({"doi": "10.1002/cl2.1234"}, (True, "Campbell Systematic Reviews", "1891-1803", None, "e1234", None)),
        ({"doi": "10.1002/cl2.178", "stage": "title", "document_types": ["Title"]},
         (True, "Campbell Systematic Reviews", "1891-1803", None, "e178", None)),
        ({"doi": "10.1002/14651858.cd005076.pub2"},
         (True, "Cochrane Database of Systematic Reviews", "1465-1858", None, "CD005076", None)),
        ({}, (True, "Campbell Systematic Reviews", "1891-1803", None, None, None)),
        ({"stage": "protocol", "document_types": ["Protocol"]},
         (True, "Campbell Systematic Reviews", "1891-1803", None, None, None)),
        ({"stage": "title", "document_types": ["Title"]}, (False, None, None, None, None, "Campbell Collaboration")),
        ({"stage": "map"}, (False, None, None, None, None, "Campbell Collaboration")),
        ({"stage": None, "document_types": []}, (False, None, None, None, None, "Campbell Collaboration")),
        ({"document_types": ["Plain language summary"]}, (False, None, None, None, None, "Campbell Collaboration")),
        ({"document_types": ["User abstract"]}, (False, None, None, None, None, "Campbell Collaboration")),
        ({"doi": "10.4073/cpg.2016.1"}, (False, None, None, None, None, "Campbell Collaboration")),
    ],
)  # fmt: skip
def test_the_doi_and_the_stage_say_where_a_work_appeared(
    maker: Maker, fields: dict[str, object], expected: tuple[object, ...]
) -> None:
    found = citation_of(maker, record("x", **fields))
    assert (
        found.is_article, found.journal, found.issn, found.issue, found.article_number, found.publisher
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("doi", "date", "expected"),
    [
        ("10.1002/cl2.1037", "2019-06", ("15", None, "e1037")),
        ("10.1002/cl2.1230", "2022", ("18", None, "e1230")),
        ("10.1002/cl2.70074", "2025-11-03", ("21", None, "e70074")),
        ("10.1002/cl2.1152", None, (None, None, "e1152")),
        ("10.4073/csr.2018.10", None, ("14", "1", None)),
        ("10.4073/csr.2012.8", "2013-02-01", ("8", "8", None)),
        ("10.4073/cmdp.2018.2", None, ("14", "1", None)),
        ("10.1177/18911803261000001", "2026-02", ("22", None, "18911803261000001")),
        ("10.1002/14651858.cd005076", "2015", (None, None, "CD005076")),
    ],
)
def test_volume_issue_and_article_number_are_the_publisher_s(
    maker: Maker, doi: str, date: str | None, expected: tuple[str | None, ...]
) -> None:
    found = citation_of(maker, record("x", doi=doi, published_date=date, document_types=["Methods paper"]))
    assert found.is_article
    assert (found.volume, found.issue, found.article_number) == expected


@pytest.mark.parametrize(
    ("date", "doi", "issued", "note"),
    [
        ("2015-03-02", "10.4073/csr.2015.6", (2015, 3, 2), ()),
        ("2015-03", "10.4073/csr.2015.6", (2015, 3), ()),
        ("2015", None, (2015,), ()),
        (None, None, (), ()),
        (None, "10.4073/csr.2015.6", (2015,), ()),
        ("2016-01-05", "10.4073/csr.2015.6", (2015,), ("The page gives the date 2016-01-05",)),
        ("2016-01-05", "10.1002/cl2.9", (2016, 1, 5), ()),
    ],
)
def test_dates_keep_their_precision_and_the_doi_names_the_year_of_its_number(
    maker: Maker, date: str | None, doi: str | None, issued: tuple[int, ...], note: tuple[str, ...]
) -> None:
    found = citation_of(maker, record("x", published_date=date, doi=doi))
    assert (found.issued, found.notes) == (issued, note)


def test_everything_else_of_a_citation(maker: Maker) -> None:
    found = citation_of(maker, PIP)
    assert found.authors == (
        Name(family="Barlow", given="Jane"),
        Name(particle="van der", family="Beek", given="Allard", suffix="Jr."),
        Name(particle="d'", family="Aubigné", given="Gabriel"),
        Name(literal="Ministry of Health, Education and Care"),
        Name(literal="Madonna"),
    )
    assert found.title == "Parent-infant psychotherapy & HIV: 50% of infants"
    assert found.url == PIP.url
    assert found.accessed == (2026, 3, 14)
    assert found.abstract == "Parents and infants."  # the summary's whole text
    assert found.language == "en"
    assert found.keywords == ("Social Welfare", "Crime and Justice", "Review", "Plain language summary")
    assert (found.genre, found.notes, found.withdrawn) == (None, (), False)


def test_an_invented_review_has_a_keyword_that_says_so(maker: Maker) -> None:
    note = LabelValue(label="Note", value=INVENTED, html=INVENTED)
    assert citation_of(maker, record("x", additional_info=[note])).keywords == ("Review", "Invented example")


def test_a_protocol_keeps_its_stage_and_a_withdrawn_review_says_so(maker: Maker) -> None:
    found = citation_of(maker, replace(GANGS, withdrawn=True))
    assert found.genre == "Protocol"
    assert found.notes == ("Protocol", "Withdrawn")
    assert found.keywords == ("Crime and Justice", "Protocol")
    assert found.withdrawn


def test_the_headline_stands_in_for_a_missing_brief_and_the_only_language_is_the_language(maker: Maker) -> None:
    found = citation_of(maker, record("x", headline="It helps", summaries=[summary("nb", text="Det hjelper")]))
    assert (found.abstract, found.language) == ("It helps", "nb")


@pytest.mark.parametrize(("language", "langid"), [("en", "english"), ("de", "ngerman"), ("pt-BR", "brazil")])
def test_bibtex_names_the_language_as_babel_does(maker: Maker, language: str, langid: str) -> None:
    found = citation_of(maker, record("x", summaries=[summary(language, text="Text")]))
    assert f"  langid = {{{langid}}},\n" in bibtex(found)


def test_links_that_are_no_web_addresses_and_dois_that_are_none_are_left_out(maker: Maker) -> None:
    found = citation_of(maker, record("x", doi="10.1002/cl2.1}, url={javascript:alert(1)"))
    assert found.doi is None


@pytest.mark.parametrize(
    ("authors", "title", "date", "start"),
    [
        ([author("Jane Barlow", family="Barlow")], "Parent-infant psychotherapy", "2015-03-02", "barlow2015parent-"),
        ([author("A. van der Beek", family="van der Beek")], "The effects", "2015", "vanderbeek2015effects-"),
        ([author("Ø. Åsen", family="Åsen-Ørsted")], "PROTOCOL: A study", None, "asenorstedndstudy-"),
        ([], "«Être» ici", "2010-01", "campbell2010etre-"),
        ([author("王芳", family="王")], "综述", "2020", "campbell2020-"),
        ([author("Ministry of Health", is_group=True)], "The", "2020", "ministryofhealth2020-"),
        ([author("Ǿye", family="Ǿye")], "Ǽtt", None, "oyendaett"),
    ],
)
def test_citation_keys_are_family_year_and_word(
    maker: Maker, authors: list[object], title: str, date: str | None, start: str
) -> None:
    found = citation_of(maker, record("x", authors=authors, title=title, published_date=date))
    assert found.key.startswith(start)
    assert found.key.isascii()


def test_citation_keys_differ_where_family_year_and_word_do_not(maker: Maker) -> None:
    same = {"title": "Same title", "published_date": "2015", "authors": [author("A B", given="A", family="B")]}
    maker.crawl(FIRST, "2026-03-14", [record(slug, **same, brief=slug) for slug in ("one", "two", "three")])
    with Library.open(maker.folder) as library:
        keys = {review.review_id: cite(review).key for review in library.reviews()}
        alone = [cite(review).key for review in library.reviews("review_id = 'better-evidence/two'")]
    assert len(set(keys.values())) == 3
    assert alone == [keys["better-evidence/two"]]


def test_a_citation_key_survives_an_edit_of_the_page(maker: Maker) -> None:
    maker.crawl(FIRST, "2026-03-14", [PIP])
    with Library.open(maker.folder) as library:
        before = [cite(review).key for review in library.reviews()]
    maker.crawl(SECOND, "2026-04-14", [replace(PIP, title="Another title", published_date="2016-01-01")])
    with Library.open(maker.folder) as library:
        (review,) = library.reviews()
    assert review.version == 2
    assert [cite(review).key] == before


def test_citation_keys_are_the_same_for_ever() -> None:
    origin = {"title": "The effects of X", "published_date": "2015-03-02", "authors": [{"family": "Barlow"}]}
    assert citation_key(origin, "better-evidence/x") == "barlow2015effects-07878f"


def test_a_snapshot_reads_while_a_crawl_writes(maker: Maker) -> None:
    maker.crawl(FIRST, "2026-03-14", ALL)
    with Library.open(maker.folder) as library:
        reviews = library.reviews()
        first = next(reviews)
        maker.crawl(SECOND, "2026-04-14", [record("brand-new")])
        rest = [review.review_id for review in reviews]
    assert len([first, *rest]) == 5
    with Library.open(maker.folder) as library:
        assert len(list(library.reviews())) == 6
