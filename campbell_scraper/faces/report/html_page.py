"""Pages of HTML that load nothing: one look, and templates that Jinja fills."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from campbell_scraper.faces.export.citations.clean_text import web_url
from campbell_scraper.faces.export.citations.word_diff import as_html

_TEMPLATES: Final = Environment(
    loader=PackageLoader("campbell_scraper.faces", ""), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def html_page(template: str, **values: Any) -> str:
    """Return a page; ``template`` is its path below ``faces``."""
    return _TEMPLATES.get_template(template).render(values)


def _diff(change: dict[str, str | None]) -> str:
    return Markup(as_html(change["old"], change["new"]))  # noqa: S704 - as_html escapes all text


_TEMPLATES.filters |= {"diff": _diff, "web": web_url}
