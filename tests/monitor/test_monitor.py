"""A run that breaks says what broke, to whom it should, and what was known before stays."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.faces.datasette.pages.plots import PLOTS
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view.judging.assertions import assertions, broken, check, open_view
from tests.helpers import QuietHandler, campbell, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from campbell_scraper.sample.sample_site import SamplePage

pytestmark = pytest.mark.xdist_group("monitor")


class Redesigned:
    """A library whose pages come in another template."""

    def __init__(self, library: Any, change: Callable[[bytes], bytes]) -> None:
        self._library = library
        self._change = change

    def get(self, path: str, query: Mapping[str, str]) -> SamplePage:
        page: SamplePage = self._library.get(path, query)
        return replace(page, body=self._change(page.body)) if page.mime.startswith("text/html") else page


def without_block(body: bytes) -> bytes:
    return body.replace(b"ItemExtraFields", b"Details").replace(b"itemExtraFields", b"details").replace(
        b"catItemExtraFields", b"details")  # fmt: skip


def renamed_label(body: bytes) -> bytes:
    return body.replace(b">Authors", b">Written by")


def crawl(site: SampleSite, data: Path, *options: object) -> subprocess.CompletedProcess[str]:
    return campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--data", data, *options)


class Inbox:
    """A loopback server that keeps what it is told: health-check pings and messages."""

    def __init__(self) -> None:
        received: list[tuple[str, str]] = []

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                received.append((self.path, body.decode()))
                self.answer(b"")

        self.received = received
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def mended(data: Path, printed: bytes, known: bytes) -> None:
    """Rebuild with a page object that is mended: it reads what is printed now as it read what was printed before."""
    program = (
        "from campbell_scraper.view.log import extraction\n"
        "read = extraction.read_page\n"
        f"extraction.read_page = lambda url, headers, body: read(url, headers, body.replace({printed!r}, {known!r}))\n"
        "import sys; from pathlib import Path\n"
        "from campbell_scraper.folder import DataFolder\n"
        "from campbell_scraper.view.judging.gate import database_to_derive, settle\n"
        "from campbell_scraper.view.rebuild import replace_database\n"
        "from campbell_scraper.view.following import library_of, locked\n"
        "from campbell_scraper.view.store import Store\n"
        "folder = DataFolder(Path(sys.argv[1]))\n"
        "library = library_of(folder)\n"
        "with locked(folder, 'mended'):\n"
        "    with Store.open(database_to_derive(folder, library, anew=True), library=library) as store:\n"
        "        replace_database(folder, store, workers=0)\n"
        "    settle(folder, library, workers=0)\n"
    )
    command = [sys.executable, "-c", program, str(data)]
    rebuilt = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleSite, Path]]:
    data = tmp_path_factory.mktemp("monitor") / "base"
    with SampleSite(library=generated(12, seed=4)) as site:
        first = crawl(site, data)
        assert first.returncode == 0, first.stdout + first.stderr
        yield site, data


@pytest.fixture
def library(crawled: tuple[SampleSite, Path], tmp_path: Path) -> Iterator[tuple[SampleSite, Path]]:
    """Yield the site, which may be changed, and a copy of the folder crawled once."""
    site, base = crawled
    original = site.library
    shutil.copytree(base, tmp_path / "d")
    yield site, tmp_path / "d"
    site.library = original


def test_a_second_run_of_an_unchanged_site_and_one_of_small_edits_hold_up(library: tuple[SampleSite, Path]) -> None:
    site, data = library
    assert crawl(site, data).returncode == 0
    slugs = [entry.slug for entry in site.library.entries][:2]
    site.library = generated(12, seed=4, edits={slug: {"title": "Another title"} for slug in slugs})
    again = crawl(site, data)
    assert again.returncode == 0, again.stderr
    last = rows(data, "select crawl_id from crawls order by started_at desc limit 1")[0][0]
    with closing(open_view(data / "campbell.db")) as connection:
        verdicts = check(connection, last)
    assert {"reviews", "coverage", "errors", "robots"} <= {verdict.name for verdict in verdicts}
    assert not broken(verdicts)


def test_a_layout_change_is_exit_3_the_last_good_version_stays_and_mending_brings_the_period_in(
    library: tuple[SampleSite, Path],
) -> None:
    site, data = library
    state = "select review_id, title, published_date, doi, version, headline from reviews order by 1"
    before = rows(data, state)
    inbox = Inbox()
    port = inbox.server.server_port
    site.library = Redesigned(site.library, without_block)  # type: ignore[assignment]  # answers get() alike
    told = ("--notify", f"json://127.0.0.1:{port}/told", "--ping", f"http://127.0.0.1:{port}/check")
    run = crawl(site, data, *told)
    assert run.returncode == 3, run.stdout + run.stderr
    for part in ("authors", "published_date", "Crawl 20", "on 0 %"):
        assert part in run.stderr
    assert len(set(re.findall(r"http://127\.0\.0\.1:\d+/\S+\.html", run.stderr))) >= 3
    assert rows(data, state) == before
    assert rows(data, "select count(*) from changes") == [(0,)]
    assert [path for path, _ in inbox.received if path.startswith("/check")] == ["/check/start", "/check/fail"]
    (message,) = [json.loads(body) for path, body in inbox.received if path.startswith("/told")]
    assert "published_date" in message["message"]
    assert message["message"].count(site.url) >= 3
    mended(data, b"details", b"itemExtraFields")
    assert rows(data, state) == before
    last = rows(data, "select crawl_id, started_at from crawls order by started_at desc limit 1")[0]
    shown = rows(data, "select count(*) from reviews r join captures c using (capture_id) "
                       f"where c.crawl_id = '{last[0]}'")  # fmt: skip
    assert shown[0][0] >= 12
    with closing(open_view(data / "campbell.db")) as connection:
        assert not [v for v in broken(check(connection, last[0])) if v.name == "coverage"]


def test_a_renamed_label_is_named_its_values_stay_and_mending_brings_the_period_in(
    library: tuple[SampleSite, Path],
) -> None:
    site, data = library
    state = "select review_id, title, version from reviews order by 1"
    authors = "select * from review_authors order by 1, 2"
    before, had = rows(data, state), rows(data, authors)
    assert had
    edited = site.library.entries[0].slug
    edits = {edited: {"title": "Renamed meanwhile", "authors": ["Ada|Lovelace"]}}
    site.library = Redesigned(generated(12, seed=4, edits=edits), renamed_label)  # type: ignore[assignment]
    run = crawl(site, data)
    assert run.returncode == 3
    assert 'label "Written by"' in run.stderr
    assert "authors is on 0 % of the pages that were also read before" in run.stderr
    again = crawl(site, data)
    assert again.returncode == 3
    assert "authors has vanished from 12 of the 12 pages that had it" in again.stderr
    assert rows(data, authors) == had
    assert rows(data, "select field, new from changes") == [("title", "Renamed meanwhile")]
    untouched = [row for row in before if not row[0].endswith(edited)]
    assert [row for row in rows(data, state) if not row[0].endswith(edited)] == untouched
    verified = campbell("verify", "--rebuild", "--data", data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    mended(data, b">Written by", b">Authors")
    assert rows(data, "select field from changes where field not like 'additional_info.%' order by 1") == [
        ("authors",), ("title",)
    ]  # fmt: skip
    assert [row for row in rows(data, state) if not row[0].endswith(edited)] == untouched


def test_a_changed_robots_txt_is_named(library: tuple[SampleSite, Path]) -> None:
    site, data = library
    robots = site.library.get("/robots.txt", {})
    site.library.files["/robots.txt"] = replace(robots, body=robots.body + b"\nDisallow: /nowhere/\n")
    try:
        run = crawl(site, data)
    finally:
        del site.library.files["/robots.txt"]
    assert run.returncode == 3
    assert "robots.txt of the site has changed" in run.stderr


def test_the_report_needs_nothing_from_elsewhere_and_status_links_it(library: tuple[SampleSite, Path]) -> None:
    _, data = library
    (kept,) = [path for path in (data / "reports").iterdir() if path.name != "last-crawl.log"]
    assert kept.stat().st_size < 10_000, "a report is drawn when it is asked for; a run keeps how it was judged"
    page = kept.with_suffix(".html")
    assert f"campbell report --crawl {kept.stem}" in campbell("status", "--data", data).stdout.replace("\n", " ")
    assert campbell("report", "--data", data).returncode == 0
    html = page.read_text("utf-8")
    assert "<script" not in html
    html, inside = re.subn(r'(?:src|href)="data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/=]+"', "inside", html)
    assert inside == 3 * len(PLOTS), "each plot of the library: shown, to be saved as SVG, as PNG"
    assert not re.findall(r"""(?:src|href)=["'](?!http)[^"'#]""", html)
    assert not re.findall(r"<(?:img (?!inside)|link|iframe|object|embed|source)\b", html)
    assert html.count("<svg") >= 4
    assert re.search(r'half within</td><td class="n">[\d.]+ s<', html)
    run = campbell("report", "--data", data, "--format", "json", "--output", "-")
    report = json.loads(run.stdout)
    assert report["changes"]["counts"] == {"new": len(report["changes"]["reviews"])}
    assert set(report["library"]) == set(PLOTS)
    assert report["latency"]["answers"] == report["counts"]["exchanges"]
    assert report["coverage"][-1]["shares"]["title"] == 1.0
    status = campbell("status", "--data", data)
    assert str(page) in status.stdout.replace("\n", "")
    assert campbell("report", "--data", data, "--crawl", "none").returncode == 2


def test_a_report_names_no_address_of_an_excluded_review(library: tuple[SampleSite, Path]) -> None:
    _, data = library
    before = campbell("report", "--data", data, "--format", "json", "--output", "-").stdout
    (named,) = {url for url in (one["example"] for one in json.loads(before)["unhandled"][:1]) if url}
    (review_id,) = rows(data, f"select review_id from review_urls where url = '{named}'")[0]
    (data / "exclusions.csv").write_text(f"review_id,reason\n{review_id},asked to\n", "utf-8")
    report = campbell("report", "--data", data, "--format", "json", "--output", "-").stdout
    assert review_id in before
    assert review_id not in report
    assert "[excluded]" in report
    assert review_id not in campbell("status", "--data", data).stdout


def test_every_assertion_is_stated() -> None:
    _, stated = assertions()
    assert [one.name for one in stated] == [
        "reviews", "earned", "lists", "REST", "index",
        "coverage", "kept", "corrections", "review pages", "layouts", "labels", "errors", "robots", "duration",
    ]  # fmt: skip
    assert all(one.sentence.endswith(".") and one.sql.strip() for one in stated)
