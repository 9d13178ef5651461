"""What many libraries cost: CPU and bytes of a capture, memory of a crawl, and what the fleet itself adds.

A library of invented K2 reviews is crawled twice from the sample's server, whose answers differ in bytes each time;
16 requests at once, no delay. CPU is that of all the crawl's processes, derivation included; memory is the proportional
set size of all of them. The status is measured on this library, a message on a Redis server started for it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.crawl import timed
from bench.table import print_table
from campbell_scraper.archive.verify import listed_damage
from campbell_scraper.faces.fleet.fleet_file import Library
from campbell_scraper.faces.fleet.fleet_queue import FleetQueue
from campbell_scraper.faces.fleet.fleet_status import judged
from campbell_scraper.folder import DataFolder
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.spiders.crawl_options import CrawlOptions

MESSAGES = 1_000


class Memory(threading.Thread):
    """Measures the peak memory of all of this process's descendants together, in MB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.2):
            self.peak = max(self.peak, sum(map(pss, descendants(os.getpid()))) / 1024)


def descendants(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            own = [int(child) for child in children.read_text().split()]
        except OSError:
            continue
        found += [one for child in own for one in (child, *descendants(child))]
    return found


def pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def message_bytes() -> float:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(["redis-server", "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        queue = FleetQueue(f"redis://127.0.0.1:{port}/0")
        queue.send("first")
        before = queue.broker.client.info("memory")["used_memory"]
        for number in range(MESSAGES):
            queue.send(f"library-{number}")
        used: int = queue.broker.client.info("memory")["used_memory"] - before
        return used / MESSAGES
    finally:
        server.kill()
        server.wait()


def cpu_of(times: int, function: Callable[[], object]) -> float:
    """Return the mean CPU seconds of a call."""
    began = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - began) / times


def stored(folder: DataFolder) -> tuple[int, int, int]:
    """Return how many captures a folder has, and the bytes of its archive and database."""
    with closing(sqlite3.connect(folder.database)) as connection:
        (captures,) = connection.execute("select count(*) from captures").fetchone()
        connection.execute("pragma wal_checkpoint(truncate)")
    return (
        captures,
        sum(path.stat().st_size for path in folder.archive.glob("*.warc.gz")),
        folder.database.stat().st_size,
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reviews", type=int, default=1500)
    given = parser.parse_args(arguments)
    rows = []
    with SampleSite(library=generated(given.reviews, 4)) as site, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = DataFolder(Path(name) / "library")
        program = str(Path(sys.executable).with_name("campbell"))
        command = [program, "crawl", site.url, "--source", "k2", "--delay", "0", "--no-requisites", "--full",
                   "--concurrency", "16", "--data", str(folder.root)]  # fmt: skip
        before = (0, 0, 0)
        for run in ("first crawl", "all again, unchanged"):
            memory = Memory()
            memory.start()
            cost = timed(command)
            memory.ended.set()
            memory.join()
            now = stored(folder)
            captures, warc, database = (after - earlier for after, earlier in zip(now, before, strict=True))
            before = now
            rows.append(
                [f"{run}, {captures:,} captures", f"{cost['cpu'] / captures * 1000:.2f}",
                 f"{3600 * captures / cost['cpu']:,.0f}", f"{warc / captures:,.0f}", f"{database / captures:,.0f}",
                 f"{memory.peak:.0f}"]
            )  # fmt: skip
        library = Library(name="one", folder=folder, every=7.0, options=CrawlOptions(site=site.url), stored_as="one",
                          host="127.0.0.1")  # fmt: skip
        status = 1000 * cpu_of(10, lambda: judged(library))
        hashed = before[1] / cpu_of(3, lambda: list(listed_damage(folder.manifest))) / 1e6
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    head = ["", "CPU ms a capture", "captures an hour a core", "WARC bytes", "database bytes", "peak MB"]
    print_table(f"{given.reviews:,} reviews", head, rows)
    print(f"status of the library: {status:.0f} ms CPU; hashing its archive: {hashed:,.0f} MB a second of CPU")
    if shutil.which("redis-server"):
        print(f"a message: {message_bytes():,.0f} bytes of Redis")


if __name__ == "__main__":
    main()
