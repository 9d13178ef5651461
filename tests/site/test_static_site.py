"""A published site is whole, asks nobody for anything, and replaces nothing but itself."""

from __future__ import annotations

import os
import re
import signal
import time
import zipfile
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import unquote, urldefrag, urlsplit

import feedparser  # type: ignore[import-untyped]  # ships no types
import pytest
from lxml import html

from campbell_scraper.faces.export import Library
from campbell_scraper.faces.site.site_pages import SitePages
from campbell_scraper.faces.site.static_site import write_site
from campbell_scraper.folder import SAMPLE
from tests.helpers import Crawled, campbell, in_fork, rows
from tests.made_library import ALL, COCHRANE, FIRST, PIP, SECOND, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campbell_scraper.folder import DataFolder
    from tests.made_library import Maker

ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def published(data: Path, site: Path) -> Path:
    """Publish a data folder; return the site."""
    done = campbell("publish", site, "--data", data)
    assert done.returncode == 0, done.stderr
    return site


def files(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def page(site: Path, name: str) -> Any:
    return html.fromstring((site / name).read_bytes())


def pages(site: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(site.rglob("*.html")):
        yield str(path.relative_to(site)), page(site, str(path))


def walk(site: Path) -> tuple[set[str], set[str]]:
    """Follow every link from the first page; return the files it leads to, and addresses elsewhere."""
    seen, elsewhere, waiting = set[str](), set[str](), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if not name.endswith(".html"):
            continue
        tree = page(site, name)
        for element, attribute, address, _ in tree.iterlinks():
            if urlsplit(address).scheme or address.startswith("//"):
                assert (element.tag, attribute) == ("a", "href"), f"{name} loads {address}"
                elsewhere.add(address)
                continue
            plain, fragment = urldefrag(address)
            path = (site / name).parent / unquote(urlsplit(plain).path) if plain else site / name
            target = str(path.resolve().relative_to(site.resolve()))
            assert path.is_file(), f"{name} links {address}"
            if fragment:
                assert page(site, target).xpath("//*[@id=$id]", id=unquote(fragment)), f"{name} links {address}"
            waiting.append(target)
    return seen, elsewhere


def test_every_link_leads_to_a_file_and_every_file_is_linked(edited: DataFolder, tmp_path: Path) -> None:
    site = published(edited.root, tmp_path / "site")
    seen, elsewhere = walk(site)
    assert seen == set(files(site)) - {".nojekyll", "search-index.js"}  # the script names this one
    assert "search-index.js" in (site / "search.js").read_text("utf-8")
    assert all(urlsplit(address).scheme in {"http", "https"} for address in elsewhere)
    assert not [address for address in elsewhere if "127.0.0.1" in address], "the replay is on nobody's machine"


def test_a_site_holds_each_review_with_its_languages_and_citations(folder: DataFolder, tmp_path: Path) -> None:
    site = published(folder.root, tmp_path / "site")
    links = page(site, "index.html").xpath("//ol[contains(@class, 'results')]//h3/a")
    assert len(links) == len(ALL)
    (psychotherapy,) = (link.get("href") for link in links if link.text == PIP.title)
    (norwegian,) = page(site, psychotherapy).xpath("//nav[@aria-label='Languages']//a[contains(., 'Norwegian')]/@href")
    assert "PDF in Norwegian" in page(site / "review", norwegian).findtext(".//h2[@id='pdf']")
    (ris,) = page(site, psychotherapy).xpath("//ul[@class='actions']//a[. = 'RIS']/@href")
    assert "DO  - 10.4073/csr.2015.6" in (site / "review" / ris).read_text("utf-8")
    assert rows(site / "downloads/campbell.db", "SELECT count(*) FROM reviews") == [(len(ALL),)]
    for name in ("csv", "ris", "bibtex", "csl-json", "xlsx"):
        exported = tmp_path / "exported"
        assert campbell("export", name, "--data", folder.root, "--output", exported).returncode == 0
        assert exported.read_bytes() in files(site / "downloads").values(), name


def test_lists_by_group_year_and_language_need_no_script(folder: DataFolder, tmp_path: Path) -> None:
    site = published(folder.root, tmp_path / "site")
    links = page(site, "index.html").xpath("//noscript//a")
    found = {link.text: (link.get("href"), int(link.getnext().text)) for link in links}
    for name in ("Crime and Justice", "2019", "Norwegian Bokmål", "protocol", "not stated"):
        address, count = found[name]
        assert len(page(site, address).xpath("//ol[contains(@class, 'results')]/li")) == count > 0


def test_changes_are_a_page_and_a_feed(edited: DataFolder, tmp_path: Path) -> None:
    site = published(edited.root, tmp_path / "site")
    text = page(site, "changes.html").text_content()
    assert "withdrawn" in text
    feed = feedparser.parse((site / "changes.atom").read_bytes())
    assert not feed.bozo
    assert len(feed.entries) == len(page(site, "changes.html").xpath("//section[@class='diff']"))
    links = page(site, "changes.html").xpath("//a[. = 'compare']/@href")
    compared = [page(site, link).xpath("//table[contains(@class, 'compared')]//ins/text()") for link in links]
    assert any("their" in " ".join(words) for words in compared)


def test_what_is_excluded_is_in_no_file(maker: Maker, tmp_path: Path) -> None:
    maker.crawl(FIRST, "2026-03-14", ALL)
    maker.store.close()
    maker.exclude(("better-evidence/parent-infant-psychotherapy", "asked to"))
    site = published(maker.folder.root, tmp_path / "site")
    held = files(site)
    with zipfile.ZipFile(site / "downloads/campbell.xlsx") as book:
        held |= {name: book.read(name) for name in book.namelist()}
    for word in ("psychotherapy", "jane barlow"):
        assert not [name for name, content in held.items() if word in name or word.encode() in content.lower()]


def test_words_of_others_are_words(folder: DataFolder, tmp_path: Path) -> None:
    site = published(folder.root, tmp_path / "site")
    hostile = 0
    for name, tree in pages(site):
        text = (site / name).read_text("utf-8")
        assert not ACTING.search(text), name
        assert {one.get("src", "").rpartition("/")[2] for one in tree.iter("script")} <= {"search.js"}, name
        assert not tree.xpath("//@style | //@*[starts-with(name(), 'on')] | //style | //iframe | //img"), name
        assert not tree.xpath("//@href[starts-with(., 'javascript')]"), name
        (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        identifiers = tree.xpath("//@id")
        assert len(identifiers) == len(set(identifiers)), name
        hostile += "<script>alert(1)</script>" in tree.text_content()
    assert hostile > 3


def test_ids_are_no_paths_and_none_takes_the_place_of_another(maker: Maker, tmp_path: Path) -> None:
    slugs = ["Same", "same", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "con", "a b?c=%3Cscript%3E", "x" * 900, "x" * 901, "心"]
    maker.crawl(FIRST, "2026-03-14", [record(slug, title=f"Number {place}") for place, slug in enumerate(slugs)])
    maker.store.close()
    site = published(maker.folder.root, tmp_path / "site")
    names = [name for name in files(site) if name.startswith(("review/", "cite/"))]
    assert all(re.fullmatch(r"(?:review|cite)/[a-z0-9-]{1,110}\.[a-z]+", name) for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    reviews = rows(maker.folder.database, "SELECT count(*) FROM reviews")[0][0]
    titles = {tree.findtext(".//h1") for name, tree in pages(site) if name.startswith("review/")}
    assert len(titles) == reviews >= len(slugs) - 1
    walk(site)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "site"}


def test_the_same_library_gives_the_same_bytes_and_a_changed_one_replaces_it(maker: Maker, tmp_path: Path) -> None:
    maker.crawl(FIRST, "2026-03-14", ALL)
    first = files(published(maker.folder.root, tmp_path / "site"))
    time.sleep(1.1)  # workbooks know seconds
    assert files(published(maker.folder.root, tmp_path / "site")) == first
    maker.exclude(("better-evidence/hostile", ""))
    maker.crawl(SECOND, "2026-04-14", [PIP, COCHRANE])
    second = files(published(maker.folder.root, tmp_path / "site"))
    assert set(second) < set(first)
    assert [name for name in first if "hostile" in name]
    assert not [name for name in second if "hostile" in name]
    assert {path.name for path in tmp_path.iterdir()} == {"data", "site"}


@pytest.mark.parametrize("name", ["thesis.txt", "index.html", ".nojekyll"])
def test_a_folder_of_somebody_else_is_refused(folder: DataFolder, tmp_path: Path, name: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / name).write_text("mine")
    refused = campbell("publish", site, "--data", folder.root)
    assert refused.returncode == 2
    assert "is not a site made by campbell publish" in refused.stderr
    assert files(site) == {name: b"mine"}


@pytest.mark.parametrize("name", ["CNAME", ".git/config", "downloads/thesis.pdf"])
def test_a_file_put_into_a_site_is_not_removed_with_it(folder: DataFolder, tmp_path: Path, name: str) -> None:
    site = published(folder.root, tmp_path / "site")
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text("mine")
    before = files(site)
    refused = campbell("publish", site, "--data", folder.root)
    assert refused.returncode == 2
    assert name in refused.stderr
    assert files(site) == before


@pytest.mark.parametrize("make", ["a file", "no library", "no list"])
def test_what_cannot_be_published_is_one_sentence(folder: DataFolder, tmp_path: Path, make: str) -> None:
    site, data = tmp_path / "site", folder.root
    if make == "a file":
        site.write_text("mine")
    elif make == "no library":
        data = tmp_path / "nothing"
    else:
        folder.exclusions.write_text("nonsense\n")
    refused = campbell("publish", site, "--data", data)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert not site.is_dir()


def test_a_failure_leaves_the_old_site(folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = published(folder.root, tmp_path / "site")
    before = files(site)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SitePages, "_write_review", full)
    failed = campbell("publish", site, "--data", folder.root)
    assert failed.returncode == 6
    assert "No space left on device" in failed.stderr
    assert files(site) == before
    assert {path.name for path in tmp_path.iterdir()} == {"data", "site"}


def test_a_kill_leaves_the_old_site_and_the_next_run_sweeps(folder: DataFolder, tmp_path: Path) -> None:
    site = published(folder.root, tmp_path / "site")
    before = files(site)
    assert in_fork(_publish_and_die, folder, site) == -signal.SIGKILL
    assert files(site) == before
    assert list(tmp_path.glob(".site.*"))
    assert files(published(folder.root, site)) == before
    assert {path.name for path in tmp_path.iterdir()} == {"data", "site"}


def _publish_and_die(folder: DataFolder, site: Path) -> None:
    with (
        mock.patch.object(SitePages, "_write_review", _die),
        Library.open(folder) as library,
    ):
        write_site(library, folder, site)


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_sample_says_on_each_page_that_it_is_invented(maker: Maker, tmp_path: Path) -> None:
    maker.crawl(FIRST, "2026-03-14", ALL)
    for _, tree in pages(published(maker.folder.root, tmp_path / "site")):
        assert not tree.find_class("sample")
    maker.store.connection.execute("UPDATE meta SET value = ? WHERE key = 'library'", (SAMPLE,))
    maker.store.close()
    for name, tree in pages(published(maker.folder.root, tmp_path / "site")):
        assert ["invented" in one.text for one in tree.find_class("sample")] == [True], name


@pytest.mark.slow
def test_the_sample_is_whole(crawled: Crawled, tmp_path: Path) -> None:
    site = published(crawled.data, tmp_path / "site")
    seen, _ = walk(site)
    assert seen == set(files(site)) - {".nojekyll", "search-index.js"}


def test_a_library_without_reviews_is_a_site_too(maker: Maker, tmp_path: Path) -> None:
    maker.crawl(FIRST, "2026-03-14", [])
    maker.store.close()
    walk(published(maker.folder.root, tmp_path / "deep" / "site"))
