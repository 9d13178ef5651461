"""The table of what real WordPress sites do now and then; the numbers are theirs for good."""

from __future__ import annotations

from typing import NamedTuple


class Quirk(NamedTuple):
    """One way in which a site differs from the plain one."""

    number: int
    name: str
    what: str


QUIRKS = (
    Quirk(1, "classic-theme", "a classic theme instead of a block theme"),
    Quirk(2, "old", "WordPress 6.1: no lastmod in sitemaps, no class_list in REST"),
    Quirk(3, "rest-off", "REST switched off: 404 rest_no_route"),
    Quirk(4, "rest-refused", "REST for members only: 401 rest_disabled"),
    Quirk(5, "rest-html", "every REST answer is an HTML page with status 200"),
    Quirk(6, "rest-html-once", "the second REST list page is HTML the first time it is asked for"),
    Quirk(7, "forbidden-once", "every third review page answers 403 the first time"),
    Quirk(8, "rest-forbidden", "REST answers 403 with an HTML page, as firewalls do"),
    Quirk(9, "shifting", "a post is deleted after the first REST list page was read"),
    Quirk(10, "database-down", "REST answers 500 with an HTML page"),
    Quirk(11, "no-totals", "X-WP-Total and X-WP-TotalPages are missing"),
    Quirk(12, "seo-sitemap", "an SEO plugin's sitemaps in place of WordPress's own"),
    Quirk(13, "no-sitemap", "sitemaps are switched off: 404"),
    Quirk(14, "split-sitemap", "the reviews' sitemap has several parts"),
    Quirk(15, "no-alternate", "pages do not name their JSON"),
    Quirk(16, "no-canonical", "pages have no canonical link"),
    Quirk(17, "plain-permalinks", "the REST root is /?rest_route=/"),
    Quirk(18, "tdm-header", "answers carry tdm-reservation and tdm-policy"),
    Quirk(19, "tdm-meta", "pages carry a tdm-reservation meta element"),
    Quirk(20, "tdm-file", "there is a /.well-known/tdmrep.json"),
    Quirk(21, "crawl-delay", "robots.txt asks for a Crawl-delay (crawl_delay seconds)"),
    Quirk(22, "robots-bars-rest", "robots.txt bars /wp-json/"),
    Quirk(23, "throttling", "every fifth request answers 429 (retry_after)"),
    Quirk(24, "small-pages", "REST list pages hold at most list_limit items, whatever per_page says"),
    Quirk(25, "growing", "a post is published after the first REST list page was read"),
    Quirk(26, "robots-unavailable", "robots.txt answers 500"),
    Quirk(27, "robots-reset", "the connection breaks whenever robots.txt is asked for"),
    Quirk(28, "cut-off", "the reviews' sitemap and every second review page end in the middle the first time"),
    Quirk(29, "gzip-sitemap", "an SEO plugin's sitemaps, each a gzipped file"),
    Quirk(30, "hidden-for-good", "posts that the REST list leaves out cannot be asked for by number in a list either"),
    Quirk(31, "styled", "pages have a style sheet, which names a font"),
)
"""Maintenance is no quirk but a state: ``WordPress.maintain``."""
