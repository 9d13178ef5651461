"""The sample as a site: every link resolves, listings show everything once, one item has many addresses."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import pytest
from parsel import Selector
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from campbell_scraper import sample
from campbell_scraper.sample import SampleLibrary, SampleSite, generated

if TYPE_CHECKING:
    from http.client import HTTPResponse

ROOT = Path(__file__).parents[2]
GONE = "/better-evidence/a-page-that-is-gone.html"
BROKEN_PDF = "/media/k2/attachments/reading-rooms-in-laundries-FR.pdf"


def fetch(url: str) -> tuple[int, str, bytes]:
    """Status, media type and decoded body; redirects are followed."""
    try:
        answer: HTTPResponse = urllib.request.urlopen(url)
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()
    with answer:
        return answer.status, answer.headers.get_content_type(), answer.read()


def references(url: str, mime: str, body: bytes) -> set[str]:
    """Everything that a page or style sheet refers to, absolute, without fragments."""
    text = body.decode("utf-8", "replace")
    found = set(re.findall(r"url\(\s*[\"']?([^\"')]+?)[\"']?\s*\)", text))
    found |= set(re.findall(r"@import\s+[\"']([^\"']+)", text))
    base = url
    if mime == "text/html":
        page = Selector(text)
        base = page.xpath("//base/@href").get(url)
        found |= set(page.xpath("//@href | //@src").getall())
        for srcset in page.xpath("//@srcset").getall():
            found |= {one.split()[0] for one in srcset.split(",")}
    return {urljoin(base, one).partition("#")[0] for one in found if not one.startswith("data:")}


def named(body: bytes) -> tuple[str, str]:
    """Base and canonical address of a page."""
    page = Selector(body.decode())
    return page.xpath("string(//base/@href)").get(""), page.xpath("string(//link[@rel='canonical']/@href)").get("")


@pytest.fixture(scope="module")
def crawled(site: SampleSite) -> dict[str, tuple[int, str, bytes]]:
    return crawl(site)


def crawl(site: SampleSite) -> dict[str, tuple[int, str, bytes]]:
    """The whole site, by following every reference from the home page, barred ones included."""
    found: dict[str, tuple[int, str, bytes]] = {}
    waiting = [site.url + "/"]
    while waiting:
        url = waiting.pop()
        if url in found:
            continue
        found[url] = fetch(url)
        status, mime, body = found[url]
        if status == 200 and mime in {"text/html", "text/css"}:
            waiting += [one for one in references(url, mime, body) if one.startswith(site.url + "/")]
    return found


def test_every_link_resolves_but_for_the_one_that_is_broken_on_purpose(
    site: SampleSite, crawled: dict[str, tuple[int, str, bytes]]
) -> None:
    assert [url for url, (status, _, _) in crawled.items() if status != 200] == [site.url + GONE]


def test_following_links_reaches_everything_but_what_is_not_linked(
    site: SampleSite, crawled: dict[str, tuple[int, str, bytes]]
) -> None:
    reached = {urlsplit(one).path for one in crawled}
    reached |= {one.replace("/library/", "/better-evidence/") for one in reached}
    unlisted = {one.path for one in site.library.entries if not one.listed}
    unlisted |= {one.review.image for one in site.library.entries if one.review and not one.listed and one.review.image}
    missing = set(site.library.paths()) - reached
    larger = {one for one in missing if "@2x" in one}
    assert missing - larger == unlisted | {"/robots.txt", "/sitemap.xml"}


def test_about_sixty_pages_and_under_two_megabytes(
    site: SampleSite, crawled: dict[str, tuple[int, str, bytes]]
) -> None:
    assert 55 <= len(site.library.entries) + len(site.library.articles) <= 90
    folder = Path(sample.__file__).parent
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    assert size < 2_000_000


def test_links_off_the_site_are_the_intended_ones(crawled: dict[str, tuple[int, str, bytes]], site: SampleSite) -> None:
    hosts = set()
    for url, (_, mime, body) in crawled.items():
        if mime == "text/html":
            hosts |= {urlsplit(one).netloc for one in references(url, mime, body)}
    assert hosts - {urlsplit(site.url).netloc} == {
        "127.0.0.2:9",
        "www.example.org",
        "onlinelibrary.wiley.com",
        "pills.example.net",
        "casino.example.net",
        "watches.example.net",
    }


def test_requisites_are_of_the_site_itself(crawled: dict[str, tuple[int, str, bytes]], site: SampleSite) -> None:
    for url, (_, mime, body) in crawled.items():
        if mime == "text/html":
            used = Selector(body.decode()).xpath("//@src | //link[@rel!='canonical']/@href").getall()
            own = [urljoin(url, one) for one in used]
            assert all(one.startswith(site.url + "/") for one in own), url


def test_pdfs_open_and_hold_their_text_but_for_the_broken_one(site: SampleSite) -> None:
    pdfs = {path: page.body for path, page in site.library.files.items() if path.endswith(".pdf")}
    assert len(pdfs) >= 10
    broken = []
    for path, body in pdfs.items():
        try:
            text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(body), strict=True).pages)
        except PyPdfError:
            broken.append(path)
            continue
        assert "campbell_scraper" in text, path
    assert broken == [BROKEN_PDF]


def test_pdf_text_of_other_scripts_can_be_extracted(site: SampleSite) -> None:
    texts = {
        "/media/k2/attachments/allotments-for-refugees-AR.pdf": "قطع الأرض الصغيرة",
        "/media/k2/attachments/painted-stairways-ZH.pdf": "彩绘楼梯",
        "/media/k2/attachments/carpet-weaving-HI.pdf": "साथ बुनने",
    }
    for path, words in texts.items():
        reader = PdfReader(io.BytesIO(fetch(site.url + path)[2]))
        assert words in "".join(one.extract_text() for one in reader.pages)


def test_images_are_whole(site: SampleSite) -> None:
    for path, page in site.library.files.items():
        if path.endswith(".png"):
            width, height = struct.unpack(">II", page.body[16:24])
            length = struct.unpack(">I", page.body[33:37])[0]
            assert len(zlib.decompress(page.body[41 : 41 + length])) == height * (3 * width + 1)


def test_robots_bars_a_page_and_a_requisite_of_the_home_page(
    site: SampleSite, crawled: dict[str, tuple[int, str, bytes]]
) -> None:
    robots = RobotFileParser()
    robots.parse(fetch(site.url + "/robots.txt")[2].decode().splitlines())
    barred = {urlsplit(one).path for one in crawled if not robots.can_fetch("*", one)}
    assert barred == {"/private/drafts.html", "/private/background.png"}
    needing = [one for one, (_, mime, body) in crawled.items() if b"/private/background.png" in body]
    assert {urlsplit(one).path for one in needing} == {"/"}
    assert robots.crawl_delay("*") is None
    assert robots.site_maps() == [site.url + "/sitemap.xml"]


def test_sitemap_names_every_item_and_one_that_no_listing_shows(site: SampleSite) -> None:
    sitemap = Selector(fetch(site.url + "/sitemap.xml")[2].decode(), type="xml")
    sitemap.remove_namespaces()
    named = {urlsplit(one).path for one in sitemap.xpath("//url/loc/text()").getall()}
    assert {one.path for one in site.library.entries} <= named
    assert sum(not one.listed for one in site.library.entries) == 1
    assert not any("/private/" in one for one in named)


@pytest.mark.parametrize(
    "path", ["/better-evidence.html", "/library.html", "/component/jak2filter/?Itemid=119&issearch=1"]
)
def test_listing_shows_each_item_once_over_its_pages(site: SampleSite, path: str) -> None:
    shown: list[str] = []
    url = site.url + path
    while url:
        page = Selector(fetch(url)[2].decode())
        items = page.xpath("//h3[@class='catItemTitle']/a/@href").getall()
        assert len(items) <= 10
        shown += items
        following = page.xpath("//a[@title='Next']/@href").get()
        url = urljoin(url, following) if following else ""
    slugs = [Path(urlsplit(one).path).stem for one in shown]
    own = [one for one in site.library.entries if one.listed and (path[1] != "b" or one.category == "better-evidence")]
    assert sorted(slugs) == sorted(one.slug for one in own)


def test_listing_past_its_end_answers_200_without_items(site: SampleSite) -> None:
    status, _, body = fetch(site.url + "/library.html?start=9999")
    assert status == 200
    assert Selector(body.decode()).css(".catItemView").getall() == []


def test_listing_blocks_have_labels_without_colon_and_types_without_comma(site: SampleSite) -> None:
    page = Selector(fetch(site.url + "/library.html")[2].decode())
    labels = page.css(".catItemExtraFieldsLabel::text").getall()
    types = page.css(".aliasTypeofdocument .catItemExtraFieldsValue::text").getall()
    assert labels
    assert not any(one.endswith(":") for one in labels)
    assert "Review Plain language summary" in types


def test_search_result_says_how_many_it_found(site: SampleSite) -> None:
    body = fetch(site.url + "/component/jak2filter/?Itemid=119&issearch=1&searchword=telescopes")[2].decode()
    assert "Search Result: 4 Records found / Page 1 of 1" in body


@pytest.mark.parametrize(
    "address",
    [
        "/better-evidence/lantern-lending-for-lock-keepers",
        "/library/lantern-lending-for-lock-keepers.html",
        "/10-lantern-lending-for-lock-keepers.html",
        "/component/k2/item/10-lantern-lending-for-lock-keepers",
        "/index.php?option=com_k2&view=item&id=10",
        "/index.php?option=com_k2&view=item&id=10:lantern-lending-for-lock-keepers&Itemid=113",
        "/better-evidence/lantern-lending-for-lock-keepers.html?tmpl=component&print=1",
        "/better-evidence/reading-lanterns-old-address.html",
    ],
)
def test_one_item_answers_at_many_addresses_and_names_its_own(site: SampleSite, address: str) -> None:
    status, _, body = fetch(site.url + address)
    base, canonical = named(body)
    assert status == 200
    assert base.startswith(site.url + "/")
    assert canonical == "/better-evidence/lantern-lending-for-lock-keepers.html"
    assert urljoin(base, canonical) == site.url + canonical


def test_page_written_by_hand_answers_at_other_addresses_too(site: SampleSite) -> None:
    _, _, body = fetch(site.url + "/index.php?option=com_k2&view=item&id=9")
    assert named(body) == (
        f"{site.url}/index.php?option=com_k2&view=item&id=9",
        "/better-evidence/stilts-for-shift-workers.html",
    )


@pytest.mark.parametrize(
    "address", ["/index.php?option=com_k2&view=item&id=x", "/0-x", "/better-evidence/", "/%00", "/.."]
)
def test_senseless_addresses_get_404(site: SampleSite, address: str) -> None:
    status, mime, body = fetch(site.url + address)
    assert (status, mime) == (404, "text/html")
    assert b"requested page can't be found" in body


def test_no_marker_is_left_in_any_answer(crawled: dict[str, tuple[int, str, bytes]]) -> None:
    left = [url for url, (_, mime, body) in crawled.items() if mime.startswith("text/") and b"%%" in body]
    assert left == []


def test_wheel_carries_every_file_of_the_sample(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    folder = Path(sample.__file__).parent
    own = {file.relative_to(folder.parents[1]).as_posix() for file in folder.rglob("*") if file.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    assert {one for one in own if "__pycache__" not in one} <= carried
    code = "from campbell_scraper.sample import SampleLibrary as S; print(S.embedded().get('/', {}).status)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "installed", check=True, capture_output=True, text=True
    )
    assert ran.stdout == "200\n"


def test_generated_library_has_no_broken_link() -> None:
    with SampleSite(library=generated(13, 4)) as site:
        found = crawl(site)
    assert [url for url, (status, _, _) in found.items() if status != 200] == []
    assert {site.url + one.path for one in site.library.entries} <= found.keys()


def test_address_is_escaped_in_the_page_that_repeats_it(site: SampleSite) -> None:
    for number in (9, 10):
        status, _, body = fetch(f"{site.url}/{number}-%22%3E%3Cb%3Ex")
        assert status == 200
        assert b"<b>x" not in body


def test_embedded_library_can_be_edited() -> None:
    library = SampleLibrary.embedded({"lantern-lending-for-lock-keepers": {"brief": "Another brief."}})
    page = library.get("/better-evidence/lantern-lending-for-lock-keepers.html", {})
    assert page.body.count(b"<p>Another brief.</p>") == 2
