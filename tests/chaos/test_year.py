"""A site's year, day by day: it edits, renames, adds and deletes, and on some days it fails in one of its ways.

After each run the database must say what the site said on its good days, and each bad day must fail an assertion. What
is seen comes as captures and readings, as a crawl of the K2 layout hands them over; tests/chaos/test_conclusions.py
shows some of these days to a real crawl.
"""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.items import Representation, ReviewRecord
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.judging.assertions import broken, check, open_view
from campbell_scraper.view.log.intake import rows_of_capture
from campbell_scraper.view.store import Store
from tests.store.library import SITE, capture, end, feed, reading, review, start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIST = f"{SITE}/library.html"
SEED = 20_260_301
REVIEWS = 12
BAD_DAYS = 0.25
"""Share of days on which the site fails."""
Events = list[Any]


@dataclass
class Site:
    """What the site holds, and what the database must know of it."""

    chance: random.Random
    pages: dict[str, str] = field(default_factory=dict)
    """Slug → title."""
    moved: dict[str, str] = field(default_factory=dict)
    """Old slug → new."""
    truth: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Address → title and status, as the good days told them."""
    absent: dict[str, int] = field(default_factory=dict)
    """Address → good days running on which no list had it."""
    serial: int = 0

    def add(self) -> None:
        self.serial += 1
        self.pages[f"review-number-{self.serial}"] = f"Review number {self.serial}"

    def change(self) -> None:
        """Do what editors do in a day: at most one page goes or moves."""
        kind = self.chance.choice(("edit", "edit", "add", "delete", "rename", "nothing"))
        slug = self.chance.choice(sorted(self.pages))
        if kind == "edit":
            self.pages[slug] += f", edited {self.chance.randrange(1000)}"
        elif kind == "add":
            self.add()
        elif kind == "delete" and len(self.pages) > REVIEWS // 2:
            del self.pages[slug]
        elif kind == "rename":
            new = f"{slug}-renamed"
            self.pages[new], self.moved[slug] = self.pages.pop(slug), new

    def seen(self) -> None:
        """Take a good day into the truth."""
        for slug, title in self.pages.items():
            self.truth[address(slug)] = title, "current"
            self.absent.pop(address(slug), None)
        for known, (title, _) in self.truth.items():
            if known not in map(address, self.pages):
                self.absent[known] = self.absent.get(known, 0) + 1
                if self.absent[known] >= 2:
                    self.truth[known] = title, "gone"


def address(slug: str) -> str:
    return f"better-evidence/{slug}"


def url(slug: str) -> str:
    return f"{SITE}/{address(slug)}.html"


def item(slug: str, title: str) -> ReviewRecord:
    return review(url(slug), title=title, headline=f"About {title}")


class Day:
    """One run's events, in the order of its requests."""

    def __init__(self, number: int) -> None:
        self.at, self.crawl = 0.875 * number, f"c{number:03}"  # the store's calendar has 336 days
        self.events: Events = [start(self.crawl, self.at, "k2")]

    def got(self, where: str, says: Any = None, **more: Any) -> None:
        place = len(self.events)
        seen = capture(where, self.at + 0.0001 * place, crawl=self.crawl, number=place, **more)
        self.events.append((seen, says))

    def lists(self, site: Site) -> None:
        entries = [review(url(slug), Representation.LISTING, title=title) for slug, title in site.pages.items()]
        self.got(LIST, reading(*entries, url=LIST))

    def ended(self) -> Events:
        return [*self.events, end(self.crawl, self.at + 0.5)]


def good(day: Day, site: Site) -> None:
    day.lists(site)
    for slug, title in site.pages.items():
        day.got(url(slug), reading(item(slug, title)))


def answered(**more: Any) -> Callable[[Day, Site], None]:
    def bad(day: Day, site: Site) -> None:
        day.lists(site)
        for slug in site.pages:
            day.got(url(slug), **more)

    return bad


def to_one(day: Day, site: Site) -> None:
    day.lists(site)
    target, *others = sorted(site.pages)
    day.got(url(target), reading(item(target, site.pages[target])))
    for slug in others:
        day.got(url(slug), status=301, redirect_to=url(target))


def empty(day: Day, _site: Site) -> None:
    day.got(LIST, reading(url=LIST))


def challenged(day: Day, _site: Site) -> None:
    day.got(f"{SITE}/")
    day.got(LIST)


def mixed_up(day: Day, site: Site) -> None:
    day.lists(site)
    slugs = sorted(site.pages)
    for slug, other in zip(slugs, [*slugs[1:], slugs[0]], strict=True):
        day.got(url(slug), reading(item(slug, site.pages[other])))


def with_canonical(day: Day, site: Site) -> None:
    """One page under two addresses, with its canonical link."""
    day.lists(site)
    first, second, *others = sorted(site.pages)
    for slug in (first, *others):
        day.got(url(slug), reading(item(slug, site.pages[slug])))
    says = review(url(first), Representation.ALIAS, title=site.pages[first], headline=f"About {site.pages[first]}")
    day.got(url(second), reading(says, url=url(second)))


FAULTS: dict[str, Callable[[Day, Site], None]] = {
    "404": answered(status=404),
    "410": answered(status=410),
    "503": answered(status=503),
    "maintenance": answered(status=200),
    "no answer": answered(status=None, error="timeout", outcome="failed", payload_digest=None, payload_length=None),
    "302 home": answered(status=302, redirect_to=f"{SITE}/"),
    "301 to one": to_one,
    "empty lists": empty,
    "challenge": challenged,
    "mixed up": mixed_up,
    "another page": with_canonical,
}


def live(path: Path, days: int, seed: int) -> tuple[Events, int]:
    """Live a site's days, with a run each; return all events, and the number of bad days."""
    chance = random.Random(seed)
    site = Site(chance)
    for _ in range(REVIEWS):
        site.add()
    events: Events = []
    bad_days = 0
    for number in range(1, days + 1):
        day = Day(number)
        fault = chance.choice(sorted(FAULTS)) if number > 2 and chance.random() < BAD_DAYS else None
        if fault is None:
            if number > 2:
                site.change()
            good(day, site)
            site.seen()
        else:
            FAULTS[fault](day, site)
            bad_days += 1
        with Store.open(path, library="campbell") as store:
            for event in day.ended():
                store.take(event if not isinstance(event, tuple) else _rows(*event))
            store.finish()
            found = store.connection.execute("SELECT review_id, title, status FROM reviews").fetchall()
        assert {row[0]: row[1:] for row in found} == site.truth, (number, fault)
        with closing(open_view(path)) as view:
            names = {verdict.name for verdict in broken(check(view, day.crawl))}
        assert bool(names & {"earned"}) is (fault is not None), (number, fault, names)
        events += day.ended()
    return events, bad_days


def _rows(seen: Any, says: Any) -> Any:
    return rows_of_capture(seen, "review" if says else "other", says)


def test_a_week(tmp_path: Path) -> None:
    events, bad_days = live(tmp_path / "week.db", 7, SEED)
    assert bad_days
    assert compare(tmp_path / "week.db", feed(tmp_path / "rebuilt.db", events, bulk=True)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_two_days_running(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FAULTS", {fault: FAULTS[fault]})
    monkeypatch.setitem(globals(), "BAD_DAYS", 1.0)
    assert live(tmp_path / "days.db", 4, SEED)[1] == 2


@pytest.mark.soak
def test_a_year(tmp_path: Path) -> None:
    events, bad_days = live(tmp_path / "year.db", 365, SEED)
    assert bad_days > 60
    assert compare(tmp_path / "year.db", feed(tmp_path / "rebuilt.db", events, bulk=True)) == []
