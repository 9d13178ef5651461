"""Rule 6 in docs/architecture.md: identity is a fact, sameness an opinion."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.view.fold.works import WorkEvidence, Works, relate
from campbell_scraper.view.log.intake import rows_of_capture

from .library import SITE, capture, review, show, state

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.view.store import Store


K2 = WorkEvidence("better-evidence/youth-gang-violence", "review", "10.4073/csr.2015.6", "Youth gang violence")
WP = WorkEvidence("review/youth-gang-violence-and-offending", "review", None, "Youth gang violence.")


def joined(works: Works) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for review_id, (work, _) in works.assigned.items():
        groups.setdefault(work, set()).add(review_id)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


def test_an_equal_doi_joins_and_says_so() -> None:
    works = relate([K2, WP._replace(doi=K2.doi, title="Other words entirely")], [], {})
    assert works.assigned == {K2.review_id: (K2.review_id, "doi"), WP.review_id: (K2.review_id, "doi")}


def test_an_equal_title_of_one_stage_joins() -> None:
    assert relate([K2, WP], [], {}).assigned[WP.review_id] == (K2.review_id, "title")


def test_a_protocol_is_never_its_review_by_title() -> None:
    protocol = WorkEvidence("better-evidence/youth-gang-violence-protocol", "protocol", None, K2.title)
    registration = WorkEvidence("better-evidence/youth-gang-violence-title", "title", None, K2.title)
    update = WorkEvidence("better-evidence/youth-gang-violence-update", "update", None, K2.title)
    assert joined(relate([K2, protocol, registration, update], [], {})) == set()


@pytest.mark.parametrize("why", ["title", "slug", "redirect"])
def test_nothing_but_people_joins_two_dois(why: str) -> None:
    other = WorkEvidence(
        "review/youth-gang-violence" if why == "slug" else "review/something-else",
        "review",
        "10.1002/cl2.100",
        K2.title if why == "title" else "Another title",
    )
    redirects = [(K2.review_id, other.review_id)] if why == "redirect" else []
    works = relate([K2, other], redirects, {})
    assert joined(works) == set()
    ((_, sentence),) = works.conflicts
    assert sentence.startswith(f"work: {why} ")
    decided = {K2.review_id: "gangs", other.review_id: "gangs"}
    works = relate([K2, other], redirects, decided)
    assert works.assigned == {K2.review_id: ("gangs", "manual"), other.review_id: ("gangs", "manual")}
    assert works.conflicts == []


def test_two_candidates_for_a_title_are_none() -> None:
    pages = [K2, WP, WorkEvidence("library/youth-gangs", "review", None, K2.title)]
    works = relate(pages, [], {})
    assert joined(works) == set()
    assert "several candidates" in works.conflicts[0][1]


def test_a_slug_joins_generations() -> None:
    works = relate([K2, WorkEvidence("review/youth-gang-violence", "review", None, "Renamed")], [], {})
    assert works.assigned["review/youth-gang-violence"] == (K2.review_id, "slug")


def test_a_decision_parts_what_evidence_joins() -> None:
    other = WP._replace(doi=K2.doi)
    works = relate([K2, other], [], {K2.review_id: "one", other.review_id: "two"})
    assert joined(works) == set()


def test_a_decision_reaches_what_evidence_joins_to_it() -> None:
    works = relate([K2, WP], [], {K2.review_id: "gangs"})
    assert works.assigned == {K2.review_id: ("gangs", "manual"), WP.review_id: ("gangs", "title")}


def test_the_order_of_pages_does_not_matter() -> None:
    pages = [
        K2,
        WP,
        WorkEvidence("review/youth-gang-violence", "review", "10.1002/cl2.100", "Renamed altogether"),
        WorkEvidence("library/youth-gang-violence", "protocol", None, "Renamed altogether"),
        WorkEvidence("library/renamed-page-of-old", "review", "10.1002/cl2.100", K2.title),
    ]
    outcomes = [relate(order, [], {}) for order in itertools.permutations(pages)]
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_the_store_joins_by_redirect_and_reads_identity_csv(store: Store, tmp_path: Path) -> None:
    old, new = f"{SITE}/better-evidence/gangs-of-old.html", f"{SITE}/review/newly-named-gangs/"
    show(store, 1, review(old, title="Gangs of old"))
    store.take(rows_of_capture(capture(old, 8, status=301, redirect_to=f"{SITE}/hop"), "other", None))
    store.take(rows_of_capture(capture(f"{SITE}/hop", 8.1, status=302, redirect_to=new), "other", None))
    show(store, 9, review(new, title="Newly named"))
    store.finish()
    ids = "better-evidence/gangs-of-old", "review/newly-named-gangs"
    assert [state(store, "matched_by", one) for one in ids] == ["redirect", "redirect"]
    assert store.connection.execute("SELECT review_id FROM works").fetchall() == [(ids[1],)]
    assert store.connection.execute("SELECT url FROM review_urls WHERE how = 'redirect' ORDER BY url").fetchall() == [
        (old,), (f"{SITE}/hop",)]  # fmt: skip
    (tmp_path / "identity.csv").write_text(
        f"review_id,work_id,note\n{ids[0]},w1,seen in print\n{ids[1]},w2,\nreview/none,w3,\nbroken\n", "utf-8"
    )
    store.finish()
    assert [state(store, "work_id", one) for one in ids] == ["w1", "w2"]
    told = [row[0] for row in store.connection.execute("SELECT value FROM unhandled WHERE kind = 'conflict'")]
    assert len(told) == 2
    (tmp_path / "identity.csv").unlink()
    store.finish()
    assert store.count("unhandled") == 0
