"""A local WordPress on loopback, as the live site is: real sockets, REST, sitemaps, themes, redirects, maintenance.

Written from docs/sites.md; its answers were compared with those of a real WordPress 6.8. What real sites do now and
then is in :data:`~tests.servers.wordpress_quirks.QUIRKS`, each switched on by its name.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.helpers import QuietHandler

from . import wordpress_render as render
from .wordpress_quirks import QUIRKS
from .wordpress_site import Content, Post

Message = tuple[int, list[tuple[str, str]], bytes]
HTML, JSON, XML = "text/html; charset=UTF-8", "application/json; charset=UTF-8", "application/xml; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it."""

    at: float
    """Seconds on the monotonic clock when it arrived."""
    left: float
    """When its answer had been made."""
    connection: int
    method: str
    target: str
    status: int
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """Path without query."""
        return urlsplit(self.target).path


class WordPress:
    """The site and its server: ``with WordPress() as site: … site.url``."""

    def __init__(self, *, reviews: int = 12, quirks: tuple[str, ...] = ()) -> None:
        self.content = Content(reviews)
        self.quirks: set[str] = set()
        self.log: list[Asked] = []
        self.crawl_delay = "2"
        self.retry_after: str | None = "1"
        self.list_limit = 100
        self.static: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self._closed_for: Callable[[], bool] = lambda: False
        for name in quirks:
            self.switch_on(name)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Address of the home page, without slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def switch_on(self, name: str) -> None:
        """Begin to behave in one of the ways of QUIRKS."""
        assert name in {quirk.name for quirk in QUIRKS}, name
        self.quirks.add(name)

    def maintain(self, requests: int, *, retry_after: str | None = "1") -> None:
        """Answer the next so many requests, whatever they are for, with 503 "briefly unavailable"."""
        left = [requests]
        self.retry_after = retry_after

        def closed() -> bool:
            left[0] -= 1
            return left[0] >= 0

        self._closed_for = closed

    def asked(self, path_begins: str = "/") -> list[Asked]:
        """Return what was asked for below a path."""
        return [one for one in self.log if one.target.startswith(path_begins)]

    def pages_asked(self) -> list[str]:
        """Return the paths of review pages that were asked for, in order."""
        return [one.path for one in self.log if one.path.startswith("/review/") and "feed" not in one.path]

    def forget(self) -> None:
        """Empty the request log."""
        self.log.clear()
        self.times.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # Answers

    def answer(self, target: str, headers: dict[str, str]) -> Message:
        """Return the answer to one request: status, headers, body."""
        parts = urlsplit(target)
        path, query = parts.path, {name: values[-1] for name, values in parse_qs(parts.query, True).items()}
        count = self.times[target] = self.times.get(target, 0) + 1
        if (refused := self._refused()) is not None:
            return refused
        if "rest_route" in query:
            return self._rest(query.pop("rest_route").strip("/"), query, count)
        if path.startswith("/wp-json"):
            return self._rest(path.removeprefix("/wp-json").strip("/"), query, count)
        if path == "/robots.txt":
            return self._robots()
        if path.startswith(("/.well-known/", "/wp-content/")) or path.endswith((".xml", ".xml.gz")):
            return self._file(path, headers)
        return self._page(path, query, headers, count)

    def _refused(self) -> Message | None:
        """Return the answer to every request in maintenance, and to every fifth one where requests are throttled."""
        extra = [("Retry-After", self.retry_after)] if self.retry_after else []
        if self._closed_for():
            body = b"<!DOCTYPE html><title>Maintenance</title><p>Briefly unavailable.</p>"
            return 503, [("Content-Type", HTML), *extra], body
        if "throttling" in self.quirks and len(self.log) % 5 == 4:
            return 429, [("Content-Type", HTML), *extra], b"<h1>Too many requests</h1>"
        return None

    def _robots(self) -> Message:
        if "robots-unavailable" in self.quirks:
            return 500, [("Content-Type", HTML)], b"<h1>Error establishing a database connection</h1>"
        lines = ["User-agent: *", "Disallow: /wp-admin/", "Allow: /wp-admin/admin-ajax.php"]
        lines += ["Disallow: /wp-json/"] * ("robots-bars-rest" in self.quirks)
        lines += [f"Crawl-delay: {self.crawl_delay}"] * ("crawl-delay" in self.quirks)
        name = "sitemap_index.xml" if "seo-sitemap" in self.quirks else "wp-sitemap.xml"
        if "no-sitemap" not in self.quirks:
            lines += ["", f"Sitemap: {self.url}/{name}"]
        return 200, [("Content-Type", "text/plain; charset=utf-8")], ("\n".join(lines) + "\n").encode()

    def _rest(self, route: str, query: dict[str, str], count: int) -> Message:
        is_list = route == "wp/v2/review"
        broken = self._broken_rest(is_list and query.get("page") == "2", count)
        if broken is not None:
            return broken
        if is_list:
            return self._list(query)
        number = route.rpartition("/")[2] if route.startswith("wp/v2/review/") else query.get("parent", "")
        post = self.content.posts.get(int(number)) if number.isdecimal() else None
        if route.startswith("wp/v2/review/"):
            if post is None:
                return _error(404, "rest_post_invalid_id", "Invalid post ID.")
            return _json(200, render.rest_item(post, self.url, embed="_embed" in query, old="old" in self.quirks))
        if route == "wp/v2/media":
            files = [render.media_item(path, post, self.url) for path in post.files] if post else []
            return _json(200, files, [("X-WP-Total", str(len(files))), ("X-WP-TotalPages", str(int(bool(files))))])
        return _error(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _broken_rest(self, is_second_page: bool, count: int) -> Message | None:
        on = self.quirks
        challenge = b"<!DOCTYPE html><title>One moment</title><p>Checking your browser.</p>"
        if "rest-off" in on:
            return _error(404, "rest_no_route", "No route was found matching the URL and request method.")
        if "rest-refused" in on:
            return _error(401, "rest_disabled", "The REST API is for members.")
        if "rest-html" in on or ("rest-html-once" in on and is_second_page and count == 1):
            return 200, [("Content-Type", HTML)], challenge
        if "rest-forbidden" in on:
            return 403, [("Content-Type", HTML)], b"<h1>403 Forbidden</h1>"
        if "database-down" in on:
            return 500, [("Content-Type", HTML)], b"<h1>Error establishing a database connection</h1>"
        return None

    def _list(self, query: dict[str, str]) -> Message:
        per_page, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if not 1 <= per_page <= 100:
            return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        per_page = min(per_page, self.list_limit if "small-pages" in self.quirks else 100)
        posts = [post for post in self.content.sorted() if post.in_rest]
        if "include" in query:
            known = posts if "hidden-for-good" in self.quirks else self.content.sorted()
            posts = [post for post in known if str(post.id) in query["include"].split(",")]
        if after := query.get("modified_after"):
            since = datetime.fromisoformat(after.removesuffix("Z")).replace(tzinfo=UTC)
            posts = [post for post in posts if post.modified > since]
        if query.get("orderby", "date") == "date":
            posts.sort(key=lambda post: post.date)
        if query.get("order", "desc") == "desc":
            posts.reverse()
        total, pages = len(posts), -(-len(posts) // per_page)
        if page > max(pages, 1):
            return _error(
                400,
                "rest_post_invalid_page_number",
                "The page number requested is larger than the number of pages available.",
            )
        chosen = posts[(page - 1) * per_page : page * per_page]
        items = [render.rest_item(post, self.url, embed="_embed" in query, old="old" in self.quirks) for post in chosen]
        if page == 1 and "shifting" in self.quirks:
            self.quirks.discard("shifting")
            self.content.delete(posts[0])
        if page == 1 and "growing" in self.quirks:
            self.quirks.discard("growing")
            self.content.add("Published in the middle of a crawl")
        totals = [("X-WP-Total", str(total)), ("X-WP-TotalPages", str(pages))]
        return _json(200, items, [] if "no-totals" in self.quirks else totals)

    def _sitemaps(self, path: str) -> Message:
        posts = self.content.sorted()
        names = ["wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-page-1.xml", "wp-sitemap-posts-review-1.xml",
                 "wp-sitemap-taxonomies-coordinating_group-1.xml", "wp-sitemap-users-1.xml"]  # fmt: skip
        index = "/wp-sitemap.xml"
        if {"seo-sitemap", "gzip-sitemap"} & self.quirks:
            index = "/sitemap_index.xml"
            names = ["post-sitemap.xml", "page-sitemap.xml", "review-sitemap.xml", "review_type-sitemap.xml"]
        if "gzip-sitemap" in self.quirks:
            index, names = f"{index}.gz", [f"{name}.gz" for name in names]
        parts: dict[str, list[Post]] = {f"/{name}": [] for name in names}
        reviews = next(f"/{name}" for name in names if "review-" in name)
        parts[reviews] = posts
        if "split-sitemap" in self.quirks:
            parts[reviews], parts[reviews.replace("-1.", "-2.")] = posts[:7], posts[7:]
        if "no-sitemap" in self.quirks:
            return self._not_found()
        if path == index:
            body = render.sitemap_index([self.url + name for name in parts]).encode()
        elif path in parts:
            body = render.sitemap(parts[path], self.url, times="old" not in self.quirks).encode()
        else:
            return self._not_found()
        if path.endswith(".gz"):
            return 200, [("Content-Type", "application/x-gzip")], gzip.compress(body)
        return 200, [("Content-Type", XML)], body

    def _file(self, path: str, headers: dict[str, str]) -> Message:
        """Uploads are served by the web server itself: with validators, and 304 for who has them."""
        if path.endswith((".xml", ".xml.gz")):
            return self._sitemaps(path)
        if path == "/.well-known/tdmrep.json" and "tdm-file" in self.quirks:
            rules = [{"location": "/review/*", "tdm-reservation": 1, "tdm-policy": f"{self.url}/policy.json"}]
            return 200, [("Content-Type", "application/json")], json.dumps(rules).encode()
        if path.startswith("/wp-content/themes/") and "styled" in self.quirks:
            style, font = b"body { font-family: Sans; src: url(sans.woff2); }", b"wOF2"
            return 200, [("Content-Type", "text/css")], style if path.endswith(".css") else font
        if not any(path in post.files for post in self.content.sorted()):
            return 404, [("Content-Type", "text/html")], b"<h1>404 Not Found</h1>"
        body = self.static.get(path) or render.pdf(f"Summary {path}")
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        validators = [("ETag", etag), ("Last-Modified", "Fri, 01 Mar 2024 10:00:00 GMT")]
        if headers.get("if-none-match") == etag:
            return 304, validators, b""
        return 200, [("Content-Type", "application/pdf"), *validators], body

    def _page(self, path: str, query: dict[str, str], headers: dict[str, str], count: int) -> Message:
        base = self.url
        number = query.get("p") or query.get("page_id") or ""
        if number.isdecimal() and path == "/":
            post = self.content.posts.get(int(number))
            return self._moved(post.path) if post else self._not_found()
        if path == "/review/feed/":
            return self._feed(headers)
        if path in {"/", "/reviews/", "/education/reviews/"}:
            main = (
                '<main><h1 class="entry-title">Reviews</h1><div class="entry-content"><div id="app"></div></div></main>'
            )
            name = "home blog" if path == "/" else "page-template-default page page-id-2"
            return self._html(200, render.page("Reviews", name, main, base, self._meta()))
        if path.startswith("/review/"):
            return self._review(path, count)
        return self._not_found()

    def _review(self, path: str, count: int) -> Message:
        slug, _, rest = unquote(path.removeprefix("/review/")).partition("/")
        post = self.content.by_slug(slug)
        if post is None:
            other = self.content.by_old_slug(slug) or self.content.guessed(slug)
            return self._moved(other.path) if other else self._not_found()
        if not path.endswith("/"):
            return self._moved(f"{path}/")
        part = int(rest.strip("/")) if rest.strip("/").isdecimal() else 1
        if part > len(post.parts):
            return self._moved(post.path)
        if "forbidden-once" in self.quirks and post.id // 3 % 3 == 0 and count == 1:
            return 403, [("Content-Type", HTML)], b"<h1>403 Forbidden</h1>"
        alternate = "no-alternate" not in self.quirks and not {"rest-off", "rest-refused"} & self.quirks
        head = render.review_head(
            post, self.url, part, canonical="no-canonical" not in self.quirks, alternate=alternate
        )
        others = [other for other in self.content.sorted() if other is not post][:3]
        if "classic-theme" in self.quirks:
            main = render.classic_theme(post, self.url, part)
        else:
            main = render.block_theme(post, others, self.url, part)
        paged = f" paged-{part} single-paged-{part}" if part > 1 else ""
        body = f"review-template-default single single-review postid-{post.id}{paged}"
        links = [("Link", f"<{self.url}/?p={post.id}>; rel=shortlink")]
        if alternate:
            json_form = (
                f'<{self.url}/wp-json/wp/v2/review/{post.id}>; rel="alternate"; title="JSON"; type="application/json"'
            )
            links.insert(0, ("Link", json_form))
        return self._html(200, render.page(post.title, body, main, self.url, head + self._meta()), links)

    def cuts_off(self, target: str) -> bool:
        """Whether an answer ends in the middle, the first time it is asked for."""
        if "cut-off" not in self.quirks or len(self.asked(target)) > 1:
            return False
        is_review = target.startswith("/review/") and sum(target.encode()) % 2 == 0
        return is_review or "posts-review" in target

    def _meta(self) -> str:
        style = f'\n<link rel="stylesheet" href="{self.url}/wp-content/themes/own/style.css" />'
        reservation = '\n<meta name="tdm-reservation" content="1" />'
        return style * ("styled" in self.quirks) + reservation * ("tdm-meta" in self.quirks)

    def _feed(self, headers: dict[str, str]) -> Message:
        newest = sorted(self.content.sorted(), key=lambda post: post.date, reverse=True)[:10]
        body = render.feed(newest, self.url).encode()
        changed = format_datetime(max(post.modified for post in newest), usegmt=True)
        validators = [("Last-Modified", changed), ("ETag", f'"{hashlib.sha256(body).hexdigest()[:32]}"')]
        if headers.get("if-modified-since") == changed or headers.get("if-none-match") == validators[1][1]:
            return 304, validators, b""
        return 200, [("Content-Type", "application/rss+xml; charset=UTF-8"), *validators], body

    def _html(self, status: int, body: str, extra: list[tuple[str, str]] | None = None) -> Message:
        root = f"{self.url}/?rest_route=/" if "plain-permalinks" in self.quirks else f"{self.url}/wp-json/"
        api = [] if {"rest-off"} & self.quirks else [("Link", f'<{root}>; rel="https://api.w.org/"')]
        return status, [("Content-Type", HTML), *api, *(extra or [])], body.encode()

    def _moved(self, path: str) -> Message:
        return 301, [("Content-Type", HTML), ("X-Redirect-By", "WordPress"), ("Location", self.url + path)], b""

    def _not_found(self) -> Message:
        main = "<main><h1>Page not found</h1><p>Nothing is here.</p></main>"
        return self._html(404, render.page("Page not found", "error404", main, self.url))


def _json(status: int, value: Any, extra: list[tuple[str, str]] | None = None) -> Message:
    headers = [("Content-Type", JSON), ("X-Robots-Tag", "noindex"), ("Allow", "GET"), ("Vary", "Origin")]
    return status, [*headers, *(extra or [])], json.dumps(value).encode()


def _error(status: int, code: str, message: str) -> Message:
    return _json(status, {"code": code, "message": message, "data": {"status": status}})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: WordPress
    connections = 0


class _Handler(QuietHandler):
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self._number = self.server.connections

    def do_GET(self) -> None:
        at = time.monotonic()
        site = self.server.site
        asked = {name.lower(): value for name, value in self.headers.items()}
        if "robots-reset" in site.quirks and self.path == "/robots.txt":
            site.log.append(Asked(at, time.monotonic(), self._number, self.command, self.path, 0, asked))
            self.close_connection = True
            return
        with site.content.lock:
            status, headers, body = site.answer(self.path, asked)
            if "tdm-header" in site.quirks:
                headers = [*headers, ("tdm-reservation", "1"), ("tdm-policy", f"{site.url}/policy.json")]
            # before it is sent: who has the answer may look at the log at once
            site.log.append(Asked(at, time.monotonic(), self._number, self.command, self.path, status, asked))
        self.send_response_only(status)
        for name, value in [("Server", "nginx/1.22.1"), ("Date", self.date_time_string()), *headers]:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.close_connection = is_cut = site.cuts_off(self.path)
        self.wfile.write(body[: len(body) // 2] if is_cut else body)
