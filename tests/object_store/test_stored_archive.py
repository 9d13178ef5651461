"""An archive on object storage: every WARC file is there before the manifest has it, and is read from there alone."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from campbell_scraper.archive import files
from campbell_scraper.archive.object_store import LOCK_NAME, ObjectStore
from campbell_scraper.archive.publish.replay_site import start
from campbell_scraper.archive.stored_files import store_locked
from campbell_scraper.archive.verify import listed_damage
from campbell_scraper.archive.watched_processes import WatchedProcesses, answer_of
from campbell_scraper.errors import LockHeld, Unfinished
from campbell_scraper.faces.replay import prepare_replay
from campbell_scraper.folder import DataFolder
from campbell_scraper.sample import SampleSite
from tests.archive_read.handmade import exchange, warcinfo
from tests.chaos.bad_site import bad_site
from tests.helpers import Crawled, campbell, free_port, program, rows
from tests.servers.crawling import Folder

from .conftest import Asked, Prefix

K2 = ("--source", "k2", "--delay", "0", "--no-requisites")
TABLES = "select name from sqlite_schema where type = 'table' and name not like '%fts%' and name not like 'sqlite%'"


class Stored(Folder):
    """A data folder. Commands that start processes run in one of their own: forks of an earlier test know no store."""

    def campbell(self, command: str, *options: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command on the folder and require its exit code."""
        is_alone = command in {"trace", "verify"} or (code and command != "crawl")
        run = (campbell if is_alone and not options else program)(command, "--data", self.data, *options)
        assert run.returncode == code, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run

    def crawl_k2(self, site: SampleSite, code: int = 0) -> str:
        """Crawl a site in the K2 layout; return what was said on stderr."""
        return self.campbell("crawl", *K2, site.url, code=code).stderr


def new_folder(data: Path, prefix: Prefix) -> Stored:
    """Return a folder that holds nothing but where its archive is to be kept."""
    data.mkdir(exist_ok=True)
    (data / "archive.toml").write_text(prefix.settings, "utf-8")
    return Stored(data)


@pytest.fixture(scope="module")
def moved(
    s3: tuple[Any, list[Asked], set[str]], crawled: Crawled, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Stored, Prefix]:
    """Return the sample's folder, whose archive was moved into the store by the first run after it was told to."""
    prefix = Prefix("moved", *s3)
    folder = new_folder(crawled.copied(tmp_path_factory.mktemp("moved") / "library").data, prefix)
    folder.campbell("rebuild")
    assert local(folder) == []
    return folder, prefix


@pytest.fixture
def stored(prefix: Prefix, moved: tuple[Stored, Prefix], tmp_path: Path) -> Stored:
    """Return a copy of that folder, and of its objects."""
    for name in moved[1].names():
        prefix.put(name, moved[1].get(name))
    folder = new_folder(shutil.copytree(moved[0].data, tmp_path / "stored"), prefix)
    prefix.log.clear()
    return folder


def local(folder: Folder) -> list[str]:
    """Return the WARC files on disk."""
    return [path.name for path in sorted((folder.data / "collections/campbell/archive").glob("*.warc*"))]


def listed(folder: Folder) -> dict[str, str]:
    """Return the manifest, by name of file alone."""
    return {Path(name).name: sha for name, sha in files.read_manifest(folder.data / "manifest-sha256.txt").items()}


