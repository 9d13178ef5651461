"""Remarks on a file's records: kinds that are not read, and oddities that were read all the same.

No remark is about a lost page: an incomplete segmented answer is reported with its first record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campbell_scraper.archive.capture import Damage
from campbell_scraper.archive.userinfo import without_userinfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .scan import RawRecord

_UNREAD: Final = {
    "conversion": "conversion record(s), which hold no answer as it was sent: not read",
    "continuation": "continuation record(s) of answers of which other parts are missing: not read",
}


class Remarks:
    """Collects the remarks on one file: each once, with the number of records it concerns."""

    def __init__(self, is_joined: Callable[[RawRecord], bool]) -> None:
        self._is_joined = is_joined
        self._found: dict[str, tuple[RawRecord, int]] = {}
        self._asked: dict[int, RawRecord] = {}
        """Hash of a URL → the first request for it, while no answer has been read."""
        self._answered: set[int] = set()

    def look_at(self, record: RawRecord, url: str) -> None:
        """Note what is remarkable in a record."""
        is_read = record.rtype == "continuation" and self._is_joined(record)
        if remark := record.oddity or (None if is_read else _UNREAD.get(record.rtype)):
            first, count = self._found.get(remark, (record, 0))
            self._found[remark] = first, count + 1
        if record.rtype != "request":
            self._answered.add(hash(url))
            self._asked.pop(hash(url), None)
        elif hash(url) not in self._answered:
            self._asked.setdefault(hash(url), record)

    def damages(self) -> Iterator[Damage]:
        """Yield the remarks."""
        if self._asked:
            first = next(iter(self._asked.values()))
            url = without_userinfo(first.get("warc-target-uri") or "")
            self._found[f"request(s) without an answer, the first for {url}"] = first, len(self._asked)
        for remark, (first, count) in self._found.items():
            reason = f"{count} {remark}"
            yield Damage(warc_file=first.source.name, warc_offset=first.offset, reason=reason, is_lost=False)
