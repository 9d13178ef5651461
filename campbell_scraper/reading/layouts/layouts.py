"""What all page objects share: the fields of a reading, each read when it is first asked for."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import fields, replace
from functools import cached_property
from typing import ClassVar

from web_poet import ItemPage
from web_poet.mixins import SelectorShortcutsMixin

from campbell_scraper.items import (
    Attachment,
    Kind,
    PageReading,
    PageRecord,
    Representation,
    ReviewAddress,
    ReviewRecord,
    Unhandled,
)
from campbell_scraper.reading.page.document import Document

from .contact_details import contact_record
from .review_record import set_facts


class LayoutPage(ItemPage[PageReading]):
    """A web-poet page object: one answer, read field by field.

    ``kind``, ``layout``, ``canonical_url``, ``links``, ``review_addresses`` and ``offered`` are what a discovery needs;
    they cost only the parse and their own selections. Fields that remove something from the tree do so in a copy, or
    read the links first, so that no field depends on the order in which they are asked for.
    """

    layout: ClassVar[str | None] = None
    """Name of the layout, as records carry it; None if none was recognised."""
    default_kind: ClassVar[Kind] = Kind.OTHER

    def __init__(self, url: str) -> None:
        self.url = url
        self.lost: list[Unhandled] = []
        """What was lost before the page was parsed."""

    @cached_property
    def kind(self) -> Kind:
        """What the page is."""
        return self.default_kind

    @cached_property
    def canonical_url(self) -> str | None:
        """The address the page names as its own."""
        return None

    @cached_property
    def title(self) -> str | None:
        """Title of what the page shows, else of the page."""
        return None

    @cached_property
    def links(self) -> list[str]:
        """Where discovery may go on."""
        return []

    @cached_property
    def records(self) -> list[ReviewRecord]:
        """The reviews shown, their attachments included, without the facts that their summaries state."""
        return []

    @cached_property
    def reviews(self) -> list[ReviewRecord]:
        """The reviews shown, with the facts that their summaries state."""
        for record in self.records:
            set_facts(record)
        return self.records

    @cached_property
    def review_addresses(self) -> list[ReviewAddress]:
        """The own addresses of the reviews shown, in the order of ``records``."""
        return [ReviewAddress(one.url, one.representation) for one in self.records]

    @cached_property
    def pages(self) -> list[PageRecord]:
        """Content other than reviews."""
        return []

    @cached_property
    def attachments(self) -> list[Attachment]:
        """Files that the page offers outside its reviews."""
        return []

    @cached_property
    def offered(self) -> list[Attachment]:
        """All files that the page's own content offers, those of its reviews too; a listing's are left to the items."""
        return [
            *self.attachments,
            *(
                file
                for record in self.records
                if record.representation is not Representation.LISTING
                for file in record.attachments
            ),
        ]

    @cached_property
    def attached(self) -> dict[str, list[Attachment]]:
        """Files by the post to which the site says they are attached."""
        return {}

    @cached_property
    def unhandled(self) -> list[Unhandled]:
        """Unrecognised values."""
        return []

    def read(self, *, with_facts: bool = True) -> PageReading:
        """Return all the page says, with or without the facts that its summaries state."""
        values = {one.name: getattr(self, one.name) for one in fields(PageReading) if one.name != "reviews"}
        reading = PageReading(**values, reviews=self.reviews if with_facts else self.records)
        return replace(reading, unhandled=[*self.unhandled, *self.lost])

    async def to_item(self) -> PageReading:
        """Return all the page says: web-poet's entry."""
        return self.read()


class SimplePage(LayoutPage):
    """An answer whose whole reading costs no more than its links: a sitemap, robots.txt, a picture."""

    def __init__(self, reading: PageReading) -> None:
        super().__init__(reading.url)
        self.layout = reading.layout  # type: ignore[misc]  # the page's own, as that of every other page object
        self.kind = reading.kind
        self.links = reading.links
        self.unhandled = reading.unhandled


class DocumentPage(SelectorShortcutsMixin, LayoutPage):
    """A page object of an HTML layout. It takes a parsed :class:`Document`, so that a page is parsed once."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.url)
        self.document = document
        self.selector = document.selector

    @classmethod
    @abstractmethod
    def matches(cls, document: Document) -> bool:
        """Return whether the page is of this layout: by what it is, never by its URL."""

    @cached_property
    def canonical_url(self) -> str | None:
        """The address the page names as its own."""
        return self.document.named_url

    @cached_property
    def title(self) -> str | None:
        """Title of the page."""
        return self.document.head.title

    @cached_property
    def links(self) -> list[str]:
        """Addresses of this site's content that the page links to."""
        return self.document.links()

    @cached_property
    def content(self) -> list[PageRecord]:
        """The page's own content other than reviews."""
        return []

    @cached_property
    def pages(self) -> list[PageRecord]:
        """The page's own content, and the contact details in its footer."""
        contact = contact_record(self.document)
        return [*self.content, contact] if contact else self.content


class UnknownPage(DocumentPage):
    """A page of an unknown layout."""

    @classmethod
    def matches(cls, document: Document) -> bool:  # noqa: ARG003 - every page is at least this
        """Return True."""
        return True

    @cached_property
    def unhandled(self) -> list[Unhandled]:
        """The unknown layout."""
        return [Unhandled(kind="layout", value=(self.document.head.title or self.url)[:200])]
