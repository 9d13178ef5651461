"""Prints tables of measurements."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def print_table(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print rows of text; the first column is a name, the others are numbers."""
    table = Table(title=title, title_justify="left")
    for index, name in enumerate(head):
        table.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
