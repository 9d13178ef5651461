"""Which redirects make two addresses one work: a guessed slug does not."""

from __future__ import annotations

import pytest

from campbell_scraper.view.fold.works import WorkEvidence, relate
from campbell_scraper.view.keys import post_address

OLD, NEW = "review/kites", "review/kites-and-dogs"
ONE, OTHER = frozenset({"x.org?p=1"}), frozenset({"x.org?p=2"})


def page(review: str, title: str | None = "Kites for ferry crews", stage: str | None = "review",
         doi: str | None = None, posts: frozenset[str] = frozenset()) -> WorkEvidence:  # fmt: skip
    return WorkEvidence(review, stage, doi, title, posts)


@pytest.mark.parametrize(
    ("old", "new", "joined"),
    [
        pytest.param(page(OLD, posts=ONE), page(NEW, "Another title", posts=ONE), True, id="one post"),
        pytest.param(page(OLD, posts=ONE), page(NEW, "Another title", posts=OTHER), False, id="two posts"),
        pytest.param(page(OLD, stage="title", posts=ONE), page(NEW, posts=OTHER), False, id="two posts, one title"),
        pytest.param(page(OLD), page(NEW, "KITES for ferry crews."), True, id="one title"),
        pytest.param(page(OLD), page(NEW, "Another title"), False, id="slug alone"),
        pytest.param(page(OLD, None), page(NEW, None), False, id="no titles"),
        pytest.param(page(OLD, stage="protocol"), page(NEW), False, id="one title, two stages"),
        pytest.param(page(OLD, "A", doi="10.1/1"), page(NEW, "B", doi="10.1/1"), True, id="one DOI"),
        pytest.param(page(OLD, doi="10.1/1"), page(NEW, doi="10.1/2"), False, id="two DOIs"),
        pytest.param(page(OLD, "A"), page("review/dogs", "B"), True, id="no guess leads there"),
        pytest.param(page("better-evidence/kites", "A"), page(OLD, "B"), True, id="the same slug elsewhere"),
    ],
)
def test_which_redirects_join(old: WorkEvidence, new: WorkEvidence, joined: bool) -> None:
    works = relate([old, new], [(old.review_id, new.review_id)], {})
    assert (works.assigned[old.review_id][0] == works.assigned[new.review_id][0]) is joined
    assert bool(works.conflicts) is not joined, "what does not join is told"


def test_people_join_what_a_guess_does_not() -> None:
    works = relate([page(OLD), page(NEW, "B")], [(OLD, NEW)], {OLD: "kites", NEW: "kites"})
    assert works.assigned == {OLD: ("kites", "manual"), NEW: ("kites", "manual")}
    assert not works.conflicts


@pytest.mark.parametrize(
    ("url", "post"),
    [
        ("https://www.x.org/?p=7", "x.org?p=7"),
        ("http://x.org?p=7", "x.org?p=7"),
        ("https://x.org/?post_type=review&p=7", "x.org?p=7"),
        ("https://x.org/?post_type=review&amp;p=7", "x.org?p=7"),
        ("https://x.org/sub/?p=7", "x.org/sub?p=7"),
        ("https://x.org/review/?p=7&page=2", None),
        ("https://x.org/?page_id=7", None),
        ("https://x.org/review/kites/", None),
        (f"https://x.org/?p={'9' * 40}", None),
    ],
)
def test_short_addresses_of_posts(url: str, post: str | None) -> None:
    assert post_address(url) == post
