"""``assertions.toml``, and the limits in it that the fold shares with the assertions."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def assertions_file() -> dict[str, Any]:
    """Return what ``assertions.toml`` says."""
    return tomllib.loads(
        resources.files("campbell_scraper.view.judging").joinpath("assertions.toml").read_text("utf-8")
    )


@cache
def limits(name: str) -> tuple[float, float]:
    """Return an assertion's limits: the fewest pages that count as many, and the share in percent to be exceeded.

    In a smaller library fewer pages are many.
    """
    (assertion,) = (one for one in assertions_file()["assertion"] if one["name"] == name)
    return assertion["minimum"], assertion["threshold"]
