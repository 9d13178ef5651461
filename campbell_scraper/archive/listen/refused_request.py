"""Requests that are refused, and the decision that the archive notes about their URLs."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest

_SCRAPY_DECISIONS = {"Forbidden by robots.txt": "robots", "max redirections reached": "limit"}
"""Message of a refusal by Scrapy's own middlewares → decision; any other refusal is of another site's URL."""


class RefusedRequest(IgnoreRequest):
    """A middleware of ours refuses a request; ``decision`` is "private" or "limit"."""

    def __init__(self, decision: str, reason: str) -> None:
        super().__init__(reason)
        self.decision = decision


def decision_of(refusal: IgnoreRequest) -> str:
    """Return the decision about a URL whose request a middleware refused: "robots", "private", "limit", "offsite"."""
    if isinstance(refusal, RefusedRequest):
        return refusal.decision
    return _SCRAPY_DECISIONS.get(str(refusal), "offsite")
