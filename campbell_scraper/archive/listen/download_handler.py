"""The download handler for http and https: Scrapy's own, over connections that record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import Response

from .archive_addon import addon_for
from .wire import current, record_connections

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class ArchiveDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's default handler for http and https, recording every exchange."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._archive = addon_for(crawler)
        self._decoded_later = crawler.settings.getbool("COMPRESSION_ENABLED")
        record_connections(self, silent_retry=self._archive.settings.silent_retry)

    async def download_request(self, request: Request) -> Response:
        """Download as Scrapy does; the exchange is archived, whatever its outcome, before anything else sees it."""
        attempts = self._archive.begin(request)
        current.set(attempts)
        failure: BaseException | None = None
        stopped = False
        try:
            response = await super().download_request(request)
            stopped = "download_stopped" in response.flags
        except BaseException as error:
            failure = error
            raise
        finally:
            current.set(None)
            self._archive.end(request, attempts, failure, stopped=stopped)
        if attempts.withheld:
            request.meta["dont_cache"] = True  # or Scrapy's HTTP cache would serve the empty body
            headers = response.headers.copy()
            headers.pop("Content-Encoding", None)
            return response.replace(body=b"", headers=headers, flags=[*response.flags, "archive_only"])
        if self._decoded_later and "Content-Encoding" in response.headers:
            # HttpCompressionMiddleware finds the class of the decoded answer. With an HtmlResponse, which Scrapy makes
            # for a URL in .html, it would first guess the charset of the compressed bytes: as slow as a whole capture.
            return Response(**{name: getattr(response, name) for name in Response.attributes})
        return response
