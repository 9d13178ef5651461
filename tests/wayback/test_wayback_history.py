"""The history that the Wayback Machine holds becomes versions: all that was edited and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from campbell_scraper.archive.capture import CrawlStart
from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.sample import generated
from campbell_scraper.spiders.sources.wayback_index import PATHS
from tests.helpers import campbell
from tests.servers.wayback_history import SITE, capture, history
from tests.servers.wayback_index import Capture
from tests.servers.wayback_machine import WaybackMachine
from tests.servers.wordpress import WordPress
from tests.wayback.conftest import Library

pytestmark = pytest.mark.xdist_group("wayback")


def held(captures: list[Capture]) -> set[tuple[str, str]]:
    return {(one.original, one.timestamp) for one in captures}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, WaybackMachine]]:
    library = Library(tmp_path_factory.mktemp("wayback") / "library")
    with WaybackMachine(history().captures) as machine:
        library.crawl(machine)
        yield library, machine


def test_every_capture_is_restored_and_every_edit_of_four_years_found(crawled: tuple[Library, WaybackMachine]) -> None:
    library, machine = crawled
    known = history()
    assert library.restored() == held(machine.captures)
    assert library.history() == known.changes
    several = library.rows("select review_id from reviews where version > 1")
    assert {review_id.rsplit("/", 1)[1] for (review_id,) in several} == {slug for slug, _, _ in known.changes}


def test_versions_are_dated_by_the_captures_not_by_the_crawl(crawled: tuple[Library, WaybackMachine]) -> None:
    library, _ = crawled
    years = [date[:4] for (date,) in library.rows("select valid_from from review_versions")]
    assert {"2016", "2017", "2018", "2019"} == set(years)
    rows = library.rows("select captured_at, fetched_at, source_uri from captures where restored = 1")
    assert all(captured < "2020" < fetched and "id_/http" in source for captured, fetched, source in rows)


def test_files_that_pages_offer_are_noted_and_not_called_read(crawled: tuple[Library, WaybackMachine]) -> None:
    library, _ = crawled
    offered = library.rows("select url from files order by url")
    assert offered
    assert offered == library.rows("select distinct url from discovered where decision = 'limit' order by url")
    said = campbell("status", "--data", library.data).stdout
    assert [line.split()[:2] for line in said.splitlines() if line.split()[:1] in (["attachments"], ["read"])] == [
        ["attachments", str(len(offered))],
        ["read", "0"],
    ]


def test_exchanges_with_the_machine_are_kept_as_they_were_and_are_no_pages_of_the_library(
    crawled: tuple[Library, WaybackMachine],
) -> None:
    library, machine = crawled
    kinds = dict(library.rows("select kind, count(*) from captures where restored = 0 group by kind"))
    assert kinds == {"robots": 1, "api": len(PATHS), "other": len(machine.captures)}
    assert not library.rows("select url from reviews where url like '%127.0.0.1%'")
    assert not library.rows("select url from review_urls where url like '%127.0.0.1%'")


def test_restored_records_lie_in_files_that_say_what_they_are(crawled: tuple[Library, WaybackMachine]) -> None:
    library, _ = crawled
    own = {row[0] for row in library.rows("select capture_id from captures where restored = 0")}
    (path,) = library.archive.glob("restored-*.warc.gz")
    records = [record for record in scan(Source(path)) if isinstance(record, RawRecord)]
    assert b"no captures of this crawler" in records[0].block
    (start,) = [event for event in read_events(path) if isinstance(event, CrawlStart)]
    assert start.crawl_id == library.rows("select crawl_id from crawls")[0][0]
    assert "no captures" not in library.rows("select info from crawls")[0][0], "it is the crawl's own warcinfo"
    responses = [record for record in records if record.rtype == "response"]
    metadata = [record for record in records if record.rtype == "metadata"]
    assert len(responses) == len(metadata) == len(records[1:]) / 2
    for response, about in zip(responses, metadata, strict=True):
        assert response.get("warc-source-uri")
        assert str(response.get("warc-creation-date")) > "2020" > str(response.get("warc-date"))
        assert response.get("warc-refers-to") is None, "WARC 1.1 forbids it in responses"
        assert about.get("warc-concurrent-to") == response.get("warc-record-id")
        assert about.block.decode().split("restoredFrom: <")[1].split(">")[0] in own


def test_the_original_headers_and_bytes_are_what_was_captured(crawled: tuple[Library, WaybackMachine]) -> None:
    library, machine = crawled
    captures = {(one.original, one.timestamp): one for one in machine.captures}
    (path,) = library.archive.glob("restored-*.warc.gz")
    for record in scan(Source(path)):
        if not isinstance(record, RawRecord) or record.rtype != "response":
            continue
        digits = "".join(filter(str.isdigit, str(record.get("warc-date"))[:19]))
        capture = captures[str(record.get("warc-target-uri")), digits]
        head, _, body = record.block.partition(b"\r\n\r\n")
        assert body == capture.body
        framing = {"transfer-encoding", "content-length"}
        lines = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:]]
        got = sorted((name.lower(), value) for name, value in lines if name.lower() not in framing)
        assert got == sorted((name.lower(), value) for name, value in capture.headers if name.lower() not in framing)


def test_archive_and_database_agree_and_the_order_of_captures_is_of_no_matter(
    crawled: tuple[Library, WaybackMachine], tmp_path: Path
) -> None:
    library, _ = crawled
    library.verify()
    library.same_in_other_order(tmp_path / "other.db")


def test_pages_of_the_wordpress_years_are_had_too(library: Library) -> None:
    captures = []
    with WordPress(reviews=1) as site:
        post = site.content.sorted()[0]
        for year in (2024, 2025):
            status, headers, body = site.answer(post.path, {})
            url = f"{SITE.rstrip('/')}{post.path}"
            captures.append(
                Capture(
                    f"{year}0302080000",
                    url,
                    status,
                    tuple(headers),
                    body.replace(site.url.encode(), SITE.rstrip("/").encode()),
                )
            )
            site.content.edit(post, title="Kite clubs, read again a year later")
    with WaybackMachine(captures) as machine:
        library.crawl(machine, "--from", "2024")
    assert library.restored() == held(captures)
    assert library.history() == [(post.slug, 2, "title")]
    assert library.rows("select url, version from reviews") == [(f"{SITE.rstrip('/')}{post.path}", 2)]


def test_searches_and_pages_that_joomla_answers_by_query_are_had_too(library: Library) -> None:
    moment = datetime(2018, 3, 2, 8, tzinfo=UTC)
    sample = generated(4, seed=11)
    review = sample.entries[0]
    search = "/component/jak2filter/?Itemid=119&issearch=1"
    item = f"/index.php?option=com_k2&view=item&id={review.id}:{review.slug}"
    wanted = [search, f"{search}&start=10", f"/component/k2/item/{review.id}-{review.slug}", item]
    others = ["/index.php?option=com_users&view=login", f"{search}&searchword=pills"]
    captures = [capture(sample, target, moment + timedelta(days=day)) for day, target in enumerate(wanted + others)]
    with WaybackMachine(captures) as machine:
        library.crawl(machine)
        assert library.restored() == held(captures[: len(wanted)])
        assert {target for one in machine.served() for target in others if one.endswith(target)} == set()
        limited = Library(library.data.with_name("limited"))
        limited.crawl(machine, "--limit", "1")
        searches = held(captures[:2])
        addresses = held(captures[2:4])  # of one review: the index is asked for both at once
        assert limited.restored() in [searches | {address} for address in addresses], "a search is no review"
    kinds = library.rows("select kind, count(*) from captures where restored = 1 group by kind order by kind")
    assert kinds == [("listing", 2), ("review", 2)]
    assert [url for (url,) in library.rows("select url from reviews where stage <> 'other'")][:1] == [
        f"{SITE.rstrip('/')}{review.path}"
    ]


def test_a_second_run_asks_for_what_the_first_lacks(library: Library) -> None:
    known = history(4)
    late = [one for one in known.captures if one.timestamp > "2018"]
    with WaybackMachine([one for one in known.captures if one not in late]) as machine:
        library.crawl(machine)
        machine.captures += late
        machine.forget()
        library.crawl(machine)
        assert len(machine.served()) == len(late)
        assert library.restored() == held(known.captures)
        assert library.history() == known.changes
        machine.forget()
        library.crawl(machine, "--full")
        assert len(machine.served()) == len(known.captures)
        assert library.history() == known.changes


def test_of_a_span_only_its_captures_and_nearest_one_of_each_page(tmp_path: Path) -> None:
    known = history(4)
    with WaybackMachine(known.captures) as machine:
        spanned, nearest = Library(tmp_path / "spanned"), Library(tmp_path / "nearest")
        spanned.crawl(machine, "--from", "2017-03", "--to", "2018")
        wanted = [one for one in known.captures if "201703" <= one.timestamp < "2019"]
        assert spanned.restored() == held(wanted)
        nearest.crawl(machine, "--nearest", "2018-08-20", "--path", "/better-evidence/*")
        listing = "http://www.campbellcollaboration.org/better-evidence.html"
        pages = {f"http://www.campbellcollaboration.org{path}" for path in known.paths}
        found = {(url, stamp) for url, stamp in nearest.restored() if url != listing}
        assert {url for url, _ in found} == pages
        asked = datetime(2018, 8, 20, tzinfo=UTC)
        for url, stamp in found:
            whole = [one for one in known.captures if one.status == 200]
            stamps = [one.timestamp for one in whole if url.endswith(urlsplit(one.original).path)]
            distances = {abs(datetime.strptime(one + "Z", "%Y%m%d%H%M%S%z") - asked): one for one in stamps}
            assert stamp == distances[min(distances)]


def test_nearest_passes_over_a_nearer_capture_that_says_the_page_was_not_there(library: Library) -> None:
    known = history(4)
    path = known.paths[0]
    good = next(one for one in known.captures if one.original.endswith(path) and one.status == 200)
    gone = replace(good, timestamp="20180820000000", status=404, body=b"gone")
    with WaybackMachine([replace(good, timestamp="20160101000000"), gone]) as machine:
        library.crawl(machine, "--nearest", "2018-08-20")
        assert {stamp for _, stamp in library.restored()} == {"20160101000000"}
        assert library.rows("select status from reviews") == [("current",)]


def test_another_host_is_not_asked_without_a_contact(library: Library) -> None:
    run = campbell("crawl", SITE, "--source", "wayback", "--data", library.data)
    assert run.returncode == 2
    assert "web.archive.org" in run.stderr
    assert "--contact" in run.stderr
