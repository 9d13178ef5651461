"""What is still to be had of one item of the live site."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Item:
    """One review (or content page) and what is still to be had of it."""

    url: str
    via: str | None = None
    post_id: int | None = None
    is_review: bool = True
    in_rest: bool = False
    hints: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    is_whole: bool = True
    """False once a part of it could not be had."""

    @property
    def hint(self) -> str | None:
        """When it last changed, as the later of both lists says; None if neither says."""
        return max(self.hints, default=None)
