"""js-wacz, which libraries pack WARC files with: it reads ours, and we read what it makes of them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.view.database_diff import compare
from tests.helpers import Crawled, campbell

pytestmark = pytest.mark.xdist_group("interop")
Line = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def js_wacz() -> Path:
    """Return js-wacz's program as npm installs it (``make system-deps``), or skip."""
    named = os.environ.get("JS_WACZ")
    folder = Path(named) if named else Path(__file__).parents[2] / "node_modules" / "js-wacz"
    found = folder / "node_modules/@harvard-lil/js-wacz/bin/cli.js"
    if shutil.which("node") is None or not found.is_file():
        pytest.skip("needs node and js-wacz: make system-deps, where npm is, or JS_WACZ=the folder it is installed in")
    return found


def created(js_wacz: Path, target: Path, *words: str | Path) -> Path:
    command = ["node", str(js_wacz), "create", "--log-level", "warn", "--output", str(target), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return target


def lines(index: bytes) -> set[Line]:
    """Return URL, time, file and place of each line of an index."""
    found = set()
    for line in index.decode().splitlines():
        _, timestamp, entry = line.split(" ", 2)
        values = json.loads(entry)
        found.add((values["url"], timestamp, values["filename"], values["offset"]))
    return found


def test_it_indexes_what_we_do_and_its_package_gives_the_same_rows(
    library: Crawled, js_wacz: Path, tmp_path: Path
) -> None:
    theirs = created(
        js_wacz, tmp_path / "theirs.wacz", "--file", library.data / "collections/campbell/archive/*.warc.gz"
    )
    with zipfile.ZipFile(theirs) as package:
        index = lines(package.read("indexes/index.cdx"))
    own = lines((library.data / "collections/campbell/indexes/index.cdxj").read_bytes())
    assert own <= index
    unchanged = library.rows("select url, warc_file, warc_offset from captures where status = 304")
    assert unchanged  # which we leave out: they show nothing
    assert {(url, name, int(offset)) for url, _, name, offset in index - own} == {tuple(row) for row in unchanged}
    # Of a WARC file it states the digest of every byte twice (harvard-lil/js-wacz, issue 127).
    assert [problem for problem in check_wacz(theirs) if "SHA-256" not in problem] == []
    run = campbell("rebuild", theirs, "--db", tmp_path / "theirs.db")
    assert run.returncode == 0, run.stderr
    differences = compare(library.data / "campbell.db", tmp_path / "theirs.db")
    assert {(one.table, one.column) for one in differences} <= {("captures", "warc_file"), ("meta", "value")}


def test_it_takes_the_pages_and_the_index_of_our_package(library: Crawled, js_wacz: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours.wacz"
    assert campbell("package", "--data", library.data, "--output", ours).returncode == 0
    with zipfile.ZipFile(ours) as package:
        package.extractall(tmp_path / "ours")
        index = gzip.decompress(package.read("indexes/index.cdx.gz"))
        pages = package.read("pages/pages.jsonl")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/index.cdxj").write_bytes(index)  # it reads no compressed one
    theirs = created(js_wacz, tmp_path / "theirs.wacz", "--file", tmp_path / "ours/archive/*.warc.gz",
                     "--pages", tmp_path / "ours/pages", "--cdxj", tmp_path / "plain")  # fmt: skip
    with zipfile.ZipFile(theirs) as package:
        assert lines(package.read("indexes/index.cdx")) == lines(index)
        assert package.read("pages/pages.jsonl") == pages
    assert [problem for problem in check_wacz(theirs) if "SHA-256" not in problem] == []
