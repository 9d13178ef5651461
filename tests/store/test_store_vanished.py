"""A field that vanishes from a whole run is a template that changed; one that a review loses is an edit."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campbell_scraper.items import Author, LabelValue, Representation, ReviewRecord, Section, Summary
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.fold.provenance import field_sources
from campbell_scraper.view.log.intake import rows_of_capture
from campbell_scraper.view.store import Store
from tests.helpers import rows

from .library import SITE, at, capture, end, feed, reading, review, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

N = 10
LISTING = Representation.LISTING


def url(number: int) -> str:
    return f"{SITE}/better-evidence/review-number-{number}.html"


def whole(number: int, **more: Any) -> ReviewRecord:
    section = Section(heading="What is this review about?", level=2, kind="about", text=f"About {number}.")
    said: dict[str, Any] = {
        "title": f"Review {number}",
        "authors": [Author(name=f"Author {number}")],
        "doi": f"10.4073/csr.2015.{number}",
        "additional_info": [LabelValue(label="Authors", value=f"Author {number}", html=f"Author {number}")],
        "headline": f"Headline {number}",
        "brief": f"Brief {number}",
        "summaries": [Summary(language="en", language_label="English", headline=f"Headline {number}",
                              brief=f"Brief {number}", sections=[section], text=f"About {number}.")],
    }  # fmt: skip
    return review(url(number), **(said | more))


def renamed(number: int) -> ReviewRecord:
    """Return the review as it is read where the label "Authors" is another."""
    written = LabelValue(label="Written by", value=f"Author {number}", html=f"Author {number}")
    return whole(number, authors=[], additional_info=[written])


def without_headings(number: int) -> ReviewRecord:
    """Return the review as it is read where no heading is one any more: all text stands in the brief."""
    text = f"Headline {number} Brief {number} About {number}."
    found = Summary(language="en", language_label="English", brief=text, text=text)
    return whole(number, headline=None, brief=text, summaries=[found])


def run(name: str, day: float, reviews: Iterable[ReviewRecord], *, source: str = "k2") -> list[Any]:
    """Return the events of a run that reads these pages, one after the other from that day on."""
    pages = [
        (capture(one.url, day + 0.001 * place, crawl=name, number=place), reading(one))
        for place, one in enumerate(reviews, 1)
    ]
    return [start(name, day, source), *pages, end(name, day + 0.5)]


VERSIONS = "SELECT review_id, version FROM reviews ORDER BY 1"
AUTHORS = "SELECT count(*) FROM review_authors"


@pytest.mark.parametrize("broken", [renamed, without_headings])
def test_what_vanished_from_all_pages_is_kept_and_said(tmp_path: Path, broken: Callable[[int], ReviewRecord]) -> None:
    path = feed(tmp_path / "a.db", [*run("c1", 1, map(whole, range(N))), *run("c2", 31, map(broken, range(N)))])
    assert {version for _, version in rows(path, VERSIONS)} == {1}
    assert rows(path, "SELECT count(*) FROM changes") == [(0,)]
    assert rows(path, AUTHORS) == [(N,)]
    assert rows(path, "SELECT count(*), min(heading) FROM sections") == [(N, "What is this review about?")]
    assert rows(path, "SELECT count(*) FROM reviews WHERE headline LIKE 'Headline%' AND brief LIKE 'Brief _'") == [(N,)]
    told = rows(path, "SELECT field, pages, had, lost, urls FROM _vanished")
    assert told
    for _, pages, had, lost, urls in told:
        assert (pages, had, lost) == (N, N, N)
        assert json.loads(urls) == [url(number) for number in range(3)]


def test_it_stays_so_run_after_run_until_it_can_be_read_again(tmp_path: Path) -> None:
    events = run("c1", 1, map(whole, range(N)))
    for month in range(1, 5):
        events += run(f"c{month + 1}", 28 * month, map(renamed, range(N)))
        path = feed(tmp_path / f"{month}.db", events)
        assert {version for _, version in rows(path, VERSIONS)} == {1}
        assert rows(path, AUTHORS) == [(N,)]
        assert rows(path, "SELECT DISTINCT crawl_id FROM _vanished WHERE field = 'authors' ORDER BY 1") == [
            (f"c{number}",) for number in range(2, month + 2)
        ]
    edited = [whole(0, authors=[Author(name="Author 0"), Author(name="Another")]), *map(whole, range(1, N))]
    path = feed(tmp_path / "mended.db", [*events, *run("c9", 150, edited)])
    assert rows(path, VERSIONS) == [(f"better-evidence/review-number-{n}", 2 if n == 0 else 1) for n in range(N)]
    assert rows(path, "SELECT field, old, new FROM changes") == [("authors", '["Author 0"]', '["Author 0","Another"]')]


def test_what_else_the_site_changed_meanwhile_is_a_version(tmp_path: Path) -> None:
    after = [whole(0, title="Another title", authors=[]), *(whole(number, authors=[]) for number in range(1, N))]
    path = feed(tmp_path / "a.db", [*run("c1", 1, map(whole, range(N))), *run("c2", 31, after)])
    assert rows(path, "SELECT review_id, field, old, new FROM changes") == [
        ("better-evidence/review-number-0", "title", "Review 0", "Another title")
    ]
    assert rows(path, AUTHORS) == [(N,)]


@pytest.mark.parametrize("edited", [1, 2])
def test_reviews_whose_authors_were_removed_have_a_version(tmp_path: Path, edited: int) -> None:
    after = [whole(number, authors=[] if number < edited else [Author(name=f"Author {number}")]) for number in range(N)]
    path = feed(tmp_path / "a.db", [*run("c1", 1, map(whole, range(N))), *run("c2", 31, after)])
    assert rows(path, "SELECT count(*) FROM changes WHERE field = 'authors' AND new IS NULL") == [(edited,)]
    assert rows(path, "SELECT count(*) FROM _vanished") == [(0,)]


def test_a_few_edits_that_a_small_run_kept_back_come_in_when_the_others_are_read_again(tmp_path: Path) -> None:
    changed = [whole(number, doi=None) for number in range(3)]
    events = [*run("c1", 1, map(whole, range(30))), *run("c2", 11, changed)]
    path = feed(tmp_path / "small.db", events)
    assert rows(path, "SELECT count(*) FROM changes") == [(0,)]
    assert rows(path, "SELECT lost FROM _vanished") == [(3,)]
    path = feed(tmp_path / "full.db", [*events, *run("c3", 31, [*changed, *map(whole, range(3, 30))])])
    assert rows(path, "SELECT field, count(*) FROM changes") == [("doi", 3)]


def test_people_say_that_a_field_was_taken_off_the_site(tmp_path: Path) -> None:
    events = run("c1", 1, map(whole, range(N)))
    events += run("c2", 31, (whole(number, doi=None) for number in range(N)))
    events += run("c3", 61, (whole(number, doi=None, authors=[]) for number in range(N)))
    (tmp_path / "removals.csv").write_text(f"field,since,reason\ndoi,{at(61)[:10]},seen on the site\nauthors,,\n")
    path = feed(tmp_path / "a.db", events)
    assert rows(path, "SELECT DISTINCT field, changed_at > ? FROM changes", at(61)) == [("doi", 1)]
    assert rows(path, "SELECT crawl_id, field FROM _vanished ORDER BY 1, 2") == [("c2", "doi"), ("c3", "authors")]
    assert rows(path, "SELECT value FROM unhandled") == [
        ("removals.csv line 3 does not name a field and, in since, a date",)
    ]


def test_a_decision_taken_later_is_heeded_at_the_end_of_the_next_run(tmp_path: Path) -> None:
    events = [*run("c1", 1, map(whole, range(N))), *run("c2", 31, (whole(number, doi=None) for number in range(N)))]
    path = feed(tmp_path / "a.db", events)
    (tmp_path / "removals.csv").write_text("field,since\ndoi,2020-01\n")
    with Store.open(path) as store:
        store.finish()
        assert store.connection.execute("SELECT count(*) FROM changes WHERE field = 'doi'").fetchone() == (N,)
    assert compare(path, feed(tmp_path / "b.db", events, bulk=True)) == []


def test_nothing_is_lost_before_the_end_of_the_run(tmp_path: Path) -> None:
    path = feed(tmp_path / "a.db", run("c1", 1, map(whole, range(N))))
    with Store.open(path) as store:
        shown = capture(url(0), 31, crawl="c2")
        store.take(start("c2", 31, "k2"))
        store.take(rows_of_capture(shown, "review", reading(whole(0, title="Another title", doi=None))))
        doi = "SELECT title, doi FROM reviews WHERE review_id = 'better-evidence/review-number-0'"
        store.show_new()
        assert store.connection.execute(doi).fetchone() == ("Review 0", "10.4073/csr.2015.0")
        store.finish()
        assert store.connection.execute(doi).fetchone() == ("Another title", None)
        assert store.count("_pending") == 0


def test_what_one_run_restored_of_many_years_is_not_judged(tmp_path: Path) -> None:
    events = run("c1", 1, map(whole, range(N)), source="wayback")
    events += run("c2", 31, (whole(number, doi=None) for number in range(N)), source="wayback")
    path = feed(tmp_path / "a.db", events)
    assert rows(path, "SELECT count(*) FROM changes WHERE field = 'doi'") == [(N,)]


def test_each_kept_field_names_the_capture_that_has_it(tmp_path: Path) -> None:
    first, later = run("c1", 1, map(whole, range(N))), run("c2", 31, (whole(n, title="T", doi=None) for n in range(N)))
    path = feed(tmp_path / "a.db", [*first, *later])
    with Store.open(path, readonly=True) as store:
        found = field_sources(store.connection, "better-evidence/review-number-0")
    assert found["doi"].capture_id == first[1][0].capture_id
    assert found["title"].capture_id == later[1][0].capture_id


def test_a_review_that_only_lists_name_is_shown_at_the_end_of_the_run(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db", library="campbell") as store:
        block = review(f"{SITE}/library/another-menu.html", LISTING, title="Review 0")
        stub = review(f"{SITE}/library/stub.html", LISTING, title="A stub")
        store.take(
            rows_of_capture(
                capture(f"{SITE}/library.html", 1), "listing", reading(block, stub, url=f"{SITE}/library.html")
            )
        )
        store.show_new()
        assert store.count("reviews") == store.count("review_urls") == 0
        alias = review(url(0), Representation.ALIAS, title="Review 0")
        store.take(rows_of_capture(capture(block.url, 2), "review", reading(alias, url=block.url)))
        store.show_new()
        assert store.connection.execute("SELECT review_id FROM reviews").fetchall() == [
            ("better-evidence/review-number-0",)
        ]
        store.finish()
        assert [row[0] for row in store.connection.execute("SELECT review_id FROM reviews ORDER BY 1")] == [
            "better-evidence/review-number-0",
            "library/stub",
        ]
        urls = store.connection.execute("SELECT url FROM review_urls WHERE review_id = 'library/stub'").fetchall()
        assert urls == [(stub.url,)]


def test_a_list_that_shows_many_reviews_is_named_once(tmp_path: Path) -> None:
    events: list[Any] = []
    for month, doi in enumerate(["10.4073/csr.2015.6", None]):
        shown = [review(url(number), LISTING, title="T", doi=doi, groups=["Education"]) for number in range(N)]
        seen = capture(f"{SITE}/library.html", 28 * month + 1, crawl=f"c{month}")
        events += [start(f"c{month}", 28 * month, "k2"), (seen, reading(*shown, url=seen.url))]
        events.append(end(f"c{month}", 28 * month + 2))
    path = feed(tmp_path / "a.db", events)
    assert rows(path, "SELECT class, field, lost, urls FROM _vanished") == [
        ("listing", "doi", N, json.dumps([f"{SITE}/library.html"]))
    ]


FIELDS = st.lists(st.sampled_from(["doi", "authors", "headings", "additional_info", "all"]), max_size=2, unique=True)


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Runs over a few reviews, of which any lacks fields on any number of pages."""
    events: list[Any] = []
    for month in range(draw(st.integers(2, 5))):
        lost, share = draw(FIELDS), draw(st.sampled_from([0.2, 0.5, 1.0]))
        read = draw(st.lists(st.integers(0, 6), unique=True, min_size=1))
        shown = []
        for place, number in enumerate(read):
            one = whole(number, title=draw(st.sampled_from([f"Review {number}", "Another title"])))
            if place < share * len(read):
                for field in lost:
                    one = _without(one, field, number)
            shown.append(one)
        events += run(f"c{month}", 28 * month, shown, source=draw(st.sampled_from(["live", "live", "wayback"])))
    return events


def _without(one: ReviewRecord, field: str, number: int) -> ReviewRecord:
    if field == "doi":
        one.doi = None
    elif field == "authors":
        one.authors, one.additional_info = [], [LabelValue(label="Written by", value="A", html="A")]
    elif field == "additional_info":
        one.additional_info = []
    elif field == "headings":
        one = without_headings(number)
    else:
        one = review(url(number), title=one.title)
    return one


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_keeps_the_same(events: list[Any], chance: random.Random) -> None:
    shuffled = events[:]
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        forwards = feed(Path(folder) / "forwards.db", events)
        for name, order, bulk, often in (
            ("backwards", events[::-1], False, 0),
            ("finished often", shuffled, False, 3),
            ("twice", [*shuffled, *events], False, 7),
            ("bulk", shuffled, True, 0),
        ):
            other = feed(Path(folder) / f"{name}.db", order, bulk=bulk, finish_every=often)
            assert compare(forwards, other) == [], name
