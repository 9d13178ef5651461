"""``crawl --gate``: people read the rows of the last good run until a broken one is mended, or accepted by a person."""

from __future__ import annotations

import csv
import json
import random
import shutil
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.capture import CrawlEnd, CrawlStart
from campbell_scraper.folder import DataFolder
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view.following import catch_up, library_of, locked
from campbell_scraper.view.judging.assertions import open_view
from campbell_scraper.view.judging.held_runs import held_back
from tests.faces.conftest import Served
from tests.helpers import PROGRAM, campbell, program, rows, started
from tests.store.library import at, feed

from .test_monitor import Redesigned, crawl, mended, renamed_label

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("gate")
FOREIGN = Path(__file__).parent.parent / "fixtures/foreign/cases/as-wget-writes-it.warc.gz"
EDITED = "Read by a person only when the gate is open"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleSite, Path]]:
    """Yield a site of 12 reviews and a folder: a good run, then one of another template and with another title."""
    data = tmp_path_factory.mktemp("gate") / "base"
    with SampleSite(library=generated(12, seed=4)) as site:
        assert crawl(site, data).returncode == 0
        shutil.copytree(data, data.with_name("good"))
        break_template(site)
        run = crawl(site, data, "--gate")
        assert run.returncode == 3, run.stdout + run.stderr
        (held,) = rows(data / "campbell.db.held", "select max(crawl_id) from crawls")[0]
        assert f"campbell accept {held} --data {data}" in run.stderr
        yield site, data


def mend_template(site: SampleSite) -> None:
    slug = generated(12, seed=4).entries[0].slug
    site.library = generated(12, seed=4, edits={slug: {"title": EDITED}})


def break_template(site: SampleSite) -> None:
    mend_template(site)
    site.library = Redesigned(site.library, renamed_label)  # type: ignore[assignment]  # answers get() alike


@pytest.fixture
def library(broken: tuple[SampleSite, Path], tmp_path: Path) -> tuple[SampleSite, Path]:
    """The site, broken again, and a copy of the folder."""
    site, base = broken
    break_template(site)
    shutil.copytree(base, tmp_path / "d")
    return site, tmp_path / "d"


def good(broken_base: Path) -> dict[str, Any]:
    return read(broken_base.with_name("good"))


def read(data: Path, served: Served | None = None) -> dict[str, Any]:
    """Return what people read: Datasette's rows and page, an export, the feed."""
    datasette = served or Served(data)
    try:
        return {
            "page": EDITED in datasette.text("/-/reviews"),
            "titles": datasette.sql("select review_id, title, version from reviews order by 1"),
            "crawls": datasette.sql("select crawl_id, status from crawls order by 1"),
            "export": campbell("export", "jsonl", "--data", data).stdout,
            "feed": campbell("changes", "--format", "atom", "--data", data).stdout,
        }
    finally:
        if served is None:
            datasette.close()


def held_crawl(data: Path) -> str:
    told = json.loads(campbell("status", "--json", "--data", data).stdout)
    (held,) = told["held_back"]
    assert held == told["last_run"]["crawl_id"]
    return str(held)


def verified(data: Path) -> None:
    checked = campbell("verify", "--rebuild", "--data", data)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def is_published(data: Path) -> bool:
    """Tell whether the library as a static site shows what the broken run found."""
    site = data.with_name("site")
    done = campbell("publish", site, "--data", data)
    assert done.returncode == 0, done.stderr
    return any(EDITED in page.read_text("utf-8") for page in site.rglob("*.html"))


