"""The reference pages of the documentation, made from code: ``python -m campbell_scraper.faces.cli.docs_pages [DOCS]``.

``reference/tables.md`` is the data dictionary, ``reference/picture.md`` a picture of its tables,
``reference/commands.md`` the help of every command, ``reference/addon.md`` the settings of the add-on. They are
committed, so that they can be read without building anything; a test compares them with the code.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campbell_scraper.archive import ArchiveSettings
from campbell_scraper.view.schema.dictionary import markdown

from . import campbell
from .schema_picture import picture

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 100
_CPUS = re.compile(r"(?<=Processes that read pages\.)(\s+)\[default: \d+")
"""A default that differs between machines."""
_SETTING = re.compile(r'^    \w+: [^=\n]+?(?: = ([^\n]+))?\n    """(ARCHIVE_\w+): (.*?)"""', re.MULTILINE | re.DOTALL)
_ADDON = """# Settings of the add-on

Generated from `campbell_scraper.archive.ArchiveSettings`. How to use it, with a complete example:
[the add-on in your own Scrapy project](../addon.md).

| setting | default | |
|---|---|---|
"""
_PICTURE = """# A picture of the tables

Begin at `reviews`: one row is one page address. Bold columns are the key; "→" names the table that a column refers to.
[Tables and columns](tables.md) describes every column.

```{image} tables.svg
:alt: The tables of campbell.db with their keys and the tables they refer to
```
"""
_COMMANDS = """# Commands

Generated from the help of the commands. The environment variable `CAMPBELL_DATA` sets `--data`. Exit codes are
explained in [Did it break?](../did-it-break.md#exit-codes)
"""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it ("campbell export"), the program itself first."""
    yield from _walk("campbell", campbell)


def _walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            subcommand = command.get_command(context, word)
            assert subcommand is not None
            yield from _walk(f"{name} {word}", subcommand)


def help_text(name: str, command: click.Command) -> str:
    """Return what ``--help`` prints, on a terminal of 100 columns, whatever the terminal is."""
    context = click.Context(command, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH)
    context.help_option_names = ["-h", "--help"]
    return _CPUS.sub(r"\1[default: one for each CPU", command.get_help(context)).rstrip()


def commands_markdown() -> str:
    """Return ``reference/commands.md``."""
    parts = [_COMMANDS]
    parts += [f"## {name}\n\n```text\n{help_text(name, command)}\n```\n" for name, command in commands()]
    return "\n".join(parts)


def addon_markdown() -> str:
    """Return ``reference/addon.md``."""
    rows = []
    for default, name, description in _SETTING.findall(inspect.getsource(ArchiveSettings)):
        shown = "" if not default or "factory" in default or default == "Path()" else f"`{default}`"
        rows.append(f"| `{name}` | {shown} | {' '.join(description.split())} |")
    return _ADDON + "\n".join(rows) + "\n"


def pages() -> dict[str, str]:
    """Return the generated pages: path below ``docs`` → text."""
    return {
        "reference/tables.md": markdown(),
        "reference/picture.md": _PICTURE,
        "reference/tables.svg": picture(),
        "reference/commands.md": commands_markdown(),
        "reference/addon.md": addon_markdown(),
    }


def main(docs: Path) -> None:
    """Write the generated pages into the folder of the documentation."""
    for name, text in pages().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
