"""Pages from the templates: K2 items, listings, plain Joomla articles, feeds, the sitemap."""

from __future__ import annotations

import json
from calendar import day_name, month_name
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from campbell_scraper.sample import markup
from campbell_scraper.sample.truth import true_fields

from .invented_content import INVENTED

if TYPE_CHECKING:
    from datetime import datetime

    from .invented_content import ReviewContent
    from .sample_site import Entry, SampleLibrary

MENU = [
    {"id": 101, "path": "/", "title": "Home"},
    {"id": 113, "path": "/better-evidence.html", "title": "Better evidence"},
    {"id": 114, "path": "/library.html", "title": "Library"},
    {"id": 117, "path": "/evidence-gap-maps.html", "title": "Evidence and gap maps"},
    {"id": 118, "path": "/about-campbell.html", "title": "About"},
    {"id": 119, "path": "/contact.html", "title": "Contact"},
]
PAGE_SIZE = 10
CATEGORY_TITLES = {"better-evidence": "Better evidence", "library": "Library"}


@cache
def _environment() -> Environment:
    loader = PackageLoader("campbell_scraper.sample", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)


def _page(template: str, library: SampleLibrary, **values: Any) -> bytes:
    """Return a template rendered with what every page needs; ``values`` win."""
    defaults: dict[str, Any] = {
        "menu": MENU,
        "active": None,
        "canonical": None,
        "feed": None,
        "microdata": None,
        "bare": False,
        "crumbs": [],
        "latest": [
            {
                "path": one.path,
                "title": one.title,
                "created": long_date(one.created),
                "category": one.category,
                "category_title": CATEGORY_TITLES[one.category],
            }
            for one in library.latest()
        ],
    }
    return _environment().get_template(template).render({**defaults, **values}).encode()


def item(library: SampleLibrary, entry: Entry, review: ReviewContent, *, here: str, bare: bool) -> bytes:
    """Return an item page as it answers under the URL ``here``; ``bare`` is the print view."""
    old = review.template == "2016"
    copies = [
        {
            "language": one.language,
            "label": one.label,
            "html": markup.summary_html(one, review),
            "placeholder": one.placeholder,
            "pdf": one.pdf,
        }
        for one in review.summaries
        if review.copy_of_summary
    ]
    neighbours = [{"role": role, "path": one.path, "title": one.title} for role, one in library.neighbours(entry)]
    return _page(
        "item.html.j2",
        library,
        title=review.title,
        path=review.path,
        here=here,
        canonical=review.path,
        microdata=review.created,
        bare=bare,
        active=f"/{review.category}.html",
        body_class="com_k2 view-item no-layout no-task itemid-113",
        crumbs=_crumbs(review.category, review.title),
        item=review,
        old=old,
        featured=review.id % 10 == 0,
        spam="spam" in review.mess,
        created_long=long_date(entry.created),
        invented=INVENTED,
        intro=review.intro,
        fields=item_fields(review),
        copies=copies,
        downloads=[{"language": one.language, "pdf": one.pdf} for one in review.summaries if one.pdf],
        category_title=CATEGORY_TITLES[review.category],
        neighbours=neighbours,
    )


