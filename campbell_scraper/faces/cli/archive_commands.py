"""Commands on the archive: rebuild, verify, add, trace, replay, package."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campbell_scraper.errors import AssertionFailed, DamagedError, ExtraNeeded, UsageError
from campbell_scraper.faces.printing import say

from .common_options import data_option, host_option, only_data_option, trust_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campbell_scraper.faces.report.progress import StatusLine
    from campbell_scraper.folder import DataFolder
    from campbell_scraper.view.derive import Derived
    from campbell_scraper.view.parts.kept_readings import KeptReadings


@click.command()
@click.argument("archives", metavar="[ARCHIVE...]", nargs=-1, type=click.Path(path_type=Path))
@data_option()
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The database to write; needed when ARCHIVE is given.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one for each CPU",
    help="Processes that read pages.",
)
@click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT|local",
    help="Let the workers of a Dask scheduler, or local processes, read pages; keep the results in parts/.",
)
def rebuild(
    *, archives: Sequence[Path], folder: DataFolder, database: Path | None, workers: int, scheduler: str | None
) -> None:
    """Rebuild the database from WARC or WACZ files or folders, including those of other tools.

    Without ARCHIVE the data folder's database is rebuilt from its own archive. Readers see the old rows
    until the new ones are complete. Runs that --gate holds back stay hidden, unless they now pass all checks.

    \b
    Examples:
      campbell rebuild --data data/demo
      campbell rebuild somebody-elses.warc.gz --db library.db
      campbell rebuild --data data/demo --scheduler tcp://scheduler.example:8786
    """  # noqa: D301
    from campbell_scraper.faces.report.progress import StatusLine
    from campbell_scraper.view.following import library_of, locked, require_listed
    from campbell_scraper.view.judging.gate import database_to_derive, settle
    from campbell_scraper.view.rebuild import build_database, replace_database
    from campbell_scraper.view.store import Store

    if archives and database is None:
        raise UsageError("Name the database to write with --db FILE when you name archives.")
    if archives and scheduler is not None:
        raise UsageError("--scheduler is for a data folder's own archive: add these archives to one (campbell add).")
    if database is not None:
        if not archives:
            require_listed(folder)
        with StatusLine() as line:
            kept = _kept(folder, scheduler, workers, line)
            report = build_database(
                archives or [folder.archive], database, workers=workers, kept=kept, progress=_telling(line)
            )
        _report(report, database)
        return
    with locked(folder, "campbell rebuild"), StatusLine() as line:
        library = library_of(folder)
        kept = _kept(folder, scheduler, workers, line)
        with closing(Store.open(database_to_derive(folder, library, anew=True), library=library)) as store:
            report = replace_database(folder, store, workers=workers, kept=kept, progress=_telling(line))
        settle(folder, library, workers=workers, kept=kept)
    _report(report, folder.database)


def _kept(folder: DataFolder, scheduler: str | None, workers: int, line: StatusLine) -> KeptReadings | None:
    """Return the readings that a scheduler's workers made; None without a scheduler."""
    if scheduler is None:
        return None
    try:
        from campbell_scraper.view.parts.scheduling import keep_readings
    except ImportError as error:
        raise ExtraNeeded("--scheduler needs Dask and pyarrow", "dask") from error
    return keep_readings(folder, scheduler, workers, line.tell)


def _telling(line: StatusLine) -> Callable[[Derived], None]:
    """Return a function that shows a derivation's progress."""
    return lambda done: line.tell(f"{done.captures:,} captures")


def _report(report: Derived, database: Path, done: str = "Rebuilt") -> None:
    seconds = report.seconds
    rate = report.captures / seconds
    click.echo(f"{done} {database}: {report.captures:,} captures in {seconds:.1f} s ({rate:,.0f} a second).")
    for damage in report.damages:
        label = "Skipped" if damage.is_lost else "Note"
        say(f"{label}: {damage.warc_file} at {damage.warc_offset}: {damage.reason}", err=True)
    for url, reason in report.unreadable:
        say(f"Unreadable: {url}: {reason}", err=True)
    if report.captures == 0:
        raise DamagedError("No capture was found in these archives.")
    if report.is_poor:
        raise AssertionFailed(f"Many pages could not be read: {report.lost:,} records and pages of {report.pages:,}.")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@data_option()
@click.option("--rebuild", "with_rebuild", is_flag=True, help="Also compare with a rebuilt database, row by row.")
def verify(*, file: Path | None, folder: DataFolder, with_rebuild: bool) -> None:
    """Check archive, manifest and database against each other, or one WARC or WACZ FILE.

    \b
    Examples:
      campbell verify --data data/demo --rebuild
      campbell verify demo.wacz
    """  # noqa: D301
    from campbell_scraper.view.verification import Verification, verify_folder

    if file is not None:
        result = Verification(findings=_findings(file))
    else:
        from campbell_scraper.faces.report.progress import StatusLine

        folder.require()
        with StatusLine() as shown:
            result = verify_folder(folder, with_rebuild=with_rebuild, progress=shown.tell)
    for line in result.lines:
        say(line)
    if result.findings:
        for finding in result.findings:
            say(finding, err=True)
        raise DamagedError(f"{len(result.findings)} finding(s) in {file or folder.root}.")
    say("Everything agrees.")


