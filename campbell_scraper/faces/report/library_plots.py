"""The plots of the library for the report of a run: as pages show them, inside the file."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.faces.datasette.pages import plots

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

logger = logging.getLogger(__name__)
Tables = dict[str, list[plots.Row]]
"""Name of a plot → the rows it shows."""


class Drawn(NamedTuple):
    """A plot as two ``data:`` URLs."""

    name: str
    title: str
    description: str
    svg: str
    png: str


def tables(connection: sqlite3.Connection, hidden: Collection[str]) -> Tables:
    """Return what each plot shows, without the reviews named."""
    return {name: plots.plot_rows(connection, name, hidden) for name in plots.PLOTS}


def drawn(found: Tables) -> list[Drawn]:
    """Draw and return them; none without vl-convert (extra [serve]), and none that cannot be drawn."""
    if not plots.can_draw():
        return []
    pictures = []
    for name, plot in plots.PLOTS.items():
        try:
            svg, png = (plots.picture(name, found[name], kind, scale=1.0) for kind in ("svg", "png"))
        except ValueError as error:
            logger.warning("The plot %s was not drawn: %s", name, error)
            continue
        urls = _url("image/svg+xml", svg), _url("image/png", png)
        pictures.append(Drawn(name, plot.title, plot.description, *urls))
    return pictures


def _url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
