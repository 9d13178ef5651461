"""What recording costs: plain Scrapy that stores nothing, the same with the add-on, and wget, over the same pages.

Each round runs every side once, one after the other, so that other work on the machine affects all of them. The
tables give medians, and CPU time (user and system) beside wall time, since it is steadier on a shared machine.
The pages are those of ``sample.generated(N)``, served gzipped over loopback by nginx. Crawlers keep connections
alive, do not wait between requests, and fetch the same list of URLs. A whole crawl: ``bench.crawl``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.crawl import SEED, served
from bench.table import print_table
from campbell_scraper.sample import generated

Side = Callable[[Path], dict[str, float]]


def review_urls(base: str, pages: int) -> list[str]:
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


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def alternately(sides: dict[str, Side], rounds: int) -> dict[str, dict[str, float]]:
    """Run every side ``rounds`` times, one after the other; return the medians of what they measured."""
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
    with served(pages) as base, tempfile.TemporaryDirectory(prefix="bench-") as folder:
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
        with served(pages) as base, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            urls = Path(folder) / "urls.txt"
            urls.write_text("".join(f"{url}\n" for url in review_urls(base, pages)))
            sides = {
                "plain": scrapy_side(urls, pages, 8, archive=False),
                "add-on": scrapy_side(urls, pages, 8, archive=True),
            }
            measured = alternately(sides, 1)
            rows.append([f"{pages:,}", *(f"{measured[name]['peak_mb']:.0f}" for name in sides)])
    print_table("Peak memory (MB), 8 at once", ["pages", "plain Scrapy", "with the add-on"], rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["fetch", "memory"])
    given = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if given.only in {None, "fetch"}:
        compare_fetching(given.pages, given.rounds)
    if given.only in {None, "memory"}:
        compare_memory((given.pages, 10 * given.pages))


if __name__ == "__main__":
    main()
