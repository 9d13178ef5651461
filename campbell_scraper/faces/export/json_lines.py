"""JSON Lines: the complete record of each review as the database keeps it, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.faces.export.citations.clean_text import escaped_json
from campbell_scraper.view.keys import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .library_export import Review

_OWN = ("review_id", "work_id", "version", "valid_from", "valid_to", "capture_id", "content_hash")


def line_pieces(reviews: Iterable[Review]) -> Iterator[bytes]:
    """Yield one canonical JSON object a line.

    An object has all fields of the version's record, and of its row: review_id, work_id, version, valid_from, valid_to,
    capture_id, content_hash. Texts are as stored, with JSON's escapes only.
    """
    for review in reviews:
        line = review.record | {name: getattr(review, name) for name in _OWN}
        yield escaped_json(canonical_json(line)).encode("utf-8") + b"\n"
