"""One item under several addresses is one review, whatever led to it and whichever came first."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.items import Representation
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.log.intake import rows_of_capture
from campbell_scraper.view.store import Store
from tests.helpers import rows

from .library import GANGS, GANGS_ID, SITE, capture, feed, reading, review

if TYPE_CHECKING:
    from pathlib import Path

OTHER = f"{SITE}/library/youth-gangs.html"
LIST = f"{SITE}/library.html"


def listing(day: float, **said: Any) -> Any:
    return capture(LIST, day), reading(review(OTHER, Representation.LISTING, **said), url=LIST)


def item(day: float, **said: Any) -> Any:
    return capture(GANGS, day), reading(review(GANGS, **said), url=GANGS)


def alias(day: float, **said: Any) -> Any:
    return capture(OTHER, day), reading(review(GANGS, Representation.ALIAS, **said), url=OTHER)


def own_page(day: float, **said: Any) -> Any:
    return capture(OTHER, day, number=9), reading(review(OTHER, **said), url=OTHER)


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_a_listing_block_under_another_address_belongs_to_the_review(
    tmp_path: Path, order: tuple[int, ...], bulk: bool
) -> None:
    events = [listing(1, title="Gangs", groups=["Education"]), alias(2, title="Gangs"), item(3, title="Gangs")]
    path = feed(tmp_path / "campbell.db", [events[n] for n in order], bulk=bulk)
    assert rows(path, "SELECT review_id, version FROM reviews") == [(GANGS_ID, 1)]
    assert rows(path, "SELECT review_id, name FROM review_groups") == [(GANGS_ID, "Education")]
    assert rows(path, "SELECT review_id, url, how FROM review_urls ORDER BY url") == [
        (GANGS_ID, GANGS, "canonical"),
        (GANGS_ID, OTHER, "alias"),
    ]
    assert rows(path, "SELECT count(*) FROM reviews_fts WHERE reviews_fts MATCH 'gangs'") == [(1,)]


@pytest.mark.parametrize("order", permutations(range(4)))
def test_reviews_shown_amid_a_run_are_at_its_end_what_all_of_it_says(tmp_path: Path, order: tuple[int, ...]) -> None:
    events = [
        listing(1, title="Gangs", groups=["Education"]),
        alias(2, title="Gangs"),
        item(3, title="Gangs"),
        own_page(4, title="Other"),
    ]
    for number in (3, 4):  # without a page of its own, and with one
        chosen = [events[place] for place in order[:number]]
        path = tmp_path / f"{number}.db"
        with Store.open(path, library="campbell") as store:
            for count, (seen, says) in enumerate(chosen):
                store.take(rows_of_capture(seen, "review", says))
                store.show_new()
                if count == 0:  # an earlier run ended here
                    store.finish()
            store.finish()
        assert compare(path, feed(tmp_path / f"{number}-bulk.db", chosen, bulk=True)) == []


def test_an_alias_never_looks_like_an_edit(tmp_path: Path) -> None:
    path = feed(tmp_path / "campbell.db", [item(1, title="Gangs"), alias(2, title="GANGS"), item(3, title="Gangs")])
    assert rows(path, "SELECT version, title FROM reviews") == [(1, "Gangs")]


def test_an_address_that_becomes_a_page_of_its_own_is_a_review_again(tmp_path: Path) -> None:
    events = [item(1, title="Gangs"), alias(2, title="Gangs"), own_page(3, title="Other"), listing(4, title="Other")]
    path = feed(tmp_path / "campbell.db", events)
    assert rows(path, "SELECT review_id, title FROM reviews ORDER BY 1") == [
        (GANGS_ID, "Gangs"),
        ("library/youth-gangs", "Other"),
    ]


@pytest.mark.parametrize("often", [0, 1])
def test_an_alias_that_once_redirected_to_itself_is_an_alias(tmp_path: Path, often: int) -> None:
    """Sites that set a cookie do so; what redirects there is joined, whenever it was seen."""
    old = f"{SITE}/better-evidence/gangs-of-old.html"
    events = [
        item(1, title="Gangs"),
        alias(2, title="Gangs"),
        (capture(OTHER, 3, number=1, status=302, redirect_to=OTHER), None),
        (capture(old, 4), reading(review(old, title="Gangs of old"))),
        (capture(old, 5, status=301, redirect_to=OTHER), None),
    ]
    path = feed(tmp_path / "campbell.db", events, finish_every=often)
    assert rows(path, "SELECT how FROM review_urls WHERE url = ?", OTHER) == [("alias",)]
    assert rows(path, "SELECT DISTINCT matched_by FROM reviews") == [("redirect",)]