def test_a_broken_run_is_not_seen_until_a_person_accepts_it(
    broken: tuple[SampleSite, Path], library: tuple[SampleSite, Path]
) -> None:
    _, data = library
    before = good(broken[1])
    served = Served(data)
    assert read(data, served) == before
    assert EDITED in campbell("report", "--format", "json", "--data", data).stdout, "the report tells what was found"
    assert not is_published(data)
    verified(data)
    for name in ("campbell.db.held", "campbell.db"):  # neither is more than a view
        (data / name).unlink()
        assert campbell("rebuild", "--data", data).returncode == 0
        assert read(data) == before
    held = held_crawl(data)
    assert campbell("status", "--data", data).returncode == 3
    for unknown, said in (("none", "There is no crawl"), (before["crawls"][0]["crawl_id"], "passed all checks")):
        refused = campbell("accept", unknown, "--data", data)
        assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr
    run = campbell("accept", held, "--data", data, "--reason", 'the site says "Written by", now')
    assert run.returncode == 0, run.stderr
    served.close()
    served = Served(data)
    after = read(data, served)
    served.close()
    assert after["page"]
    assert len(after["crawls"]) == 2
    assert EDITED in after["export"]
    assert EDITED in after["feed"]
    assert is_published(data)
    assert not (data / "campbell.db.held").exists()
    status = campbell("status", "--data", data)
    assert status.returncode == 0, status.stderr
    assert 'The last run was accepted: the site says "Written by", now' in status.stdout
    verified(data)
    assert campbell("rebuild", "--data", data).returncode == 0
    assert read(data) == after
    (data / "accepted.csv").unlink()
    assert campbell("rebuild", "--data", data).returncode == 0
    assert read(data) == before, "a decision that is taken back counts at the next derivation"


def test_a_later_good_run_opens_the_gate_and_a_broken_one_without_it_does_not(library: tuple[SampleSite, Path]) -> None:
    site, data = library
    before = read(data)
    assert crawl(site, data).returncode == 3
    assert read(data) == before, "shut is shut"
    verified(data)
    mend_template(site)
    run = crawl(site, data, "--gate")
    assert run.returncode == 0, run.stderr
    after = read(data)
    assert after["page"]
    assert [one["status"] for one in after["crawls"]] == ["finished"] * 4
    assert not (data / "campbell.db.held").exists()
    verified(data)


def test_a_page_object_that_is_mended_opens_the_gate(library: tuple[SampleSite, Path]) -> None:
    _, data = library
    mended(data, b">Written by", b">Authors")
    after = read(data)
    assert after["page"]
    assert len(after["crawls"]) == 2


def test_a_persons_other_files_and_added_archives_count_while_the_gate_is_shut(
    library: tuple[SampleSite, Path],
) -> None:
    _, data = library
    folder, (review, _, _) = DataFolder(data), read(data)["titles"][0].values()
    (data / "identity.csv").write_text(f"review_id,work_id\n{review},mine\n", "utf-8")
    with locked(folder, "a test"):
        catch_up(folder, library_of(folder))  # as each run begins
    assert rows(data, "select work_id from reviews where review_id = ?", review) == [("mine",)]
    assert campbell("add", FOREIGN, "--data", data).returncode == 0
    assert rows(data, "select count(*) > 0 from captures where warc_file like 'added-%'") == [(1,)]
    assert len(rows(data, "select crawl_id from crawls where source <> ''")) == 1
    verified(data)


@pytest.mark.slow
def test_one_of_two_held_runs_is_accepted(library: tuple[SampleSite, Path]) -> None:
    site, data = library
    first = held_crawl(data)
    site.library = Redesigned(generated(11, seed=4), renamed_label)  # type: ignore[assignment]
    assert crawl(site, data, "--gate").returncode == 3
    assert campbell("accept", first, "--data", data).returncode == 0
    after = read(data)
    assert [one["crawl_id"] for one in after["crawls"]][1:] == [first]
    assert after["page"]
    verified(data)
    assert held_crawl(data) != first


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_kill_9_leaves_the_old_rows_or_the_new_ones(
    broken: tuple[SampleSite, Path], library: tuple[SampleSite, Path], tmp_path: Path, seed: int
) -> None:
    _, data = library
    held, before = held_crawl(data), good(broken[1])
    shutil.copytree(data, tmp_path / "undisturbed")
    assert campbell("accept", held, "--data", tmp_path / "undisturbed").returncode == 0
    after = read(tmp_path / "undisturbed")
    chance = random.Random(seed)
    for _ in range(2):
        with subprocess.Popen([PROGRAM, "accept", held, "--data", str(data)], stderr=subprocess.DEVNULL) as process:
            time.sleep(chance.uniform(0.5, 5))
            process.send_signal(signal.SIGKILL)
        assert read(data) in (before, after)
    again = program("accept", held, "--data", data)
    assert again.returncode == 0, again.stderr
    assert read(data) == after
    assert not [*data.glob("*.held*"), *data.glob(".shown*")]
    verified(data)


