"""A Redis of the test's own, and a fleet on loopback."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.helpers import free_port, wait_for

from .fleets import OwnFleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """Yield the URL of an empty Redis on a free port, which keeps nothing on disk."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server: make system-deps")
    port, folder = free_port(), tmp_path / "redis"
    folder.mkdir()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/", process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


@pytest.fixture
def fleet(redis_url: str, tmp_path: Path) -> Iterator[OwnFleet]:
    """Yield a fleet without libraries; the workers that the test starts are ended after it."""
    own = OwnFleet(tmp_path / "fleet", redis_url)
    yield own
    own.close()
