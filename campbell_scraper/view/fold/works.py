"""Works: which addresses are one work, and why. Sameness is a judgement, so each states its reason.

See rule 6 in docs/architecture.md.

Evidence in order: what people decided (``identity.csv``), an equal DOI, the English page that a translation names, a
redirect from one to the other, an equal slug, an equal title. Authors are no evidence. A title joins pages only if they
have the same stage and there is one candidate: a title registration, its protocol, the review and its update often
share one. Nothing but people joins two different DOIs.

A redirect to an address that begins with the old one's slug may be WordPress's guess: it sends an unknown slug to any
post whose slug begins with it. Such a redirect joins only pages that are one post or, if the posts' IDs are not known,
that share title and stage. Evidence that is not enough is not dropped: it is a conflict, in ``unhandled``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from campbell_scraper.view.decisions import read_decisions
from campbell_scraper.view.keys import slug_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_SHORT_SLUG = 8
"""A shorter last part ("index", "map-2") says too little to join pages by."""
_SHORT_TITLE = 12
_MAX_ROWS = 100_000
_NOT_WORD = re.compile(r"[\W_]+")


class WorkEvidence(NamedTuple):
    """What decides a review's work."""

    review_id: str
    stage: str | None
    doi: str | None
    title: str | None
    posts: frozenset[str] = frozenset()
    """WordPress posts that it is or was the page of (``keys.post_address``)."""
    language: str | None = None
    """None for English; a page in another language names a work only if there is no English one."""
    translation_of: str | None = None
    """The review_id of the English page."""


@dataclass(slots=True)
class Works:
    """The outcome: review_id → (work_id, matched_by), and conflicts as (review_id, sentence)."""

    assigned: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    conflicts: list[tuple[str, str]] = field(default_factory=list)


