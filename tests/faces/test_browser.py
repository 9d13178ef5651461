"""An analyst's walk through the served demo library in a real Chromium."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]  # has no stubs
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]  # likewise

from tests.helpers import PROGRAM, SEED, free_port, rows, wait_for
from tests.made_library import ALL, FIRST, HOSTILE_REVIEW, PIP_EDITED, SECOND
from tests.made_library import PIP as PIP_RECORD

pytest.importorskip("datasette", reason="needs the extra [serve]")
pytest.importorskip("playwright.sync_api")

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Page, expect

from tests.replay.browser import Traffic, shut_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog

    from .conftest import Maker

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("faces browser")]
PIP = f"/-/review/{SEED}"
CLOGS = "/-/review/better-evidence/wooden-clogs-for-night-nurses"
THIRD = "20260514T090000Z-k2-00000003"
DASHBOARD = "/-/dashboards/library"
WALKED = [
    "/", "/-/reviews", "/-/reviews?q=review&group=Education",
    "/-/search?q=review", PIP, CLOGS, "/-/plots", "/-/changes", PIP.replace("review", "compare", 1),
    PIP + "?summary=2", "/campbell", "/campbell/review_overview", "/campbell/by_author?name=ba",
    "/campbell/by_group_and_year", "/campbell/facts_with_sentences", "/campbell/one_section?kind=about",
    "/campbell/summaries", "/campbell/full_text?words=participants", "/-/dashboards", DASHBOARD,
    DASHBOARD + "/search_lag", DASHBOARD + "?group=Education&since=2012",
]  # fmt: skip
HOSTILE = [
    "/", "/-/review/better-evidence/hostile", "/-/compare/better-evidence/hostile", "/-/search?q=alert", "/-/changes",
    "/-/plots", DASHBOARD, "/campbell/review_overview", "/campbell/reviews", "/campbell/authors", "/campbell/sections",
    "/campbell/coordinating_groups", "/campbell/review_versions", "/campbell/by_author?name=Robert",
    "/campbell/full_text?words=calc",
]  # fmt: skip


@pytest.fixture(scope="module")
def data(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the demo's data folder."""
    folder = tmp_path_factory.mktemp("faces")
    shutil.copytree(demo / "data" / "demo", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def origin(data: Path) -> Iterator[str]:
    """Serve it, as its user would."""
    with _served(data) as at:
        yield at


@contextlib.contextmanager
def _served(data: Path, command: str = "serve", *more: str) -> Iterator[str]:
    """Run ``campbell serve`` or ``campbell replay`` on a folder; give where."""
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, command, "--data", str(data), "--port", str(port), *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@pytest.fixture
def visit(browser: Browser, origin: str) -> Iterator[tuple[Page, Traffic, list[str]]]:
    with shut_in(browser, origin) as (page, traffic):
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page, traffic, said


@pytest.mark.parametrize("width", [1100, pytest.param(390, marks=pytest.mark.slow)])
def test_an_analyst_walks_through(visit: Any, origin: str, tmp_path: Path, width: int) -> None:
    page, traffic, said = visit
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(origin)
    expect(page.get_by_role("note")).to_contain_text("all but one of its reviews are invented")
    page.get_by_role("searchbox", name="Search all texts").fill("psychotherapy")
    page.get_by_role("button", name="Search").first.click()
    expect(page.locator("mark").first).to_have_text("psychotherapy")
    page.get_by_role("link", name="Parent-infant psychotherapy for").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Parent-infant psychotherapy")

    page.get_by_role("navigation", name="Languages").get_by_role("link", name="Norwegian").click()
    expect(page.locator("[aria-current=page]")).to_contain_text("Norwegian")
    expect(page.locator(".summary")).to_have_attribute("lang", "no")
    expect(page.get_by_text("Oversikten omfatter åtte randomiserte")).to_be_visible()
    with page.expect_response("**/-/pdf/**") as answer:
        page.get_by_role("link", name="PDF as captured").click()
    assert answer.value.header_value("content-type") == "application/pdf"
    assert page.evaluate("document.contentType") == "application/pdf", "Chromium shows it, sandboxed"
    page.go_back()
    page.get_by_role("complementary").get_by_role("link", name="846", exact=True).click()
    sentence = page.locator("mark.fact:target, mark.fact:has(:target)")
    expect(sentence).to_contain_text("with a total of 846 participants")
    expect(sentence).to_be_in_viewport()

    with page.expect_download() as download:
        page.get_by_role("link", name="RIS", exact=True).click()
    ris = tmp_path / "one.ris"
    download.value.save_as(ris)
    assert "DO  - 10.4073/csr.2015.6" in ris.read_text("utf-8")

    page.get_by_role("link", name="Reviews", exact=True).click()
    education = page.locator("label").filter(has_text="Education")
    count = education.locator(".note").inner_text()
    education.get_by_role("checkbox").check()
    page.get_by_label("Search, in any language").fill("school pupils -reading")
    page.get_by_label("From year").select_option("2015")
    page.get_by_label("To year").select_option("2020")
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_role("status")).to_contain_text("review")
    assert page.url.endswith("/-/reviews?q=school+pupils+-reading&group=Education&from=2015&to=2020")
    shown = page.locator("ol.results h3").all_inner_texts()
    assert 1 < len(shown) < int(count)
    with page.expect_download() as download:
        page.get_by_role("link", name="RIS", exact=True).click()
    download.value.save_as(ris)
    assert [line[6:] for line in ris.read_text("utf-8").splitlines() if line.startswith("TI  - ")] == shown
    with page.expect_download() as download:
        page.goto(origin)
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename == "campbell.csv"

    for name, expected in [
        ("Reviews by author", "Jane Barlow"),
        ("From search to publication", "Search lag months"),
        ("What the quality sections say", "The quality of the evidence"),
    ]:
        page.goto(origin)
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("main")).to_contain_text(expected)

    page.get_by_role("link", name="Plots", exact=True).click()
    pictures = page.locator("figure img")
    for number in range(pictures.count()):
        pictures.nth(number).scroll_into_view_if_needed()
        expect(pictures.nth(number)).to_have_js_property("complete", True)
        assert pictures.nth(number).evaluate("image => image.naturalWidth") > 300

    page.get_by_role("link", name="The same as a dashboard").click()
    marks = page.locator("#chart-groups_by_year .mark-rect path")
    expect(marks.first).to_be_visible()
    everybody = marks.count()
    page.get_by_label("Coordinating group", exact=True).select_option("Education")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**group=Education**")
    expect(page.locator("#chart-coverage svg.marks")).to_be_visible()
    expect(marks.first).to_be_visible()
    assert 0 < marks.count() < everybody
    aborted = [one for one in traffic.failed if "net::ERR_ABORTED" in one]  # a download is an aborted navigation
    traffic.failed = [one for one in traffic.failed if one not in aborted]
    assert traffic.wrong == []
    assert said == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1100, 390])
