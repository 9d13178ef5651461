"""Fenced blocks of the documentation's pages, and running them as a reader would: in a shell, one after the other.

What stands behind a fence says what is done with the block:

* ``sh``: run by bash; it must exit with 0.
* ``sh server=URL``: started, and left running until the page's end; URL must answer.
* ``sh real-site``: not run, because it asks a host outside; the real command line must accept its arguments.
* ``text output``: each line must be in the output of the block before (``…`` stands for anything).
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROOT = DOCS.parent
_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PORTS = ("8000", "8001", "8080")
_URL = re.compile(r"http://127\.0\.0\.1:\d+/[^\s)>`\"']*")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the words behind it, its text and the line where it begins."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    def option(self, name: str) -> str | None:
        """Return the value of ``name=value`` behind the fence."""
        return next((word.partition("=")[2] for word in self.words if word.startswith(f"{name}=")), None)


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    return [
        Block(found[1], tuple(found[2].split()), found[3], page.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(page)
    ]


def environment() -> dict[str, str]:
    """Return the environment of a reader who has the project's environment on the path."""
    bins = str(Path(sys.executable).parent)
    changed = {"PATH": bins + os.pathsep + os.environ["PATH"], "COLUMNS": "120", "PYTHONUNBUFFERED": "1"}
    return {name: value for name, value in os.environ.items() if not name.startswith("CAMPBELL_")} | changed


def shell(text: str, folder: Path) -> str:
    """Run a block; return its standard output, or fails with all it said."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=environment(), capture_output=True, timeout=300,
        stdin=subprocess.DEVNULL, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"exit code {done.returncode} of\n{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def with_free_ports(page: str) -> str:
    """Return the page with each of its ports replaced by one that is free now."""
    held = []
    try:
        for port in _PORTS:
            taken = socket.create_server(("127.0.0.1", 0))
            held.append(taken)
            page = re.sub(rf"\b{port}\b", str(taken.getsockname()[1]), page)
    finally:
        for taken in held:
            taken.close()
    return page


def _answers(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def served(command: str, folder: Path, url: str) -> Iterator[None]:
    """Run a server in a group of processes of its own until the block ends; wait until it answers."""
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command.strip()}"], cwd=folder, env=environment(), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 90
        while not (status := _answers(url)) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
        assert status == 200, f"{command.strip()}: {url} answered {status or 'nothing'} (exit code {process.poll()})"
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)


def check_addresses(page: str, url: str) -> None:
    """Ask the server at ``url`` for every address the page names."""
    base = url.split("/", 3)[2]
    for address in sorted({found.rstrip(".,;:") for found in _URL.findall(page)}):
        if address.split("/", 3)[2] == base:
            assert _answers(address) == 200, f"{address} of the page answers {_answers(address)}"


def shown(expected: str, output: str) -> list[str]:
    """Return the lines expected that are not in the output."""
    said = re.sub(r"[ \t]+", " ", output)
    patterns = {
        line: r"[^\n]*".join(re.escape(part) for part in re.sub(r"[ \t]+", " ", line.strip()).split("…"))
        for line in expected.splitlines()
        if line.strip() not in {"", "…"}
    }
    return [line for line, pattern in patterns.items() if not re.search(pattern, said)]


def words_of(text: str) -> list[list[str]]:
    """Return the command lines of a block as words, continued lines joined, comments left out."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]
