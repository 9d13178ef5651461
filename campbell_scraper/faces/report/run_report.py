"""The report of one run: everything about it as one dictionary (JSON), and as one page of HTML that needs nothing else.

The database is enough; how long answers took stands in the WARC files' metadata records and is left out without them.
So a run keeps only what it was judged by, in ``reports/``, and the rest is read and drawn when somebody asks for it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastwarc.warc import ArchiveIterator, WarcRecordType

from campbell_scraper import __version__
from campbell_scraper.archive.stored_files import open_warc, size_of
from campbell_scraper.atomic_files import replacing
from campbell_scraper.faces.export.changes import changes_found
from campbell_scraper.faces.export.citations.clean_text import web_url
from campbell_scraper.faces.export.citations.word_diff import word_diff
from campbell_scraper.untrusted_json import parsed_json
from campbell_scraper.view.exclusions import addresses, excluded, without_addresses
from campbell_scraper.view.judging.assertions import FIELDS, check, open_view
from campbell_scraper.words import escaped_json

from . import library_plots, runs, svg
from .html_page import html_page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from campbell_scraper.folder import DataFolder
    from campbell_scraper.view.judging.assertions import Verdict

logger = logging.getLogger(__name__)

MAX_CHANGES = 200
"""Reviews whose changes are shown in full; all are counted."""
MAX_ARCHIVE = 4_000_000_000
"""Bytes of WARC files that are read for the times of answers; of a larger crawl the first files are read."""


def run_report(folder: DataFolder, crawl_id: str | None = None) -> dict[str, Any]:
    """Return all that is known of one run, by default the last, as plain values.

    Raises:
        UsageError: there is no such run.
        DamagedError: the database cannot be read.

    """
    with closing(open_view(folder.newest)) as connection:
        this = runs.run(connection, crawl_id)
        recent = runs.runs_up_to(connection, this)
        reasons, failed = runs.failures(connection, this.crawl_id)
        hidden = excluded(folder)
        found = _judged(connection, this, check(connection, this.crawl_id)) | {
            "progress": _progress(connection, this.crawl_id),
            "latency": _latency(folder, connection, this.crawl_id),
            "coverage": runs.coverage(connection, recent),
            "earlier_runs": [_run(one) | runs.totals(connection, one.crawl_id) for one in recent],
            "library": library_plots.tables(connection, hidden),
            "changes": _changes(connection, this.crawl_id, hidden),
            "failures": {"reasons": reasons, "exchanges": failed},
            "not_fetched": runs.barred(connection, this.crawl_id),
            "unhandled": _unhandled(connection, this.crawl_id),
            "reservations": _reservations(connection, this.crawl_id),
        }
        cleaned: dict[str, Any] = without_addresses(found, addresses(connection, hidden))
        return cleaned


def _judged(connection: sqlite3.Connection, this: runs.Run, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "software": f"campbell_scraper {__version__}",
        "crawl": _run(this),
        "assertions": [asdict(verdict) for verdict in verdicts],
        "counts": _counts(connection, this.crawl_id),
    }


def _run(one: runs.Run) -> dict[str, Any]:
    return asdict(one) | {"seconds": one.seconds}


def _counts(connection: sqlite3.Connection, crawl_id: str) -> dict[str, Any]:
    def by(column: str) -> dict[str, int]:
        sql = f"SELECT {column}, count(*) FROM captures WHERE crawl_id = ? GROUP BY 1 ORDER BY 2 DESC, 1"  # noqa: S608 - columns of ours
        return {str("none" if name is None else name): count for name, count in connection.execute(sql, (crawl_id,))}

    total, payload, stored = connection.execute(
        "SELECT count(*), coalesce(sum(payload_length), 0), coalesce(sum(warc_length), 0) FROM captures"
        " WHERE crawl_id = ?",
        (crawl_id,),
    ).fetchone()
    reviews = connection.execute("SELECT count(*) FROM reviews").fetchone()[0]
    return {
        "exchanges": total,
        "payload_bytes": payload,
        "stored_bytes": stored,
        "reviews_in_database": reviews,
        "statuses": by("status"),
        "kinds": by("kind"),
        "outcomes": by("outcome"),
    }


def _progress(connection: sqlite3.Connection, crawl_id: str) -> dict[str, Any]:
    """Return how many exchanges there were after how many seconds; at most 500 points."""
    rows = connection.execute(
        "SELECT fetched_at, kind FROM captures WHERE crawl_id = ? AND fetched_at IS NOT NULL "
        "ORDER BY fetched_at, capture_id",
        (crawl_id,),
    ).fetchall()
    if not rows:
        return {"points": []}
    start = _unix_time(rows[0][0])
    reviews = 0
    points = []
    step = max(1, len(rows) // 500)
    for index, (at, kind) in enumerate(rows, 1):
        reviews += kind == "review"
        if index % step == 0 or index == len(rows):
            points.append([round(_unix_time(at) - start, 3), index, reviews])
    return {"columns": ["seconds", "exchanges", "review pages"], "points": points}


def _unix_time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def _latency(folder: DataFolder, connection: sqlite3.Connection, crawl_id: str) -> dict[str, Any]:
    """Return how many milliseconds answers took: a sample in order, and quantiles."""
    names = connection.execute("SELECT DISTINCT warc_file FROM captures WHERE crawl_id = ? ORDER BY 1", (crawl_id,))
    values = sorted(_fetch_times([folder.archive / row[0] for row in names]))
    if not values:
        return {}
    places = {"median": 0.5, "p90": 0.9, "p99": 0.99, "maximum": 1.0}
    quantiles = {name: values[min(len(values) - 1, int(len(values) * share))] for name, share in places.items()}
    step = max(1, len(values) // 2_000)
    return {"unit": "ms", "answers": len(values), **quantiles, "sample": values[::step]}


def _fetch_times(files: Sequence[Path]) -> Iterator[float]:
    budget = MAX_ARCHIVE
    for path in files:
        try:
            size = size_of(path)
            budget -= size
            if budget < 0:
                return
            with open_warc(path) as stream:
                for record in ArchiveIterator(stream, parse_http=False, record_types=WarcRecordType.metadata):
                    for line in record.reader.read(65_536).splitlines():
                        name, _, value = line.partition(b":")
                        if name.lower() == b"fetchtimems" and value.strip().isdigit():
                            yield float(value)
        except Exception as error:  # noqa: BLE001 - fastwarc raises many kinds, and a report is no reason to fail
            logger.info("%s: times of answers were not read: %s", path.name, error)


def _changes(connection: sqlite3.Connection, crawl_id: str, hidden: Collection[str]) -> dict[str, Any]:
    """Return the reviews this run found new or changed, those that changed first."""
    counts: Counter[str] = Counter()
    shown: list[dict[str, Any]] = []
    for change in changes_found(connection, crawl_id, hidden):
        counts[change.kind] += 1
        if len(shown) < MAX_CHANGES:
            named = {name: getattr(change, name) for name in ("review_id", "version", "at", "kind", "title")}
            fields = [asdict(one) for one in change.fields]
            shown.append(named | {"url": web_url(change.url), "fields": fields})
    return {"counts": dict(counts), "reviews": shown}


def _unhandled(connection: sqlite3.Connection, crawl_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT kind, value, count(DISTINCT url) AS pages, min(url) AS example FROM unhandled WHERE crawl_id = ?"
        " GROUP BY kind, value ORDER BY pages DESC, kind, value LIMIT 100",
        (crawl_id,),
    )
    return [dict(row) for row in rows]


def _reservations(connection: sqlite3.Connection, crawl_id: str) -> dict[str, Any]:
    """Return the text-and-data-mining reservations this run met."""
    row = connection.execute("SELECT closing FROM crawls WHERE crawl_id = ?", (crawl_id,)).fetchone()
    closing = parsed_json(row[0]) if row and row[0] else {}
    urls = connection.execute(
        "SELECT url FROM discovered WHERE crawl_id = ? AND decision = 'reserved' ORDER BY url LIMIT 20", (crawl_id,)
    )
    found = {name: value for name, value in closing.items() if name.startswith("crawl-tdm-")}
    return found | {"urls": [row[0] for row in urls]}


def as_json(report: dict[str, Any]) -> str:
    """Return the report as JSON, with the words that differ in each changed field."""
    reviews = []
    for review in report["changes"]["reviews"]:
        fields = [one | {"words": word_diff(one["old"] or "", one["new"] or "")} for one in review["fields"]]
        reviews.append(review | {"fields": fields})
    whole = report | {"changes": report["changes"] | {"reviews": reviews}}
    return escaped_json(json.dumps(whole, ensure_ascii=False, indent=1)) + "\n"


def as_page(report: dict[str, Any], pictures: Sequence[library_plots.Drawn] = ()) -> str:
    """Return the report as one page of HTML that loads nothing; ``pictures`` of the whole library are inside it."""
    points = report["progress"]["points"]
    progress = svg.lines(
        {"exchanges": [(x, y) for x, y, _ in points], "review pages": [(x, z) for x, _, z in points]},
        title="Exchanges over time",
        x_label="seconds",
    )
    coverage = [
        {
            "field": name,
            "spark": svg.spark([one["shares"].get(name) for one in report["coverage"]]),
            "shares": [one["shares"].get(name) for one in report["coverage"][-2:]],
        }
        for name in FIELDS
        if any(one["shares"] for one in report["coverage"])
    ]
    return html_page("report/report.html", **report, plot=progress, fields=coverage, pictures=pictures)


def keep_report(
    folder: DataFolder, connection: sqlite3.Connection, this: runs.Run, verdicts: Sequence[Verdict]
) -> None:
    """Keep in ``reports/`` how a run ended, what was counted, and how it was judged: :func:`is_judged` is then true.

    Raises:
        OSError: it cannot be written.

    """
    kept = without_addresses(_judged(connection, this, verdicts), addresses(connection, excluded(folder)))
    folder.reports.mkdir(parents=True, exist_ok=True)
    with replacing(_kept(folder, this)) as fresh:
        fresh.write_text(escaped_json(json.dumps(kept, ensure_ascii=False)) + "\n", "utf-8")


def is_judged(folder: DataFolder, this: runs.Run) -> bool:
    """Return whether :func:`keep_report` was called for a run since it ended."""
    try:
        kept = parsed_json(_kept(folder, this).read_text("utf-8"))
        return bool(kept["crawl"]["finished_at"] == this.finished_at)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _kept(folder: DataFolder, this: runs.Run) -> Path:
    return folder.reports / f"{this.crawl_id}.json"
