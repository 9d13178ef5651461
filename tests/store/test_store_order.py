"""Rule 4 in docs/architecture.md: the same captures give the same rows, in whatever order and manner they come."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campbell_scraper.items import (
    Attachment,
    Author,
    EvidenceFact,
    Kind,
    LabelValue,
    Link,
    PageReading,
    PageRecord,
    PageSection,
    Representation,
    Unhandled,
)
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from campbell_scraper.view.store import Store

from .library import SITE, capture, end, feed, note, reading, review, start, summary

URLS = [f"{SITE}/better-evidence/review-number-{n}.html" for n in range(3)] + [f"{SITE}/review/review-number-1/"]
LIST_URLS = [f"{SITE}/library.html?start=0", f"{SITE}/component/jak2filter/?start=10"]
CRAWLS = ["c1", "c2", "c3", None]

names = st.sampled_from(["A", "B", "C"])
fields = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Title one of them", "Title two of them", "证据"]),
        "stage": st.sampled_from(["review", "protocol"]),
        "doi": st.sampled_from(["10.4073/csr.2015.6", "10.1002/cl2.100"]),
        "groups": st.lists(st.sampled_from(["Crime & Justice", "Crime and Justice", "Education"]), max_size=2),
        "document_types": st.lists(st.sampled_from(["Review", "review"]), max_size=2),
        "authors": st.lists(names.map(lambda name: Author(name=name)), max_size=3),
        "withdrawn": st.booleans(),
        "protected": st.booleans(),
        "translation_of": st.sampled_from(URLS),
        "additional_info": st.lists(names.map(lambda n: LabelValue(label=n, value=n, html=n)), max_size=2),
        "attachments": st.lists(names.map(lambda n: Attachment(url=f"{SITE}/{n}.pdf", label=n)), max_size=2),
        "unhandled": st.lists(names.map(lambda n: Unhandled(kind="label", value=n)), max_size=2),
        "aliases": st.lists(names.map(lambda n: f"{SITE}/?p={n}"), max_size=2),
        "summaries": st.lists(
            names.map(lambda n: summary(n, facts=[EvidenceFact(fact="participants", value="1", number=2**70, section=0,
                                                               quote=n, quote_start=0, quote_end=1)])),
            max_size=2,
        ),
    },
)  # fmt: skip
days = st.integers(0, 200).map(lambda half: half / 2)
crawls = st.sampled_from(CRAWLS)
items = st.builds(
    lambda url, day, crawl, representation, said: (
        capture(url, day, crawl=crawl),
        reading(review(url, representation, **said), url=url),
    ),
    st.sampled_from(URLS), days, crawls, st.sampled_from([Representation.ITEM, Representation.REST]), fields,
)  # fmt: skip
listings = st.builds(
    lambda url, day, crawl, said: (
        capture(url, day, crawl=crawl),
        reading(*(review(one, Representation.LISTING, **more) for one, more in said.items()), url=url),
    ),
    st.sampled_from(LIST_URLS), days, crawls, st.dictionaries(st.sampled_from(URLS), fields, max_size=3),
)  # fmt: skip
aliased = st.builds(
    lambda url, day, crawl, target, said: (
        capture(url, day, crawl=crawl, number=4),
        reading(review(target, Representation.ITEM if url == target else Representation.ALIAS, **said), url=url),
    ),
    st.sampled_from(URLS), days, crawls, st.sampled_from(URLS), fields,
)  # fmt: skip
failures = st.builds(
    lambda url, day, crawl, status: (capture(url, day, crawl=crawl, number=1, status=status), None),
    st.sampled_from(URLS), days, crawls, st.sampled_from([404, 410, 304, 503, None]),
)  # fmt: skip
redirects = st.builds(
    lambda url, day, crawl, target: (capture(url, day, crawl=crawl, number=2, status=301, redirect_to=target), None),
    st.sampled_from([*URLS, f"{SITE}/old", f"{SITE}/older"]), days, crawls, st.sampled_from([*URLS, f"{SITE}/old"]),
)  # fmt: skip
pages = st.builds(
    lambda day, crawl, text: (
        capture(f"{SITE}/maps.html", day, crawl=crawl, number=3),
        PageReading(url=f"{SITE}/maps.html", kind=Kind.MAP, layout="article", attachments=[Attachment(url=text)],
                    pages=[PageRecord(url=f"{SITE}/maps.html", kind="map", title=text, text=text, sections=[
                        PageSection(heading=text, text="", links=[Link(text=text, url=SITE)])])]),
    ),
    days, crawls, names,
)  # fmt: skip
decisions = st.builds(
    lambda crawl, day, url, what: note(crawl, day, url, what, hint_modified=f"2020-{day}"),
    st.sampled_from(["c1", "c2", "c3"]), days, st.sampled_from(URLS), st.sampled_from(["robots", "unchanged"]),
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    drawn = draw(
        st.lists(st.one_of(items, items, listings, aliased, failures, redirects, pages, decisions), max_size=24)
    )
    events: dict[str, Any] = {}
    for number, event in enumerate(drawn):
        events.setdefault(event[0].capture_id if isinstance(event, tuple) else str(number), event)
    for number, crawl in enumerate(("c1", "c2", "c3")):
        events[f"start {crawl}"] = start(crawl, number * 30, draw(st.sampled_from(["live", "k2"])))
        events[f"end {crawl}"] = end(crawl, number * 30 + 20, complete=draw(st.booleans()))
    return list(events.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_gives_equal_databases(events: list[Any], chance: random.Random) -> None:
    shuffled = events[:]
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        forwards = feed(Path(folder) / "forwards.db", events)
        for name, order, bulk, often in (
            ("backwards", events[::-1], False, 0),
            ("shuffled", shuffled, False, 5),
            ("twice", [*shuffled, *events], False, 0),
            ("bulk", shuffled, True, 0),
        ):
            other = feed(Path(folder) / f"{name}.db", order, bulk=bulk, finish_every=often)
            assert compare(forwards, other) == [], name


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_histories_are_whole(events: list[Any]) -> None:
    """What holds of every history: versions follow one another, and each differs from the one before as told."""
    with tempfile.TemporaryDirectory() as folder:
        path = feed(Path(folder) / "campbell.db", events)
        with Store.open(path, readonly=True) as store:
            assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert store.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            broken = store.connection.execute(
                "SELECT * FROM review_versions a JOIN review_versions b ON a.review_id = b.review_id "
                "AND b.version = a.version + 1 WHERE a.valid_to <> b.valid_from OR a.valid_to IS NULL"
            ).fetchall()
            assert broken == []
            untold = store.connection.execute(
                "SELECT review_id, version FROM review_versions WHERE version > 1 "
                "EXCEPT SELECT review_id, version FROM changes"
            ).fetchall()
            assert untold == []
            assert store.connection.execute("SELECT * FROM changes WHERE old IS new OR version = 1").fetchall() == []
            assert store.connection.execute(
                "SELECT * FROM reviews r WHERE version <> (SELECT max(version) FROM review_versions v "
                "WHERE v.review_id = r.review_id) OR first_seen > last_seen"
            ).fetchall() == []  # fmt: skip


def test_two_crawls_of_one_site_are_equal_in_content(tmp_path: Path) -> None:
    def crawl(name: str, day: float) -> Path:
        seen = [
            (capture(url, day + n, crawl=name), reading(review(url, title=url), url=url)) for n, url in enumerate(URLS)
        ]
        return feed(tmp_path / f"{name}.db", [start(name, day), *seen, end(name, day + 9)])

    one, other = crawl("c1", 1), crawl("c2", 20)
    assert compare(one, other, exclude=CONTENT_EXCLUDED) == []
    assert compare(one, other) != []


def test_a_value_changed_by_hand_is_named(tmp_path: Path) -> None:
    events = [(capture(url, 1), reading(review(url, title="T"), url=url)) for url in URLS]
    one, other = feed(tmp_path / "one.db", events), feed(tmp_path / "other.db", events)
    with Store.open(other) as store, store.transaction():
        store.connection.execute("UPDATE reviews SET title = 'U' WHERE review_id = 'review/review-number-1'")
        store.connection.execute("DELETE FROM review_urls WHERE review_id = 'better-evidence/review-number-0'")
    told = [str(difference) for difference in compare(one, other)]
    assert told == [
        "reviews [review/review-number-1] title: T / U",
        f"review_urls [better-evidence/review-number-0 | {URLS[0]}]: only in the first",
    ]
