"""The package of a later crawl, in which nothing has changed: its pages replay, whatever the server can compress by."""

from __future__ import annotations

import json
import urllib.request
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from backports import zstd

from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.sample import SampleSite, sample_server
from tests.helpers import campbell, rows

from .test_wacz import replayed

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.sample.sample_site import SamplePage

pytestmark = [pytest.mark.xdist_group("interop"), pytest.mark.slow]
Answer = tuple[int, list[tuple[str, str]], bytes]


@pytest.fixture
def still_site(monkeypatch: pytest.MonkeyPatch) -> SampleSite:
    """Return the sample's site as one that answers each time alike, without validators, and by zstd where it may."""
    answers: dict[str, Answer] = {}
    message = sample_server._Handler._message

    def still(handler: sample_server._Handler, page: SamplePage, path: str) -> Answer:
        if handler.path not in answers:
            status, headers, body = message(handler, page, path)
            fields = {name: value for name, value in headers if name not in {"ETag", "Last-Modified"}}
            if "zstd" in handler.headers.get("Accept-Encoding", "") and fields.get("Content-Encoding") == "gzip":
                body = zstd.compress(zlib.decompress(body, 31))
                fields |= {"Content-Encoding": "zstd", "Content-Length": str(len(body))}
                fields.pop("Transfer-Encoding", None)
            answers[handler.path] = status, list(fields.items()), body
        return answers[handler.path]

    monkeypatch.setattr(sample_server._Handler, "_message", still)
    return SampleSite()


def test_pages_of_a_crawl_that_are_all_revisits_replay(still_site: SampleSite, tmp_path: Path) -> None:
    data = tmp_path / "library"
    with still_site as site:
        for _ in range(2):
            run = campbell("crawl", site.url, "--source", "k2", "--delay", 0, "--data", data)
            assert run.returncode == 0, run.stdout + run.stderr
    first, second = (crawl for (crawl,) in rows(data, "select crawl_id from crawls order by started_at"))
    of_crawl = "select url from captures where crawl_id = ? and kind in ('review', 'map', 'page') and status = 200"
    assert {outcome for (outcome,) in rows(data, of_crawl.replace("url", "outcome"), second)} == {"revisit"}
    package = tmp_path / "second.wacz"
    assert campbell("package", "--data", data, "--crawl", second, "--output", package).returncode == 0
    assert check_wacz(package) == []
    with zipfile.ZipFile(package) as content:
        _, *listed = [json.loads(line) for line in content.read("pages/pages.jsonl").splitlines()]
    assert {page["url"] for page in listed} == {url for (url,) in rows(data, of_crawl, first)}
    assert len(listed) > 100
    (tmp_path / "pywb").mkdir()
    with replayed(package, tmp_path / "pywb") as address:
        for page in listed[::4]:
            with urllib.request.urlopen(f"{address}/mp_/{page['url']}", timeout=30) as answer:
                assert b"</html>" in answer.read(), page["url"]
