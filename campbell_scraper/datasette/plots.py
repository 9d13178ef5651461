"""Plots of the library as SVG and PNG, drawn here and not in the browser: they need no script and no network.

Each plot is a small table and a Vega-Lite specification; the report and the pages use the same.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .home import coverage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection

Row = dict[str, Any]
_COLOURS = "tableau20"
_CONFIG = {
    "background": "#ffffff",
    "font": "sans-serif",
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelColor": "#222",
        "titleColor": "#222",
        "gridColor": "#e5e5e5",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260},
    "view": {"stroke": None},
    "range": {"category": {"scheme": _COLOURS}},
}


def can_draw() -> bool:
    """Tell whether vl-convert is installed."""
    return find_spec("vl_convert") is not None


class PlotsUnavailableError(RuntimeError):
    """vl-convert is not installed (extra [serve])."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot."""

    title: str
    description: str
    rows: Callable[[sqlite3.Connection, Collection[str]], list[Row]]
    """The table it shows, from the database, without the reviews named."""
    encoding: dict[str, Any]
    """Vega-Lite: mark, encoding, size."""


def _reviews(connection: sqlite3.Connection, hidden: Collection[str]) -> list[sqlite3.Row | tuple[Any, ...]]:
    """Give (review_id, year, stage, studies, participants, lag) of the newest page of each work."""
    sql = (
        "SELECT review_id, substr(published_date, 1, 4), stage, studies_included, participants, search_lag_months "
        "FROM review_overview WHERE review_id IN (SELECT review_id FROM works)"
    )
    return [row for row in connection.execute(sql) if row[0] not in hidden]


def _by_year_and(table: str) -> Callable[[sqlite3.Connection, Collection[str]], list[Row]]:
    def rows(connection: sqlite3.Connection, hidden: Collection[str]) -> list[Row]:
        counts: Counter[tuple[str, str]] = Counter()
        sql = (
            f"SELECT r.review_id, substr(r.published_date, 1, 4), g.name FROM works r JOIN {table} g USING (review_id) "  # noqa: S608
            "WHERE r.published_date IS NOT NULL"
        )
        for review_id, year, name in connection.execute(sql):
            if review_id not in hidden:
                counts[year, name] += 1
        return [{"year": year, "name": name, "works": count} for (year, name), count in sorted(counts.items())]

    return rows


def _lag(connection: sqlite3.Connection, hidden: Collection[str]) -> list[Row]:
    return [
        {"year": year, "months": lag, "stage": stage or "other"}
        for _, year, stage, _, _, lag in _reviews(connection, hidden)
        if lag is not None and year
    ]


def _studies(connection: sqlite3.Connection, hidden: Collection[str]) -> list[Row]:
    return [
        {"studies": studies, "participants": participants, "year": year}
        for _, year, _, studies, participants, _ in _reviews(connection, hidden)
        if studies and participants
    ]


def _sizes(connection: sqlite3.Connection, hidden: Collection[str]) -> list[Row]:
    counts = Counter(
        next(label for limit, label in _BINS if row[3] <= limit)
        for row in _reviews(connection, hidden)
        if row[3] is not None
    )
    return [{"studies": label, "works": counts[label]} for _, label in _BINS]


_BINS = ((0, "0"), (5, "1–5"), (10, "6–10"), (20, "11–20"), (50, "21–50"), (100, "51–100"), (float("inf"), "over 100"))


def _coverage(connection: sqlite3.Connection, hidden: Collection[str]) -> list[Row]:
    found = coverage(connection, hidden)
    return [{"field": name, "share": have / of if of else 0.0, "have": have, "of": of} for name, have, of in found]


_WIDTH = 640
_YEAR = {
    "field": "year",
    "type": "ordinal",
    "title": "Year of publication",
    "axis": {"labelAngle": 0, "labelOverlap": True},
}


def _bars(name: str) -> dict[str, Any]:
    return {
        "mark": "bar",
        "width": _WIDTH,
        "height": 260,
        "encoding": {
            "x": _YEAR,
            "y": {"field": "works", "type": "quantitative", "title": "Works", "axis": {"tickMinStep": 1}},
            "color": {"field": "name", "type": "nominal", "title": name, "legend": {"orient": "bottom", "columns": 2}},
        },
    }


