"""Real crawls of a WordPress, day by day: it edits, renames, adds and deletes, and on some days it fails.

After each run the database must say what the site said on its good days, and each bad day must end with exit code 3.
tests/chaos/test_year.py has the same for the K2 layout, without the crawls.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.live.test_live_crawl import found, truth
from tests.servers.crawling import Folder
from tests.servers.wordpress import HTML, JSON, XML, Message, WordPress

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20_260_302
BAD_DAYS = 0.3
"""Share of days on which the site fails."""
CHANGES = "select review_id, version, field, old, new from changes order by 1, 2, 3"
LISTS = ("/wp-json/wp/v2/review?", "/wp-sitemap")
Fault = Callable[[str, Message], Message]
"""What was asked for, the answer as it should be → the answer as it is."""


def everywhere(status: int, body: bytes) -> Fault:
    return lambda target, answer: answer if target == "/robots.txt" else (status, [("Content-Type", HTML)], body)


def of(begins: tuple[str, ...], message: Message) -> Fault:
    return lambda target, answer: message if target.startswith(begins) else answer


def empty_lists(target: str, answer: Message) -> Message:
    """Answer REST's list without posts, and the sitemap of reviews without addresses."""
    if target.startswith(LISTS[0]):
        return 200, [("Content-Type", JSON), ("X-WP-Total", "0"), ("X-WP-TotalPages", "0")], b"[]"
    if "posts-review" in target:
        return 200, [("Content-Type", XML)], b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>'
    return answer


NO_PAGE = (404, [("Content-Type", HTML)], b"<!DOCTYPE html><title>Page not found</title>")
CHALLENGE = b"<!DOCTYPE html><title>Just a moment</title><p>Checking your browser.</p>"
BARRED: Message = (200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /\n")
CLOSED: Message = (401, [("Content-Type", JSON)], b'{"code": "rest_disabled", "message": "", "data": {"status": 401}}')
FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "challenge": (everywhere(200, CHALLENGE), ()),
    "maintenance": (everywhere(200, b"<!DOCTYPE html><title>Maintenance</title><p>Briefly unavailable.</p>"), ()),
    "forbidden": (everywhere(403, CHALLENGE), ()),
    "database down": (everywhere(500, b"<h1>Error establishing a database connection</h1>"), ()),
    "robots": (of(("/robots.txt",), BARRED), ()),
    "REST closed": (of(("/wp-json/",), CLOSED), ()),
    "lists without reviews": (empty_lists, ()),
    "REST without reviews": (lambda target, answer: empty_lists(target, answer) if "json" in target else answer, ()),
    "lists are no lists": (of(LISTS, (200, [("Content-Type", HTML)], CHALLENGE)), ()),
    "all reviews 404": (of(("/review/",), NO_PAGE), ("--full",)),
    "all reviews 410": (of(("/review/",), (410, *NO_PAGE[1:])), ("--full",)),
    "all reviews a challenge": (of(("/review/",), (200, [("Content-Type", HTML)], CHALLENGE)), ("--full",)),
}
"""What goes wrong, and with which options the site is crawled that day."""


class BadWordPress(WordPress):
    """A WordPress whose answers are changed on their way."""

    fault: Fault | None = None

    def answer(self, target: str, headers: dict[str, str]) -> Message:
        """Return the answer to one request."""
        answer = super().answer(target, headers)
        return answer if self.fault is None else self.fault(target, answer)


def change(site: WordPress, chance: random.Random) -> None:
    """Do what editors do in a day."""
    kind, post = (
        chance.choice(("edit", "edit", "add", "delete", "rename", "nothing")),
        chance.choice(site.content.sorted()),
    )
    word = f"{chance.randrange(10**6)}"
    if kind == "edit":
        site.content.edit(post, title=f"{post.title} {word}", section=f"The authors searched {word} journals.")
    elif kind == "add":
        site.content.add(f"Lanterns for clerks {word}", in_rest=chance.random() < 0.7)
    elif kind == "delete" and len(site.content.posts) > 8:
        site.content.delete(post)
    elif kind == "rename":
        site.content.rename(post, f"another-slug-{word}")


def bad_day(folder: Folder, site: BadWordPress, name: str) -> None:
    """Crawl on a day of that fault."""
    site.fault, options = FAULTS[name]
    folder.crawl(site.url, "--no-requisites", *options, code=3)
    site.fault = None


def live(folder: Folder, days: int, seed: int) -> int:
    """Live a site's days, with a crawl each; return the number of bad days."""
    chance = random.Random(seed)
    bad_days, before = 0, None
    with BadWordPress(reviews=4) as site:
        for number in range(days):
            name = chance.choice(sorted(FAULTS)) if number > 1 and chance.random() < BAD_DAYS else None
            if name is None:
                change(site, chance)
                # That robots.txt lets us in again is a change of it, and said too.
                folder.crawl(site.url, "--no-requisites", code=3 if before == "robots" else 0)
                known = truth(site), folder.rows(CHANGES)
            else:
                bad_day(folder, site, name)
                bad_days += 1
            assert (found(folder, site), folder.rows(CHANGES)) == known, (number, name)
            before = name
    folder.campbell("verify", "--rebuild")
    return bad_days


@pytest.mark.slow
def test_a_week(tmp_path: Path) -> None:
    assert live(Folder(tmp_path / "library"), 7, SEED)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BadWordPress, Path]]:
    """Yield a site, and the data folder of a crawl of it."""
    folder = Folder(tmp_path_factory.mktemp("wordpress") / "library")
    with BadWordPress(reviews=4) as site:
        folder.crawl(site.url, "--no-requisites")
        yield site, folder.data


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_two_days_running(name: str, known: tuple[BadWordPress, Path], tmp_path: Path) -> None:
    site, data = known
    folder = Folder(shutil.copytree(data, tmp_path / "library"))
    for _ in range(2):
        bad_day(folder, site, name)
        assert found(folder, site) == truth(site)
        assert folder.rows(CHANGES) == []


@pytest.mark.soak
def test_a_year(tmp_path: Path) -> None:
    assert live(Folder(tmp_path / "library"), 365, SEED) > 60
