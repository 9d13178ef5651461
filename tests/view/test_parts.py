"""Parts: readings kept for the next rebuild give the rows of a rebuild that reads every page, whatever lies there."""

from __future__ import annotations

import errno
import gzip
import shutil
import subprocess
import time
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

pa = pytest.importorskip("pyarrow")
distributed = pytest.importorskip("distributed")

import pyarrow.parquet as pq  # type: ignore[import-untyped, unused-ignore] # noqa: E402 - has no types

from campbell_scraper.archive.files import add_to_manifest, sha256_of  # noqa: E402
from campbell_scraper.archive.read.archive_files import Source  # noqa: E402
from campbell_scraper.archive.read.scan import RawRecord, scan  # noqa: E402
from campbell_scraper.folder import DataFolder  # noqa: E402
from campbell_scraper.items import EvidenceFact, Summary  # noqa: E402
from campbell_scraper.reading.layouts import review_record  # noqa: E402
from campbell_scraper.view.database import extractor  # noqa: E402
from campbell_scraper.view.database_diff import compare  # noqa: E402
from campbell_scraper.view.following import library_of  # noqa: E402
from campbell_scraper.view.parts import kept_readings, part_file, part_making, scheduling  # noqa: E402
from campbell_scraper.view.rebuild import build_database  # noqa: E402
from tests.archive_read.handmade import DATE, PAGE, exchange, http_response, new_id, record, sha256, warcinfo  # noqa: E402
from tests.helpers import BIN, PROGRAM, campbell, free_port, rows  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.helpers import Crawled

pytestmark = pytest.mark.xdist_group("view")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A scheduler and a worker in this process."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def folder(crawled: Crawled, tmp_path: Path) -> DataFolder:
    return DataFolder(crawled.copied(tmp_path / "library").data)


def rebuilt(folder: DataFolder, scheduler: str, **how: Any) -> Path:
    """Rebuild with parts into a file of its own."""
    database = folder.root / "with-parts.db"
    database.unlink(missing_ok=True)
    kept = scheduling.keep_readings(folder, scheduler, 1, lambda _: None)
    build_database([folder.archive], database, library=library_of(folder), kept=kept, **how)
    return database


def unread(*_: object, **__: object) -> Any:
    raise AssertionError("a page was read")


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a rebuild fail that reads a page in this process, with ``workers=0``."""
    monkeypatch.setattr(kept_readings, "read_capture", unread)


@pytest.mark.usefixtures("no_reading")
def test_rows_are_those_of_a_rebuild_that_reads_every_page_and_the_next_one_reads_none(
    folder: DataFolder, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not compare(rebuilt(folder, scheduler, workers=0), folder.database)
    monkeypatch.setattr(part_making, "extract", unread)
    assert not compare(rebuilt(folder, scheduler, workers=0), folder.database)


def test_processes_use_what_is_kept(folder: DataFolder, scheduler: str) -> None:
    rebuilt(folder, scheduler)
    changed_readings(without_titles)(next(folder.parts.iterdir()))
    assert rows(rebuilt(folder, scheduler, workers=2), "SELECT DISTINCT title FROM reviews") == [(None,)]


@pytest.mark.usefixtures("no_reading")
def test_new_rules_of_facts_read_no_page(folder: DataFolder, scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuilt(folder, scheduler, workers=0)
    before = {path: path.stat().st_mtime_ns for path in folder.parts.iterdir()}

    def read(summary: Summary) -> list[EvidenceFact]:
        quote = summary.text[:9]
        return [EvidenceFact(fact="reports", value="7", number=7, quote=quote, quote_start=0, quote_end=9)]

    monkeypatch.setattr(part_making, "extract", unread)
    monkeypatch.setattr(review_record, "read_facts", read)
    database = rebuilt(folder, scheduler, workers=0)
    assert set(rows(database, "SELECT fact, value FROM evidence_facts")) == {("reports", "7")}
    assert {path: path.stat().st_mtime_ns for path in folder.parts.iterdir()} == before


def test_the_version_of_the_code_that_reads_pages_leaves_out_the_rules_of_facts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources, version = extractor._sources, extractor.reading_version.__wrapped__
    before = version()

    def edit(path: str) -> None:
        def edited(entry: Any, name: str) -> Iterator[tuple[str, bytes]]:
            yield from ((one, source + b"#" * (one == path)) for one, source in sources(entry, name))

        monkeypatch.setattr(extractor, "_sources", edited)

    edit("reading/facts/fact_engine.py")
    assert version() == before
    edit("reading/page_reading.py")
    assert version() != before


def test_other_code_that_reads_pages_reads_them(
    folder: DataFolder, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt(folder, scheduler)
    before = {path.name for path in folder.parts.iterdir()}
    for module in (scheduling, part_making):
        monkeypatch.setattr(module, "reading_version", lambda: "0123456789abcdef")
    monkeypatch.setattr(part_making, "extract", unread)
    assert not compare(rebuilt(folder, scheduler), folder.database)
    assert not before & {path.name for path in folder.parts.iterdir()}


def garbage(path: Path) -> None:
    path.write_bytes(b"PAR1 and no more")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def other_columns(path: Path) -> None:
    pq.write_table(pa.table({"key": [b"k"], "rows": [b"r"]}), path)


def changed_readings(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Return what changes every reading of a part, as plain JSON."""

    def write(path: Path) -> None:
        table = pq.read_table(path)
        changed = [msgspec.json.encode(change(msgspec.json.decode(one))) for one in table["reading"].to_pylist()]
        at = table.schema.get_field_index("reading")
        pq.write_table(table.set_column(at, table.schema.field(at), pa.array(changed, pa.binary())), path)

    return write


