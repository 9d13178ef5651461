"""What a whole crawl costs: ``campbell crawl``, start, end and derivation included, against plain Scrapy.

The site is ``sample.generated(N)`` as files that nginx serves on loopback. Plain Scrapy fetches the same URLs as the
crawl and reads one field of each page. Both sides run in turn; the table gives medians of wall time, CPU time (user and
system, of all processes) and the peak memory of each side's main process. ``--profile FILE`` records one crawl with
py-spy, all its processes.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from bench.table import print_table
from campbell_scraper.sample import generated
from campbell_scraper.sample.dynamic import fill
from campbell_scraper.sample.sample_site import CATEGORIES, PAGE_SIZE

SEED = 4
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; gzip on; {charset} default_type text/html; keepalive_requests 1000000;
  types {{ text/html html; text/plain txt; application/xml xml; text/css css; image/png png; application/pdf pdf; }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; root {folder}/site;
    location / {{ try_files "$uri?$args" $uri =404; }}
  }}
}}
"""
PLAIN = """
import sys, scrapy
from scrapy.crawler import AsyncCrawlerProcess
class Plain(scrapy.Spider):
    name = "plain"
    async def start(self):
        for url in open(sys.argv[1]).read().split():
            yield scrapy.Request(url, dont_filter=True)
    def parse(self, response):
        if isinstance(response, scrapy.http.TextResponse):
            response.css("title::text").get()
process = AsyncCrawlerProcess({"CONCURRENT_REQUESTS": int(sys.argv[2]), "HTTPERROR_ALLOW_ALL": True,
    "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[2]), "DOWNLOAD_DELAY": 0, "LOG_LEVEL": "WARNING",
    "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False})
process.crawl(Plain)
process.start()
"""


@contextmanager
def served(reviews: int, *, names_charset: bool = False) -> Iterator[str]:
    """Serve a library of invented reviews with nginx; yield its URL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, closing(socket.socket()) as free:
        folder = Path(name)
        folder.chmod(0o755)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        _write_site(folder / "site", reviews, base)
        free.close()
        charset = "charset utf-8;" if names_charset else ""
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, charset=charset))
        process = subprocess.Popen(["nginx", "-p", name, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield base
        finally:
            process.terminate()
            process.wait()


def _write_site(root: Path, reviews: int, base: str) -> None:
    library = generated(reviews, SEED)
    listings = [
        (f"/{category}.html", {"start": str(start)})
        for category in CATEGORIES
        for start in range(PAGE_SIZE, reviews + PAGE_SIZE, PAGE_SIZE)
    ]
    for path, query in [
        *((path, {}) for path in library.paths()),
        ("/robots.txt", {}),
        ("/sitemap.xml", {}),
        *listings,
    ]:
        page = library.get(path, query)
        asked = "".join(f"?{key}={value}" for key, value in query.items())
        file = root / ((path.strip("/") or "index.html") + asked)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(fill(page.body.decode(), base, 1).encode() if page.dynamic else page.body)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("nginx did not start")


def timed(command: list[str]) -> dict[str, float]:
    """Run a command; return wall seconds, CPU seconds of all its processes, and its own peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed below; a pipe that nobody reads stops the process when it is full
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        except OSError:
            pass
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with errors:
        errors.seek(0)
        assert process.returncode in {0, 3}, errors.read().decode()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "peak": peak / 1024}


def crawl(base: str, data: Path, concurrency: int, *prefix: str) -> dict[str, float]:
    program = str(Path(sys.executable).with_name("campbell"))
    return timed([*prefix, program, "crawl", base, "--source", "k2", "--delay", "0", "--no-requisites",
                  "--concurrency", str(concurrency), "--data", str(data)])  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reviews", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--charset", action="store_true", help="the server names the charset of its pages")
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args(arguments)
    site = served(given.reviews, names_charset=given.charset)
    with site as base, tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        prefix = (
            ["py-spy", "record", "--subprocesses", "-f", "raw", "-o", str(given.profile), "--"] if given.profile else []
        )
        crawl(base, work / "first", given.concurrency, *prefix)
        with closing(sqlite3.connect(work / "first" / "campbell.db")) as connection:
            urls = [row[0] for row in connection.execute("select url from captures where status is not null")]
            (found,) = connection.execute("select count(*) from reviews").fetchone()
        (work / "urls.txt").write_text("\n".join(urls))
        (work / "plain.py").write_text(PLAIN)
        runs: dict[str, list[dict[str, float]]] = {"plain Scrapy": [], "campbell crawl": []}
        for number in range(given.rounds):
            command = [sys.executable, str(work / "plain.py"), str(work / "urls.txt"), str(given.concurrency)]
            runs["plain Scrapy"].append(timed(command))
            runs["campbell crawl"].append(crawl(base, work / str(number), given.concurrency))
            shutil.rmtree(work / str(number))
        plain = median(one["seconds"] for one in runs["plain Scrapy"])
        rows = []
        for side, measured in runs.items():
            wall, cpu, peak = (median(one[key] for one in measured) for key in ("seconds", "cpu", "peak"))
            rows.append([side, f"{wall:.1f}", f"{wall / plain:.2f}", f"{cpu:.1f}", f"{peak:.0f}"])
        title = f"{found:,} reviews, {len(urls):,} exchanges, {given.concurrency} at once, medians of {given.rounds}"
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print_table(title, ["", "seconds", "× plain", "CPU s", "peak MB"], rows)


if __name__ == "__main__":
    main()
