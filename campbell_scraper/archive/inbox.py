"""What waits for the writer's thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Inbox(Generic[Job]):
    """Jobs in the order of their coming. Many may put; one thread waits, and takes when it holds a lock."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._called = threading.Event()

    def put(self, job: Job) -> None:
        """Add a job."""
        self._jobs.append(job)
        self._called.set()

    def call(self) -> None:
        """End the waiting without a job."""
        self._called.set()

    @property
    def empty(self) -> bool:
        """Whether all jobs have been taken."""
        return not self._jobs

    def wait(self, patience: float) -> None:
        """Return when a job has come, after a call, or after ``patience`` seconds."""
        self._called.wait(patience)
        # Cleared before jobs are taken: one that comes between the two sets the signal again.
        self._called.clear()

    def take(self) -> list[Job]:
        """Return what has come; [] for nothing."""
        jobs = []
        while self._jobs:
            jobs.append(self._jobs.popleft())
        return jobs
