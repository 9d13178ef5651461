"""The paragraph and the flow of numbers that a paper's methods section needs, from what the database says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    return f"""# Methods

{_paragraph(library, numbers)}

Content of this export: `{content_hash}`{_limits(library, where)}

## Flow

| step | number |
|---|---:|
{_table(numbers)}

## How the numbers are counted

* *Found*: distinct URLs in table `discovered`, all crawls together. A URL may have had different decisions in different
  crawls, so that the decisions can add up to more.
* *Fetched*: rows of table `captures`. `new` answers were stored whole, `revisit` and `unchanged` ones are known from an
  earlier capture, `failed` ones left no answer.
* *Parsed*: rows of `reviews`; one address of a review is one row (a protocol and its review are two). View `works` of
  the SQLite file joins addresses of one work.
* *Excluded*: decisions of the people who keep this library (`exclusions.csv`), with the reasons they gave.
* What a page says was read by rules, not by hand: table `unhandled` lists every value that no rule covered, and each
  evidence fact comes with the sentence it was read from.
"""


def _paragraph(library: Library, numbers: Flow) -> str:
    connection, until = library.connection, (library.moment or "9999",)
    crawls = connection.execute("SELECT * FROM crawls WHERE started_at <= ? ORDER BY started_at", until).fetchall()
    first, last, restored = connection.execute(
        "SELECT min(captured_at), max(captured_at), total(restored) FROM captures WHERE captured_at <= ?", until
    ).fetchone()
    sites = sorted({_cell(row["site"]) for row in crawls if row["site"]})
    software = sorted({_cell(row["software"]) for row in crawls if row["software"]})
    sources = sorted({_cell(row["source"]) for row in crawls if row["source"]})
    polite = bool(crawls) and all(_info(row["info"]).get("robots") == "obey" for row in crawls)
    where = ", ".join(sites) or "from archives that name no site"
    by = ", ".join(software) or "software that left no name"
    stages = ", ".join(f"{number:,} {name}" for name, number in numbers.stages.items()) or "none"
    reasons = "; ".join(f"{_cell(reason)}: {number:,}" for reason, number in numbers.excluded.items())
    excluded = sum(numbers.excluded.values())
    parts = [
        f"Pages of the library of the Campbell Collaboration ({where}) were collected in ",
        _number(len(crawls), "crawl"),
        f" (source: {', '.join(sources)})" if sources else "",
        f", captured between {first[:10]} and {last[:10]}" if first else "",
        f", with {by}{', robots.txt obeyed' if polite else ''}.\n",
        "Every HTTP exchange was kept in WARC files, whose digests are in manifest-sha256.txt",
        f"; {_number(int(restored), 'capture')} came from the Wayback Machine.\n" if restored else ".\n",
        f"{_number(numbers.found, 'URL')} were found and {_number(numbers.exchanges, 'exchange')} made; ",
        f"{_number(numbers.parsed, 'review page')} were parsed into records ({stages}).\n",
        f"Excluded: {_number(excluded, 'review')}{f' ({reasons})' if reasons else ''}. ",
        f"In this export: {_number(numbers.exported, 'review')}, written by campbell-scraper/{__version__}.",
    ]
    return "".join(parts)


def _table(numbers: Flow) -> str:
    rows: list[tuple[str, int]] = [("Found: distinct URLs", numbers.found)]
    rows += [(f"– decision: {_cell(name)}", number) for name, number in numbers.decisions.items()]
    rows.append(("Fetched: HTTP exchanges", numbers.exchanges))
    rows += [(f"– outcome: {_cell(name)}", number) for name, number in numbers.outcomes.items()]
    rows += [
        ("Distinct URLs answered with status 200", numbers.answered),
        ("– of captures that are review pages", numbers.review_pages),
        ("– whose layout no rule knew", numbers.unrecognised),
        ("Parsed: reviews", numbers.parsed),
    ]
    rows += [(f"– stage: {_cell(name)}", number) for name, number in numbers.stages.items()]
    rows += [(f"– status: {_cell(name)}", number) for name, number in numbers.statuses.items()]
    rows.append(("Excluded", sum(numbers.excluded.values())))
    rows += [(f"– {_cell(reason)}", number) for reason, number in numbers.excluded.items()]
    rows += [("Not selected by the condition of this export", numbers.not_selected), ("Exported", numbers.exported)]
    return "\n".join(f"| {label} | {number:,} |" for label, number in rows)


def _limits(library: Library, where: str | None) -> str:
    parts = [f"The library as it stood at {library.moment}."] if library.moment else []
    if where is not None:
        parts.append(f"Only reviews for which this holds: `{one_line(where).replace('`', ' ')}`")
    return "".join(f"\n\n{part}" for part in parts)


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _info(text: str | None) -> dict[str, Any]:
    try:
        info = json.loads(text or "{}")
    except ValueError:
        return {}
    return info if isinstance(info, dict) else {}