PLOTS: dict[str, Plot] = {
    "groups_by_year": Plot(
        title="Works per year by coordinating group",
        description="The newest page of each work, by the year it was published; a work of two groups counts in both.",
        rows=_by_year_and("review_groups"),
        encoding=_bars("Coordinating group"),
    ),
    "types_by_year": Plot(
        title="Works per year by type of document",
        description="The newest page of each work, by the year it was published and what the page calls itself.",
        rows=_by_year_and("review_document_types"),
        encoding=_bars("Type of document"),
    ),
    "search_lag": Plot(
        title="From search to publication",
        description="Months between the end of the search, as the summary states it, and publication.",
        rows=_lag,
        encoding={
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.7},
            "width": _WIDTH,
            "height": 260,
            "encoding": {
                "x": _YEAR,
                "y": {"field": "months", "type": "quantitative", "title": "Months"},
                "color": {"field": "stage", "type": "nominal", "title": "Stage", "legend": {"orient": "bottom"}},
            },
        },
    ),
    "studies": Plot(
        title="Studies included",
        description="Works by the number of studies their summary says they include.",
        rows=_sizes,
        encoding={
            "mark": "bar",
            "width": _WIDTH,
            "height": 220,
            "encoding": {
                "x": {"field": "studies", "type": "ordinal", "sort": None, "title": "Studies included",
                      "axis": {"labelAngle": 0}},
                "y": {"field": "works", "type": "quantitative", "title": "Works", "axis": {"tickMinStep": 1}},
            },
        },
    ),
    "studies_and_participants": Plot(
        title="Studies and participants",
        description="One point for each work whose summary tells both, on logarithmic scales.",
        rows=_studies,
        encoding={
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.7},
            "width": _WIDTH,
            "height": 260,
            "encoding": {
                "x": {"field": "studies", "type": "quantitative", "scale": {"type": "log"},
                      "title": "Studies included"},
                "y": {"field": "participants", "type": "quantitative", "scale": {"type": "log"},
                      "title": "Participants"},
            },
        },
    ),
    "coverage": Plot(
        title="Coverage by field",
        description="The share of reviews whose page tells each field.",
        rows=_coverage,
        encoding={
            "mark": "bar",
            "width": _WIDTH,
            "height": 260,
            "encoding": {
                "y": {"field": "field", "type": "nominal", "sort": None, "title": None},
                "x": {"field": "share", "type": "quantitative", "title": "Share of reviews",
                      "scale": {"domain": [0, 1]}, "axis": {"format": "%"}},
            },
        },
    ),
}  # fmt: skip
"""Name → plot, in the order in which pages show them."""


def plot_rows(connection: sqlite3.Connection, name: str, hidden: Collection[str] = ()) -> list[Row]:
    """Give the table a plot shows; ``hidden`` are review_ids to be left out (for a connection to the live file)."""
    return PLOTS[name].rows(connection, hidden)


def plot_svg(name: str, rows: list[Row]) -> str:
    """Draw a plot as SVG without scripts or links.

    Raises:
        PlotsUnavailableError: vl-convert is not installed.

    """
    return _drawn(name, json.dumps(rows, sort_keys=True), "svg")  # type: ignore[return-value]


def plot_png(name: str, rows: list[Row]) -> bytes:
    """Draw a plot as PNG, twice as large as the SVG.

    Raises:
        PlotsUnavailableError: vl-convert is not installed.

    """
    return _drawn(name, json.dumps(rows, sort_keys=True), "png")  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _drawn(name: str, rows: str, kind: str) -> str | bytes:
    try:
        import vl_convert  # noqa: PLC0415 - 90 MB, and only for who plots
    except ImportError as error:
        raise PlotsUnavailableError("Plots need vl-convert: pip install 'campbell-scraper[serve]'.") from error
    plot = PLOTS[name]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": json.loads(rows)},
        "config": _CONFIG,
        **plot.encoding,
    }
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
    return bytes(vl_convert.vegalite_to_png(spec, scale=2.0, allowed_base_urls=[]))
