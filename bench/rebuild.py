"""How fast a database is made from an archive, against a bare loop on the same archive in the same run.

The bare loop only reads records with fastwarc and parses their HTML with lxml, in as many processes as there are
workers. Pages are those of the sample's generator, encoded as the K2 site sends them (gzip, a quarter of them chunked,
tokens that differ at every fetch), written as WARC records without going over HTTP.

Usage: python -m bench.rebuild [PAGES]
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from fastwarc.warc import ArchiveIterator, WarcRecordType
from lxml import etree
from zlib_ng import zlib_ng

from campbell_scraper.archive.read.payload import dechunked
from campbell_scraper.archive.write.records import (
    REQUEST_TYPE,
    RESPONSE_TYPE,
    RecordWriter,
    date_of,
    digest_of,
    fields_block,
    new_record_id,
)
from campbell_scraper.sample import generated
from campbell_scraper.sample.dynamic import fill
from campbell_scraper.sample.small_files import pdf
from campbell_scraper.view.rebuild import build_database, remove_database

from .table import print_table

if TYPE_CHECKING:
    from campbell_scraper.archive.files import OpenFile

ONE = "--one"
"""Argument of the process that does one rebuild."""
WORKERS = 2
PAGES = 20_000
CRAWLS = 5
EDITED = 0.2
"""Share of the pages that each crawl after the first finds edited."""
SITE = "http://library.test"
STARTED = 1_700_000_000.0
MENU = "".join(
    f'<li class="item-{n} deeper parent"><a href="/about-us/page-{n}.html" class="moduleItemTitle">Group {n}: news and '
    f'events, people, guidance and policies</a><span class="separator">|</span></li>\n'
    for n in range(45)
)
"""The sample's pages are 15 kB, the real ones 21 to 35 kB: menus and modules make the difference."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured run."""

    pages: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int = 0

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds


