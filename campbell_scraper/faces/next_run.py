"""When a data folder is crawled next: asked of the timers and the crontab line that ``campbell schedule`` installed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from campbell_scraper.errors import UsageError

from .timers import crontab, unit_folder, unit_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ELAPSES = re.compile(r"^NextElapseUSecRealtime=@(\d+)", re.MULTILINE)
_CRON = re.compile(r"^(\d+) (?:\* ){4}cd .*? -mmin -(\d+) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRun:
    """The next run of one schedule."""

    by: str
    """What will start it, for people."""
    at: datetime | None
    """When, without cron's random delay; None if the timer is not running."""


def next_runs(data: Path) -> list[NextRun]:
    """Return the next run of each schedule of a data folder, the earliest first."""
    planned = [*_of_timers(data.absolute()), *_of_cron(data.absolute())]
    return sorted(planned, key=lambda one: (one.at is None, one.at))


def _of_timers(data: Path) -> Iterator[NextRun]:
    for system in (False, True):
        for path in sorted(unit_folder(system=system).glob("*.timer")):
            with suppress(OSError):
                lines = path.with_suffix(".service").read_text("utf-8").splitlines()
                if f"WorkingDirectory={unit_text(str(data))}" in lines and lines[1].endswith("(campbell_scraper)"):
                    whose = "the machine's" if system else "your"
                    yield NextRun(by=f"{whose} systemd timer {path.stem}", at=_elapses(path.name, system=system))


def _elapses(timer: str, *, system: bool) -> datetime | None:
    program = shutil.which("systemctl")
    if program is None:
        return None
    words = [*(() if system else ("--user",)), "show", timer, "--property=NextElapseUSecRealtime", "--timestamp=unix"]
    try:
        run = subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    match = _ELAPSES.search(run.stdout)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _of_cron(data: Path) -> Iterator[NextRun]:
    try:
        lines = crontab("-l").stdout.splitlines()
    except (UsageError, subprocess.TimeoutExpired):
        return
    entered = f"cd {shlex.quote(str(data))} ||".replace("%", "\\%")
    for mark, line in pairwise(lines):
        match = _CRON.match(line)
        if match and mark.startswith("# campbell_scraper: ") and entered in line:
            minute, pause = int(match[1]), timedelta(minutes=int(match[2]))
            yield NextRun(by="cron", at=_after(data / ".last-scheduled", minute, pause))


def _after(stamp: Path, minute: int, pause: timedelta) -> datetime:
    """Return the first such minute of an hour that is long enough after the last start."""
    earliest = datetime.now(UTC)
    with suppress(OSError):
        earliest = max(earliest, datetime.fromtimestamp(stamp.stat().st_mtime, UTC) + pause)
    at = earliest.astimezone().replace(minute=minute, second=0, microsecond=0)
    return (at if at >= earliest else at + timedelta(hours=1)).astimezone(UTC)
