"""The command line: thin commands that parse arguments, call one function and print."""

from __future__ import annotations

import errno
import sqlite3
import sys
import traceback
from typing import Final

import click

from campbell_scraper import __version__
from campbell_scraper.errors import CampbellError, Exit

from .lazy_group import Commands

__all__ = ["campbell", "main"]

COMMANDS: Final = {
    "demo": "crawl_commands",
    "crawl": "crawl_commands",
    "rebuild": "archive_commands",
    "verify": "archive_commands",
    "status": "report_commands",
    "report": "report_commands",
    "schedule": "schedule_command",
    "changes": "export_commands",
    "trace": "archive_commands",
    "serve": "serve_command",
    "replay": "archive_commands",
    "export": "export_commands",
    "package": "archive_commands",
    "evaluate": "evaluate_command",
}
"""Command → the module of this room that has it."""


@click.group(
    commands=Commands(__name__, COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="campbell")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def campbell(*, debug: bool) -> None:
    """Crawl the Campbell Collaboration's library into WARC and SQLite.

    The archive is the log, the database a view of it. Begin with: campbell demo

    \b
    Exit codes: 0 good; 1 unexpected; 2 bad usage or input, refused host; 3 finished, but an
    assertion failed; 4 another run holds the lock; 5 archive or database damaged; 6 could not
    finish; 130 interrupted.
    """  # noqa: D301 - \b is Click's
    click.get_current_context().obj = {"debug": debug}


def main() -> None:
    """Run the command line: errors are one sentence on stderr and a documented exit code."""
    debug = "--debug" in sys.argv
    try:
        code = campbell(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(Exit.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CampbellError as error:
        if debug:
            traceback.print_exc()
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(Exit.GOOD)
    except (OSError, sqlite3.OperationalError) as error:
        if debug:
            traceback.print_exc()
        full = getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "is full" in str(error)
        click.echo(f"{'Error' if full else 'Unexpected error'}: {error}; what was stored before is safe.", err=True)
        sys.exit(Exit.UNFINISHED if full else Exit.UNEXPECTED)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence, not a traceback
        if debug:
            traceback.print_exc()
        click.echo(f"Unexpected error: {type(error).__name__}: {error} (run with --debug to see where)", err=True)
        sys.exit(Exit.UNEXPECTED)
    sys.exit(code if isinstance(code, int) else Exit.GOOD)
