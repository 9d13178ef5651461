"""``scrapy crawl reviews``: it leaves what ``campbell crawl`` leaves, and asks no one but the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from campbell_scraper.sample.sample_server import SampleSite
from tests.helpers import Crawled, campbell
from tests.servers.crawling import Folder


def kinds(data: Path) -> set[str]:
    """Name what a folder holds, without what is a run's own."""
    files = (path for path in data.rglob("*") if path.is_file())
    return {
        f"{path.relative_to(data).parent}/{'*.warc.gz' if path.name.endswith('.warc.gz') else path.name}"
        for path in files
        if path.parent.name != "reports" and not path.name.endswith((".lock", "-wal", "-shm"))
    }


def test_it_leaves_index_faces_and_manifest_as_campbell_crawl_does(
    crawled: Crawled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrapy's cookies would ask for the list of public suffixes; through this proxy, if they did."""
    monkeypatch.setenv("TLDEXTRACT_CACHE", str(tmp_path / "suffixes"))
    with SampleSite() as proxy, crawled.served():
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        folder = Folder(tmp_path / "library")
        folder.scrapy(crawled.url, source="k2", arguments=["gate=yes"])
        assert proxy.connections == 0
    assert kinds(folder.data) == kinds(crawled.data)
    lines = (folder.data / "collections/campbell/indexes/index.cdxj").read_text().splitlines()
    (held,) = folder.rows("select count(*) from captures where outcome != 'failed'")[0]
    assert len(lines) >= held > 100
    verified = campbell("verify", "--data", folder.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
