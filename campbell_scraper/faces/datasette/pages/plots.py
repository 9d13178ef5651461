"""Plots of the library. Each is a query and a Vega-Lite specification, drawn in three places.

As SVG and PNG they are drawn here: they need no script and no network (pages, the report of a crawl). The dashboard has
them with filters and tooltips, by datasette-dashboards in the browser, from this machine's own files.
"""

# ruff: noqa: S608 - the only things put into these queries are constants of ours

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from campbell_scraper.errors import ExtraNeeded
from campbell_scraper.words import clean

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

Row = dict[str, Any]
HUES = ("#4c78a8", "#f58518", "#e45756", "#72b7b2", "#54a24b", "#eeca3b", "#b279a2", "#9d755d")
"""As many as people tell apart in one plot."""
_REST = "#bab0ac"
CONFIG: dict[str, Any] = {
    "background": "#ffffff",
    "font": "sans-serif",
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelColor": "#222",
        "titleColor": "#222",
        "gridColor": "#e5e5e5",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": {"expr": "min(260, width)"}},
    "view": {"stroke": None},
    "range": {"category": [*HUES, _REST]},
}
"""Vega-Lite: what all plots look like."""


def can_draw() -> bool:
    """Return whether vl-convert is installed."""
    return find_spec("vl_convert") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot."""

    title: str
    description: str
    sql: str
    """The query for the table it shows. More conditions on the reviews (alias ``r``) may be put at ``{only}``."""
    view: dict[str, Any]
    """Vega-Lite: mark and encoding, or layers of them; height."""


_NEWEST = "r.review_id IN (SELECT review_id FROM works) {only}"
_NOT_HIDDEN = "AND r.review_id NOT IN (SELECT value FROM json_each(?))"
COVERED = {
    "published_date": "r.published_date IS NOT NULL",
    "authors": "EXISTS (SELECT 1 FROM review_authors x WHERE x.review_id = r.review_id)",
    "doi": "r.doi IS NOT NULL",
    "groups": "EXISTS (SELECT 1 FROM review_groups x WHERE x.review_id = r.review_id)",
    "types": "EXISTS (SELECT 1 FROM review_document_types x WHERE x.review_id = r.review_id)",
    "headline": "r.headline IS NOT NULL",
    "languages": "EXISTS (SELECT 1 FROM summaries x WHERE x.review_id = r.review_id)",
    **{
        fact: f"EXISTS (SELECT 1 FROM evidence_facts x WHERE x.review_id = r.review_id AND x.fact = '{fact}')"
        for fact in ("studies_included", "search_date", "participants")
    },
}
"""Field → SQL condition of a review whose page has it."""


def _by_year_and(table: str) -> str:
    """Return SQL that counts works; names beyond the most frequent, one for each hue, are "Other"."""
    return f"""WITH named AS (SELECT CAST(substr(r.published_date, 1, 4) AS INTEGER) AS year, g.name
  FROM works r JOIN {table} g USING (review_id) WHERE r.published_date IS NOT NULL {{only}}),
ranked AS (SELECT name, row_number() OVER (ORDER BY count(*) DESC, name) AS rank FROM named GROUP BY name)
SELECT year, CASE WHEN rank > {len(HUES)} THEN 'Other' ELSE name END AS name, min(rank, {len(HUES) + 1}) AS rank,
  count(*) AS works
FROM named JOIN ranked USING (name) GROUP BY 1, 2, 3 ORDER BY 1, 3"""


def _coverage() -> str:
    sums = ", ".join(f"sum({test}) AS {name}" for name, test in COVERED.items())
    shares = " UNION ALL ".join(
        f"SELECT '{name}' AS field, coalesce(1.0 * {name} / pages, 0.0) AS share, coalesce({name}, 0) AS have, "
        'pages AS "of" FROM counted'
        for name in COVERED
    )
    return f"WITH counted AS (SELECT {sums}, count(*) AS pages FROM reviews r WHERE 1 {{only}}) {shares}"


_SIZES = f"""WITH bins (place, studies, most) AS (VALUES (1, '0', 0), (2, '1–5', 5), (3, '6–10', 10), (4, '11–20', 20),
  (5, '21–50', 50), (6, '51–100', 100), (7, 'over 100', 1e18)),
