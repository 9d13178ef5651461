"""The archived sample in a real browser, with nothing reachable but pywb."""

from __future__ import annotations

import base64
import io
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from campbell_scraper.faces.report.trace import trace_value
from campbell_scraper.folder import DataFolder

from .browser import shut_in
from .conftest import SEED, Archived

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("replay")]

BARRED = "/private/background.png"
"""What robots.txt bars and a page shows all the same: the home page, and no other."""
_LOOKED_AT = """
() => ({
    images: [...document.images].filter(one => one.complete && one.naturalWidth).map(one => one.currentSrc),
    broken: [...document.images].filter(one => !one.complete || !one.naturalWidth).map(one => one.currentSrc),
    fonts: [...document.fonts].map(one => one.family + " " + one.status),
    imported: [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
        .filter(rule => rule instanceof CSSImportRule).map(rule => rule.styleSheet && rule.styleSheet.cssRules.length),
    header: getComputedStyle(document.querySelector(".header")).backgroundImage,
    script: typeof jQuery,
})
"""
_DIFFERING = """
async pictures => {
    const [one, other] = await Promise.all(pictures.map(async picture => {
        const image = new Image();
        image.src = "data:image/png;base64," + picture;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
    }));
    let box = [one.width, one.height, 0, 0];
    for (let y = 0; y < one.height; y++)
        for (let x = 0; x < one.width; x++) {
            const at = 4 * (y * one.width + x);
            if ([0, 1, 2].some(part => one.data[at + part] !== other.data[at + part]))
                box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
        }
    return box;
}
"""
"""Gives the box of the pixels in which two pictures of a size differ: left, upper, right, lower."""


def content(page: Page) -> dict[str, object]:
    """Look into the archived page."""
    found = page.evaluate(_LOOKED_AT)
    assert isinstance(found, dict)
    return found


