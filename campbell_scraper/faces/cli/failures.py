"""What the command line says of an error, and the exit code it ends with."""

from __future__ import annotations

import errno
import sqlite3
import traceback

import click

from campbell_scraper.errors import CampbellError, Exit

from .printing import say


def tell(error: Exception, *, debug: bool) -> int:
    """Print an error as one sentence on stderr, after its traceback if ``debug``, and return the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return Exit.GOOD
    if isinstance(error, click.exceptions.Abort):
        say("Interrupted.", err=True)
        return Exit.INTERRUPTED
    if debug:
        traceback.print_exception(error)
    if isinstance(error, CampbellError):
        say(f"Error: {error}", err=True)
        return error.exit_code
    if isinstance(error, OSError | sqlite3.OperationalError):
        full = getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "is full" in str(error)
        say(f"{'Error' if full else 'Unexpected error'}: {error}; what was stored before is safe.", err=True)
        return Exit.UNFINISHED if full else Exit.UNEXPECTED
    say(f"Unexpected error: {type(error).__name__}: {error} (run with --debug to see where)", err=True)
    return Exit.UNEXPECTED
