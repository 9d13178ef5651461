"""Removes names and passwords that a site puts into its URLs: they are neither used nor passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.archive.userinfo import without_userinfo

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response


class PlainRedirects:
    """Downloader middleware, nearer to the downloader than the one that follows redirects and logs their targets."""

    def process_request(self, request: Request) -> Request | None:
        """Return a request for the URL without userinfo: pages redirect too (``<meta http-equiv=refresh>``)."""
        plain = without_userinfo(request.url)
        return None if plain == request.url else request.replace(url=plain)

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy passes it
        """Remove name and password from the Location header."""
        location = response.headers.get("Location")
        if location:
            plain = without_userinfo(location.decode("latin-1").strip()).encode("latin-1")
            response.headers["Location"] = plain
        return response
