"""The paragraph and the flow of numbers that a paper's methods section needs, from what the database says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from campbell_scraper import __version__
from campbell_scraper.faces.export.citations.clean_text import one_line

if TYPE_CHECKING:
    from campbell_scraper.faces.export.library_export import Library


@dataclass(frozen=True, slots=True)
class Flow:
    """Numbers from found to exported; each is counted in the database, none is derived from another."""

    found: int
    """Distinct URLs seen."""
    decisions: dict[str, int]
    """Distinct URLs by decision (a URL may have had several)."""
    exchanges: int
    outcomes: dict[str, int]
    answered: int
    """Distinct URLs answered with status 200."""
    review_pages: int
    """Distinct URLs of captures that are review pages."""
    unrecognised: int
    """Distinct URLs whose layout no rule knew."""
    parsed: int
    """Reviews in the database."""
    stages: dict[str, int]
    statuses: dict[str, int]
    excluded: dict[str, int]
    """Reason → reviews left out by ``exclusions.csv``."""
    not_selected: int
    """Reviews left out by the export's condition."""
    exported: int


_COUNTS = {
    "found": "SELECT count(DISTINCT url) FROM discovered WHERE noted_at <= :until",
    "exchanges": "SELECT count(*) FROM captures WHERE captured_at <= :until",
    "answered": "SELECT count(DISTINCT url) FROM captures WHERE status = 200 AND captured_at <= :until",
    "review_pages": "SELECT count(DISTINCT url) FROM captures WHERE kind = 'review' AND captured_at <= :until",
    "unrecognised": "SELECT count(DISTINCT u.url) FROM unhandled u LEFT JOIN crawls k USING (crawl_id) "
    "WHERE u.kind = 'layout' AND coalesce(k.started_at, '') <= :until",
}
_GROUPS = {
    "decisions": "SELECT decision, count(DISTINCT url) FROM discovered WHERE noted_at <= :until "
    "GROUP BY decision ORDER BY 2 DESC, 1",
    "outcomes": "SELECT outcome, count(*) FROM captures WHERE captured_at <= :until GROUP BY outcome "
    "ORDER BY 2 DESC, 1",
}


def flow(library: Library, where: str | None) -> Flow:
    """Count the flow of one export of a library."""
    connection, until = library.connection, {"until": library.moment or "9999"}
    counts: dict[str, Any] = {name: connection.execute(sql, until).fetchone()[0] for name, sql in _COUNTS.items()}
    groups: dict[str, Any] = {
        name: {str(key): number for key, number in connection.execute(sql, until)} for name, sql in _GROUPS.items()
    }
    selected = None if where is None else set(library.select(where))
    parsed, stages, statuses, reasons, exported = 0, Counter[str](), Counter[str](), Counter[str](), 0
    for review_id, stage, status in library.standing():
        parsed += 1
        stages[stage or "not stated"] += 1
        statuses[status] += 1
        if review_id in library.exclusions:
            reasons[one_line(library.exclusions[review_id]) or "no reason given"] += 1
        elif selected is None or review_id in selected:
            exported += 1
    return Flow(
        **counts,
        **groups,
        parsed=parsed,
        stages=dict(stages.most_common()),
        statuses=dict(statuses.most_common()),
        excluded=dict(reasons.most_common()),
        not_selected=parsed - exported - reasons.total(),
        exported=exported,
    )


def methods(library: Library, numbers: Flow, *, where: str | None, content_hash: str) -> str:
    """Return ``METHODS.md``."""
    connection, until = library.connection, (library.moment or "9999",)
    crawls = connection.execute("SELECT * FROM crawls WHERE started_at <= ? ORDER BY started_at", until).fetchall()
    first, last, restored = connection.execute(
        "SELECT min(captured_at), max(captured_at), total(restored) FROM captures WHERE captured_at <= ?", until
    ).fetchone()
    names = {name: sorted({_cell(row[name]) for row in crawls if row[name]}) for name in ("site", "software", "source")}
    environment = Environment(trim_blocks=True, keep_trailing_newline=True)  # noqa: S701 - Markdown, no HTML
    environment.filters["cell"] = _cell
    text = resources.files(__package__).joinpath("methods.md").read_text("utf-8")
    return environment.from_string(text, {"flow": numbers}).render(
        sites=names["site"],
        software=names["software"],
        sources=names["source"],
        crawls=len(crawls),
        polite=bool(crawls) and all(_info(row["info"]).get("robots") == "obey" for row in crawls),
        first=first,
        last=last,
        restored=int(restored),
        excluded=sum(numbers.excluded.values()),
        corrected=connection.execute("SELECT count(*) FROM corrections WHERE applies").fetchone()[0],
        program=f"campbell-scraper/{__version__}",
        content_hash=content_hash,
        moment=library.moment,
        where=None if where is None else one_line(where).replace("`", " "),
    )


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _info(text: str | None) -> dict[str, Any]:
    try:
        info = json.loads(text or "{}")
    except ValueError:
        return {}
    return info if isinstance(info, dict) else {}