def read_identity(path: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Read ``identity.csv`` (review_id, work_id, note); return review_id → work_id, and what could not be used."""
    decided: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for number, row in read_decisions(path):
        review, work = row.get("review_id", ""), row.get("work_id", "")
        if not review or not work or number > _MAX_ROWS:
            problems.append((review, f"identity.csv line {number} does not name a review_id and a work_id"))
        elif decided.setdefault(review, work) != work:
            problems.append((review, f"identity.csv line {number} contradicts an earlier line"))
    return decided, problems


def relate(pages: Iterable[WorkEvidence], redirects: Iterable[tuple[str, str]], decided: Mapping[str, str]) -> Works:
    """Return the work of each page. ``redirects`` are pairs of review_ids, the first of which led to the second.

    The result does not depend on the order of pages, redirects and decisions.
    """
    return _Relation(sorted(pages), sorted(set(redirects)), decided).works()


class _Relation:
    def __init__(
        self, pages: Sequence[WorkEvidence], redirects: Sequence[tuple[str, str]], decided: Mapping[str, str]
    ) -> None:
        self._pages = pages
        self._by_id = {page.review_id: page for page in pages}
        self._parent = {page.review_id: page.review_id for page in pages}
        self._dois = {page.review_id: {page.doi} if page.doi else set() for page in pages}
        self._manual = {review: work for review, work in decided.items() if review in self._parent}
        self._label = dict(self._manual)
        self._matched = dict.fromkeys(self._manual, "manual")
        self._conflicts: dict[tuple[str, str], None] = {
            (review, f"identity.csv names {review}, which is not a review here"): None
            for review in sorted(decided)
            if review not in self._parent
        }
        self._by_decision()
        self._by_doi()
        for page in pages:
            if page.translation_of in self._by_id:
                self._join(page.review_id, page.translation_of, "translation")
        for source, target in redirects:
            if source in self._parent and target in self._parent:
                self._by_redirect(source, target)
        self._by_slug()
        self._by_title()

    def works(self) -> Works:
        members: dict[str, list[str]] = {}
        for page in self._pages:
            members.setdefault(self._root(page.review_id), []).append(page.review_id)
        outcome = Works(conflicts=list(self._conflicts))
        for root, reviews in members.items():
            english = (review for review in reviews if self._by_id[review].language is None)
            work = self._label.get(root) or next(english, reviews[0])
            for review in reviews:
                outcome.assigned[review] = (work, self._matched.get(review))
        return outcome

    def _root(self, review: str) -> str:
        while self._parent[review] != review:
            self._parent[review] = self._parent[self._parent[review]]
            review = self._parent[review]
        return review

    def _join(self, one: str, other: str, why: str) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        if first == second:
            self._note_match(one, other, why)
            return
        if why != "manual":
            decisions = self._label.get(first), self._label.get(second)
            if None not in decisions and decisions[0] != decisions[1]:
                return
            dois = self._dois[first], self._dois[second]
            if why != "doi" and dois[0] and dois[1] and not dois[0] & dois[1]:
                self._conflicts[one, f"work: {why} relates it to {other}, but their DOIs differ"] = None
                return
        self._parent[second] = first
        self._dois[first] |= self._dois[second]
        label = self._label.get(first) or self._label.get(second)
        if label is not None:
            self._label[first] = label
        self._note_match(one, other, why)

    def _note_match(self, one: str, other: str, why: str) -> None:
        self._matched.setdefault(one, why)
        self._matched.setdefault(other, why)

    def _by_decision(self) -> None:
        for reviews in _grouped((work, review) for review, work in sorted(self._manual.items())):
            self._join_all(reviews, "manual")

    def _by_doi(self) -> None:
        for reviews in _grouped((page.doi, page.review_id) for page in self._pages):
            self._join_all(reviews, "doi")

    def _join_all(self, reviews: Sequence[str], why: str) -> None:
        for one, other in pairwise(reviews):
            self._join(one, other, why)

    def _by_redirect(self, source: str, target: str) -> None:
        if _is_guess(self._by_id[source], self._by_id[target]) and self._root(source) != self._root(target):
            self._conflicts[source, f"work: redirect relates it to {target}, which may be a guess from its slug"] = None
            return
        self._join(source, target, "redirect")

    def _by_slug(self) -> None:
        slugs = ((slug_of(page.review_id), page.review_id) for page in self._pages)
        for reviews in _grouped(pair for pair in slugs if len(pair[0]) >= _SHORT_SLUG):
            self._join_group(reviews, "slug")

    def _by_title(self) -> None:
        titles = ((page, normal_title(page.title)) for page in self._pages)
        for reviews in _grouped(
            ((page.stage, title), page.review_id) for page, title in titles if page.stage and len(title) >= _SHORT_TITLE
        ):
            roots = {self._root(review) for review in reviews}
            if len(roots) == 1:
                self._join_group(reviews, "title")
            elif len(roots) == 2:
                one = reviews[0]
                other = next(review for review in reviews if self._root(review) != self._root(one))
                self._join(one, other, "title")
            else:
                others = ", ".join(reviews[1:4])
                self._conflicts[reviews[0], f"work: its title has several candidates: {others}"] = None

    def _join_group(self, reviews: Sequence[str], why: str) -> None:
        """Join pages that share a mark, unless they have several DOIs: then the mark says nothing about the others."""
        dois = {frozenset(self._dois[self._root(review)]) for review in reviews} - {frozenset()}
        if len(dois) > 1:
            self._conflicts[reviews[0], f"work: {why} relates it to {reviews[1]}, but their DOIs differ"] = None
            return
        self._join_all(reviews, why)


def _grouped(pairs: Iterable[tuple[Any, str]]) -> list[list[str]]:
    """Return the reviews that share a mark, in the order of the marks; those without one are left out."""
    groups: dict[Any, list[str]] = {}
    for mark, review in pairs:
        if mark:
            groups.setdefault(mark, []).append(review)
    return [groups[mark] for mark in sorted(groups)]


def _is_guess(source: WorkEvidence, target: WorkEvidence) -> bool:
    """Tell whether a redirect may be only a guess from a slug that begins alike."""
    old, new = slug_of(source.review_id), slug_of(target.review_id)
    if old == new or not new.startswith(old):
        return False
    if source.posts and target.posts:
        return source.posts.isdisjoint(target.posts)
    title = normal_title(source.title)
    same_stage = source.stage == target.stage or None in {source.stage, target.stage}
    return not (title and title == normal_title(target.title) and same_stage)


def normal_title(title: str | None) -> str:
    """Return the words of a title in one case, without punctuation."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", title or "").casefold()).strip()
