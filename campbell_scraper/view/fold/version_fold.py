"""Versions: a fold over everything seen of one review, in the order of the site's time (rules 4, 5 and 8).

The fold is a pure function of the set of events: the same events give the same versions in whatever order they came.

* A representation with the content it had when last seen changes nothing.
* A representation seen for the first time adds to what is known of the current version: our knowledge grew, the site
  changed nothing.
* A representation whose content changed makes a new version, if the composed record differs. One edit seen through two
  representations is one version: the later amends what the earlier opened, if both are of one crawl, within 48 hours,
  and the later had not been seen since.
* A representation that said something and now says nothing at all was not read: its template has changed, and what it
  said last stays until it can be read again. The run that saw it fails its assertions (``judging``).
* A field that vanished from the pages of a whole run (``vanished_fields``) was not read either: its last value stays.
  That is known only when a run ends, so what it says of known reviews is folded at its end.
* 404 and 410, a permanent redirect to another review's page, and absence from two successive complete discoveries, make
  a version whose status is ``gone``; being seen again ends it. A redirect counts at once, with its target
  (``redirects_to``): the address has no page any more, whether or not the work lives on at the other. What a listing
  still prints of a page whose own address said so does not bring it back. ``withdrawn`` is what the page says.
* A form that asks for a password (``access``) in the place of a text that was read is such an absence too. The text
  stays as it was last read. A page that a cache still serves does not bring it back while REST asks for the password.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .composing import compose, hollow, rank
from .record_diff import Differences, diff
from .stated_fields import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from .composing import Content, Record

ONE_EDIT = timedelta(hours=48)
"""How far apart two representations of one edit may be seen; a crawl of that age is not resumed either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A representation of the review was captured."""

    at: str
    capture_id: str
    crawl_id: str | None
    representation: str
    """"item" or "rest"; for the others with the path they were seen at ("listing:/library.html"), because two listings
    print different parts of one review: each is compared with itself."""
    content_hash: str | None
    """``None`` if the site only said that nothing changed (304)."""
    is_protected: bool = False
    """True if it asks for a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The site said, or two complete discoveries showed, that the review is not there."""

    at: str
    capture_id: str | None
    """The 404 or 410; ``None`` for discoveries."""
    since: str | None = None
    """Start of the earlier of the two discoveries: a review seen since then is not absent."""
    redirects_to: str | None = None
    """URL of the other review's page that the address leads to."""
    is_protected: bool = False
    """True if the site asks for a password."""


@dataclass(slots=True, kw_only=True)
class Change:
    """One field that differs from the version before."""

    old: str | None
    new: str | None
    changed_at: str
    old_capture_id: str | None
    new_capture_id: str | None


@dataclass(slots=True, kw_only=True)
class Version:
    """One state of a review."""

    valid_from: str
    capture_id: str | None
    """The capture that opened it; ``None`` if two discoveries did."""
    record: Record
    changes: dict[str, Change] = field(default_factory=dict)
    crawl_id: str | None = None
    content_hash: str | None = None
    """Hash of the one content that is the record as it stands; None if the record was composed."""


@dataclass(slots=True, kw_only=True)
class Folded:
    """What all events say together."""

    versions: list[Version]
    first_seen: str
    last_seen: str
    capture_id: str
    """Newest capture of the representation that is believed first."""


Event = Sighting | Absence


def rest_is_current(latest: Mapping[str, Sighting], crawls: Container[str | None] = ()) -> bool:
    """Tell whether REST was seen after the page, or in the same crawl; once REST is closed, the page counts.

    ``crawls`` are those that saw REST, if the latest sightings are not the last ones.
    """
    rest, item = latest.get("rest"), latest.get("item")
    if rest is None or item is None:
        return rest is not None
    return rest.at >= item.at or (
        item.crawl_id is not None and (item.crawl_id == rest.crawl_id or item.crawl_id in crawls)
    )