def without_titles(said: Any) -> Any:
    for review in said[1]["reviews"] if said[1] else ():
        review["title"] = None
    return said


def of_no_type(said: Any) -> Any:
    return [said[0], {"url": 7}, *said[2:]]


def of_no_axis(said: Any) -> Any:
    code = {"code": 1, "name": "n", "axis": "neither"}
    page = {"url": "http://x/", "kind": "map", "title": None, "codes": [code, code]}
    reading = {"url": "http://x/", "kind": "map", "layout": None, "pages": [page]}
    return ["map", reading, None, None, None]


SPOILING = (garbage, cut, other_columns, changed_readings(of_no_type))


def test_parts_that_do_not_fit_are_made_anew(
    folder: DataFolder, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (warc,) = folder.archive.glob("*.warc.gz")
    for module in (part_file, part_making):
        monkeypatch.setattr(module, "RANGE", warc.stat().st_size // len(SPOILING) + 1)
    rebuilt(folder, scheduler)
    for spoil, path in zip(SPOILING, sorted(folder.parts.iterdir()), strict=True):
        spoil(path)
    assert not compare(rebuilt(folder, scheduler), folder.database)
    monkeypatch.setattr(kept_readings, "read_capture", unread)
    rebuilt(folder, scheduler, workers=0)


def test_readings_that_break_what_comes_after_them_are_not_believed(folder: DataFolder, scheduler: str) -> None:
    rebuilt(folder, scheduler)
    changed_readings(of_no_axis)(next(folder.parts.iterdir()))
    assert not compare(rebuilt(folder, scheduler), folder.database)
    assert not list(folder.parts.iterdir())


def test_a_full_disk_is_no_fault_of_the_parts(
    folder: DataFolder, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt(folder, scheduler)
    kept = sorted(folder.parts.iterdir())

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("campbell_scraper.view.rebuild.derive", full)
    with pytest.raises(OSError, match="No space left"):
        rebuilt(folder, scheduler)
    assert sorted(folder.parts.iterdir()) == kept


def test_without_a_scheduler_no_part_is_believed(folder: DataFolder, scheduler: str) -> None:
    rebuilt(folder, scheduler)
    for path in folder.parts.iterdir():
        changed_readings(lambda said: [said[0], None, *said[2:]])(path)
    assert campbell("verify", "--rebuild", "--data", folder.root).returncode == 0


@pytest.mark.usefixtures("no_reading")
def test_a_revisit_is_kept_with_what_it_refers_to_in_another_file(tmp_path: Path, scheduler: str) -> None:
    folder, url, first = DataFolder(tmp_path / "library"), "http://site.test/page", new_id()
    folder.create()
    fields = [
        ("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Target-URI", url), ("WARC-Date", DATE.replace("2026", "2027")),
        ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"),
        ("WARC-Refers-To", f"<{first}>"), ("WARC-Payload-Digest", sha256(PAGE)),
        ("Content-Type", "application/http; msgtype=response"),
    ]  # fmt: skip
    for name, records in {
        "first": [warcinfo(), *exchange(url, record_id=first)],
        "again": [warcinfo(record_id=new_id()), record("revisit", fields, http_response(b""))],
    }.items():
        path = folder.archive / f"{name}.warc.gz"
        path.write_bytes(b"".join(map(gzip.compress, records)))
        add_to_manifest(folder.manifest, path, sha256_of(path))
    build_database([folder.archive], folder.database, library="site.test", workers=1)
    assert not compare(rebuilt(folder, scheduler, workers=0), folder.database)
    assert rows(folder.database, "SELECT outcome, kind FROM captures ORDER BY 1") == [
        ("new", "other"), ("revisit", "other")
    ]  # fmt: skip


def test_an_address_where_no_scheduler_answers_is_an_error(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "_PATIENCE", 0.5)
    for address in (f"tcp://127.0.0.1:{free_port()}", "no address"):
        done = campbell("rebuild", "--data", folder.root, "--scheduler", address)
        assert done.returncode == 2
        assert done.stderr.startswith("Error: No Dask scheduler with a worker answers at ")


def split(folder: DataFolder, exchanges: int) -> None:
    """Split the archive into WARC files of so many exchanges."""
    (warc,) = folder.archive.glob("*.warc.gz")
    data = warc.read_bytes()
    found = [one for one in scan(Source(warc)) if isinstance(one, RawRecord)]
    info = data[: found[0].length]
    starts = [one.offset for one in found if one.rtype in {"response", "revisit"}][::exchanges]
    warc.unlink()
    folder.manifest.unlink()
    for number, (start, end) in enumerate(pairwise([found[0].length, *starts[1:], len(data)])):
        path = folder.archive / f"split-{number:03}.warc.gz"
        path.write_bytes(info + data[start:end])
        add_to_manifest(folder.manifest, path, sha256_of(path))


def dask(*words: str) -> subprocess.Popen[bytes]:
    command = [str(BIN / "dask"), *words, "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["worker", "scheduler"])
def test_a_kill_costs_nothing_but_time(folder: DataFolder, tmp_path: Path, killed: str) -> None:
    split(folder, 16)
    plain = tmp_path / "plain.db"
    build_database([folder.archive], plain, library=library_of(folder))
    shutil.copy(plain, folder.database)
    address = f"tcp://127.0.0.1:{free_port()}"
    words = ["worker", address, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
    with ExitStack() as stack:
        running = [dask("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2])]
        running += [dask(*words), dask(*words)]
        for one in running:
            stack.callback(one.wait)
            stack.callback(one.kill)
        rebuild = subprocess.Popen(
            [PROGRAM, "rebuild", "--data", str(folder.root), "--scheduler", address], stderr=subprocess.PIPE, text=True
        )
        while not (made := {path: path.stat().st_ino for path in folder.parts.glob("*.parquet")}):
            assert rebuild.poll() is None
            time.sleep(0.01)
        (running[0] if killed == "scheduler" else running[1]).kill()
        _, said = rebuild.communicate()
        assert rebuild.returncode == 0, said
    assert not compare(folder.database, plain)
    assert len(made) < len(list(folder.archive.glob("split-*")))
    assert {path: path.stat().st_ino for path in made} == made
