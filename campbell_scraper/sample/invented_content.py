"""The content of an invented review: what an editor would type into the CMS, and what a reader would say it means.

A content file (``content/*.json``) is one JSON object (or a list of them) with the keys of :class:`ReviewContent`.
It is the truth of its page: the markup is made from it by ``markup`` and ``templates/``, the expected record by
``truth``. Nothing here is read back from HTML.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

INVENTED = "This review is invented for the demonstration of campbell_scraper."
"""What every invented page says, word for word, in its text and in its Additional Info."""

Block: TypeAlias = str | dict[str, Any]
"""A paragraph (plain text; inline HTML if it starts with ``html:``), or {"ul": [...]}, {"ol": [...]},
{"table": [[...]]}, {"tail": "..."} (text right behind the previous block, in no paragraph)."""


@dataclass(slots=True, kw_only=True)
class AuthorContent:
    """One author as printed, and its parts."""

    name: str
    given: str | None = None
    family: str | None = None
    suffix: str | None = None
    is_group: bool = False


@dataclass(slots=True, kw_only=True)
class SectionContent:
    """A headed part of a summary; ``kind`` as ``reading.summary.heading_kinds`` names it."""

    heading: str
    kind: str
    blocks: list[Block] = field(default_factory=list)
    style: str | None = None
    """Heading style of this section alone (see ``markup.HEADINGS``)."""


@dataclass(slots=True, kw_only=True)
class SummaryContent:
    """A language field of the Additional Info block."""

    label: str = "English"
    language: str = "en"
    form: str = "plain_language_summary"
    banner: str | None = "PLAIN LANGUAGE SUMMARY"
    headline: str | None = None
    brief: str | None = None
    sections: list[SectionContent] = field(default_factory=list)
    style: str = "h3"
    """Heading style of the sections."""
    placeholder: bool = False
    pdf: str | None = None
    """Site-relative URL of the PDF offered for this language."""
    pdf_text: list[str] = field(default_factory=list)
    """Paragraphs inside that PDF."""
    pdf_broken: bool = False
    """The file is cut off in the middle, as a failed upload leaves it."""


@dataclass(slots=True, kw_only=True)
class FieldContent:
    """One field of the Additional Info block as K2 prints it, and the text a reader sees there."""

    label: str
    type: str = "textfield"
    """K2's field type: textfield, textarea, select, radio, multipleSelect, date, image, link, labels, csv, header."""
    text: str = ""
    html: str | None = None
    """The value's markup where it is not just the escaped text."""
    options: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    href: str | None = None
    after: str | None = None
    """Label of the field it follows; None puts it at the end of the block."""


@dataclass(slots=True, kw_only=True)
class ReviewContent:
    """One invented review page. Values are printed unless their ``*_printed`` twin says otherwise."""

    id: int
    """K2's item id."""
    slug: str
    title: str
    created: str
    """When the CMS item was made (ISO 8601, UTC): Last-Modified is this, not the publication date."""
    category: str = "better-evidence"
    template: str = "2019"
    """"2016" (K2 2.7: no alias classes, tabs) or "2019" (K2 2.10: aliasX classes)."""
    stage: str = "review"
    withdrawn: bool = False
    authors: list[AuthorContent] = field(default_factory=list)
    authors_printed: str | None = None
    published: str | None = None
    published_printed: str | None = None
    published_precision: str | None = None
    published_type: str = "textfield"
    groups: list[str] = field(default_factory=list)
    groups_printed: str | None = None
    groups_label: str = "Coordinating group(s)"
    types: list[str] = field(default_factory=list)
    title_field: str | None = None
    """Value of the field "Title"; None leaves the field out, "=" repeats the title."""
    image: str | None = None
    category_image: str | None = None
    doi: str | None = None
    full_review: str | None = None
    full_review_text: str | None = None
    records_field: bool = True
    pls_title: str | None = None
    pls_description: str | None = None
    summaries: list[SummaryContent] = field(default_factory=list)
    extra: list[FieldContent] = field(default_factory=list)
    intro: str = ""
    """Further HTML in itemFullText, after the line that says that the page is invented."""
    mess: list[str] = field(default_factory=list)
    """What is wrong with the markup (see ``markup.MESSES``)."""
    listed: bool = True
    """False: no listing shows it; only the sitemap and links do."""
    removed: bool = False
    """True: the site answers 404 for it and shows it nowhere."""

    @property
    def path(self) -> str:
        """The canonical URL's path."""
        return f"/{self.category}/{self.slug}.html"

    @property
    def copy_of_summary(self) -> bool:
        """Whether the site's own template repeats the summary under the block (only the later template does)."""
        return self.template == "2019" and bool(self.summaries)


