"""Workers killed at random moments, and a Redis that forgets: every library ends as if nothing had happened."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import ExitStack
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.faces.fleet.fleet_queue import FleetQueue
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from tests.helpers import campbell, rows

from .fleets import OwnFleet

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.5")
"""Of six libraries: two hosts have two."""
DELAY = 0.1


class Campaign:
    """Six sites, each crawled once undisturbed, to be crawled by fleets whose workers are killed."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder = folder
        self.sites = [
            stack.enter_context(SampleSite(library=generated(2 + number, number), host=host, log=True))
            for number, host in enumerate(HOSTS)
        ]
        self.usual: list[Counter[tuple[str, str]]] = []
        for number, site in enumerate(self.sites):
            words = ("--source", "k2", "--delay", 0, "--no-requisites", "--data", folder / f"usual{number}")
            run = campbell("crawl", site.url, *words)
            assert run.returncode == 0, run.stderr
            self.usual.append(Counter(site.requests))

    @property
    def asked(self) -> int:
        """How often the sites were asked."""
        return sum(len(site.requests) for site in self.sites)

    def run(self, redis_url: str, seed: int, *, kills: int, flush: bool) -> None:
        """Crawl all with two workers, of which one is killed again and again, mostly with its crawls."""
        for site in self.sites:
            site.requests.clear()
            site.exchanges.clear()
        chance = random.Random(seed)
        fleet = OwnFleet(self.folder / f"fleet{seed}", redis_url)
        for number, site in enumerate(self.sites):
            fleet.add(f"library{number}", site.url, delay=f"{DELAY}s")
        fleet.sent()
        disturbed = 0
        try:
            for _ in range(2):
                fleet.work()
            # Of all that an undisturbed run asks for, so that kills fall anywhere from the first to the last page.
            for turn, at in enumerate(sorted(chance.sample(range(1, sum(map(Counter.total, self.usual))), kills))):
                fleet.wait_until(lambda: self.asked >= at, every=0.01)  # noqa: B023 - called within the turn
                time.sleep(chance.uniform(0, 0.2))
                is_power_cut = chance.random() < 0.7
                disturbed += is_power_cut * fleet.kill(chance.choice(fleet.workers), with_crawls=is_power_cut)
                if flush and turn == kills // 2:
                    FleetQueue(redis_url).broker.client.flushall()
                    fleet.sent()
                fleet.work()
            fleet.wait_until_idle()
        finally:
            fleet.close()
        self.check(fleet, seed, disturbed)

    def check(self, fleet: OwnFleet, seed: int, disturbed: int) -> None:
        """Compare rows, requests and pace with what they have to be."""
        repeated: Counter[tuple[str, str]] = Counter()
        for number, site in enumerate(self.sites):
            data = fleet.folder / f"library{number}"
            usual = self.folder / f"usual{number}" / "campbell.db"
            assert not compare(usual, data / "campbell.db", exclude=CONTENT_EXCLUDED), f"seed {seed}, library {number}"
            assert rows(data, "select count(*) from crawls where status = 'finished'") == [(1,)], f"seed {seed}"
            repeated += Counter(site.requests) - self.usual[number]
        assert repeated.total() <= disturbed, f"seed {seed}: {repeated}"
        for host in set(HOSTS):
            log = sorted(
                (one.at, number, one.connection)
                for number, site in enumerate(self.sites)
                if HOSTS[number] == host
                for one in site.exchanges
            )
            connections = [one[1:] for one in log]  # a crawl has one at a time, so those of two crawls would alternate
            assert len([*groupby(connections)]) == len({*connections}), f"seed {seed}, {host}"
            # Five requests, and not two: a busy server may read one late.
            spans = [later[0] - earlier[0] for earlier, later in zip(log, log[4:], strict=False)]
            assert min(spans) >= 3 * DELAY, f"seed {seed}, {host}"


@pytest.mark.slow
def test_killed_workers_and_a_lost_queue_leave_no_trace(redis_url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        Campaign(stack, tmp_path).run(redis_url, 1, kills=4, flush=True)


@pytest.mark.soak
def test_a_hundred_kills_of_workers(redis_url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        campaign = Campaign(stack, tmp_path)
        for seed in range(1_000, 1_020):
            campaign.run(redis_url, seed, kills=5, flush=seed == 1_000)