def test_an_analyst_steps_through_versions(browser: Browser, maker: Maker, width: int) -> None:
    third = replace(PIP_EDITED, groups=["Social Welfare"])
    for crawl, day, one in (
        (FIRST, "2026-03-14", PIP_RECORD), (SECOND, "2026-04-14", PIP_EDITED), (THIRD, "2026-05-14", third)
    ):  # fmt: skip
        maker.crawl(crawl, day, [one])
    maker.store.close()
    with _served(maker.folder.root) as serve, shut_in(browser, serve) as (page, traffic):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{serve}/-/review/better-evidence/parent-infant-psychotherapy")
        page.get_by_role("link", name="1 field changed").click()
        expect(page.get_by_role("row", name="groups")).to_contain_text("Crime and Justice")
        page.get_by_role("link", name="Previous change, versions: 1 and 2").click()
        sides = page.get_by_role("row", name="title").get_by_role("cell")
        expect(sides.nth(0)).to_have_text("Parent-infant psychotherapy & HIV: 50% of infants")
        expect(sides.nth(1)).to_have_text("Parent-infant psychotherapy and HIV: 50% of infants")
        boxes = [sides.nth(place).bounding_box() for place in (0, 1)]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["y"] == boxes[1]["y"], "side by side"
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious(page) == []
        page.get_by_role("link", name="Next change, versions: 2 and 3").click()
        expect(page.get_by_role("row", name="groups")).to_be_visible()
        assert traffic.wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1200, 390])
def test_the_sentences_of_facts_are_read_without_scrolling(visit: Any, origin: str, width: int) -> None:
    page, _, _ = visit
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(origin + "/campbell/facts_with_sentences")
    page.get_by_label("Fact", exact=True).select_option("Participants")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**fact=participants")
    quote = page.locator(".col-quote").first
    expect(quote).to_be_in_viewport(ratio=1)
    expect(quote).to_have_text(re.compile(r"[.]$"))


