"""Options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from campbell_scraper.folder import DataFolder

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")

_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_TIMES = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class FolderType(click.ParamType[DataFolder]):
    """A data folder, by its path."""

    name = "directory"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> DataFolder:
        """Give the folder; whether it exists is the command's question."""
        del param, ctx
        return value if isinstance(value, DataFolder) else DataFolder(Path(str(value)))


class Size(click.ParamType[int]):
    """Bytes: a number with k, M or G."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give bytes."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmg]?)b?", str(value).strip().lower())
        if not match:
            self.fail(f"{value!r} is no size (examples: 500k, 20M, 2G)", param, ctx)
        return int(float(match[1]) * _SIZES[match[2]])


class Duration(click.ParamType[float]):
    """Seconds: a number with s, m, h or d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Give seconds."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(value).strip().lower())
        if not match:
            self.fail(f"{value!r} is no duration (examples: 90s, 30m, 12h, 30d)", param, ctx)
        return float(match[1]) * _TIMES[match[2]]


def data_option(default: str = "data/campbell") -> Callable[[F], F]:
    """Add ``--data DIR``, the data folder."""
    return click.option(
        "--data",
        "folder",
        type=FolderType(),
        default=default,
        show_default=True,
        envvar="CAMPBELL_DATA",
        help="The data folder.",
    )
