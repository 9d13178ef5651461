"""Runs a SQL condition from outside so that it can only read."""

from __future__ import annotations

import sqlite3
import time

from campbell_scraper.errors import UsageError
from campbell_scraper.view.database.guarded import guarded

SECONDS = 30.0
"""How long a condition may take."""
_MAX_CONDITION = 100_000


def matching(connection: sqlite3.Connection, condition: str, *, seconds: float = SECONDS) -> list[str]:
    """Return the review_id of all rows of ``review_overview`` for which a condition is true, in order.

    The condition may use sub-queries on any table and full text. Everything but reading is refused by SQLite's
    authorizer, whatever the text of the condition makes of the statement it is put into.

    Raises:
        UsageError: it is not a condition, would do more than read, or takes longer than ``seconds``.

    """
    if len(condition) > _MAX_CONDITION:
        raise UsageError(f"The condition of --where is longer than {_MAX_CONDITION:,} characters.")
    deadline = time.monotonic() + seconds
    try:
        with guarded(connection, seconds):
            # Newlines keep a comment in the condition from swallowing the bracket.
            rows = connection.execute(
                f"SELECT review_id FROM review_overview WHERE (\n{condition}\n) ORDER BY review_id"  # noqa: S608
            )
            return [row[0] for row in rows if isinstance(row[0], str)]
    except sqlite3.Error as error:
        if time.monotonic() > deadline:
            raise UsageError(f"The condition of --where takes longer than {seconds:g} seconds.") from error
        if "authoriz" in str(error) or "prohibited" in str(error):
            raise UsageError(f"The condition of --where may only read: {error}.") from error
        raise UsageError(f"--where needs a condition on the columns of review_overview: {error}.") from error
    except (sqlite3.Warning, ValueError) as error:  # several statements; a null character
        raise UsageError(f"--where needs one condition on the columns of review_overview: {error}.") from error
