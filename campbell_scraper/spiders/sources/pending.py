"""One item of the live site, and what is still to be fetched of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .wordpress_lists import RestItem


@dataclass(slots=True, eq=False)
class Item:
    """One review (or content page) and what is still to be fetched of it."""

    url: str
    via: str | None = None
    post_id: int | None = None
    is_review: bool = True
    hints: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    is_timed: bool = False
    """True once REST has been asked for its time, or has given it."""
    is_whole: bool = True
    """False once a part of it could not be fetched."""

    @property
    def hint(self) -> str | None:
        """When it last changed: the later time of both lists; None if neither gives one."""
        return max(self.hints, default=None)

    def take_rest(self, rest_item: RestItem) -> None:
        """Take what REST says of the item itself; its time of change only if no list gave one."""
        self.is_timed, self.post_id = True, rest_item.post_id
        if self.hint is None and rest_item.modified is not None:
            self.hints.add(rest_item.modified)