def test_what_was_killed_between_the_last_copy_and_the_end_is_done_by_the_next_derivation(
    library: tuple[SampleSite, Path], tmp_path: Path
) -> None:
    _, data = library
    shutil.copy(data / "campbell.db.held", tmp_path)
    assert campbell("accept", held_crawl(data), "--data", data).returncode == 0
    after = read(data)
    shutil.copy(tmp_path / "campbell.db.held", data)
    assert read(data) == after
    assert campbell("rebuild", "--data", data).returncode == 0
    assert read(data) == after
    assert not (data / "campbell.db.held").exists()


def test_nobody_sees_a_gated_crawl_grow_and_one_that_is_killed_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "d"
    words = ("--follow", "0.2s", "--no-requisites", "--gate", "--data", str(data))
    with SampleSite(library=generated(12, seed=4)) as site:
        run = started("crawl", site.url, "--delay", "1", *words)
        newest, until = data / "campbell.db.held", time.monotonic() + 100
        while not newest.is_file() or not rows(newest, "select 1 from reviews"):
            assert time.monotonic() < until
            assert run.is_alive(), run.exitcode
            time.sleep(0.01)
        run.kill()
        run.join()
        assert rows(data, "select count(*) from reviews") == [(0,)]
        status = campbell("status", "--data", data)
        assert "did not finish (running)" in status.stderr
        (crawl_id,) = rows(newest, "select crawl_id from crawls")[0]
        refused = campbell("accept", crawl_id, "--data", data)
        assert (refused.returncode, "did not finish: resume it" in refused.stderr) == (2, True)
        last = campbell("crawl", site.url, "--delay", 0, *words)
        assert last.returncode == 0, last.stderr
    assert rows(data, "select crawl_id, status from crawls") == [(crawl_id, "finished")]
    assert rows(data, "select count(*) from reviews") == [(12,)]
    verified(data)


def run(name: str, day: int, how: str, source: str = "live") -> list[Any]:
    """Return the events of a run: g good, b broken, u unfinished; in capitals one with ``--gate``."""
    info = {"crawl-source": source, "crawl-site": "https://x.example/", "crawl-library": "x.example"}
    unread = {"crawl-unread-list-1": "https://x.example/: HTTP 503"} if how in "bB" else {"discovery_complete": "1"}
    began = CrawlStart(crawl_id=name, started_at=at(day), software="s",
                       info=info | ({"crawl-gate": "1"} if how.isupper() else {}))  # fmt: skip
    end = CrawlEnd(crawl_id=name, finished_at=at(day + 0.5), status="finished", info=unread)
    return [began] if how in "uU" else [began, end]


@pytest.mark.parametrize(
    ("runs", "held"),
    [
        ("gbu", ""), ("GBG", ""), ("GB", "B1"), ("B", "B0"), ("GU", "U1"), ("GBb", "B1 b2"), ("GBbu", "B1 b2 u3"),
        ("GbB", "B2"), ("GbBg", ""), ("BaB", "B2"), ("GBW", "B1"), ("GBX", "B1 X2"), ("GXW", ""),
    ],
)  # fmt: skip
def test_which_runs_are_held_back(tmp_path: Path, runs: str, held: str) -> None:
    """a: an accepted broken run; W and X: a good and a broken run of the Wayback Machine."""
    folder = DataFolder(tmp_path)
    events = []
    for day, how in enumerate(runs):
        source = "wayback" if how in "WX" else "live"
        events += run(f"{how}{day}", day, {"a": "B", "W": "G", "X": "U"}.get(how, how), source)
        if how == "a":
            (tmp_path / "accepted.csv").write_text(f"crawl_id\n{how}{day}\n", "utf-8")
    feed(folder.database, events)
    with closing(open_view(folder.database)) as connection:
        assert held_back(connection, folder) == frozenset(held.split())


def test_accepted_csv_keeps_what_people_wrote_into_it(library: tuple[SampleSite, Path]) -> None:
    _, data = library
    (data / "accepted.csv").write_bytes("crawl_id;why\r\nanother;grün\r\n".encode("utf-16"))
    held = held_crawl(data)
    assert campbell("accept", held, "--data", data).returncode == 0
    with (data / "accepted.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["crawl_id"], line["why"]) for line in lines] == [("another", "grün"), (held, "")]
