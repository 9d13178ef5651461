"""The records: what a page says, as typed dataclasses.

``reading`` makes them and ``view`` keeps them. They are plain values: the same page gives
equal records, today and in ten years. ``None`` means "the page does not say"; an empty list means that the
field is empty or, where that means the same, that the page does not have it. Raw and normalised values
travel in pairs. Field formats: dates ISO 8601 at the precision the page gives ("2015-03-02", "2015-03", "2015");
languages BCP 47; URLs absolute; text with single spaces inside a line and paragraphs separated by one newline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a captured page is (column ``captures.kind``)."""

    REVIEW = "review"
    LISTING = "listing"
    MAP = "map"
    PAGE = "page"
    PDF = "pdf"
    REQUISITE = "requisite"
    API = "api"
    SITEMAP = "sitemap"
    ROBOTS = "robots"
    OTHER = "other"


class Stage(StrEnum):
    """The stage of a work that a page documents (column ``reviews.stage``)."""

    TITLE = "title"
    PROTOCOL = "protocol"
    REVIEW = "review"
    UPDATE = "update"
    MAP = "map"
    BRIEF = "brief"
    OTHER = "other"


class Form(StrEnum):
    """The form of a summary (column ``summaries.form``)."""

    PLS = "plain_language_summary"
    USER_ABSTRACT = "user_abstract"
    EXECUTIVE = "executive_summary"
    POLICY_BRIEF = "policy_brief"


class Representation(StrEnum):
    """How a review was represented in a capture. Rule 5 (docs/architecture.md) compares like with like only."""

    ITEM = "item"
    """The review's own HTML page (K2 item, WordPress post, user abstract)."""
    REST = "rest"
    """WordPress REST answer (single item, or the item inside a list)."""
    ALIAS = "alias"
    """The review's HTML page as captured under another of its URLs (other menu, other theme)."""
    LISTING = "listing"
    """The review's block inside a listing or search result."""


@dataclass(slots=True, kw_only=True)
class Author:
    """One author, in page order."""

    name: str
    """As printed, white space folded."""
    given: str | None = None
    """Given names and initials; None for a group author."""
    family: str | None = None
    """Family name with its particles ("van der Beek") and without suffix; None for a group author."""
    suffix: str | None = None
    """"Jr.", "Sr.", "III" as printed."""
    is_group: bool = False
    """True for an organisation or a named group."""


@dataclass(slots=True, kw_only=True)
class LabelValue:
    """One label and value of the "Additional Info" block, in page order."""

    label: str
    """Verbatim, without the trailing colon."""
    value: str
    """Text of the value: paragraphs, list items and table rows on lines of their own; multiple values as printed."""
    html: str
    """The value's markup, sanitised for display."""
    field_type: str | None = None
    """K2's field type in lower case ("textfield", "multipleselect", "header", ...); None if the page does not say."""


@dataclass(slots=True, kw_only=True)
class Section:
    """One headed part of a summary."""

    heading: str
    """Verbatim, white space folded; "" for text that stands before any heading and is neither headline nor brief."""
    level: int | None
    """1 to 6 for h1 to h6; None for a heading made of bold text, or for no heading."""
    kind: str
    """One of summary.heading_kinds.KINDS."""
    text: str
    """Paragraphs, list items ("- "/"1. " prefixed) and table rows (cells separated by tabs), one a line; may be ""."""


@dataclass(slots=True, kw_only=True)
class EvidenceFact:
    """One fact stated in a summary, with the sentence it was read from."""

    fact: str
    """studies_included, studies_identified, studies_analysed, participants, search_date, publication_window,
    countries, study_designs, reports, interventions."""
    value: str
    """Normalised: digits, an ISO date, "1990/2013" for a window, a country's English name, a design's name."""
    number: int | None = None
    """The value as a number if it is one (for countries and designs: the number of studies)."""
    precision: str | None = None
    """"exact", "at_least", "about" for numbers; "day", "month", "year" for dates."""
    section: int | None = None
    """Index into Summary.sections; None if it was read from the headline or brief."""
    quote: str
    """The sentence, verbatim."""
    quote_start: int
    """Offset in characters of the quote in that section's text (or in the brief, or headline)."""
    quote_end: int


@dataclass(slots=True, kw_only=True)
class Summary:
    """A summary in one language and form. Every word of it is in exactly one of banner, headline, brief, sections."""

    language: str
    """BCP 47; "und" where the label is not a known language."""
    language_label: str | None
    """The label the page gave it ("Norwegian"); None where the page names no language."""
    form: str = Form.PLS
    title: str | None = None
    """A title of its own inside the summary, if it has one; never the review's page title."""
    banner: str | None = None
    """"PLAIN LANGUAGE SUMMARY" and its like, verbatim."""
    headline: str | None = None
    brief: str | None = None
    sections: list[Section] = field(default_factory=list)
    facts: list[EvidenceFact] = field(default_factory=list)
    is_placeholder: bool = False
    """True if the text only points to a PDF ("Click on 'Download PDF' ...")."""
    pdf_url: str | None = None
    """The PDF that holds this language's text."""
    text: str = ""
    """The whole summary as plain text, in page order."""


