"""Plots as inline SVG: a few shapes, no dependency, nothing to load.

Axes have round marks, and times the unit that fits. Every figure is drawn with ``currentColor`` and classes, so that
the page's style decides how it looks; each has a title for those who cannot see it.
"""

from __future__ import annotations

from html import escape
from math import floor, log10
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 640, 180
_LEFT, _BOTTOM, _TOP, _RIGHT = 48, 24, 8, 12
_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))


def lines(
    series: Mapping[str, Sequence[tuple[float, float]]], *, title: str, x_label: str, points: int = 400
) -> Markup:
    """Draw lines from zero; each series is (x, y) in order of x, thinned to ``points``.

    An ``x_label`` of "seconds" becomes minutes or hours where those are what people would say.
    """
    everything = [point for one in series.values() for point in one]
    if not everything:
        return Markup("")
    right = max(x for x, _ in everything) or 1.0
    top = max(y for _, y in everything) or 1.0
    unit, x_label = _unit(right) if x_label == "seconds" else (1, x_label)
    body = [_frame(right, top, unit, x_label)]
    for index, (name, values) in enumerate(series.items()):
        step = max(1, len(values) // points)
        kept = [*values[::step], values[-1]] if values else []
        path = " ".join(f"{_x(x / right):.1f},{_y(y / top):.1f}" for x, y in kept)
        body.append(f'<polyline class="series s{index % 6}" points="{path}"/>')
        body.append(
            f'<text class="key s{index % 6}" x="{_LEFT + 8}" y="{_TOP + 12 + 14 * index}">{escape(name)}</text>'
        )
    # Names and labels are escaped where they are put in; everything else is numbers of ours.
    return Markup(  # noqa: S704
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>{"".join(body)}</svg>'
    )


def spark(values: Sequence[float | None]) -> Markup:
    """Draw shares (0 to 1) of the last runs, small enough for a table; runs without one are left out."""
    kept = [(index, value) for index, value in enumerate(values) if value is not None]
    if not kept:
        return Markup("")
    last = max(len(values) - 1, 1)
    points = [(2 + 116 * index / last, 20 - 16 * value) for index, value in kept]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6"/>' for x, y in points)
    shares = ", ".join(f"{100 * value:.0f} %" for _, value in kept)
    return Markup(  # noqa: S704 - numbers of ours only
        f'<svg class="spark" viewBox="0 0 120 24" width="120" height="24" role="img"><title>{shares}</title>'
        f'<polyline class="series s0" points="{path}"/>{dots}</svg>'
    )


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM)


def _frame(right: float, top: float, unit: int, x_label: str) -> str:
    """Draw axes from zero with round marks; ``unit`` is the length in x of one unit of the label."""
    parts = [f'<path class="axis" d="M{_LEFT},{_TOP}V{HEIGHT - _BOTTOM}H{WIDTH - _RIGHT}"/>']
    parts += [
        f'<text class="x" x="{_x(mark * unit / right):.1f}" y="{HEIGHT - 8}">{mark:,.10g}</text>'
        for mark in _marks(right / unit)
    ]
    for mark in _marks(top):
        y = _y(mark / top)
        parts.append(f'<text class="y" x="{_LEFT - 6}" y="{y + 4:.1f}">{mark:,.10g}</text>')
        parts.append(f'<path class="grid" d="M{_LEFT},{y:.1f}H{WIDTH - _RIGHT}"/>')
    parts.append(f'<text class="unit" x="{WIDTH - _RIGHT}" y="{HEIGHT - 28}">{escape(x_label)}</text>')
    return "".join(parts)


def _unit(seconds: float) -> tuple[int, str]:
    """Return the unit in which people say a time: its seconds and its name."""
    return next(((length, name) for length, name in _UNITS if seconds >= 2 * length), (1, "seconds"))


def _marks(last: float) -> list[float]:
    """Return three to six round numbers from 0 to at most ``last``.

    >>> _marks(226), _marks(3.4), _marks(1)
    ([0.0, 50.0, 100.0, 150.0, 200.0], [0.0, 1.0, 2.0, 3.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    power = 10.0 ** floor(log10(last / 5))
    step = next(factor * power for factor in (1, 2, 5, 10) if last / (factor * power) <= 5 + 1e-9)
    return [round(nth * step, 10) for nth in range(floor(last / step + 1e-9) + 1)]
