"""DOM → Summary: the entry to this room for layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from campbell_scraper.items import EvidenceFact, Summary

from .blocks import blocks_of
from .language_identification import UNKNOWN, identify
from .sections import is_placeholder, outline

if TYPE_CHECKING:
    from lxml.etree import _Element


def read_summary(
    element: _Element,
    *,
    language_label: str | None = None,
    language: str | None = None,
    page_title: str | None = None,
    base_url: str = "",
) -> Summary:
    """Read the content of ``element`` (its text and children) as one summary; never raises on bad markup.

    ``language`` is the BCP 47 tag of ``language_label``; without one the text itself decides ("und" where it does not).
    ``base_url`` makes ``pdf_url`` absolute. Facts are left to :func:`read_facts`.
    """
    blocks = blocks_of(element)
    text = "\n".join(block.line for block in blocks)
    found = outline(blocks, page_title=page_title)
    return Summary(
        language=language or ("und" if (found_language := identify(text)) == UNKNOWN else found_language),
        language_label=language_label,
        form=found.form,
        banner=found.banner,
        headline=found.headline,
        brief=found.brief,
        sections=found.sections,
        is_placeholder=is_placeholder(text),
        pdf_url=_pdf_url(element, base_url),
        text=text,
    )


def read_facts(summary: Summary) -> list[EvidenceFact]:
    """Return the facts that a summary states: none of a placeholder, or of another language than English."""
    if summary.is_placeholder or summary.language.split("-")[0] != "en":
        return []
    # Its expressions take a second to compile, and most commands read no page.
    from campbell_scraper.reading.facts.fact_engine import facts_of  # noqa: PLC0415

    return facts_of(summary)


def _pdf_url(element: _Element, base_url: str) -> str | None:
    """Return the first link to a PDF inside the summary."""
    for anchor in element.iter("a"):
        href = (anchor.get("href") or "").strip()
        if ".pdf" not in href.lower():
            continue
        try:
            if urlsplit(href).path.lower().endswith(".pdf"):
                return urljoin(base_url, href)
        except ValueError:  # an unclosed bracket of an IPv6 host: not a link anyone can follow
            continue
    return None
