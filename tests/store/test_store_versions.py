"""Rules 4, 5 and 8: what makes a version, and what does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.items import Author, LabelValue, Representation
from campbell_scraper.view.log.intake import rows_of_capture

from .library import (
    GANGS,
    GANGS_ID,
    SITE,
    at,
    capture,
    changes,
    end,
    note,
    reading,
    review,
    show,
    start,
    state,
    summary,
    versions,
)

if TYPE_CHECKING:
    from campbell_scraper.view.store import Store

REST = Representation.REST
LISTING = Representation.LISTING


def test_the_same_content_again_moves_last_seen_and_nothing_else(store: Store) -> None:
    show(store, 1, review(title="Youth gangs"))
    newest = show(store, 5, review(title="Youth gangs"))
    assert len(versions(store)) == 1
    assert changes(store) == []
    assert (state(store, "first_seen"), state(store, "last_seen")) == (at(1), at(5))
    assert state(store, "last_changed") == at(1)
    assert state(store, "capture_id") == newest.capture_id


def test_an_edit_is_a_version_with_old_and_new_and_both_captures(store: Store) -> None:
    show(store, 1, review(title="Youth gangs", doi="10.4073/csr.2015.6"))
    last_old = show(store, 3, review(title="Youth gangs", doi="10.4073/csr.2015.6"))
    first_new = show(store, 5, review(title="Youth gang violence", doi="10.4073/csr.2015.6"))
    store.finish()
    row = store.connection.execute("SELECT * FROM changes").fetchone()
    assert row == (GANGS_ID, 2, "title", "Youth gangs", "Youth gang violence", at(5), last_old.capture_id,
                   first_new.capture_id)  # fmt: skip
    first, second = versions(store)
    assert (first["valid_from"], first["valid_to"]) == (at(1), at(5))
    assert (second["valid_from"], second["valid_to"]) == (at(5), None)
    assert json.loads(first["record"])["title"] == "Youth gangs"
    assert state(store, "version") == 2


def test_a_late_older_capture_refolds(store: Store) -> None:
    show(store, 1, review(title="A"))
    show(store, 9, review(title="C"))
    assert changes(store) == [(2, "title", "A", "C")]
    show(store, 5, review(title="B"))
    assert changes(store) == [(2, "title", "A", "B"), (3, "title", "B", "C")]
    show(store, 0, review(title="B"))
    assert [change[1:] for change in changes(store)] == [
        ("title", "B", "A"), ("title", "A", "B"), ("title", "B", "C")]  # fmt: skip
    assert state(store, "first_seen") == at(0)


def test_a_representation_seen_first_adds_knowledge_and_changes_nothing(store: Store) -> None:
    show(store, 1, review(title="Youth gangs"))
    show(store, 2, review(GANGS, REST, title="Youth gangs (listed)", groups=["Crime and Justice"]))
    assert changes(store) == []
    (only,) = versions(store)
    assert only["valid_from"] == at(1)
    assert json.loads(only["record"])["groups"] == ["Crime and Justice"]
    assert state(store, "title") == "Youth gangs"


def test_absent_never_overwrites_present(store: Store) -> None:
    show(store, 1, review(GANGS, REST, title="T", groups=["Education"], stage="review"))
    show(store, 2, review(title="T"))
    store.finish()
    assert store.connection.execute("SELECT name FROM coordinating_groups").fetchall() == [("Education",)]
    assert state(store, "stage") == "review"


def test_one_edit_seen_in_rest_and_html_is_one_version(store: Store) -> None:
    show(store, 1, review(title="A", headline="H"))
    show(store, 1.1, review(GANGS, REST, title="A", groups=["Education"]))
    show(store, 9, review(GANGS, REST, title="B", groups=["Disability"]), crawl="c2")
    show(store, 9.1, review(title="B", headline="I"), crawl="c2")
    assert changes(store) == [
        (2, "groups", '["Education"]', '["Disability"]'),
        (2, "headline", "H", "I"),
        (2, "title", "A", "B"),
    ]


def test_a_second_edit_of_one_representation_is_a_second_version(store: Store) -> None:
    show(store, 1, review(title="A"))
    show(store, 1.1, review(GANGS, REST, title="A", groups=["Education"]))
    show(store, 9, review(GANGS, REST, title="A", groups=["Disability"]), crawl="c2")
    show(store, 9.1, review(title="B"), crawl="c2")
    show(store, 9.2, review(title="C"), crawl="c2")
    assert [change[0] for change in changes(store)] == [2, 2, 3]


@pytest.mark.parametrize(("crawl", "day"), [("c3", 9.1), ("c2", 11.5)])
def test_another_crawl_or_two_days_later_is_another_edit(store: Store, crawl: str, day: float) -> None:
    show(store, 1, review(title="A"))
    show(store, 1.1, review(GANGS, REST, title="A", groups=["Education"]))
    show(store, 9, review(GANGS, REST, title="B", groups=["Disability"]), crawl="c2")
    show(store, day, review(title="B"), crawl=crawl)
    assert [change[:2] for change in changes(store)] == [(2, "groups"), (3, "title")]


def test_an_edit_that_comes_to_nothing_leaves_no_version(store: Store) -> None:
    show(store, 1, review(GANGS, REST, title="A"))
    show(store, 1.1, review(GANGS, LISTING, title="A", stage="review"), url=f"{SITE}/library.html")
    show(store, 9, review(GANGS, LISTING, title="A", stage="protocol"), url=f"{SITE}/library.html", crawl="c2")
    show(store, 9.1, review(GANGS, REST, title="A", stage="review"), crawl="c2")
    assert changes(store) == []
    assert len(versions(store)) == 1


def test_two_listings_that_print_different_parts_do_not_make_versions_in_turn(store: Store) -> None:
    for day in range(1, 9, 2):
        show(store, day, review(GANGS, LISTING, title="A", stage="review"), url=f"{SITE}/library.html?start={day}")
        show(store, day + 1, review(GANGS, LISTING, title="A"), url=f"{SITE}/component/jak2filter/?start={day}")
    store.finish()
    assert len(versions(store)) == 1
    assert state(store, "stage") == "review"


def test_a_new_layout_or_spelling_of_the_address_is_no_edit(store: Store) -> None:
    show(store, 1, review(title="A", layout="k2-item"))
    show(store, 2, review(GANGS.replace("https", "http"), title="A", layout="k2-item-2018"))
    assert changes(store) == []
    assert state(store, "layout") == "k2-item-2018"


@pytest.mark.parametrize("status", [404, 410])
def test_gone_and_back(store: Store, status: int) -> None:
    show(store, 1, review(title="A"))
    gone = capture(GANGS, 2, status=status)
    store.take(rows_of_capture(gone, "other", None))
    assert state(store, "status") == "gone"
    show(store, 3, review(title="A"))
    assert state(store, "status") == "current"
    assert changes(store) == [(2, "status", "current", "gone"), (3, "status", "gone", "current")]
    assert store.connection.execute("SELECT new_capture_id FROM changes ORDER BY version").fetchone() == (
        gone.capture_id,
    )
    assert state(store, "title") == "A"


def test_a_failure_is_not_gone(store: Store) -> None:
    show(store, 1, review(title="A"))
    store.take(rows_of_capture(capture(GANGS, 2, status=503), "other", None))
    store.take(rows_of_capture(capture(GANGS, 3, status=None, outcome="failed", error="timeout"), "other", None))
    store.take(
        rows_of_capture(capture("https://elsewhere.org/better-evidence/youth-gangs.html", 4, status=404), "other", None)
    )
    assert state(store, "status") == "current"


def test_not_modified_is_being_seen(store: Store) -> None:
    show(store, 1, review(title="A"))
    store.take(rows_of_capture(capture(GANGS, 2, status=404), "other", None))
    store.take(rows_of_capture(capture(GANGS, 4, status=304, outcome="unchanged"), "other", None))
    assert (state(store, "status"), state(store, "last_seen")) == ("current", at(4))


def test_withdrawn_is_what_the_page_says_and_gone_hides_it(store: Store) -> None:
    show(store, 1, review(title="A"))
    show(store, 2, review(title="A", withdrawn=True))
    store.take(rows_of_capture(capture(GANGS, 3, status=410), "other", None))
    show(store, 4, review(title="A", withdrawn=True))
    assert [change[2:] for change in changes(store)] == [
        ("current", "withdrawn"), ("withdrawn", "gone"), ("gone", "withdrawn")]  # fmt: skip


def _discovery(store: Store, crawl: str, day: float, *urls: str, complete: bool = True, source: str = "live") -> None:
    store.take(start(crawl, day, source))
    for url in urls:
        show(store, day + 0.1, review(url, title=url), crawl=crawl)
    store.take(end(crawl, day + 0.2, complete=complete))
    store.finish()


OTHER = f"{SITE}/better-evidence/other-review.html"


def test_absent_from_two_complete_discoveries_running_is_gone(store: Store) -> None:
    _discovery(store, "c1", 1, GANGS, OTHER)
    _discovery(store, "c2", 2, OTHER)
    assert state(store, "status") == "current"
    _discovery(store, "c3", 3, OTHER)
    assert (state(store, "status"), state(store, "status", "better-evidence/other-review")) == ("gone", "current")
    assert changes(store) == [(2, "status", "current", "gone")]
    _discovery(store, "c4", 4, OTHER)
    assert len(changes(store)) == 1
    _discovery(store, "c5", 5, OTHER, GANGS)
    assert state(store, "status") == "current"


def test_an_incomplete_discovery_shows_no_absence(store: Store) -> None:
    _discovery(store, "c1", 1, GANGS, OTHER)
    _discovery(store, "c2", 2, OTHER)
    _discovery(store, "c3", 3, OTHER, complete=False)
    assert state(store, "status") == "current"
    _discovery(store, "c4", 4, OTHER)
    assert state(store, "status") == "gone"


def test_discoveries_of_two_sources_do_not_add_up(store: Store) -> None:
    _discovery(store, "c1", 1, GANGS, OTHER)
    _discovery(store, "c2", 2, OTHER)
    _discovery(store, "c3", 3, OTHER, source="k2")
    _discovery(store, "c4", 4, OTHER, source="wayback")
    _discovery(store, "c5", 5, OTHER, source="wayback")
    assert state(store, "status") == "current"


def test_what_was_discovered_and_not_fetched_is_not_absent(store: Store) -> None:
    _discovery(store, "c1", 1, GANGS, OTHER)
    for number in (2, 3):
        store.take(start(f"c{number}", number))
        store.take(note(f"c{number}", number, GANGS, "unchanged"))
        show(store, number + 0.1, review(OTHER, title=OTHER), crawl=f"c{number}")
        store.take(end(f"c{number}", number + 0.2))
    store.finish()
    assert state(store, "status") == "current"


def test_seen_between_two_discoveries_is_not_absent(store: Store) -> None:
    _discovery(store, "c1", 1, GANGS, OTHER)
    _discovery(store, "c2", 2, OTHER)
    _discovery(store, "single", 2.5, GANGS, complete=False)
    _discovery(store, "c3", 3, OTHER)
    assert state(store, "status") == "current"


def test_changes_name_labels_languages_and_headings(store: Store) -> None:
    before = review(
        title="A",
        authors=[Author(name="Higginson, A"), Author(name="Benier, K")],
        additional_info=[
            LabelValue(label="Published date", value="2015", html="2015"),
            LabelValue(label="English", value="Old text.", html="<p>Old text.</p>"),
        ],
        summaries=[summary("Old text."), summary("Gammel.", "nb")],
    )
    after = review(
        title="A",
        authors=[Author(name="Higginson, A")],
        additional_info=[
            LabelValue(label="Published date", value="2016", html="2016"),
            LabelValue(label="English", value="New text.", html="<p>New text.</p>"),
        ],
        summaries=[summary("New text.")],
    )
    show(store, 1, before)
    show(store, 2, after)
    store.finish()
    assert changes(store) == [
        (2, "additional_info.Published date", "2015", "2016"),
        (2, "authors", '["Higginson, A","Benier, K"]', '["Higginson, A"]'),
        (2, "summaries.en.sections.What is this review about?", "Old text.", "New text."),
        (2, "summaries.nb.language_label", "Norwegian", None),
        (2, "summaries.nb.sections.What is this review about?", "Gammel.", None),
    ]


def test_headings_of_another_level_are_no_edit(store: Store) -> None:
    redesigned = summary("Text.")
    redesigned.sections[0].level = 4
    show(store, 1, review(title="A", summaries=[summary("Text.")]))
    show(store, 2, review(title="A", summaries=[redesigned]))
    assert len(versions(store)) == 1
    assert store.connection.execute("SELECT level FROM sections").fetchall() == [(4,)]


def test_a_difference_without_a_name_of_its_own_is_told_all_the_same(store: Store) -> None:
    show(store, 1, review(additional_info=[LabelValue(label="Link", value="here", html="<a href='a'>here</a>")]))
    show(store, 2, review(additional_info=[LabelValue(label="Link", value="here", html="<a href='b'>here</a>")]))
    ((version, field, old, new),) = changes(store)
    assert (version, field) == (2, "additional_info")
    assert json.loads(old)[0]["html"] == "<a href='a'>here</a>"
    assert json.loads(new)[0]["html"] == "<a href='b'>here</a>"


def test_taking_the_same_capture_twice_changes_nothing(store: Store) -> None:
    seen = capture(GANGS, 1)
    for _ in range(2):
        store.take(rows_of_capture(seen, "review", reading(review(title="A"))))
    assert store.count("captures") == 1
    assert len(versions(store)) == 1
