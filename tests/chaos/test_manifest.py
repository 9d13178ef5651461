"""The manifest is believed: from an archive that is not whole nothing is made, and nothing in the folder is touched."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campbell_scraper.sample import SampleSite
from tests.helpers import started
from tests.servers.crawling import Folder

from .bad_site import STATE, bad_site, crawl, rows


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleSite, Folder]]:
    folder = Folder(tmp_path_factory.mktemp("manifest") / "base")
    with bad_site(3) as (site, _):
        crawl(folder, site)
        yield site, folder


@pytest.fixture
def folder(base: tuple[SampleSite, Folder], tmp_path: Path) -> Folder:
    return Folder(shutil.copytree(base[1].data, tmp_path / "library"))


def the_file(folder: Folder) -> Path:
    (found,) = (folder.data / "collections" / "campbell" / "archive").glob("*.warc.gz")
    return found


def fingerprint(folder: Folder) -> dict[str, str]:
    """Return what the archive, the manifest and the database hold."""
    kept = [*folder.data.glob("collections/**/*.warc*"), folder.data / "campbell.db", *folder.data.glob("*.txt")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [_cut, _empty, _change, Path.unlink])
def test_a_listed_file_that_is_not_as_it_was_stops_every_derivation(
    harm: Callable[[Path], None], base: tuple[SampleSite, Folder], folder: Folder
) -> None:
    name = the_file(folder).name
    harm(the_file(folder))
    before = fingerprint(folder)
    assert name in crawl(folder, base[0], 5)
    assert name in folder.campbell("rebuild", code=5).stderr
    assert name in folder.campbell("rebuild", "--db", str(folder.data / "new.db"), code=5).stderr
    assert not (folder.data / "new.db").exists()
    assert fingerprint(folder) == before


@pytest.mark.parametrize("spoilt", [b"", b"SQLite format 3\0" + bytes(100), b"not a database" * 99])
def test_a_database_that_is_none_is_damage(folder: Folder, spoilt: bytes) -> None:
    (folder.data / "campbell.db").write_bytes(spoilt)
    assert "Unexpected" not in folder.campbell("verify", code=5).stderr


def test_verify_is_calm_while_a_crawl_writes_and_files_copied_in_are_read_next(
    base: tuple[SampleSite, Folder], folder: Folder, tmp_path: Path
) -> None:
    site, _ = base
    other = Folder(tmp_path / "other")
    crawl(other, site)
    words = ("crawl", site.url, "--source", "k2", "--delay", "0.5", "--no-requisites", "--data")
    running = started(*words, folder.data)
    archive = the_file(folder).parent
    while not list(archive.glob("*.open")):
        assert running.is_alive()
        time.sleep(0.05)
    time.sleep(4)  # rows of the running crawl are derived
    assert running.is_alive()
    folder.campbell("verify")
    copied, plain = archive / "copied.warc.gz", archive / "plain.warc"
    shutil.copy(the_file(other), copied)
    plain.write_bytes(gzip.decompress(the_file(other).read_bytes()))
    running.join(120)
    assert running.exitcode == 0
    before = rows(folder, STATE)
    crawl(folder, site)
    named = dict(rows(folder, "select warc_file, count(*) from captures group by 1"))
    assert named.get("copied.warc.gz", 0) + named.get("plain.warc", 0) > 0
    assert {name for (name,) in rows(folder, "select name from _warc_files")} >= {"copied.warc.gz", "plain.warc"}
    assert rows(folder, STATE) == before
