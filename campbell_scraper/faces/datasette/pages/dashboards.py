"""The plots as a dashboard with filters and tooltips, for datasette-dashboards (extra [serve]).

Its scripts (Vega, Vega-Lite, vega-embed) are files of the package: nothing is asked of another machine. Our pages
forbid scripts to make code from text (Content-Security-Policy without ``unsafe-eval``), so Vega is told to interpret
its expressions (``ast``).
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from .plots import CONFIG, PLOTS, Plot

DASHBOARD = "library"
"""The name of the dashboard in its address: ``/-/dashboards/library``."""
_FILTERED = (
    "[[ AND r.review_id IN (SELECT review_id FROM review_groups WHERE name = :group) ]]"
    "[[ AND r.stage = :stage ]]"
    "[[ AND substr(r.published_date, 1, 4) >= :since ]][[ AND substr(r.published_date, 1, 4) <= :until ]]"
)
"""Each [[ … ]] counts if its filter has a value."""
_LAYOUT = [["groups_by_year", "types_by_year"], ["search_lag", "studies_and_participants"], ["studies", "coverage"]]
_EMBED = {
    "ast": True,
    "renderer": "svg",
    "logLevel": 1,
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}
"""How vega-embed draws; its editor is on another machine. Above ``logLevel`` 1 Vega warns of filters without a row."""
_HEIGHT = 260


def installed() -> bool:
    """Return whether datasette-dashboards is there."""
    return find_spec("datasette_dashboards") is not None


def dashboard(database: str) -> dict[str, Any]:
    """Return what datasette-dashboards wants to know."""
    options = "SELECT name FROM review_groups GROUP BY name ORDER BY name"
    stages = "SELECT stage FROM reviews WHERE stage IS NOT NULL GROUP BY stage ORDER BY stage"
    return {
        DASHBOARD: {
            "title": "The library in plots",
            "description": "Point at a mark to see its numbers; filters apply to all plots.",
            "layout": _LAYOUT,
            "filters": {
                "group": {"name": "Coordinating group", "type": "select", "db": database, "query": options},
                "stage": {"name": "Stage", "type": "select", "db": database, "query": stages},
                "since": {"name": "Published since", "type": "number", "min": 1900, "max": 2100},
                "until": {"name": "Published until", "type": "number", "min": 1900, "max": 2100},
            },
            "charts": {name: _chart(plot, database) for name, plot in PLOTS.items()},
        }
    }


def _chart(plot: Plot, database: str) -> dict[str, Any]:
    # A height of its own would not fill the page of a single plot.
    display = {name: value for name, value in _pointed_at(plot.view).items() if name != "height"} | {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG | {"view": CONFIG["view"] | {"continuousHeight": _HEIGHT, "discreteHeight": _HEIGHT}},
        "usermeta": {"embedOptions": _EMBED},
    }
    return {
        "title": plot.title,
        "db": database,
        "query": plot.sql.replace("{only}", _FILTERED),
        "library": "vega-lite",
        "display": display,
    }


def _pointed_at(view: dict[str, Any]) -> dict[str, Any]:
    """Return a view whose marks show their numbers when pointed at."""
    if "layer" in view:
        return view | {"layer": [_pointed_at(one) for one in view["layer"]]}
    mark = view["mark"] if isinstance(view["mark"], dict) else {"type": view["mark"]}
    return view | {"mark": mark | {"tooltip": {"content": "data"}}}
