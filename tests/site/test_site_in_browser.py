"""A reader searches and filters a published site in a real Chromium, served below a path or opened from a disk."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright.sync_api")

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import expect

from campbell_scraper.faces.datasette.search.review_index import NEWEST, load_index
from campbell_scraper.faces.datasette.search.selection import Selection, select
from campbell_scraper.view.database import open_readonly
from tests.helpers import serving
from tests.replay.browser import shut_in

from .test_static_site import published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog

    from campbell_scraper.folder import DataFolder
    from tests.helpers import Crawled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site browser")]
QUERIES = [
    "school", "Schools", "pupil -reading", "pupil NOT reading", "kites OR boats", "kite-building school", "zzz",
    "-school", "author:vesterlund", "title:telescopes", "telesc*", "-", "programmes", "randomised", "randomized", "846",
    "author:dragic", "þorsteinsdóttir", "Torsteinsdottir", "csr.2015.6", "title:boats OR author:barlow",
    "NOT NOT school", "reading OR", "…",
    "participants AND school", "school pupils OR commuters -ferries", "心理", "psykoterapi", "ÉVALUATION",
]  # fmt: skip


class Quiet(SimpleHTTPRequestHandler):
    """A web server of files, as anybody has one."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep quiet."""


@pytest.fixture(scope="module")
def site(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(crawled.data, tmp_path_factory.mktemp("web") / "a" / "library")


@pytest.fixture(scope="module")
def origin(site: Path) -> Iterator[str]:
    """Serve the folder above the site; give the site's address."""
    with serving(partial(Quiet, directory=str(site.parent.parent))) as at:
        yield f"{at}/a/library"


@pytest.fixture
def visit(browser: Browser, origin: str) -> Iterator[Any]:
    with shut_in(browser, origin) as (page, traffic):
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        assert traffic.wrong == []
        assert said == []


def test_a_reader_searches_filters_and_reads(visit: Any, origin: str, site: Path) -> None:
    page, results = visit, visit.locator("ol.results h3")
    page.goto(f"{origin}/changes.html")
    page.get_by_role("searchbox", name="Search all texts").fill("psychotherapies")
    page.get_by_role("button", name="Search").first.click()
    expect(results).to_have_count(1)
    page.get_by_role("link", name="Parent-infant psychotherapy for").click()
    page.get_by_role("navigation", name="Languages").get_by_role("link", name="Norwegian").click()
    expect(page.locator(".summary")).to_have_attribute("lang", "no")
    page.get_by_role("complementary").get_by_role("link", name="846").click()
    sentence = page.locator("mark.fact:target, mark.fact:has(:target)")
    expect(sentence).to_contain_text("with a total of 846 participants")

    page.get_by_role("link", name="Reviews", exact=True).click()
    count = page.locator("label").filter(has_text="Education").locator(".note")
    of_all = int(count.inner_text())
    page.get_by_label("Search, in any language").fill("school pupils -reading")
    page.get_by_role("checkbox", name="Education").check()
    page.get_by_label("From year").select_option("2015")
    page.get_by_label("To year").select_option("2021")
    page.get_by_label("Sort by").select_option("Title")
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_role("status")).to_contain_text("review")
    wanted = Selection("school pupils -reading", {"group": ("Education",)}, since="2015", until="2021", sort="title")
    found = selected(site, wanted)
    assert results.all_inner_texts() == [title for title, _ in found]
    assert int(count.inner_text()) == len(found)
    assert 1 < len(found) < of_all
    assert page.get_by_role("checkbox", name="Education").is_checked()


def selected(site: Path, selection: Selection) -> list[tuple[str, int]]:
    """Return what ``campbell serve`` selects: titles, and places in the list of all reviews, the newest first."""
    with closing(open_readonly(site / "downloads" / "campbell.db")) as connection:
        index = load_index(connection)
        titles = dict(connection.execute("SELECT rowid, title FROM reviews"))
        places = select(connection, index, selection).places
        return [(titles[place], index.orders[NEWEST].index(place)) for place in places]


def test_the_script_finds_what_the_server_finds(visit: Any, origin: str, site: Path) -> None:
    visit.goto(f"{origin}/index.html?q=school")
    expect(visit.get_by_role("status")).to_contain_text("review")
    for typed in QUERIES:
        found = set(visit.evaluate("typed => [...search(typed).keys()]", typed))
        assert found == {number for _, number in selected(site, Selection(typed))}, typed


def test_a_site_opened_from_a_disk_is_searched_too(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith(site.as_uri()) else None)
    page.goto(f"{site.as_uri()}/index.html?q=telescopes&to=2021&sort=oldest")
    found = selected(site, Selection("telescopes", until="2021", sort="oldest"))
    assert len(found) > 1
    expect(page.locator("ol.results h3")).to_have_text([title for title, _ in found])
    assert said == []
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", "index.html?q=school", "changes.html", "review", "reviews"])
def test_no_page_is_wider_than_a_phone_or_has_a_serious_violation(
    visit: Any, origin: str, site: Path, name: str
) -> None:
    if name.startswith("review"):
        name = f"{name}/{min(path.name for path in (site / name).iterdir())}"
    visit.set_viewport_size({"width": 360, "height": 720})
    visit.goto(f"{origin}/{name}")
    visit.wait_for_load_state("networkidle")
    assert visit.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(visit, options={"resultTypes": ["violations"]}).response
    assert [one for one in found["violations"] if one["impact"] in ("serious", "critical")] == []


@pytest.mark.slow
def test_lists_are_there_without_scripts_and_no_box_that_does_nothing(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/index.html")
    assert page.get_by_role("searchbox").count() == 0
    page.get_by_role("navigation", name="Lists of reviews").get_by_role("link", name="Education").click()
    assert page.locator("h1").inner_text() == "Coordinating group: Education"
    page.locator("ol.results a").first.click()
    assert page.locator("article h1").inner_text()
    context.close()


def test_hostile_text_acts_nowhere(browser: Browser, edited: DataFolder, tmp_path: Path) -> None:
    site = published(edited.root, tmp_path / "site")
    acted: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        acted.append(dialog.message)
        dialog.dismiss()

    with serving(partial(Quiet, directory=str(site))) as at, shut_in(browser, at) as (page, traffic):
        page.on("dialog", dismiss)
        page.on("pageerror", lambda error: acted.append(str(error)))
        page.on("console", lambda message: acted.append(message.text))
        page.set_viewport_size({"width": 360, "height": 720})
        hostile = [path.relative_to(site) for path in site.glob("review*/*") if b"alert" in path.read_bytes()]
        hostile += [path.relative_to(site) for path in site.glob("compare/*")]
        assert len(hostile) > 5
        for name in [*hostile, "changes.html", "index.html?q=alert", "index.html?q=%3Cscript%3Ealert(1)%3C/script%3E"]:
            page.goto(f"{at}/{name}")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        expect(page.locator("ol.results h3")).to_contain_text("<script>alert(1)</script>")
        assert acted == []
        assert traffic.wrong == []