counted AS (SELECT (SELECT min(place) FROM bins WHERE r.studies_included <= most) AS place, count(*) AS works
  FROM review_overview r WHERE r.studies_included IS NOT NULL AND {_NEWEST} GROUP BY 1)
SELECT studies, coalesce(works, 0) AS works FROM bins LEFT JOIN counted USING (place) ORDER BY place"""


_QUANTILES = ", ".join(
    f"sum(months * max(0, 1 - abs(place - {share} * (works - 1)))) AS {name}"
    for share, name in ((0.25, "lower_quartile"), (0.5, "median"), (0.75, "upper_quartile"))
)
"""Between two works a quantile is interpolated, as R and pandas do: the nearer work counts more."""
_LAG = f"""WITH lags AS (SELECT CAST(substr(r.published_date, 1, 4) AS INTEGER) AS year, search_lag_months AS months,
    row_number() OVER by_year - 1 AS place, count(*) OVER (PARTITION BY substr(r.published_date, 1, 4)) AS works
  FROM review_overview r WHERE r.search_lag_months IS NOT NULL AND {_NEWEST}
  WINDOW by_year AS (PARTITION BY substr(r.published_date, 1, 4) ORDER BY search_lag_months))
SELECT year, works, {_QUANTILES}
FROM lags GROUP BY year ORDER BY year"""
_WHOLE = {"tickCount": {"expr": "min(6, max(1, domain('y')[1]))"}, "format": "d"}
"""An axis of counts: no tick between two whole numbers."""
_FEW = {"tickCount": 5, "format": ",d", "grid": False}
"""A logarithmic axis without a number or a line for every digit."""
_YEAR = {
    "field": "year",
    "type": "quantitative",
    "title": "Year of publication",
    "scale": {"zero": False, "nice": False, "padding": 16},
    "axis": {"format": "d", "tickMinStep": 1, "labelOverlap": True, "labelSeparation": 6, "grid": False},
}
"""A year without works has its place too."""
_ONE_YEAR = {"expr": "max(2, min(60, 0.8 * width / max(1, domain('x')[1] - domain('x')[0])))"}
"""Width of a bar."""
WIDE, NARROW = 640, 300
"""Pixels between the axes: on a page, and on a phone's, where letters would be too small to read otherwise."""


def _bars(name: str) -> dict[str, Any]:
    return {
        "mark": {"type": "bar", "orient": "vertical", "width": _ONE_YEAR},
        "height": 260,
        "encoding": {
            "x": _YEAR,
            "y": {"field": "works", "type": "quantitative", "title": "Works", "axis": _WHOLE, "stack": "zero"},
            "order": {"field": "rank"},
            "color": {
                "field": "name",
                "type": "nominal",
                "title": name,
                "sort": {"field": "rank", "op": "min"},
                "legend": {"orient": "bottom", "columns": {"expr": "width > 300 ? 2 : 1"}, "columnPadding": 16},
            },
        },
    }