def fetch(url: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()


def test_twenty_pages_replay_without_one_failed_request(archived: Archived, replay: str, browser: Browser) -> None:
    kinds = {"review": 14, "listing": 3, "map": 1, "page": 3}
    urls = [
        row["url"]
        for kind, count in kinds.items()
        for row in archived.rows(
            "select distinct url from captures where kind = ? and status = 200 and mime = 'text/html' and url <> ?"
            " order by url limit ?",
            kind, f"{archived.site}/", count,
        )
    ]  # fmt: skip
    assert len(urls) == 20
    wrong: list[str] = []
    with shut_in(browser, replay, scale=2) as (page, traffic):
        for url in urls:
            traffic.clear()
            page.goto(f"{replay}/campbell/{url}", wait_until="networkidle")
            wrong += [f"{url}: {one}" for one in traffic.wrong]
            asked = [address for _, address in traffic.answered if f"/{archived.site}/" in address]
            assert len(asked) >= 10, f"{url} shows next to nothing: {asked}"
            seen = content(page)
            assert not seen["broken"], f"{url} has broken images: {seen['broken']}"
    assert not wrong, "\n".join(wrong)


def test_fonts_images_imports_and_srcset_are_shown(archived: Archived, replay: str, browser: Browser) -> None:
    with shut_in(browser, replay, scale=2) as (page, _):
        page.goto(f"{replay}/campbell/{archived.site}{SEED}", wait_until="networkidle")
        seen = content(page)
    assert seen["fonts"] == ["Sample Sans loaded"] or seen["fonts"] == ['"Sample Sans" loaded']
    assert seen["imported"] == [1, 1]
    assert "pattern.svg" in str(seen["header"])
    assert seen["script"] == "function"
    images = [str(one) for one in seen["images"]] if isinstance(seen["images"], list) else []
    assert any("logo@2x.png" in one for one in images), images
    assert any("/images/library/" in one for one in images), images


def test_the_replayed_seed_page_looks_as_the_live_one(
    archived: Archived, replay: str, browser: Browser, tmp_path: Path
) -> None:
    """Pixel for pixel; both pictures are kept where CAMPBELL_SCREENSHOTS says, to be looked at."""
    with shut_in(browser, replay) as (page, traffic):
        page.goto(f"{replay}/campbell/{archived.site}{SEED}", wait_until="networkidle")
        page.get_by_role("button", name="Hide this note").click()
        page.mouse.move(0, 0)
        replayed = page.screenshot(full_page=True)
    assert not traffic.wrong
    folder = Path(os.environ.get("CAMPBELL_SCREENSHOTS", tmp_path))
    (folder / "live.png").write_bytes(archived.live[SEED])
    (folder / "replayed.png").write_bytes(replayed)
    assert replayed == archived.live[SEED]


def test_the_link_of_trace_leads_to_the_sentence_and_marks_it(
    archived: Archived, replay: str, browser: Browser, tmp_path: Path
) -> None:
    review_id = SEED.removeprefix("/").removesuffix(".html")
    said = dict(trace_value(DataFolder(archived.data), f"{review_id}.participants"))
    assert said["replay"].startswith(f"{replay}/campbell/2"), "the port that campbell replay was given"
    plain = said["replay"].partition("#")[0]
    with shut_in(browser, replay) as (page, traffic):
        page.goto(said["replay"], wait_until="networkidle")
        sentence = page.get_by_text("The review summarises findings from eight randomised").first
        top, marked = page.evaluate("scrollY"), page.screenshot()
        box = sentence.bounding_box()
        assert page.url == said["replay"]
        assert not traffic.wrong
        page.goto(plain, wait_until="networkidle")
        assert page.evaluate("scrollY") == 0
        page.evaluate("y => scrollTo(0, y)", top)
        unmarked = page.screenshot()
        page.goto("about:blank")
        pictures = [base64.b64encode(picture).decode() for picture in (marked, unmarked)]
        left, upper, right, lower = page.evaluate(_DIFFERING, pictures)
    Path(os.environ.get("CAMPBELL_SCREENSHOTS", tmp_path), "marked.png").write_bytes(marked)
    assert top > 300
    assert box is not None
    assert box["y"] <= upper < lower <= box["y"] + box["height"], "what is coloured is in the paragraph"
    assert lower - upper < 60, "and two lines of it"
    assert right - left > 300


def test_only_the_home_page_lacks_something_and_it_is_what_robots_txt_bars(
    archived: Archived, replay: str, browser: Browser
) -> None:
    with shut_in(browser, replay) as (page, traffic):
        page.goto(f"{replay}/campbell/{archived.site}/", wait_until="networkidle")
        assert [one.rpartition(archived.site)[2] for one in traffic.wrong] == [BARRED]
    noted = archived.rows("select decision from discovered where url = ?", archived.site + BARRED)
    assert [row["decision"] for row in noted] == ["robots"]


def test_pdfs_open(archived: Archived, replay: str) -> None:
    files = archived.rows("select distinct url from captures where kind = 'pdf' and outcome = 'new' and status = 200")
    assert len(files) >= 10
    broken = []
    for row in files:
        status, mime, body = fetch(f"{replay}/campbell/mp_/{row['url']}")
        assert (status, mime, body[:5]) == (200, "application/pdf", b"%PDF-"), row["url"]
        if not body.rstrip().endswith(b"%%EOF"):
            broken.append(row["url"])
            continue
        assert PdfReader(io.BytesIO(body)).pages[0].extract_text().strip(), row["url"]
    # One was cut off by a failed upload, and is replayed as it is.
    assert len(broken) == 1
    assert archived.rows("select error from files where url = ?", broken[0])[0]["error"]


def test_what_was_not_archived_is_not_made_up(archived: Archived, replay: str) -> None:
    assert fetch(f"{replay}/campbell/mp_/{archived.site}/private/drafts.html")[0] == 404
    assert fetch(f"{replay}/campbell/mp_/https://www.example.org/")[0] == 404


def test_the_home_page_lists_crawls_and_reviews_and_its_links_lead_to_pages(
    archived: Archived, replay: str, browser: Browser
) -> None:
    crawls = archived.rows("select crawl_id, status from crawls")
    reviews = archived.rows("select title from reviews")
    with shut_in(browser, replay) as (page, traffic):
        page.goto(f"{replay}/", wait_until="networkidle")
        text = page.inner_text("body")
        for crawl in crawls:
            assert crawl["crawl_id"] in text
        for review in reviews:
            assert " ".join(review["title"].split()) in " ".join(text.split())
        page.get_by_role("link", name="Parent-infant psychotherapy for improving").first.click()
        page.wait_for_load_state("networkidle")
        assert "Parent-infant psychotherapy" in page.inner_text("h2.itemTitle")
        said = page.get_by_role("region", name="About this capture").inner_text()
        assert re.search(r"As captured \d+ \w+ \d{4}, \d\d:\d\d UTC", said)
        page.get_by_role("link", name="archive", exact=True).click()
        assert page.url == f"{replay}/"
        page.go_back()
        page.get_by_role("link", name="other captures").click()
        page.wait_for_load_state("networkidle")
        assert "1 capture" in page.inner_text("body")
    assert not traffic.wrong
