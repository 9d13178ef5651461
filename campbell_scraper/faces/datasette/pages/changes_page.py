"""The page of the newest changes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from campbell_scraper.faces.export.changes import recorded_changes
from campbell_scraper.faces.export.citations.word_diff import as_html

from .comparison import field_name

if TYPE_CHECKING:
    from campbell_scraper.faces.export import Library

CHANGES: Final = 100
"""Changes shown: the newest."""


def load_changes(library: Library, since: str | None = None) -> dict[str, Any]:
    """Return what the page shows of the changes from a day on, or after a crawl.

    Raises:
        UsageError: ``since`` is neither.

    """
    found = [
        (one, [(field_name(part.field), Markup(as_html(*part.readable))) for part in one.fields])  # noqa: S704 - escaped there
        for one in islice(recorded_changes(library, since), CHANGES)
    ]
    return {"found": found, "since": since or "", "limit": CHANGES}
