"""The axes of a report's plot: round numbers, in the unit in which people say a time."""

from __future__ import annotations

import re

import pytest

from campbell_scraper.faces.report.svg import lines


@pytest.mark.parametrize(
    ("seconds", "exchanges", "along", "up", "unit"),
    [
        (3.4, 226, "0 1 2 3", "0 50 100 150 200", "seconds"),
        (7_300, 1_900, "0 0.5 1 1.5 2", "0 500 1,000 1,500", "hours"),
        (600, 3, "0 2 4 6 8 10", "0 1 2 3", "minutes"),
    ],
)
def test_marks_are_round_numbers_of_the_unit_that_fits(
    seconds: float, exchanges: int, along: str, up: str, unit: str
) -> None:
    plot = lines({"exchanges": [(0, 0), (seconds, exchanges)]}, title="Exchanges over time", x_label="seconds")
    marks = {name: " ".join(re.findall(rf'class="{name}"[^>]*>([^<]+)<', plot)) for name in ("x", "y", "unit")}
    assert marks == {"x": along, "y": up, "unit": unit}