@dataclass(slots=True, kw_only=True)
class Attachment:
    """A file the page offers for download."""

    url: str
    label: str | None = None
    """The link's text."""
    language: str | None = None
    """BCP 47, where the page ties it to a language."""


@dataclass(slots=True, kw_only=True)
class Unhandled:
    """A value that no rule recognised (table ``unhandled``): kept and reported."""

    kind: str
    """label, document_type, group, heading, layout, conflict, language, lost_markup, date, publisher, authors."""
    value: str


@dataclass(slots=True, kw_only=True)
class ReviewRecord:
    """Everything one representation of a review page says."""

    url: str
    """The review's canonical URL (absolute, no fragment, no tracking parts)."""
    representation: Representation
    layout: str
    """Name of the layout that was recognised ("k2-item", "k2-listing", "wordpress-review", ...)."""
    title: str | None = None
    stage: str | None = None
    withdrawn: bool = False
    """True if the page itself says the review was withdrawn."""
    protected: bool = False
    """True if a password form takes the place of the text."""
    published_date: str | None = None
    published_date_raw: str | None = None
    published_precision: str | None = None
    """"day", "month" or "year"."""
    posted_at: str | None = None
    """When the page was posted, by its CMS: ISO 8601, UTC, seconds, Z."""
    modified_at: str | None = None
    """When it was last saved, likewise."""
    language: str | None = None
    """BCP 47, of a page that says it is not in English; None for all others."""
    translation_of: str | None = None
    """URL of the English page that it names as its original."""
    doi: str | None = None
    """Lower case, without resolver."""
    full_review_url: str | None = None
    library_image_url: str | None = None
    headline: str | None = None
    """Headline of the English (else first) summary, or of "PLS Title"."""
    brief: str | None = None
    authors: list[Author] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    """Coordinating groups, vocabulary names where known."""
    document_types: list[str] = field(default_factory=list)
    additional_info: list[LabelValue] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    intro: str | None = None
    """Text that stands above the block (K2's itemIntroText and itemFullText)."""
    aliases: list[str] = field(default_factory=list)
    """Other URLs that the page gives for itself (shortlink, ?p=, ...)."""
    unhandled: list[Unhandled] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReviewAddress:
    """The canonical URL of a review that a page shows, and how the page shows it."""

    url: str
    representation: Representation


@dataclass(slots=True, kw_only=True)
class Link:
    """A link in the text of a page."""

    text: str
    url: str


@dataclass(slots=True, kw_only=True)
class PageSection:
    """A headed part of a content page."""

    heading: str
    text: str
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class MapCode:
    """One code of an evidence and gap map's grid."""

    code: int
    """EPPI's AttributeId."""
    name: str
    axis: str
    """column, row, or segment (shown as a colour in a cell)."""
    parent: int | None = None
    """The code whose heading spans this one's."""
    is_leaf: bool = True
    """True for a row or column of the grid, False for the head of several."""


@dataclass(slots=True, kw_only=True)
class MapReference:
    """One reference of an evidence and gap map."""

    item: str | None
    """EPPI's ItemId."""
    title: str
    authors: str | None = None
    """As printed, separated by "; "."""
    year: int | None = None
    doi: str | None = None
    """Lower case, without resolver."""
    url: str | None = None
    """Where it can be read: the URL that the map gives, else that of its DOI."""
    codes: list[int] = field(default_factory=list)
    """AttributeIds of all its codes, those outside the grid too."""


@dataclass(slots=True, kw_only=True)
class PageRecord:
    """A content page that is not a review: gap map, contact, article."""

    url: str
    kind: str
    """map, contact, article, home."""
    title: str | None
    tagline: str | None = None
    """The site's line above the content ("Better evidence for a better world")."""
    text: str = ""
    sections: list[PageSection] = field(default_factory=list)
    references: list[MapReference] = field(default_factory=list)
    """Of an EPPI-Mapper map, in its order."""
    codes: list[MapCode] = field(default_factory=list)
    """Of its grid, in its order."""


@dataclass(slots=True, kw_only=True)
class PageReading:
    """All that one captured page says: what ``reading.page_reading.read_page`` returns."""

    url: str
    """The URL it was read for."""
    kind: Kind
    layout: str | None
    """None if no layout was recognised (then ``unhandled`` has a ``layout`` row)."""
    canonical_url: str | None = None
    """Absolute; None where the page names none."""
    title: str | None = None
    reviews: list[ReviewRecord] = field(default_factory=list)
    pages: list[PageRecord] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Discovery: absolute URLs of content of this site, in page order, without repeats: a listing's items and further
    pages, a sitemap's entries, menu and content links; never requisites."""
    attachments: list[Attachment] = field(default_factory=list)
    attached: dict[str, list[Attachment]] = field(default_factory=dict)
    """Short address of a WordPress post (``…/?p=ID``) → all files that the site attaches to it; [] for none."""
    unhandled: list[Unhandled] = field(default_factory=list)
