"""What the local WordPress answers with: REST objects, sitemaps, pages of a block theme and of a classic theme.

Fields and markup are those of docs/sites.md; every wording of themes is our own.
"""

# ruff: noqa: E501 - markup keeps its own lines
from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from .wordpress_site import GROUPS, TYPES, Post, encoded, zone

SITE = "Campbell Collaboration"
_FORM = """<form action="{base}/wp-login.php?action=postpass" class="post-password-form" method="post">
<p>This content is password-protected.</p><p><label>Password: <input name="post_password" type="password" /></label></p></form>"""


def rest_item(post: Post, base: str, *, embed: bool, old: bool) -> dict[str, Any]:
    """A post as ``/wp/v2/review`` gives it; ``old``: as WordPress before 6.8, without class_list."""
    api = f"{base}/wp-json/wp/v2"
    local, modified = zone(post.date), zone(post.modified)
    groups = [GROUPS[group][0] for group in post.groups]
    classes = [f"post-{post.id}", "review", "type-review", "status-publish", "hentry"]
    classes += [f"coordinating_group-{group}" for group in post.groups] + [f"review_type-{post.type_slug}"]
    item: dict[str, Any] = {
        "id": post.id,
        "date": _plain(local),
        "date_gmt": _plain(post.date),
        "guid": {"rendered": f"{base}/?post_type=review&#038;p={post.id}"},
        "modified": _plain(modified),
        "modified_gmt": _plain(post.modified),
        "slug": encoded(post.slug),
        "status": "publish",
        "type": "review",
        "link": f"{base}{post.path}",
        "title": {"rendered": ("Protected: " if post.password else "") + texturized(post.title)},
        "content": {"rendered": "" if post.password else "\n".join(post.parts), "protected": post.password},
        "excerpt": {"rendered": "", "protected": post.password},
        "featured_media": 0,
        "template": "",
        "meta": {"pdf_url": "", "footnotes": ""},
        "coordinating_group": groups,
        "review_type": [TYPES[post.type_slug][0]],
        "class_list": classes,
        "_links": {
            "self": [{"href": f"{api}/review/{post.id}", "targetHints": {"allow": ["GET"]}}],
            "collection": [{"href": f"{api}/review"}],
            "about": [{"href": f"{api}/types/review"}],
            "wp:attachment": [{"href": f"{api}/media?parent={post.id}"}],
            "wp:term": [
                {"taxonomy": name, "embeddable": True, "href": f"{api}/{name}?post={post.id}"}
                for name in ("coordinating_group", "review_type")
            ],
            "curies": [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}],
        },
    }
    if old:
        del item["class_list"]
    if embed:
        terms = [[_term("coordinating_group", "group", slug, base, GROUPS) for slug in post.groups]]
        terms.append([_term("review_type", "type", post.type_slug, base, TYPES)])
        item["_embedded"] = {"wp:term": terms}
    return item


def _term(taxonomy: str, path: str, slug: str, base: str, vocabulary: dict[str, tuple[int, str]]) -> dict[str, Any]:
    number, name = vocabulary[slug]
    return {
        "id": number,
        "link": f"{base}/{path}/{slug}/",
        "name": name,
        "slug": slug,
        "taxonomy": taxonomy,
        "_links": {"self": [{"href": f"{base}/wp-json/wp/v2/{taxonomy}/{number}"}]},
    }