class _File:
    """The file that ``RecordWriter`` writes to; the archive's own files also sync and hash."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.name = path.name
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)

    def close(self) -> None:
        self._file.close()


def write_archive(folder: Path, pages: list[tuple[str, str]], crawls: int, *, edited: float = 0.0) -> int:
    """Write WARC files of several crawls of the same pages, a share of them edited; return the number of captures."""
    folder.mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        jobs = []
        per_file = max(1, min(len(pages), 5_000))
        for crawl in range(crawls):
            for at in range(0, len(pages), per_file):
                name = folder / f"bench-{crawl:03}-{at:06}.warc.gz"
                jobs.append(pool.apply_async(_write_file, (name, pages[at : at + per_file], crawl, at, edited)))
        return sum(job.get() for job in jobs)


def _write_file(path: Path, pages: list[tuple[str, str]], crawl: int, first: int, edited: float) -> int:
    file = _File(path)
    crawl_id = f"bench-{crawl}"
    at = STARTED + crawl * 1e6 + first
    info = [("isPartOf", crawl_id), ("software", "bench"), ("crawl-library", "bench"), ("crawl-source", "k2")]
    out = RecordWriter(cast("OpenFile", file), "sha256")
    out.write_warcinfo(date_of(at), info)
    for number, (url, page) in enumerate(pages, first):
        text = page
        if crawl and (number * 7 + crawl * 3) % 10 < edited * 10:
            text = re.sub("The evidence is thin", f"By crawl {crawl}, the evidence is still thin", page)
        _write_exchange(out, url, fill(text, SITE, number + crawl).encode(), at + number, number=number)
    file.close()
    return len(pages)


def _write_exchange(out: RecordWriter, url: str, body: bytes, at: float, *, number: int) -> None:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    entity = packer.compress(body) + packer.flush()
    framing, sent = f"Content-Length: {len(entity)}", entity
    if number % 4 == 0:
        framing, sent = "Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(entity), entity)
    head = (
        "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Encoding: gzip\r\n{framing}\r\n\r\n"
    ).encode()
    common = [("WARC-IP-Address", "127.0.0.1")]
    response, date = new_record_id(), date_of(at)
    fields = [*common, ("WARC-Payload-Digest", digest_of("sha256", entity))]
    pieces, length = [head, sent], len(head) + len(sent)
    out.write_pieces(
        "response", url, date, fields, pieces, content_type=RESPONSE_TYPE, length=length, record_id=response
    )
    to_it = [*common, ("WARC-Concurrent-To", f"<{response}>")]
    request = f"GET {url.removeprefix(SITE)} HTTP/1.1\r\nHost: library.test\r\nUser-Agent: bench\r\n\r\n".encode()
    out.write_block("request", url, date, to_it, request, content_type=REQUEST_TYPE)
    about = fields_block([("via", SITE + "/better-evidence.html"), ("hopsFromSeed", "L"), ("fetchTimeMs", "23")])
    out.write_block("metadata", url, date, to_it, about)


def invented(count: int) -> list[tuple[str, str]]:
    """Return URL and page, its markers not yet filled in, of ``count`` invented reviews."""
    library = generated(count, 1)
    found = []
    for entry in library.entries:
        page = library.get(entry.path, {})
        found.append((SITE + entry.path, page.body.decode().replace("</body>", f"<ul>{MENU}</ul></body>")))
    return found


def bare(archive: Path) -> Timing:
    """Read and parse everything, and do nothing with it, in ``WORKERS`` processes."""
    paths = sorted(archive.glob("*.warc.gz"), key=lambda path: -path.stat().st_size)
    began = time.perf_counter()
    with _Tree(os.getpid()) as tree, multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        count = sum(pool.imap_unordered(_bare_file, map(str, paths)))
    return Timing(count, time.perf_counter() - began, tree.cpu_seconds)


def _bare_file(path: str) -> int:
    count = 0
    with Path(path).open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            body = record.reader.read()
            # fastwarc 2.0.1's auto_decode="all" ends the iteration after a chunked answer.
            if "Transfer-Encoding" in record.http_headers:
                body = b"".join(dechunked(body))
            page = zlib_ng.decompress(body, 31)
            etree.fromstring(page, etree.HTMLParser(encoding="utf-8", huge_tree=True))
            count += 1
    return count


def rebuilt(archive: Path, database: Path, workers: int = WORKERS) -> Timing:
    """Rebuild a database in a new process; the peak is that of its whole process tree."""
    remove_database(database)
    command = [sys.executable, "-m", "bench.rebuild", ONE, str(archive), str(database), str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with _Tree(process.pid) as tree:
        said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    captures, seconds = said.split()
    return Timing(int(captures), float(seconds), tree.cpu_seconds, tree.peak_bytes)


def rebuild_one(archive: str, database: str, workers: str) -> None:
    """Rebuild, and print captures and seconds: run by ``rebuilt`` in a process of its own."""
    report = build_database([Path(archive)], Path(database), workers=int(workers))
    if report.damages or report.unreadable:
        raise SystemExit(f"not everything could be read: {report.damages[:1]}{report.unreadable[:1]}")
    print(report.captures, report.seconds)


class _Tree(threading.Thread):
    """Watches a process and all below it: their memory (proportional, so that shared pages count once) and CPU."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self.peak_bytes = 0
        self._cpu: dict[int, float] = {}
        self._before = 0.0
        self._done = threading.Event()

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds used since the beginning, sampled every fifth of a second."""
        return sum(self._cpu.values()) - self._before

    def run(self) -> None:
        while not self._done.wait(0.2):
            self._look()

    def __enter__(self) -> Self:
        self._look()
        self._before, self.peak_bytes = sum(self._cpu.values()), 0
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._done.set()
        self.join()
        self._look()

    def _look(self) -> None:
        children: dict[int, list[int]] = {}
        cpu: dict[int, float] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            process = int(stat.parent.name)
            children.setdefault(int(fields[1]), []).append(process)
            cpu[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        waiting, total = [self._root], 0
        while waiting:
            process = waiting.pop()
            waiting += children.get(process, [])
            self._cpu[process] = cpu.get(process, self._cpu.get(process, 0.0))
            try:
                found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
            except OSError:
                continue
            total += int(found[1]) * 1024 if found else 0
        self.peak_bytes = max(self.peak_bytes, total)


def compare(folder: Path, what: str, archive: Path, rounds: int = 2) -> list[str]:
    """Measure both sides alternately; the best of each counts, since other work only slows a run down."""
    sides: dict[str, list[Timing]] = {"rebuild": [], "bare": []}
    for _ in range(rounds):
        sides["bare"].append(bare(archive))
        sides["rebuild"].append(rebuilt(archive, folder / "bench.db"))
    ours, loop = (min(sides[name], key=lambda timing: timing.seconds) for name in ("rebuild", "bare"))
    return [
        what,
        f"{ours.pages:,}",
        f"{ours.rate:,.0f}",
        f"{1000 * ours.cpu_seconds / ours.pages:.2f}",
        f"{loop.rate:,.0f}",
        f"{100 * ours.rate / loop.rate:.0f} %",
        f"{max(timing.peak_bytes for timing in sides['rebuild']) / 1e6:.0f}",
    ]


def cost_of_size(folder: Path, sizes: tuple[int, int]) -> list[list[str]]:
    """Return the cost of one capture in a small and a large archive of the same mixture: five crawls of all pages."""
    rows = []
    for captures in sizes:
        archive = folder / f"size-{captures}"
        write_archive(archive, invented(captures // CRAWLS), CRAWLS, edited=EDITED)
        timing = rebuilt(archive, folder / "size.db")
        rows.append([f"{captures:,}", f"{timing.rate:,.0f}", f"{1000 * timing.cpu_seconds / captures:.2f}",
                     f"{1000 * timing.seconds / captures:.2f}", f"{timing.peak_bytes / 1e6:.0f}"])  # fmt: skip
        shutil.rmtree(archive)
    return rows


def pdfs(folder: Path, count: int) -> str:
    """Return the rate of PDFs, which pypdf reads in processes of their own."""
    archive = folder / "pdf"
    archive.mkdir()
    file = _File(archive / "pdf.warc.gz")
    out = RecordWriter(cast("OpenFile", file), "sha256")
    for number in range(count):
        body = pdf(f"Summary {number}", [f"Sentence {n} of summary {number}." for n in range(60)])
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n" % len(body)
        url, date = f"{SITE}/media/{number}.pdf", date_of(STARTED + number)
        pieces, length = [head, body], len(head) + len(body)
        out.write_pieces("response", url, date, [], pieces, content_type=RESPONSE_TYPE, length=length)
    file.close()
    timing = rebuilt(archive, folder / "pdf.db")
    return f"PDFs of one page: {timing.rate:,.0f} a second."


def main() -> None:
    """Measure, and print tables."""
    if sys.argv[1:2] == [ONE]:
        rebuild_one(*sys.argv[2:5])
        return
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else PAGES
    with tempfile.TemporaryDirectory(prefix="bench-rebuild-") as name:
        folder = Path(name)
        rows = []
        for crawls, edited in ((1, 0.0), (CRAWLS, EDITED), (10, 0.1)):
            archive = folder / f"{crawls}-crawls"
            write_archive(archive, invented(pages // crawls), crawls, edited=edited)
            what = f"{crawls} crawls, {edited:.0%} of the pages edited between two" if edited else "all pages new"
            rows.append(compare(folder, what, archive))
            shutil.rmtree(archive)
        head = ["archive", "captures", "rebuild, pages/s", "CPU ms a page", "bare loop, pages/s", "of it", "peak MB"]
        print_table(f"Rebuild with {WORKERS} workers", head, rows)
        sizes = (1_000, min(100_000, 5 * pages))
        head = ["captures", "pages/s", "CPU ms each", "ms each", "peak MB"]
        print_table("Cost of a capture by size of the archive", head, cost_of_size(folder, sizes))
        print(pdfs(folder, 200))


if __name__ == "__main__":
    main()