def content(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, but for the journal of what was derived."""
    names = [name for (name,) in rows(database, TABLES) if not name.startswith("_")]
    return {name: sorted(rows(database, f"select * from {name}"), key=repr) for name in names if name != "meta"}


def test_a_crawl_ends_in_the_store_and_the_next_goes_on_from_there(prefix: Prefix, tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "library", prefix)
    with bad_site(3) as (site, _):
        folder.crawl_k2(site)
        (name,) = listed(folder)
        assert local(folder) == []
        assert prefix.names() == [name]  # and no lock
        assert hashlib.sha256(prefix.get(name)).hexdigest() == listed(folder)[name]
        prefix.log.clear()
        folder.crawl_k2(site)
    assert [version for (version,) in rows(folder.data, "select distinct version from reviews")] == [1]
    assert sorted(prefix.names()) == sorted(listed(folder))
    assert len(prefix.names()) == 2
    assert all(one.range for one in prefix.asked("GET"))
    folder.campbell("verify", "--rebuild")


def test_rows_made_from_the_store_are_those_made_from_disk(stored: Stored, crawled: Crawled, tmp_path: Path) -> None:
    stored.campbell("rebuild", "--db", str(tmp_path / "new.db"))
    assert content(tmp_path / "new.db") == content(crawled.database)


def test_archives_of_others_and_packages_pass_through_the_store(
    prefix: Prefix, stored: Stored, crawled: Crawled, tmp_path: Path
) -> None:
    (name,) = listed(stored)
    other = Path(shutil.copy(crawled.warcs[0], tmp_path / "of-others.warc.gz"))
    stored.campbell("add", str(other))
    assert listed(stored).keys() == {name}  # the archive has it already
    other.write_bytes(b"".join(map(gzip.compress, [warcinfo(), *exchange("http://site.test/")])))
    stored.campbell("add", str(other))
    assert local(stored) == []
    assert sorted(prefix.names()) == sorted(listed(stored))
    assert len(listed(stored)) == 2
    stored.campbell("package", "--format", "bagit", "--output", str(tmp_path / "bag"))
    packed = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("bag/data/archive/*")}
    assert packed == listed(stored)


def test_files_that_are_kept_are_in_the_store_all_the_same(prefix: Prefix, crawled: Crawled, tmp_path: Path) -> None:
    folder = Stored(crawled.copied(tmp_path / "kept").data)
    (folder.data / "archive.toml").write_text(prefix.settings.replace("keep_local = false\n", ""), "utf-8")
    folder.campbell("rebuild")
    assert local(folder) == prefix.names() == sorted(listed(folder))


def test_a_check_asks_the_store_once_for_all_files_that_are_on_disk_alone(prefix: Prefix, tmp_path: Path) -> None:
    (tmp_path / "archive.toml").write_text(prefix.settings, "utf-8")
    (tmp_path / "archive-seen.json").write_text('{"0.warc.gz": "no pair"}', "utf-8")
    manifest, requests = tmp_path / "manifest-sha256.txt", []
    prefix.put("0.warc.gz", b"0")
    for number in range(4):
        path = tmp_path / f"{number}.warc.gz"
        path.write_bytes(str(number).encode())
        files.add_to_manifest(manifest, path, files.sha256_of(path))
        assert not list(listed_damage(manifest, anew=False))
        requests.append(len(prefix.log))
        prefix.log.clear()
    assert requests[0] > requests[1] == requests[2] == requests[3], "the first reads the object, the others list"


KILLED_AT_THE_MANIFEST = """
import os, signal
from campbell_scraper.archive import files
from campbell_scraper.faces.cli import main
files.add_to_manifest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main()
"""


@pytest.mark.parametrize("is_altered", [False, True], ids=["as it was", "altered"])
def test_a_kill_between_upload_and_manifest_is_made_up_for(prefix: Prefix, tmp_path: Path, *, is_altered: bool) -> None:
    folder = new_folder(tmp_path / "library", prefix)
    with bad_site(2) as (site, _):
        words = ["crawl", *K2, site.url, "--data", str(folder.data)]
        killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_MANIFEST, *words], check=False, timeout=120)
        assert killed.returncode == -signal.SIGKILL
        (name,) = local(folder)
        assert sorted(prefix.names()) == sorted([LOCK_NAME, name])
        assert listed(folder) == {}
        if is_altered:
            prefix.put(name, b"another file")
            assert f"{prefix.name}/{name}" in folder.crawl_k2(site, 5)
            assert local(folder) == [name]
            assert listed(folder) == {}
            assert [one.status for one in prefix.asked("PUT", name)] == [200, 200, 412]  # the second is this test's
            return
        folder.crawl_k2(site)
    assert [one.status for one in prefix.asked("PUT", name)] == [200]
    assert name in listed(folder)
    assert local(folder) == []
    folder.campbell("verify")


@pytest.mark.parametrize("harm", ["altered", "removed"])
def test_an_object_that_is_not_what_the_manifest_says_stops_everything(
    harm: str, prefix: Prefix, stored: Stored, tmp_path: Path
) -> None:
    name = next(iter(listed(stored)))
    if harm == "altered":
        body = bytearray(prefix.get(name))
        body[len(body) // 2] ^= 0xFF
        prefix.put(name, bytes(body))
    else:
        prefix.delete(name)
    before = content(stored.data / "campbell.db")
    for words in (["rebuild"], ["rebuild", "--db", str(tmp_path / "new.db")], ["verify"]):
        run = stored.campbell(words[0], *words[1:], code=5)
        assert name in run.stdout + run.stderr
    with bad_site(1) as (site, _):
        assert name in stored.crawl_k2(site, 5)
    assert not (tmp_path / "new.db").exists()
    assert content(stored.data / "campbell.db") == before


def test_a_second_writer_is_refused_until_the_first_has_ended(prefix: Prefix, stored: Stored, tmp_path: Path) -> None:
    other = Stored(shutil.copytree(stored.data, tmp_path / "other"))
    first = DataFolder(stored.data)
    with store_locked(first.archive, first.manifest, "campbell crawl of a test"):
        said = other.campbell("rebuild", code=4).stderr
        assert f"campbell crawl of a test, {platform.node()}, {stored.data}, process {os.getpid()}" in said
        assert json.loads(prefix.get(LOCK_NAME))["folder"] == str(stored.data)
    assert LOCK_NAME not in prefix.names()
    other.campbell("rebuild")


def test_the_lock_of_a_killed_run_is_taken_over_by_its_own_folder_only(
    prefix: Prefix, stored: Stored, tmp_path: Path
) -> None:
    note = {"host": platform.node(), "folder": str(stored.data), "pid": "1", "purpose": "killed", "started": "before"}
    prefix.put(LOCK_NAME, json.dumps(note).encode())
    Stored(shutil.copytree(stored.data, tmp_path / "other")).campbell("rebuild", code=4)
    stored.campbell("rebuild")
    for strange in (b"no note", json.dumps({**note, "host": "another"}).encode()):
        prefix.put(LOCK_NAME, strange)
        assert LOCK_NAME in stored.campbell("rebuild", code=4).stderr
        assert prefix.get(LOCK_NAME) == strange


def test_of_two_that_take_over_a_lock_one_has_it(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    note = {"host": "here", "folder": "/data", "pid": "1", "purpose": "killed", "started": "before"}
    prefix.put(LOCK_NAME, json.dumps(note).encode())
    one, other = (ObjectStore(f"s3://library/{prefix.name}") for _ in range(2))
    seen = one._read_lock()
    monkeypatch.setattr(one, "_read_lock", lambda: seen)
    with other.lock({**note, "pid": "2"}), pytest.raises(LockHeld), one.lock({**note, "pid": "3"}):
        pytest.fail("both have it")


def covered(ranges: list[tuple[int, int] | None]) -> set[int]:
    """Return the places in an object that ranges hold."""
    return {place for first, last in filter(None, ranges) for place in range(first, last + 1)}


def test_trace_and_verify_read_ranges(prefix: Prefix, stored: Stored) -> None:
    (size,) = {len(prefix.get(name)) for name in listed(stored)}
    ((review,),) = rows(stored.data, "select review_id from reviews limit 1")
    prefix.log.clear()
    said = stored.campbell("trace", f"{review}.title").stdout
    assert "(checked)" in said
    offset, length = map(int, re.findall(r"offset: +(\d+) \((\d+) bytes", said)[0])
    ranges = [one.range for one in prefix.asked("GET")]
    assert None not in ranges
    read = covered(ranges)
    assert read >= set(range(offset, offset + length))
    assert len(read) == sum(last + 1 - first for first, last in filter(None, ranges)) < size / 5
    prefix.log.clear()
    stored.campbell("verify")
    ranges = [one.range for one in prefix.asked("GET")]
    assert None not in ranges
    assert covered(ranges) == set(range(size))
    assert len(ranges) < 20


def test_replay_reads_the_records_it_shows_and_nothing_else(prefix: Prefix, stored: Stored) -> None:
    pytest.importorskip("pywb")
    import requests  # noqa: PLC0415 - comes with pywb

    folder, port = DataFolder(stored.data), free_port()
    prepare_replay(folder, "http://127.0.0.1:8001/")
    assert prefix.asked("GET") == []
    ((url, offset, length),) = rows(
        stored.data,
        "select c.url, warc_offset, warc_length from reviews join captures c using (capture_id) limit 1",
    )
    process = start(stored.data, port)
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/campbell/2id_/{url}", timeout=60)
    finally:
        process.terminate()
        process.wait()
    assert answer.status_code == 200
    assert b"<title>" in answer.content
    assert (offset, offset + length - 1) in {one.range for one in prefix.asked("GET")}
    assert len(prefix.asked("GET")) <= 3


@pytest.mark.parametrize(
    "said",
    ["archive = 's3://key:secret@bucket/prefix'", "archive = 'https://bucket/prefix'", "archive = 's3://'",
     "archive = 's3://bucket/x'\nendpoint = 'http://127.0.0.1'", "keep_local = true", "archive = 3", "not TOML"],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(said: str, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library/archive.toml").write_text(said, "utf-8")
    run = campbell("rebuild", "--data", tmp_path / "library")
    assert run.returncode == 2
    assert "archive" in run.stderr


def test_what_the_store_does_not_give_out_is_not_taken_for_damage(prefix: Prefix, stored: Stored) -> None:
    before = content(stored.data / "campbell.db")
    prefix.denied.add(prefix.name)
    said = stored.campbell("rebuild", code=6).stderr
    assert said == f"Error: s3://library/{prefix.name} cannot be used: Access Denied. What was stored before is safe.\n"
    assert content(stored.data / "campbell.db") == before


def test_what_the_store_does_not_take_stays_on_disk_for_the_next_run(prefix: Prefix, tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "library", prefix)
    prefix.denied.add(prefix.name)
    with bad_site(2) as (site, _):
        assert "cannot be used: Access Denied" in folder.crawl_k2(site, 6)
        (name,) = local(folder)
        assert prefix.names() == []
        prefix.denied.remove(prefix.name)
        folder.crawl_k2(site)
    assert name in prefix.names()
    assert local(folder) == []
    folder.campbell("verify")


def fail_for_want_of_the_store() -> None:
    raise Unfinished("s3://library/x cannot be used.")


def test_a_process_that_reads_pages_does_not_take_it_for_the_page_s_fault_either() -> None:
    processes = WatchedProcesses(1, "campbell_scraper.errors")
    try:
        with pytest.raises(Unfinished):
            answer_of(processes.start(60, fail_for_want_of_the_store), 60)
    finally:
        processes.close()


def test_a_store_without_conditional_writes_is_refused(prefix: Prefix, stored: Stored) -> None:
    write = ObjectStore._write_lock
    with mock.patch.object(ObjectStore, "_write_lock", lambda store, body, **_: write(store, body)):
        run = campbell("rebuild", "--data", stored.data)
    assert run.returncode == 2
    assert "If-None-Match" in run.stderr


def test_without_the_extra_one_sentence_says_which(
    crawled: Crawled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = crawled.copied(tmp_path / "without").data
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert campbell("verify", "--data", data).returncode == 0  # a folder without archive.toml needs nothing of it
    (data / "archive.toml").write_text("archive = 's3://bucket/without-the-extra'", "utf-8")
    for words in ("rebuild", "verify"):
        run = campbell(words, "--data", data)
        assert run.returncode == 2
        assert run.stderr.startswith("Error: An archive on object storage needs s3fs: ")
        assert run.stderr.endswith("'campbell-scraper[s3]'\n")
