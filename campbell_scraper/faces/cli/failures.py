"""What the command line says of an error, and the exit code it ends with."""

from __future__ import annotations

import errno
import sqlite3
import traceback

import click

from campbell_scraper.errors import CampbellError, Exit, Unfinished, UsageError
from campbell_scraper.faces.printing import say
from campbell_scraper.view.database.store_errors import store_error

_UNUSABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}
"""Errors of a path that the user named, and not of the machine."""


def tell(error: Exception, *, debug: bool) -> int:
    """Print an error as one sentence on stderr, after its traceback if ``debug``, and return the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return Exit.GOOD
    if isinstance(error, click.exceptions.Abort):
        say("Interrupted: no half-written file is left. Run the same command again.", err=True)
        return Exit.INTERRUPTED
    if debug:
        say("".join(traceback.format_exception(error)).rstrip("\n"), err=True)
    known = error if isinstance(error, CampbellError) else _of_machine(error)
    if known is not None:
        say(f"Error: {known}", err=True)
        return known.exit_code
    if isinstance(error, OSError | sqlite3.OperationalError):
        say(f"Unexpected error: {error}; what was stored before is safe.", err=True)
        return Exit.UNEXPECTED
    say(f"Unexpected error: {type(error).__name__}: {error} (run with --debug to see where)", err=True)
    return Exit.UNEXPECTED


def _of_machine(error: Exception) -> CampbellError | None:
    """Return our error for a failure of the machine, its disks or SQLite; None for any other."""
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        return Unfinished("There is too little memory; what was stored before is safe.")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM}:
        return Unfinished(f"{error}; what was stored before is safe.")
    if isinstance(error, OSError) and error.errno in _UNUSABLE:
        return UsageError(f"{error.filename or 'A file'} cannot be used: {error.strerror}.")
    return store_error(error) if isinstance(error, sqlite3.Error) else None