def _findings(file: Path) -> list[str]:
    from campbell_scraper.archive.verify import verify_file

    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    try:
        return [str(finding) for finding in verify_file(file)]
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    except OSError as error:
        raise DamagedError(f"{error}.") from error


@click.command()
@click.argument("archives", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@data_option()
def add(*, archives: Sequence[Path], folder: DataFolder) -> None:
    """Copy WARC or WACZ files of other tools into the data folder and update the database.

    WARC files are copied byte for byte; ARC, zstd and lz4 files become uncompressed WARC files. added.csv in the data
    folder says where each comes from.

    \b
    Example:
      campbell add browsertrix.wacz wget-2019.warc.gz --data data/campbell
    """  # noqa: D301
    from campbell_scraper.view.adding import add_archives

    added, report = add_archives(folder, archives)
    for name, source in added:
        say(f"Added {source} as {name}.")
    if added:
        _report(report, folder.database, "Updated")
    else:
        say("The archive already has all of it.")


@click.command()
@click.argument("target", metavar="REVIEW[.FIELD]")
@data_option()
def trace(*, target: str, folder: DataFolder) -> None:
    """Show where a value comes from, down to WARC file, offset and digest.

    REVIEW is a review_id (its page's path) or the end of one. FIELD is a column of `reviews`, authors, groups,
    document_types, a fact of `evidence_facts`, or a field as `campbell changes` names it.

    \b
    Example:
      campbell trace --data data/demo improving-parental-and-infant-mental-health.participants
    """  # noqa: D301
    from campbell_scraper.faces.report.trace import trace_value

    folder.require()
    for name, value in trace_value(folder, target):
        say(f"{name + ':':<17} {value}")


@click.command()
@only_data_option
@click.option("--port", type=int, default=8080, show_default=True, help="Port on 127.0.0.1.")
@host_option
@click.option("--serve-url", metavar="URL", default="http://127.0.0.1:8001/", show_default=True,
              help="Address of `campbell serve`, to which pages link.")  # fmt: skip
@trust_option
def replay(*, folder: DataFolder, port: int, hosts: tuple[str, ...], serve_url: str, is_trusted: bool) -> None:
    """Browse the archived site in your browser (pywb).

    A note on each page links its previous and next capture, and its record in the database.

    \b
    Example:
      campbell replay --data data/demo
    """  # noqa: D301
    from campbell_scraper.faces.replay import serve_replay

    folder.require()
    serve_replay(folder, port, hosts, serve_url=serve_url, is_trusted=is_trusted)


@click.command()
@data_option()
@click.option("--crawl", "crawl_id", help="Only this crawl, with the records its revisits refer to.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["wacz", "bagit"]),
    default="wacz",
    show_default=True,
    help="One WACZ file, which players open, or a BagIt bag for a repository, with a copy of the database.",
)
@click.option("--output", type=click.Path(path_type=Path), help="The file, or for a bag the folder, to write.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM file of an ECDSA P-384 private key to sign the WACZ with.",
)
@click.option("--tsa", "authority", metavar="URL", help="Authority (RFC 3161) that timestamps the signature.")
def package(
    *,
    folder: DataFolder,
    crawl_id: str | None,
    form: str,
    output: Path | None,
    key: Path | None,
    authority: str | None,
) -> None:
    """Package the archive, or one crawl, as a WACZ file or a BagIt bag.

    \b
    Examples:
      campbell package --data data/demo --output demo.wacz
      campbell package --data data/demo --format bagit --output demo-bag
    """  # noqa: D301
    from campbell_scraper.faces.export.replay_package import write_bag, write_wacz_package
    from campbell_scraper.faces.report.progress import StatusLine
    from campbell_scraper.view.exclusions import excluded

    folder.require()
    if (authority and not key) or (form == "bagit" and key):
        raise UsageError("A timestamp needs --key, and only a WACZ is signed.")
    target = output or folder.exports / f"{crawl_id or 'campbell'}.{'wacz' if form == 'wacz' else 'bag'}"
    with StatusLine() as line:
        if form == "bagit":
            written = write_bag(folder, target, crawl_id, progress=line.tell)
        else:
            written = write_wacz_package(folder, target, crawl_id, key, authority, progress=line.tell)
    say(f"Wrote {written}.")
    if excluded(folder):
        say(
            "Left out: the records of what exclusions.csv names. Lists and other pages in it may still name it.",
            err=True,
        )
