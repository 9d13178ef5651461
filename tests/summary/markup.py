"""Helpers that read markup as the pages room does."""

from __future__ import annotations

from lxml import html

from campbell_scraper.items import Summary
from campbell_scraper.reading.summary.blocks import Block, blocks_of
from campbell_scraper.reading.summary.summary_reader import read_facts, read_summary


def element(markup: str) -> html.HtmlElement:
    return html.fragment_fromstring(markup, create_parent="div")


def blocks(markup: str) -> list[Block]:
    return blocks_of(element(markup))


def summary(markup: str, *, language: str | None = "en", page_title: str | None = None, base_url: str = "") -> Summary:
    read = read_summary(element(markup), language=language, page_title=page_title, base_url=base_url)
    read.facts = read_facts(read)
    return read


def shape(markup: str) -> list[tuple[str, int | None, str, str]]:
    """Heading, level, kind and text of each section."""
    return [(s.heading, s.level, s.kind, s.text) for s in summary(markup).sections]
