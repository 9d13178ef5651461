"""Errors a user can meet, each one clear sentence with its documented exit code.

The command line prints ``str(error)`` on stderr and exits with ``error.exit_code``; nothing else decides exit codes.
"""

from __future__ import annotations

import shlex
import sys
from enum import IntEnum
from importlib.util import find_spec


class Exit(IntEnum):
    """Exit codes of ``campbell``. They are a contract: people's scripts test for them."""

    GOOD = 0
    UNEXPECTED = 1
    USAGE = 2
    """Bad usage or input, or a refused host."""
    ASSERTION = 3
    """Finished, but an assertion about the result failed."""
    LOCKED = 4
    """Another run holds the lock."""
    DAMAGED = 5
    """Archive or database damaged, or the capture self-test failed."""
    UNFINISHED = 6
    """Could not finish: unreachable, limit reached, disk full, too little memory."""
    INTERRUPTED = 130


class CampbellError(Exception):
    """An error with one clear sentence for the user."""

    exit_code = Exit.UNEXPECTED


class UsageError(CampbellError):
    """The arguments or the data folder cannot be used as asked."""

    exit_code = Exit.USAGE


class ExtraNeeded(UsageError):
    """An optional part of the package is not installed; the sentence ends with the command that installs it here."""

    def __init__(self, what: str, extra: str) -> None:
        python = shlex.quote(sys.executable)
        install = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
        super().__init__(f"{what}: {install} 'campbell-scraper[{extra}]'")


class AssertionFailed(CampbellError):
    """The run finished, but its result is not what it must be."""

    exit_code = Exit.ASSERTION


class LockHeld(CampbellError):
    """Another run works on this data folder."""

    exit_code = Exit.LOCKED


class DamagedError(CampbellError):
    """The archive or the database is damaged."""

    exit_code = Exit.DAMAGED


class Unfinished(CampbellError):
    """The run could not finish; what it fetched is safe."""

    exit_code = Exit.UNFINISHED
