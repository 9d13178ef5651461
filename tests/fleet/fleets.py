"""A fleet of a test: its file, its workers as processes, and what they are asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.helpers import PROGRAM, campbell

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 900.0
"""Seconds; a busy machine takes long, which says nothing of the code."""


class OwnFleet:
    """A fleet in a folder; libraries are added to its file."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        self.redis_url = redis_url
        self.file = folder / "fleet.toml"
        self.workers: list[subprocess.Popen[str]] = []
        folder.mkdir()
        top = f"redis = '{redis_url}'\nretries = 1\npause = '0.2s'\n"
        self.file.write_text(f"{top}[defaults]\nsource = 'k2'\ndelay = 0\nrequisites = false\n")

    def add(self, name: str, site: str, **keys: object) -> Path:
        """Add a library; return its data folder."""
        lines = [
            f"[library.{name}]",
            f'site = "{site}"',
            *(f"{key} = {json.dumps(value)}" for key, value in keys.items()),
        ]
        self.file.write_text(self.file.read_text() + "\n".join(lines) + "\n")
        return self.folder / name

    def campbell(self, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run ``campbell fleet`` and require its exit code."""
        run = campbell("fleet", *words, "--fleet", self.file)
        assert run.returncode == code, run.stdout + run.stderr
        return run

    def sent(self, *names: str) -> list[str]:
        """Run ``campbell fleet run``; return the names of what was sent."""
        lines = self.campbell("run", *names).stdout.splitlines()
        return [line.removeprefix("Queued: ") for line in lines if line.startswith("Queued: ")]

    def status(self) -> dict[str, Any]:
        """Return each library as ``campbell fleet status --json`` tells it."""
        told = json.loads(campbell("fleet", "status", "--json", "--fleet", self.file).stdout)
        return {one["name"]: one for one in told["libraries"]}

    def work(self, *, crawls: int = 2) -> subprocess.Popen[str]:
        """Start a worker."""
        words = [PROGRAM, "fleet", "work", "--fleet", str(self.file), "--crawls", str(crawls)]
        with (self.folder / "workers.log").open("a") as log:
            worker = subprocess.Popen(words, stderr=log, text=True)
        self.workers.append(worker)
        return worker

    def wait_until(self, happened: Callable[[], bool], *, every: float = 0.5) -> None:
        """Wait for something that workers do."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, (self.folder / "workers.log").read_text()
            time.sleep(every)

    def wait_until_idle(self) -> dict[str, Any]:
        """Wait until every library was crawled well or given up; return the status."""
        self.wait_until(lambda: all(one["state"] in {"idle", "given up"} for one in self.status().values()))
        return self.status()

    def kill(self, worker: subprocess.Popen[str], *, with_crawls: bool) -> int:
        """Kill a worker as a power cut does, with the crawls it started, or alone; return how many crawls it had."""
        worker.send_signal(signal.SIGSTOP)  # so that it starts none meanwhile
        crawls = crawls_of(worker.pid)
        worker.kill()
        worker.wait()
        self.workers.remove(worker)
        for pid in crawls if with_crawls else ():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        return len(crawls)

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self.workers:
            worker.wait(PATIENCE)


def crawls_of(pid: int) -> list[int]:
    """Return the processes of the crawls that a worker started."""
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for children in found for child in children if os.getpgid(int(child)) == int(child)]