PLOTS: dict[str, Plot] = {
    "groups_by_year": Plot(
        title="Works per year by coordinating group",
        description="The newest page of each work, by the year it was published; a work of two groups counts in both. "
        'Groups beyond the eight with most works are "Other".',
        sql=_by_year_and("review_groups"),
        view=_bars("Coordinating group"),
    ),
    "types_by_year": Plot(
        title="Works per year by type of document",
        description="The newest page of each work, by the year it was published and what the page calls itself. Types "
        'beyond the eight most frequent are "Other".',
        sql=_by_year_and("review_document_types"),
        view=_bars("Type of document"),
    ),
    "search_lag": Plot(
        title="From search to publication",
        description="Months between the end of the search, as the summary states it, and publication: the median of "
        "each year's works, and a bar from the lower to the upper quartile, between which half of them lie.",
        sql=_LAG,
        view={
            "height": 260,
            "encoding": {"x": _YEAR},
            "layer": [
                {
                    "mark": {"type": "bar", "orient": "vertical", "width": _ONE_YEAR, "color": "#b7cbe0"},
                    "encoding": {
                        "y": {"field": "lower_quartile", "type": "quantitative", "title": "Months"},
                        "y2": {"field": "upper_quartile"},
                    },
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": "#14507a"},
                    "encoding": {"y": {"field": "median", "type": "quantitative"}},
                },
            ],
        },
    ),
    "studies": Plot(
        title="Studies included",
        description="Works by the number of studies their summary says they include.",
        sql=_SIZES,
        view={
            "mark": "bar",
            "height": 220,
            "encoding": {
                "x": {"field": "studies", "type": "ordinal", "sort": None, "title": "Studies included",
                      "axis": {"labelAngle": 0, "labelOverlap": True, "labelSeparation": 6}},
                "y": {"field": "works", "type": "quantitative", "title": "Works", "axis": _WHOLE},
            },
        },
    ),
    "studies_and_participants": Plot(
        title="Studies and participants",
        description="One point for each work whose summary states both, on logarithmic scales.",
        sql="SELECT r.studies_included AS studies, r.participants, substr(r.published_date, 1, 4) AS year, r.title "
        "FROM review_overview r WHERE r.studies_included > 0 AND r.participants > 0 "
        f"AND {_NEWEST} ORDER BY 1, 2, r.review_id",
        view={
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85},
            "height": 260,
            "encoding": {
                "x": {"field": "studies", "type": "quantitative", "scale": {"type": "log"}, "axis": _FEW,
                      "title": "Studies included"},
                "y": {"field": "participants", "type": "quantitative", "scale": {"type": "log"}, "axis": _FEW,
                      "title": "Participants"},
            },
        },
    ),
    "coverage": Plot(
        title="Coverage by field",
        description="The share of reviews whose page has each field.",
        sql=_coverage(),
        view={
            "mark": "bar",
            "height": 260,
            "encoding": {
                "y": {"field": "field", "type": "nominal", "sort": None, "title": None},
                "x": {"field": "share", "type": "quantitative", "title": "Share of reviews",
                      "scale": {"domain": [0, 1]}, "axis": {"format": "%", "tickCount": 5}},
            },
        },
    ),
}  # fmt: skip
"""Name → plot, in the order in which pages show them."""


def plot_rows(connection: sqlite3.Connection, name: str, hidden: Collection[str] = ()) -> list[Row]:
    """Return the table a plot shows; ``hidden`` are review_ids to be left out (for a connection to the live file)."""
    sql = PLOTS[name].sql.replace("{only}", _NOT_HIDDEN)
    cursor = connection.execute(sql, (json.dumps(sorted(hidden)),))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def picture(name: str, rows: list[Row], kind: str, width: int = WIDE, *, scale: float = 2.0) -> bytes:
    """Draw a plot as SVG without scripts or links, or as PNG ``scale`` times as large.

    Texts are cleaned: vl-convert aborts the process over a character that XML does not have.

    Raises:
        ExtraNeeded: vl-convert is not installed.

    """
    plain = [{key: clean(value) if isinstance(value, str) else value for key, value in row.items()} for row in rows]
    return _drawn(name, json.dumps(plain, sort_keys=True), kind, width, scale)


@lru_cache(maxsize=64)
def _drawn(name: str, rows: str, kind: str, width: int, scale: float) -> bytes:
    try:
        import vl_convert  # noqa: PLC0415 - 90 MB, and only for plots
    except ImportError as error:
        raise ExtraNeeded("Plots need vl-convert", "serve") from error
    plot = PLOTS[name]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": json.loads(rows)},
        "config": CONFIG,
        "width": width,
        **plot.view,
    }
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])).encode()
    return bytes(vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[]))
