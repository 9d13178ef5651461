"""What waits for a thread, handed over in batches.

To wake a thread costs the one that wakes it a system call, and both of them the interpreter's lock: as much as it costs
to write a record. So a thread is woken once for the first job that comes, and lingers a little for those behind it.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Inbox(Generic[Job]):
    """Jobs in the order of their coming. Many may put, one thread takes."""

    def __init__(self, linger: float) -> None:
        """Take the seconds that the first job of a batch waits for others."""
        self._linger = linger
        self._jobs: deque[Job] = deque()
        self._arrived = threading.Event()
        self._hurry = threading.Event()

    def put(self, job: Job, *, urgent: bool = False) -> None:
        """Add a job; an urgent one ends the lingering."""
        self._jobs.append(job)
        if urgent:
            self._hurry.set()
        if not self._arrived.is_set():
            self._arrived.set()

    def take(self, patience: float) -> list[Job]:
        """Return what has come; [] if nothing does within ``patience`` seconds."""
        if not self._jobs and not self._arrived.wait(patience):
            return []
        if self._linger:
            self._hurry.wait(self._linger)
        # Cleared before the jobs are taken: one that comes between the two sets the signal again.
        self._hurry.clear()
        self._arrived.clear()
        jobs = []
        while self._jobs:
            jobs.append(self._jobs.popleft())
        return jobs
