"""Filters of our templates, which Datasette and the static site render."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from campbell_scraper.faces.datasette.pages.review_page import language_name, pdf_path, review_path
from campbell_scraper.faces.datasette.search.search_page import value_name
from campbell_scraper.faces.export.citations.clean_text import web_url
from campbell_scraper.words import clean

if TYPE_CHECKING:
    from collections.abc import Callable

_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def _inert(markup: str) -> Markup:
    """Remove characters that act beyond their place in a page: control characters, and those that turn the direction.

    Datasette prints some stored values (labels of foreign keys) unfiltered.
    """
    return Markup(_ACTING.sub("", str(markup)))  # noqa: S704 - a part of a page


FILTERS: dict[str, Callable[..., Any]] = {
    "plain": lambda text: clean(str(text)) if text is not None else "",
    "inert": _inert,
    "web_url": web_url,
    "review_path": review_path,
    "pdf_path": pdf_path,
    "language_name": language_name,
    "value_name": value_name,
}
