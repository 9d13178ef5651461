"""A Wayback Machine as it is: it throttles, resets, leads elsewhere; and runs are killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import campbell
from tests.servers.wayback_history import history
from tests.servers.wayback_machine import WaybackMachine
from tests.wayback.conftest import Library
from tests.wayback.test_wayback_history import held

pytestmark = pytest.mark.xdist_group("wayback")
MARGIN = 0.02
"""Seconds by which the server may have seen a request late."""


def require_patience(machine: WaybackMachine, backoff: float = 2.0) -> int:
    """Require that nothing was asked while the machine was not to be asked; give how often it said so."""
    told = 0
    for one, following in zip(machine.log, machine.log[1:], strict=False):
        if one.status in {0, 429}:
            told += 1
            wait = one.retry_after if one.retry_after is not None else backoff
            assert following.at - one.left >= wait - MARGIN, f"asked again {following.at - one.left:.2f} s after it"
    return told


def test_throttled_and_reset_the_history_is_complete_and_no_429_ignored(library: Library) -> None:
    known = history(4)
    with WaybackMachine(known.captures, quirks=("throttling", "throttling-silent", "resets")) as machine:
        library.crawl(machine)
        assert library.restored() == held(known.captures)
        assert library.history() == known.changes
        assert require_patience(machine) >= 4
        statuses = {one.status for one in machine.log}
        assert {0, 429} <= statuses
        assert any(one.retry_after for one in machine.log)
    failed = library.rows("select count(*) from captures where outcome = 'failed' and restored = 0")[0][0]
    assert failed == sum(one.status == 0 for one in machine.log), "each reset has its record"


def test_killed_while_it_is_throttled_and_taken_up_it_is_the_same(library: Library, tmp_path: Path) -> None:
    known = history(4)
    with WaybackMachine(known.captures, quirks=("throttling",)) as machine:
        library.crawl_killed(machine, lambda: len(machine.served()) >= 20)
        before = len(machine.served())
        library.crawl(machine)
        assert library.restored() == held(known.captures)
        assert library.history() == known.changes
        served = machine.served()
        assert len(served) - len(set(served)) <= 2, "what was in flight may be asked for again, nothing else"
        assert before < len(known.captures)
        assert require_patience(machine) >= 2
        assert library.rows("select count(*), min(status) from crawls") == [(1, "finished")]
    library.verify()
    library.same_in_other_order(tmp_path / "other.db")


@pytest.mark.parametrize("quirks", [("neighbours", "no-link"), ("silent-neighbours", "own-gzip")])
def test_the_time_served_counts_and_no_capture_is_stored_twice(library: Library, quirks: tuple[str, ...]) -> None:
    known = history(4)
    with WaybackMachine(known.captures, quirks=quirks) as machine:
        lost = {(one.original, one.timestamp) for one in known.captures if machine._is_lost(one)}
        assert lost
        library.crawl(machine)
        assert library.restored() == held(known.captures) - lost
        digests = {one.digest for one in known.captures}
        bodies = library.rows("select payload_length from captures where restored = 1 and status = 200")
        assert {length for (length,) in bodies} <= {len(one.body) for one in known.captures}
        assert digests
        machine.forget()
        library.crawl(machine)
        asked_again = machine.asked("/web/")
        assert len(asked_again) <= (0 if "neighbours" in quirks else len(lost))
        assert library.restored() == held(known.captures) - lost


@pytest.mark.parametrize("failing", ["index-down", "index-html"])
def test_an_index_of_many_pages_that_fails_at_first_and_has_bad_rows_is_read_whole(
    failing: str, library: Library
) -> None:
    known = history(4)
    quirks = ("short-pages", failing, "malformed-rows", "cut-off", "excluded")
    with WaybackMachine(known.captures, quirks=quirks) as machine:
        machine.excluded = {known.captures[0].original}
        library.crawl(machine, codes=(0, 3))  # 3 where the share of failed requests is said aloud
        assert library.restored() == held([one for one in known.captures if one.original not in machine.excluded])
        assert len(machine.asked("/cdx/")) > 5


def test_captures_that_cannot_be_played_are_given_up_and_stall_nothing(library: Library) -> None:
    known = history(4)
    with WaybackMachine(known.captures) as machine:
        listed = sorted((one.original, one.timestamp) for one in known.captures)
        machine.unplayable = {listed[0], listed[len(listed) // 2], listed[-1]}
        library.crawl(machine, codes=(0, 3))  # 3 where the share of failed requests is said aloud
        assert library.restored() == held(known.captures) - machine.unplayable
        refused = [one.target for one in machine.log if one.status == 503]
        assert {refused.count(target) for target in refused} == {5}, "again after a rest, and in each of three rounds"
        assert machine.log[-1].at - machine.log[0].at < 40
        assert '"crawl-wayback-complete":"0"' in library.rows("select closing from crawls")[0][0]
        machine.unplayable.clear()
        machine.forget()
        library.crawl(machine)
        assert library.restored() == held(known.captures), "another run asks for what this one lacks"


def test_one_page_under_many_addresses_is_one_review_with_its_whole_history(library: Library) -> None:
    with WaybackMachine(history(4).captures, quirks=("http-and-https",)) as machine:
        library.crawl(machine)
        assert len({one.original.partition("/better")[0] for one in machine.captures}) >= 4
        assert library.restored() == held(machine.captures)
        assert library.history() == history(4).changes
    library.verify()


def test_a_blocked_site_is_said_to_be_unfinished_business(library: Library) -> None:
    with WaybackMachine(history(4).captures, quirks=("blocked",)) as machine:
        library.crawl(machine, codes=(3,))
        assert '"crawl-wayback-complete":"0"' in library.rows("select closing from crawls")[0][0]
        assert not machine.asked("/web/")


def test_an_index_that_shuts_us_out_later_is_said_at_every_run(library: Library) -> None:
    with WaybackMachine(history(4).captures) as machine:
        library.crawl(machine)
        before = library.history()
        machine.switch_on("blocked")
        for _ in range(2):
            library.crawl(machine, codes=(3,))
        page = campbell("report", "--output", "-", "--data", library.data).stdout
        assert "a list could not be read to its end" in page
        assert library.history() == before