def item_fields(review: ReviewContent) -> list[dict[str, Any]]:
    """Return the fields with K2's class names. Fields that K2 skips keep their index: odd and even do not alternate."""
    fields = []
    for number, one in enumerate(true_fields(review)):
        fields.append(
            {
                "label": one.label,
                "type_class": one.type[0].upper() + one.type[1:],
                "alias": "" if review.template == "2016" else _alias(one.label),
                "odd": (number + number // 4) % 2 == 1,
                "html": markup.field_html(one, review),
            }
        )
    return fields


def _alias(label: str) -> str:
    return "".join(one for one in label if one.isalnum())


def listing(
    library: SampleLibrary, *, title: str, path: str, items: list[Entry], start: int, search: str | None
) -> bytes:
    """Return a page of a listing, without items past the end. ``search`` is a search result's query without start."""

    def link(number: int) -> str:
        parts = [search] if search else []
        parts += [f"start={(number - 1) * PAGE_SIZE}"] if number > 1 else []
        return path + ("?" + "&".join(parts) if parts else "")

    pages = -(-len(items) // PAGE_SIZE)
    shown = items[start : start + PAGE_SIZE]
    rows = []
    for one in shown:
        category = "library" if path == "/library.html" else one.category
        fields = [] if path == "/better-evidence.html" else _printed_fields(one)
        rows.append(
            {
                "path": f"/{category}/{one.slug}.html",
                "title": one.title,
                "fields": [_listing_field(number, *pair, one) for number, pair in enumerate(fields)],
            }
        )
    page = start // PAGE_SIZE + 1
    return _page(
        "listing.html.j2",
        library,
        title=title,
        path=path,
        here=link(page),
        base_path=path,
        canonical=path if search is None else None,
        feed=path if search is None else None,
        active=path,
        body_class="com_k2 view-itemlist layout-category task-category itemid-113",
        crumbs=[{"path": "/", "title": "Home"}, {"path": path, "title": title}],
        items=rows,
        page=page,
        pages=pages,
        found=len(items) if search is not None else None,
        links={number: link(number) for number in range(1, pages + 1)},
    )


def _printed_fields(entry: Entry) -> list[tuple[str, str]]:
    """Return label and text of the fields that a listing prints of an item, without its summaries."""
    if entry.review is None or entry.id % 2:
        return []
    shown = []
    for one in true_fields(entry.review):
        if one.type in ("textarea", "csv", "header"):
            continue
        # docs/sites.md: in listings the types are separated by spaces only
        shown.append((one.label, " ".join(entry.review.types) if one.label == "Type of document" else one.text))
    return shown


def _listing_field(number: int, label: str, text: str, entry: Entry) -> dict[str, Any]:
    assert entry.review is not None
    field = next(one for one in true_fields(entry.review) if one.label == label)
    printed = escape(text, quote=False) if label == "Type of document" else markup.field_html(field, entry.review)
    kind = field.type[0].upper() + field.type[1:]
    return {"label": label, "type_class": kind, "alias": _alias(label), "odd": number % 2 == 1, "html": printed}


def article(library: SampleLibrary, path: str, title: str, body: str) -> bytes:
    """Return a plain Joomla article."""
    crumbs = [{"path": "/", "title": "Home"}, {"path": path, "title": title}]
    kind = "com_content view-article no-layout no-task itemid-118"
    return _page(
        "article.html.j2",
        library,
        title=title,
        path=path,
        here=path,
        canonical=path,
        active=path,
        body_class=kind,
        crumbs=crumbs,
        body=body,
    )


def missing(library: SampleLibrary, path: str) -> bytes:
    """Return the page that a 404 shows."""
    return _page(
        "error.html.j2",
        library,
        title="404 - Page not found",
        path=path,
        here=path,
        body_class="com_content error-page",
    )


def feed(title: str, entries: list[Entry]) -> bytes:
    """Return an RSS 2.0 feed."""
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>%%BASE%%{one.path}</link>"
        f'<guid isPermaLink="true">%%BASE%%{one.path}</guid></item>\n'
        for one in entries
    )
    head = f"<title>{escape(title)}</title><link>%%BASE%%/</link><description>{escape(title)}</description>"
    body = f'<rss version="2.0"><channel>{head}\n{items}</channel></rss>\n'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'.encode()


def sitemap(library: SampleLibrary) -> bytes:
    """Return the sitemap: every item, listed or not, and every article."""
    rows = [(one.path, one.created.date().isoformat()) for one in library.entries]
    rows += [(path, "") for path, one in library.articles.items() if not one.get("unlinked")]
    urls = "".join(
        f"<url><loc>%%BASE%%{path}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n" for path, day in rows
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n{urls}</urlset>\n'.encode()


def item_json(entry: Entry) -> bytes:
    """Return an item as K2's ``format=json`` names it."""
    value = {"id": str(entry.id), "title": entry.title, "alias": entry.slug, "link": entry.path}
    return json.dumps({"site": {"url": "%%BASE%%"}, "item": value}).encode()


def long_date(when: datetime) -> str:
    """Return a date as K2 prints it in English: "Monday, 02 March 2015 09:00"."""
    return f"{day_name[when.weekday()]}, {when.day:02} {month_name[when.month]} {when.year} {when:%H:%M}"


def _crumbs(category: str, title: str) -> list[dict[str, str]]:
    return [
        {"path": "/", "title": "Home"},
        {"path": f"/{category}.html", "title": CATEGORY_TITLES[category]},
        {"path": "", "title": title},
    ]