def _plain(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def texturized(text: str) -> str:
    """A title as WordPress prints it: entities for what is not ASCII typing."""
    return escape(text, quote=False).replace("&amp;", "&#038;").replace("–", "&#8211;")


def media_item(path: str, post: Post, base: str) -> dict[str, Any]:
    """A PDF as ``/wp/v2/media`` gives it."""
    name = path.rpartition("/")[2].removesuffix(".pdf")
    return {
        "id": post.id + 10_000,
        "date": _plain(post.date),
        "slug": name,
        "type": "attachment",
        "link": f"{base}/{name}/",
        "title": {"rendered": name},
        "author": 1,
        "caption": {"rendered": ""},
        "alt_text": "",
        "media_type": "file",
        "mime_type": "application/pdf",
        "media_details": {"filesize": 600},
        "post": post.id,
        "source_url": f"{base}{path}",
    }


def sitemap(posts: list[Post], base: str, *, times: bool) -> str:
    """``wp-sitemap-posts-review-N.xml``; times carry the site's offset."""
    entries = "".join(
        f"<url><loc>{escape(base + post.path)}</loc>"
        + (f"<lastmod>{zone(post.modified).isoformat()}</lastmod>" if times else "")
        + "</url>"
        for post in posts
    )
    return f'{_XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def sitemap_index(urls: list[str]) -> str:
    """A sitemap index; its entries have no times."""
    entries = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return f'{_XML}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'


_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="/wp-sitemap.xsl" ?>\n'


def feed(posts: list[Post], base: str) -> str:
    """RSS 2.0 with full text, newest first."""
    items = "".join(
        f"<item><title>{escape(post.title)}</title><link>{base}{post.path}</link>"
        f"<content:encoded><![CDATA[{''.join(post.parts)}]]></content:encoded></item>"
        for post in posts
        if not post.password
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>Reviews – {SITE}</title><link>{base}/</link>{items}</channel></rss>"
    )


def page(title: str, body_class: str, main: str, base: str, head: str = "") -> str:
    """A page of the site around its main part."""
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="UTF-8" />
<title>{texturized(title)} &#8211; {SITE}</title>
<link rel="https://api.w.org/" href="{base}/wp-json/" />{head}
<meta name="generator" content="WordPress 6.8.12" />
</head>
<body class="{body_class}">
<div class="wp-site-blocks"><header class="wp-block-template-part"><p class="wp-block-site-title"><a href="{base}/">{SITE}</a></p>
<nav><a href="{base}/reviews/">Reviews</a> <a href="{base}/education/reviews/">Education</a></nav></header>
{main}
<footer class="wp-block-template-part"><p>Better evidence for a better world</p></footer></div>
</body>
</html>
"""


def review_head(post: Post, base: str, part: int, *, canonical: bool, alternate: bool) -> str:
    """What WordPress adds to a review's head."""
    lines = [f'<link rel="shortlink" href="{base}/?p={post.id}" />']
    if canonical:
        own = f"{post.path}{part}/" if part > 1 else post.path
        lines.append(f'<link rel="canonical" href="{base}{own}" />')
    if alternate:
        lines.append(
            f'<link rel="alternate" title="JSON" type="application/json" href="{base}/wp-json/wp/v2/review/{post.id}" />'
        )
    embed = f"{base}/wp-json/oembed/1.0/embed?url={quote(base + post.path, safe='')}"
    lines.append(f'<link rel="alternate" title="oEmbed (JSON)" type="application/json+oembed" href="{embed}" />')
    return "\n".join(lines)


def _content_of(post: Post, base: str, part: int) -> str:
    if post.password:
        return _FORM.format(base=base)
    content = post.parts[part - 1]
    if len(post.parts) == 1:
        return content
    numbers = " ".join(
        f'<span class="post-page-numbers current" aria-current="page">{number}</span>'
        if number == part
        else f'<a href="{base}{post.path}{f"{number}/" if number > 1 else ""}" class="post-page-numbers">{number}</a>'
        for number in range(1, len(post.parts) + 1)
    )
    return f'{content}<p class="post-nav-links">Pages: {numbers}</p>'


def block_theme(post: Post, others: list[Post], base: str, part: int) -> str:
    """The main part in a block theme: behind the content come other posts, with dates that are theirs."""
    more = "".join(
        f'<li class="wp-block-post post-{other.id}"><h3 class="wp-block-post-title"><a href="{base}{other.path}">'
        f'{texturized(other.title)}</a></h3><div class="wp-block-post-date"><time datetime="{zone(other.date).isoformat()}">'
        f"{other.date:%B %d, %Y}</time></div></li>"
        for other in others
    )
    return f"""<main class="wp-block-group"><h1 class="wp-block-post-title">{texturized(post.title)}</h1>
<div class="wp-block-group"><p>Written by </p><p>in</p></div>
<div class="entry-content alignfull wp-block-post-content has-global-padding is-layout-constrained">{_content_of(post, base, part)}</div>
<div class="wp-block-group"><h2 class="wp-block-heading">More posts</h2><div class="wp-block-query"><ul class="wp-block-post-template">{more}</ul></div></div></main>"""


def classic_theme(post: Post, base: str, part: int) -> str:
    """The main part in a classic theme: the article's classes name the post's terms."""
    terms = " ".join([f"coordinating_group-{group}" for group in post.groups] + [f"review_type-{post.type_slug}"])
    return f"""<main id="main"><article id="post-{post.id}" class="post-{post.id} review type-review status-publish hentry {terms}">
<header class="entry-header"><h1 class="entry-title">{texturized(post.title)}</h1></header>
<div class="entry-content">{_content_of(post, base, part)}</div></article></main>"""


def pdf(text: str) -> bytes:
    """A valid one-page PDF."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer
