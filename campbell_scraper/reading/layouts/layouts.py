"""What all page objects share, and the list of them in the order in which they are tried."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from web_poet import ItemPage

from campbell_scraper.items import Kind, PageReading
from campbell_scraper.reading.page.document import Document

from .contact_details import contact_record


class LayoutPage(ItemPage[PageReading]):
    """A web-poet page object of one layout. It takes a parsed :class:`Document`, so that a page is parsed once."""

    layout: ClassVar[str]
    """Name of the layout, as records carry it."""
    kind: ClassVar[Kind]

    def __init__(self, document: Document) -> None:
        self.document = document

    @classmethod
    @abstractmethod
    def matches(cls, document: Document) -> bool:
        """Whether the page is of this layout: by what it is, never by its URL."""

    @abstractmethod
    def fill(self, reading: PageReading) -> None:
        """Add what the page says to ``reading``."""

    def read(self) -> PageReading:
        """All the page says."""
        document = self.document
        reading = PageReading(
            url=document.url,
            kind=self.kind,
            layout=self.layout,
            canonical_url=document.named_url,
            title=document.head.title,
            links=document.links(),
        )
        self.fill(reading)
        if contact := contact_record(document):
            reading.pages.append(contact)
        return reading

    async def to_item(self) -> PageReading:
        """web-poet's entry."""
        return self.read()
