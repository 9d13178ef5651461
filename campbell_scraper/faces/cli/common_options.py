"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from campbell_scraper.folder import DataFolder

DEFAULT = "data/campbell"
"""The data folder unless another is named."""
F = TypeVar("F", bound="Callable[..., object]")


class FolderType(click.ParamType["DataFolder"]):
    """A data folder, by its path."""

    name = "directory"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> DataFolder:
        """Return the folder; the command checks whether it exists."""
        from campbell_scraper.folder import DataFolder

        del param, ctx
        return value if isinstance(value, DataFolder) else DataFolder(Path(str(value)))


def only_data_option(command: F) -> F:
    """Add ``--data DIR``, optional where there is only one data folder."""
    return click.option(
        "--data", "folder", type=FolderType(), envvar="CAMPBELL_DATA", callback=_only_folder,
        help=f"The data folder.  [default: {DEFAULT}, else the only one in data/ or here]",
    )(command)  # fmt: skip


def _only_folder(_ctx: click.Context, _param: click.Parameter, named: DataFolder | None) -> DataFolder:
    """Return the folder named, the usual one, or the only one there is."""
    from campbell_scraper.errors import UsageError
    from campbell_scraper.folder import DataFolder

    usual = DataFolder(Path(DEFAULT))
    if named is not None or usual.database.is_file():
        return named or usual
    there = [one for one in map(DataFolder, (Path(), *sorted(usual.root.parent.glob("*")))) if one.database.is_file()]
    if len(there) > 1:
        raise UsageError(f"Choose one of these with --data: {', '.join(str(one.root) for one in there)}.")
    return there[0] if there else usual


def data_option(default: str = DEFAULT) -> Callable[[F], F]:
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


host_option = click.option(
    "--host", "hosts", metavar="NAME", multiple=True,
    help="Another host name to answer to besides localhost, for instance a proxy's; can be repeated.",
)  # fmt: skip
"""``--host NAME``, repeatable: names that the server answers to."""
trust_option = click.option(
    "--trust-folder", "is_trusted", is_flag=True,
    help="Run the plugins, templates and settings in the data folder. Only for a folder that you trust.",
)  # fmt: skip
"""``--trust-folder``: programs in the data folder are run."""
