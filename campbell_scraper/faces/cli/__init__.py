"""The command line: thin commands that parse arguments, call one function and print."""

from __future__ import annotations

import io
import sys
from typing import Final

import click

from campbell_scraper import __version__
from campbell_scraper.errors import Exit

from .lazy_group import LazyCommand, LazyGroup

__all__ = ["campbell", "main"]

COMMANDS: Final = {
    "demo": LazyCommand("crawl_commands", "Crawl the embedded sample library, as a first look."),
    "crawl": LazyCommand("crawl_commands", "Crawl a library from SITE, the URL to start from."),
    "rebuild": LazyCommand(
        "archive_commands", "Rebuild the database from WARC or WACZ files or folders, including those of other tools."
    ),
    "verify": LazyCommand(
        "archive_commands", "Check archive, manifest and database against each other, or one WARC or WACZ FILE."
    ),
    "add": LazyCommand(
        "archive_commands", "Copy WARC or WACZ files of other tools into the data folder and update the database."
    ),
    "status": LazyCommand(
        "report_commands", "Show whether the last run broke, the last crawls, coverage and what the library holds."
    ),
    "report": LazyCommand("report_commands", "Write the report of one crawl as a self-contained HTML page or JSON."),
    "accept": LazyCommand("report_commands", "Accept a run that failed a check, so that readers see its rows."),
    "schedule": LazyCommand(
        "schedule_command", "Crawl on a schedule: print, install or remove a systemd timer or a cron line."
    ),
    "fleet": LazyCommand(
        "fleet_command",
        "Crawl many libraries: queue those that are due, crawl them, and show their status.",
    ),
    "changes": LazyCommand(
        "export_commands",
        "List what the site changed, newest first: reviews new, changed, gone, withdrawn or back.",
    ),
    "trace": LazyCommand("archive_commands", "Show where a value comes from, down to WARC file, offset and digest."),
    "serve": LazyCommand("serve_command", "Open the database in Datasette: search, filter, plot, export."),
    "replay": LazyCommand("archive_commands", "Browse the archived site in your browser (pywb)."),
    "export": LazyCommand("export_commands", "Export the library, or a part of it, to a file for other programs."),
    "lake": LazyCommand("export_commands", "Write the reviews of many libraries as Parquet, for one query over all."),
    "publish": LazyCommand("export_commands", "Write the library as a static site, for any web server."),
    "package": LazyCommand("archive_commands", "Package the archive, or one crawl, as a WACZ file or a BagIt bag."),
    "facts": LazyCommand(
        "export_commands",
        "List the confirmed facts, or those still to be confirmed, as lines of facts.csv.",
    ),
    "evaluate": LazyCommand("evaluate_command", "Score the extraction against labelled texts in the folder GOLD."),
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="campbell")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def campbell() -> None:
    """Crawl the Campbell Collaboration's library into WARC and SQLite.

    The archive is the log, the database a view of it. Begin with: campbell demo

    \b
    Exit codes: 0 good; 1 unexpected error; 2 bad usage or input, refused host; 3 finished, but
    a check failed; 4 another run holds the lock; 5 archive or database damaged; 6 could not
    finish; 130 interrupted.
    """  # noqa: D301 - \b is Click's
    from campbell_scraper.words import log_plainly

    log_plainly()


def main() -> None:
    """Run the command line: errors are one sentence on stderr and a documented exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be UTF-8
    try:
        code = campbell(standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence, not a traceback
        from .failures import tell

        sys.exit(tell(error, debug="--debug" in sys.argv))
    sys.exit(code if isinstance(code, int) else Exit.GOOD)