@pytest.mark.slow
def test_the_note_on_a_replayed_page_leads_to_other_captures_and_to_the_record(
    data: Path, browser: Browser, tmp_path: Path
) -> None:
    archive = shutil.copytree(data, tmp_path / "data") / "collections/campbell/archive"
    (url,) = rows(data, "select url from reviews where review_id = ?", SEED)[0]
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    later = {"WARC-Date": "2031-05-06T07:08:09Z"}
    with (archive / "later.warc.gz").open("wb") as file:
        writer = WARCWriter(file)
        body = io.BytesIO(b"<h1>Years later</h1>")
        writer.write_record(
            writer.create_warc_record(url, "response", body, http_headers=head, warc_headers_dict=later)
        )
    with (
        _served(data) as serve,
        _served(tmp_path / "data", "replay", "--serve-url", serve) as replay,
        shut_in(browser, serve, replay) as (page, traffic),
    ):
        page.goto(f"{replay}/campbell/20310506070809/{url}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Years later")
        note = page.get_by_role("region", name="About this capture")
        expect(note.get_by_role("link", name="next capture")).to_be_hidden()
        note.get_by_role("link", name="previous capture").click()
        expect(page.locator("h2.itemTitle")).to_contain_text("Parent-infant psychotherapy")
        expect(note.get_by_role("link", name="previous capture")).to_be_hidden()
        note.get_by_role("link", name="next capture").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Years later")
        note.get_by_role("link", name="record").click()
        page.wait_for_url(serve + PIP)
        assert traffic.wrong == []


@pytest.mark.slow
def test_a_fact_leads_to_its_sentence_on_the_replayed_page(data: Path, browser: Browser) -> None:
    with _served(data, "replay") as replay, _served(data) as serve, shut_in(browser, serve, replay) as (page, traffic):
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(serve + PIP)
        page.get_by_role("link", name="Participants: its sentence on the page as captured").click()
        page.wait_for_load_state("networkidle")
        assert page.url.startswith(f"{replay}/campbell/2")
        sentence = page.get_by_text("The review summarises findings from eight randomised").first
        expect(sentence).to_contain_text("with a total of 846 participants")
        expect(sentence).to_be_in_viewport()
        assert page.evaluate("scrollY") > 300
        assert traffic.wrong == []
        assert said == []
        page.get_by_role("region", name="About this capture").get_by_role("link", name="archive").click()
        expect(page.get_by_role("link", name="The database")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("path", WALKED)
def test_no_page_is_wider_than_a_phone_or_breaks_its_own_rules(visit: Any, origin: str, path: str) -> None:
    page, traffic, said = visit
    page.set_viewport_size({"width": 360, "height": 720})
    page.goto(origin + path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert traffic.wrong == []
    assert said == []


@pytest.mark.slow
@pytest.mark.parametrize("path", WALKED)
def test_axe_finds_no_serious_violation(visit: Any, origin: str, path: str) -> None:
    page, _, _ = visit
    page.goto(origin + path)
    page.wait_for_load_state("networkidle")
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    """Return what axe finds seriously wrong with a page."""
    found = Axe().run(page).response
    assert len(found["passes"]) > 10
    return [
        f"{one['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.slow
def test_pages_are_useful_without_scripts(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + "/-/search?q=psychotherapy")
    page.locator("ol.results a").first.click()
    assert page.locator("h1").inner_text().startswith("Parent-infant")
    page.locator("nav[aria-label=Languages] a").nth(1).click()
    assert page.locator("a[aria-current=page]").inner_text() != "English"
    context.close()


@pytest.mark.slow
def test_without_scripts_the_dashboard_leads_to_the_same_plots_as_pictures(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + DASHBOARD)
    page.get_by_role("link", name="The same plots as pictures").click()
    assert page.locator("figure img").count() == 6
    context.close()


@pytest.mark.slow
def test_hostile_text_acts_nowhere(browser: Browser, maker: Maker) -> None:
    acted: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        acted.append(dialog.message)
        dialog.dismiss()

    maker.crawl(FIRST, "2026-03-14", [*ALL[:-1], replace(HOSTILE_REVIEW, published_date="2020-01-01")])
    maker.store.close()
    with _served(maker.folder.root) as hostile, shut_in(browser, hostile) as (page, traffic):
        page.on("dialog", dismiss)
        page.on("pageerror", lambda error: acted.append(str(error)))
        page.on("console", lambda message: acted.append(message.text) if message.type == "error" else None)
        page.set_viewport_size({"width": 360, "height": 720})
        for path in HOSTILE:
            page.goto(hostile + path)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
            assert page.locator("[href^='javascript']").count() == 0, path
        page.set_viewport_size({"width": 1200, "height": 900})
        page.goto(hostile + DASHBOARD)
        named = page.locator("[aria-label*='injected, twice']").first
        expect(named).to_be_visible()
        named.hover()
        expect(page.locator("#vg-tooltip-element")).to_contain_text("+cmd|")
        assert acted == []
        assert traffic.wrong == []
