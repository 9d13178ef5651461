"""Crawls as processes that can be killed, against a site that counts."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from tests.helpers import PROGRAM, campbell, rows, started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campbell_scraper.sample import SampleSite
    from tests.helpers import Crawled

__all__ = ["rows"]
PATIENCE = 120.0


def start(site: SampleSite | Crawled, data: Path, *options: str) -> subprocess.Popen[str]:
    """Begin a crawl."""
    command = [PROGRAM, "crawl", site.url, "--delay", "0", "--data", str(data), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def crawl(site: SampleSite | Crawled, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Crawl to the end."""
    return campbell("crawl", site.url, "--delay", "0", "--data", data, *options, timeout=PATIENCE)


def begun(site: SampleSite | Crawled, data: Path, *options: str) -> BaseProcess:
    """Begin a crawl that is to be killed."""
    return started("crawl", site.url, "--delay", "0", "--data", data, *options)


def wait_for_requests(site: SampleSite, count: int, process: subprocess.Popen[str] | BaseProcess) -> bool:
    """Wait until the site has been asked ``count`` times; False if the process ended before."""
    return wait_until(lambda: len(site.requests) >= count, process)


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str] | BaseProcess) -> bool:
    """Wait for something that a crawl does; False if the process ended before."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        code = process.exitcode if isinstance(process, BaseProcess) else process.poll()
        if code is not None:
            return False
        assert time.monotonic() < deadline, "the crawl does not get there"
        time.sleep(0.002)
    return True


def killed(site: SampleSite, data: Path, chance: random.Random, *options: str) -> bool:
    """Begin or take up a crawl and kill it at a random moment, one of five as it starts; False if it ended before."""
    asked = len(site.requests)
    process = begun(site, data, *options)
    try:
        if chance.random() < 0.2:
            moment = time.monotonic() + chance.uniform(0, 3)
            wait_until(lambda: time.monotonic() > moment or len(site.requests) > asked, process)
        elif wait_for_requests(site, asked + chance.randint(1, 40), process):
            time.sleep(chance.uniform(0, 0.05))
        return process.is_alive()
    finally:
        process.kill()
        process.join(PATIENCE)


def repeated(requests: list[tuple[str, str]], usual: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Return what was asked for more often than an uninterrupted crawl asks."""
    return Counter(requests) - Counter(usual)
