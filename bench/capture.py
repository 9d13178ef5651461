"""What recording costs: plain Scrapy that stores nothing, the same with the add-on, and wget, over the same pages.

Each round runs every side once, one after the other, so that whatever else the machine does falls on all of them; given
are medians, and CPU time (user and system) beside wall time, since on a shared machine it is the steadier of the two.
The pages are those of ``sample.generated(N)``, served gzipped over loopback by nginx, which takes next to no time;
``campbell crawl``, which needs lists too, gets the sample's own server. Crawlers keep the connections alive, wait
nothing between requests, and fetch the same list of URLs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.table import print_table
from campbell_scraper.view.database import open_readonly

SEED = 4
NGINX = """
daemon off; pid {root}/nginx.pid; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off; default_type text/html; keepalive_requests 1000000; gzip on; gzip_comp_level 1;
    server {{ listen 127.0.0.1:{port}; root {root}/site; }}
}}
"""
Side = Callable[[Path], dict[str, float]]


@contextmanager
def site(pages: int) -> Iterator[str]:
    """Serve a library of invented reviews; give its URL."""
    command = [
        sys.executable,
        "-m",
        "campbell_scraper.sample",
        "--port",
        "0",
        "--reviews",
        str(pages),
        "--seed",
        str(SEED),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http")).rstrip("/")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def static_site(pages: int) -> Iterator[str]:
    """Serve the pages of a library of invented reviews with nginx; yield its URL."""
    from campbell_scraper.sample import generated  # noqa: PLC0415 - not needed to read the table
    from campbell_scraper.sample.dynamic import fill  # noqa: PLC0415 - likewise

    library = generated(pages, SEED)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        root = Path(name)
        for number, entry in enumerate(library.entries):
            page = root / "site" / entry.path.strip("/")
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(fill(library.get(entry.path, {}).body.decode(), "http://127.0.0.1", number))
        root.chmod(0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (root / "nginx.conf").write_text(NGINX.format(root=root, port=port))
        process = subprocess.Popen(["nginx", "-c", str(root / "nginx.conf"), "-e", str(root / "error.log")])
        try:
            while not (root / "nginx.pid").is_file() and process.poll() is None:
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def review_urls(base: str, pages: int) -> list[str]:
    from campbell_scraper.sample import generated  # noqa: PLC0415 - not needed to read the table

    return [base + one.path for one in generated(pages, SEED).entries]


def scrapy_side(urls: Path, count: int, concurrency: int, *, archive: bool) -> Side:
    def run(folder: Path) -> dict[str, float]:
        result = folder / "result.json"
        command = [sys.executable, "-m", "bench.fetch", str(urls), str(result), str(concurrency)]
        subprocess.run([*command, str(folder / "archive")] if archive else command, check=True)
        measured: dict[str, float] = json.loads(result.read_text())
        assert measured["answers"] == count, measured
        return measured | {"stored_mb": _megabytes(folder / "archive")}

    return run


def wget_side(urls: Path) -> Side:
    def run(folder: Path) -> dict[str, float]:
        command = ["wget", "--quiet", "--input-file", str(urls), "--delete-after", "--no-directories",
                   "--compression=gzip", "--no-verbose", "--warc-file", str(folder / "wget"),
                   "--directory-prefix", str(folder / "pages")]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"seconds": seconds, "cpu": cpu, "stored_mb": _megabytes(folder)}

    return run


def campbell_side(base: str, concurrency: int, keep: Path) -> Side:
    """``campbell crawl`` with everything on: discovery, requisites, recording, parsing, storing."""

    def run(folder: Path) -> dict[str, float]:
        data = folder / "library"
        command = [str(Path(sys.executable).with_name("campbell")), "crawl", base, "--source", "k2", "--delay", "0",
                   "--concurrency", str(concurrency), "--data", str(data)]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode in {0, 3}, done.stderr
        shutil.copy(data / "campbell.db", keep)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"seconds": seconds, "cpu": cpu, "stored_mb": _megabytes(data)}

    return run


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def alternately(sides: dict[str, Side], rounds: int) -> dict[str, dict[str, float]]:
    """Run every side ``rounds`` times, one after the other; give the medians of what they measured."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                results[name].append(side(Path(folder)))
    return {name: {key: median(one[key] for one in runs) for key in runs[0]} for name, runs in results.items()}


