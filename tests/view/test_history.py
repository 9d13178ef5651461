"""History: exactly what the site changed, whatever the order of arrival, and never what we improved."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.folder import DataFolder
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.derive import derive
from campbell_scraper.view.log import extraction, unchanged
from campbell_scraper.view.reader_pool import ReaderPool
from campbell_scraper.view.rebuild import build_database
from campbell_scraper.view.schema.internal_tables import ContentRow
from campbell_scraper.view.store import Store
from tests.helpers import campbell, rows

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.items import PageReading

pytestmark = pytest.mark.xdist_group("view")
N = 12
SEED = 7


def slugs() -> list[str]:
    return [entry.review.slug for entry in generated(N, SEED).entries if entry.review]


def edits() -> list[dict[str, dict[str, Any]]]:
    """Return what differs from the first library in each of five crawls."""
    one, two, three, four, *_ = slugs()
    title = {one: {"title": "A new title for an old review"}}
    authors = {two: {"authors": ["Ada|Lovelace", "Grace|Hopper"]}}
    removed = {three: {"removed": True}}
    headline = {four: {"headline": "A new headline"}}
    return [{}, title, title | authors | removed, title | authors | removed, authors | headline]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crawl a library five times, edited in between; give the data folder."""
    data = tmp_path_factory.mktemp("history") / "library"
    with SampleSite(library=generated(N, SEED)) as site:
        for changed in edits():
            site.library = generated(N, SEED, edits=changed)
            run = campbell("crawl", site.url, "--delay", "0", "--no-requisites", "--data", data)
            assert run.returncode == 0, run.stderr
    return data


def history(database: Path) -> list[tuple[str, int, str]]:
    found = rows(database, "select review_id, version, field from changes order by review_id, version, field")
    return [(review_id.rsplit("/", 1)[1], version, field) for review_id, version, field in found]


def expected_history() -> list[tuple[str, int, str]]:
    one, two, three, four, *_ = slugs()
    return sorted([
        (one, 2, "title"), (one, 3, "title"),
        (two, 2, "authors"),
        (three, 2, "status"), (three, 3, "status"),
        (four, 2, "headline"),
    ])  # fmt: skip


def told(changes: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """Leave out the fields that repeat another: the label's value and the summary that hold the edited text."""
    return [change for change in changes if not change[2].startswith(("additional_info", "summaries"))]


def test_the_history_is_what_was_edited(archive: Path) -> None:
    assert told(history(archive / "campbell.db")) == expected_history()


def test_nothing_else_has_a_second_version(archive: Path) -> None:
    several = rows(archive / "campbell.db", "select review_id from reviews where version > 1 order by 1")
    assert {review_id.rsplit("/", 1)[1] for (review_id,) in several} == set(slugs()[:4])


@pytest.mark.parametrize("workers", [1, 4])
def test_rebuilt_by_any_number_of_workers_it_is_the_same(archive: Path, tmp_path: Path, workers: int) -> None:
    database = tmp_path / "rebuilt.db"
    build_database([archive / "collections"], database, library=library(archive), workers=workers)
    assert not compare(archive / "campbell.db", database)


@pytest.mark.parametrize("order", ["backwards", "shuffled"])
def test_captures_in_any_order_give_the_same_rows(archive: Path, tmp_path: Path, order: str) -> None:
    events = list(read_archive([archive / "collections"]))
    events.reverse() if order == "backwards" else random.Random(1).shuffle(events)
    database = tmp_path / "other.db"
    with closing(Store.open(database, library=library(archive))) as store:
        derive(store, events, workers=0)
        store.finish()
    assert not compare(archive / "campbell.db", database)


def test_a_better_page_object_improves_every_version_and_is_no_change_of_the_site(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = read_page

    def improved(url: str, headers: Any, body: bytes) -> PageReading:
        reading = plain(url, headers, body)
        better = [replace(r, groups=[f"{group} (improved)" for group in r.groups]) for r in reading.reviews]
        return replace(reading, reviews=better)

    monkeypatch.setattr(extraction, "read_page", improved)
    database = tmp_path / "improved.db"
    build_database([archive / "collections"], database, library=library(archive), workers=0)
    assert history(database) == history(archive / "campbell.db")
    records = rows(database, "select record from review_versions")
    assert len(records) == rows(archive / "campbell.db", "select count(*) from review_versions")[0][0]
    assert all("(improved)" in record for (record,) in records)


@pytest.mark.parametrize("size", [16_384, 2])
def test_a_page_remembered_brings_the_rows_of_a_page_read(
    archive: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(unchanged, "SIZE", size)
    pages, contents, remembered = unchanged.UnchangedPages(), set[str](), 0
    captures = [one for one in read_archive([archive / "collections"]) if isinstance(one, Capture)]
    for capture in captures:
        if not extraction.needs_reading(capture):
            continue
        read = extraction.read_capture(capture)
        known = pages.rows(capture)
        if known is None:
            pages.learn(read)
            contents |= {row.content_hash for row in read.rows if isinstance(row, ContentRow)}
            continue
        remembered += 1
        assert {row.content_hash for row in read.rows if isinstance(row, ContentRow)} <= contents
        assert replace(known, rows=[]) == replace(read, rows=[])
        assert known.rows == [row for row in read.rows if not isinstance(row, ContentRow)]
    assert remembered > 2 * N if size > N else 0 < remembered < N


def test_readings_kept_in_parts_bring_the_same_rows_and_equal_ones_are_used_once(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduling = pytest.importorskip("campbell_scraper.view.parts.scheduling")
    folder, database, sent = DataFolder(tmp_path / "library"), tmp_path / "with-parts.db", list[str]()
    shutil.copytree(archive, folder.root)
    kept = scheduling.keep_readings(folder, scheduling.LOCAL, 1, lambda _: None)
    send = ReaderPool.send

    def counted(pool: Any, jobs: Any) -> Any:
        sent.extend(job.capture.url for job in jobs)
        return send(pool, jobs)

    monkeypatch.setattr(ReaderPool, "send", counted)
    monkeypatch.setattr("campbell_scraper.view.derive.CHUNK", 1)
    build_database([folder.archive], database, library=library(archive), workers=1, kept=kept)
    assert not compare(archive / "campbell.db", database)
    items = [url for url in sent if url.rpartition("/")[2].partition(".")[0] in slugs()]
    assert len(set(items)) == 2 * N  # each at its own address and under another menu
    assert len(items) < 2 * N * len(edits()) / 2


def library(archive: Path) -> str:
    return str(rows(archive / "campbell.db", "select value from meta where key = 'library'")[0][0])