def _build(cls: type[Any], value: dict[str, Any]) -> Any:
    """Make a dataclass; unknown keys are an error, so that a misspelt content file is found."""
    unknown = value.keys() - {one.name for one in fields(cls)}
    if unknown:
        raise ValueError(f"unknown keys in a content file: {', '.join(sorted(unknown))}")
    return cls(**value)


def review_from(value: dict[str, Any]) -> ReviewContent:
    """Make a review from its JSON object. Raises ValueError on an unknown key."""
    value = dict(value)
    value["authors"] = [author_from(one) for one in value.get("authors", [])]
    value["extra"] = [_build(FieldContent, one) for one in value.get("extra", [])]
    summaries = []
    for one in value.get("summaries", []):
        summary = dict(one)
        summary["sections"] = [_build(SectionContent, part) for part in one.get("sections", [])]
        summaries.append(_build(SummaryContent, summary))
    value["summaries"] = summaries
    return _build(ReviewContent, value)  # type: ignore[no-any-return]  # _build returns an instance of its argument


def author_from(value: str | dict[str, Any]) -> AuthorContent:
    """Make an author from "Given|Family", "Given|Family|Suffix", "=Group name" or an object of the attributes."""
    if isinstance(value, dict):
        return _build(AuthorContent, value)  # type: ignore[no-any-return]  # as above
    if value.startswith("="):
        return AuthorContent(name=value[1:], is_group=True)
    given, family, *rest = value.split("|")
    suffix = rest[0] if rest else None
    return AuthorContent(
        name=" ".join(p for p in (given, family, suffix) if p), given=given, family=family, suffix=suffix
    )


def load_reviews() -> list[ReviewContent]:
    """Return the reviews of all content files, by K2 id."""
    found = []
    for file in sorted(resources.files(__package__).joinpath("content").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            found += [review_from(one) for one in json.loads(file.read_text(encoding="utf-8"))]
    return sorted(found, key=lambda one: one.id)


def plain_text(text: str) -> str:
    """Return the text of a paragraph of a content file: inline markup taken off, entities read."""
    if not text.startswith("html:"):
        return text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text[5:])).split())


def edited(reviews: list[ReviewContent], edits: Mapping[str, Mapping[str, Any]]) -> list[ReviewContent]:
    """Return the reviews with ``edits`` applied (see ``many_reviews.generated``); the given ones stay as they are."""
    unknown = edits.keys() - {one.slug for one in reviews}
    if unknown:
        raise ValueError(f"no review with the slug {', '.join(sorted(unknown))}")
    return [_edit(one, edits[one.slug]) if one.slug in edits else one for one in reviews]


def _edit(review: ReviewContent, changes: Mapping[str, Any]) -> ReviewContent:
    names = {one.name for one in fields(ReviewContent)}
    own = {key: value for key, value in changes.items() if key in names}
    rest = {key: value for key, value in changes.items() if key not in names}
    if rest.keys() - {"headline", "brief"}:
        raise ValueError(f"a review has no {', '.join(sorted(rest))}")
    if "authors" in own:
        own["authors"] = [one if isinstance(one, AuthorContent) else author_from(one) for one in own["authors"]]
    if rest:
        first, *others = review.summaries
        own["summaries"] = [replace(first, **rest), *others]
    return replace(review, **own)