def _rows(measured: dict[str, dict[str, float]], base: str, count: int) -> list[list[str]]:
    rows = []
    for name, one in measured.items():
        wall = f"{one['seconds'] / measured[base]['seconds']:.2f}"
        cpu = f"{one['cpu'] / measured[base]['cpu']:.2f}"
        peak = f"{one['peak_mb']:.0f}" if "peak_mb" in one else ""
        speed = f"{count / one['seconds']:.0f}"
        rows.append(
            [name, f"{one['seconds']:.2f}", wall, f"{one['cpu']:.2f}", cpu, speed, f"{one['stored_mb']:.1f}", peak]
        )
    return rows


HEAD = ["", "seconds", "× plain", "CPU s", "× plain", "pages/s", "stored MB", "peak MB"]


def compare_fetching(pages: int, rounds: int) -> None:
    with static_site(pages) as base, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        urls = Path(folder) / "urls.txt"
        urls.write_text("".join(f"{url}\n" for url in review_urls(base, pages)))
        for concurrency in (1, 8):
            sides = {
                "plain Scrapy, stores nothing": scrapy_side(urls, pages, concurrency, archive=False),
                "Scrapy with the add-on": scrapy_side(urls, pages, concurrency, archive=True),
            }
            if concurrency == 1 and shutil.which("wget"):
                sides["wget --warc-file"] = wget_side(urls)
            title = f"{pages:,} pages, {concurrency} at once, medians of {rounds}"
            measured = alternately(sides, rounds)
            print_table(title, HEAD, _rows(measured, "plain Scrapy, stores nothing", pages))


def compare_memory(sizes: tuple[int, ...]) -> None:
    rows = []
    for pages in sizes:
        with static_site(pages) as base, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            urls = Path(folder) / "urls.txt"
            urls.write_text("".join(f"{url}\n" for url in review_urls(base, pages)))
            sides = {
                "plain": scrapy_side(urls, pages, 8, archive=False),
                "add-on": scrapy_side(urls, pages, 8, archive=True),
            }
            measured = alternately(sides, 1)
            rows.append([f"{pages:,}", *(f"{measured[name]['peak_mb']:.0f}" for name in sides)])
    print_table("Peak memory (MB), 8 at once", ["pages", "plain Scrapy", "with the add-on"], rows)


def compare_everything(pages: int, rounds: int) -> None:
    """Hold ``campbell crawl`` against plain Scrapy that fetches the very URLs it fetched."""
    with site(pages) as base, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        database, urls = Path(folder) / "first.db", Path(folder) / "urls.txt"
        with tempfile.TemporaryDirectory(prefix="bench-") as first:
            campbell_side(base, 8, database)(Path(first))
        connection = open_readonly(database)
        fetched = [row[0] for row in connection.execute("select url from captures order by captured_at")]
        connection.close()
        urls.write_text("".join(f"{url}\n" for url in fetched))
        sides: dict[str, Side] = {
            "plain Scrapy, stores nothing": scrapy_side(urls, len(fetched), 8, archive=False),
            "campbell crawl": campbell_side(base, 8, database),
        }
        title = f"Everything on: {len(fetched):,} exchanges of {pages:,} reviews, 8 at once, medians of {rounds}"
        print_table(title, HEAD, _rows(alternately(sides, rounds), "plain Scrapy, stores nothing", len(fetched)))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["fetch", "memory", "everything"])
    given = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if given.only in {None, "fetch"}:
        compare_fetching(given.pages, given.rounds)
    if given.only in {None, "everything"}:
        compare_everything(given.pages, given.rounds)
    if given.only in {None, "memory"}:
        compare_memory((given.pages, 10 * given.pages))


if __name__ == "__main__":
    main()
