"""The form of a canned query: closed lists as selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .review_page import language_name

if TYPE_CHECKING:
    from collections.abc import Mapping


async def options(
    database: Any, parameter: str, field: Mapping[str, str], values: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the values that a parameter may have, each with its label; the current value is always among them."""
    rows = (await database.execute(field["options"], dict(values))).rows
    called = {str(row[0]): language_name(row[0]) if parameter == "language" else str(row[-1]) for row in rows}
    own = values.get(parameter)
    return [*called.items(), *([(own, own)] if own and own not in called else [])]