def fold(
    events: Iterable[Event],
    contents: Callable[[str], Content],
    vanished: Callable[[Sighting], Container[str]] = lambda _: (),
) -> Folded | None:
    """Fold events, in any order, into versions; ``None`` if the review was never seen.

    ``contents`` returns what a representation says by its hash; it may be asked for one hash several times.
    ``vanished`` returns the fields that the run of a sighting lost.
    """
    events = sorted(events, key=_order)
    asked_rest = {one.crawl_id for one in events if isinstance(one, Sighting) and one.representation == "rest"}
    state = _Fold(contents, vanished, asked_rest)
    for event in events:
        if isinstance(event, Sighting):
            state.seen(event)
        else:
            state.absent(event)
    return state.result()


def _order(event: Event) -> tuple[str, str, tuple[int, str]]:
    if isinstance(event, Sighting):
        return event.at, event.capture_id, rank(event.representation)
    return event.at, event.capture_id or "", (-1, "")


class _Fold:
    def __init__(
        self,
        contents: Callable[[str], Content],
        vanished: Callable[[Sighting], Container[str]],
        asked_rest: Container[str | None],
    ) -> None:
        self._contents = contents
        self._asked_rest = asked_rest
        self._vanished = vanished
        self._partial: set[str] = set()
        """Representations with something kept that their latest sighting lacks."""
        self._latest: dict[str, Sighting] = {}
        """Representation → its last sighting with content."""
        self._said: dict[str, Content] = {}
        self._versions: list[Version] = []
        self._hashes: dict[int, str] = {}
        """Identity of each content → its hash; ``_kept`` keeps identities unique."""
        self._kept: list[Content] = []
        self._gone = False
        self._said_so = False
        """Whether its own address said that it is gone."""
        self._readable = False
        """Whether any sighting did not ask for a password."""
        self._closed: dict[str, str | None] = {}
        """Representation that asked for a password when last seen → the crawl that saw it."""
        self._first: Sighting | None = None
        self._last: Sighting | None = None

    def seen(self, event: Sighting) -> None:
        if self._said_so and event.representation.startswith("listing"):
            self._last = event
            return
        if event.is_protected:
            self._closed[event.representation] = event.crawl_id
            if self._readable:
                self.absent(Absence(at=event.at, capture_id=event.capture_id, is_protected=True))
                return
        else:
            self._readable = True
            self._closed.pop(event.representation, None)
        if event.content_hash is None:
            if self._first is not None:
                self._last = event
                self._back(event)
            return
        before = self._latest.get(event.representation)
        self._first, self._last = self._first or event, event
        name = event.representation
        if before is not None and before.content_hash == event.content_hash and name not in self._partial:
            self._latest[name] = event
            self._back(event)
            return
        content = self._contents(event.content_hash)
        if before is not None and hollow(content) and not hollow(self._said[name]):
            self._back(event)
            return
        read, content = content, self._kept_of(event, content)
        if content is not read and content == self._said[name]:
            self._back(event)
            return
        self._latest[name] = event
        self._said[name] = content
        if not self._versions:
            self._open(event, self._compose(), {})
        elif before is None:
            self._amend_knowledge()
            self._back(event)
        else:
            self._changed(event, before)

    def _compose(self, *, gone: bool = False) -> Record:
        return compose(self._said, gone=gone, rest_is_current=rest_is_current(self._latest, self._asked_rest))

    def _kept_of(self, event: Sighting, content: Content) -> Content:
        """Return the content with what vanished from the run's pages put back as it was."""
        name, found = event.representation, content
        vanished = self._vanished(event) if name in self._said else ()
        if vanished:
            found = keep(self._said[name], content, vanished)
        if found is content:
            self._partial.discard(name)
            self._hashes[id(content)] = event.content_hash or ""
        else:
            self._partial.add(name)
        self._kept.append(found)
        return found

    def absent(self, event: Absence) -> None:
        if self._gone or self._last is None or (event.since is not None and self._last.at >= event.since):
            return
        self._gone, self._said_so = True, event.capture_id is not None
        record = self._compose(gone=True)
        change = Change(
            old=self._versions[-1].record["status"],
            new="gone",
            changed_at=event.at,
            old_capture_id=self._last.capture_id,
            new_capture_id=event.capture_id,
        )
        changes = {"status": change}
        if event.redirects_to is not None:
            changes["redirects_to"] = replace(change, old=None, new=event.redirects_to)
        if event.is_protected:
            changes["access"] = replace(change, old=None, new="password")
        self._versions.append(Version(valid_from=event.at, capture_id=event.capture_id, record=record, changes=changes))

    def _is_closed(self, event: Sighting) -> bool:
        """Tell whether another representation asked for a password in the same crawl."""
        return self._gone and event.crawl_id is not None and event.crawl_id in self._closed.values()

    def _back(self, event: Sighting) -> None:
        if self._gone and not self._is_closed(event):
            self._gone = self._said_so = False
            record = self._compose()
            status = diff(self._versions[-1].record, record).get("status")
            self._open(event, record, {"status": status} if status else {})

    def _changed(self, event: Sighting, before: Sighting) -> None:
        current, was_gone = self._versions[-1], self._gone
        self._said_so = self._gone = self._is_closed(event)
        record = self._compose(gone=self._gone)
        if not was_gone and self._same_edit(current, event, before):
            self._amend_edit(current, record, event, before)
        elif differences := diff(current.record, record):
            self._open(event, record, differences, before)
        else:
            current.record = record

    def _same_edit(self, current: Version, event: Sighting, before: Sighting) -> bool:
        """Tell whether the event shows the edit that another representation showed first."""
        return (
            len(self._versions) > 1
            and current.record["status"] != "gone"
            and current.crawl_id == event.crawl_id
            and (before.at, before.capture_id) < (current.valid_from, current.capture_id or "")
            and _as_datetime(event.at) - _as_datetime(current.valid_from) <= ONE_EDIT
        )

    def _open(self, event: Sighting, record: Record, differences: Differences, before: Sighting | None = None) -> None:
        """Open a version; ``differences`` are those the site made."""
        old_id = before.capture_id if before else self._versions[-1].capture_id if self._versions else None
        changes = {
            name: Change(old=old, new=new, changed_at=event.at, old_capture_id=old_id, new_capture_id=event.capture_id)
            for name, (old, new) in differences.items()
        }
        self._versions.append(
            Version(
                valid_from=event.at,
                capture_id=event.capture_id,
                record=record,
                changes=changes,
                crawl_id=event.crawl_id,
            )
        )

    def _amend_knowledge(self) -> None:
        """Put what a new representation adds into the current version, as if it had always been known."""
        current = self._versions[-1]
        record = self._compose(gone=self._gone)
        for name, (_, new) in diff(current.record, record).items():
            if name in current.changes:
                current.changes[name].new = new
        current.record = record
        self._settle()

    def _amend_edit(self, current: Version, record: Record, event: Sighting, before: Sighting) -> None:
        """Merge a second view of one edit into the version the first view opened."""
        for name, (old, new) in diff(current.record, record).items():
            change = Change(
                old=old,
                new=new,
                changed_at=event.at,
                old_capture_id=before.capture_id,
                new_capture_id=event.capture_id,
            )
            if known := current.changes.get(name):
                change = replace(known, new=new, new_capture_id=event.capture_id)
            current.changes[name] = change
        current.record = record
        self._settle()

    def _settle(self) -> None:
        """Drop changes that were undone, and the version if none is left."""
        current = self._versions[-1]
        current.changes = {name: change for name, change in current.changes.items() if change.old != change.new}
        if not current.changes and len(self._versions) > 1:
            self._versions.pop()
            self._versions[-1].record = current.record

    def result(self) -> Folded | None:
        if self._first is None or self._last is None:
            return None
        for version in self._versions:
            version.content_hash = self._hashes.get(id(version.record))
        primary = min(self._latest, key=rank)
        return Folded(
            versions=self._versions,
            first_seen=self._first.at,
            last_seen=self._last.at,
            capture_id=self._latest[primary].capture_id,
        )


def _as_datetime(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
