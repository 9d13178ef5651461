"""A real Chromium with the network shut, and what it asked for."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import BrowserContext, Page, Request, Response, Route, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names are not looked up at all: what the route below does not see (a service worker, say) stays inside too.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

OWN = ("chrome://", "chrome-extension://")
"""What the browser's own viewer of PDFs is made of."""

expect.set_options(timeout=30_000)


@dataclass(slots=True)
class Traffic:
    """What a browser context asked for."""

    answered: list[tuple[int, str]] = field(default_factory=list)
    """Status and URL of every answer."""
    failed: list[str] = field(default_factory=list)
    """URLs of requests that had no answer, and why."""
    outside: list[str] = field(default_factory=list)
    """URLs elsewhere than the allowed places: not let through."""

    @property
    def wrong(self) -> list[str]:
        """Everything that is not an answer below 400."""
        errors = [f"{status} {url}" for status, url in self.answered if status >= 400]
        return [*errors, *(f"failed {one}" for one in self.failed), *(f"outside {one}" for one in self.outside)]

    def clear(self) -> None:
        """Forget what was; the next page is counted by itself."""
        self.answered.clear()
        self.failed.clear()
        self.outside.clear()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Yield the system's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def shut_in(browser: Browser, *origins: str, scale: float = 1) -> Iterator[tuple[Page, Traffic]]:
    """Yield a page whose context reaches some origins (``http://127.0.0.1:8080``) only, and its traffic.

    ``scale`` is the screen's pixels per CSS pixel: at 2 a browser takes the larger image of a srcset.
    """
    context = browser.new_context(viewport={"width": 1100, "height": 900}, device_scale_factor=scale)
    traffic = Traffic()
    _watch(context, tuple(origin.rstrip("/") + "/" for origin in origins), traffic)
    try:
        yield context.new_page(), traffic
    finally:
        context.close()


def _watch(context: BrowserContext, origins: tuple[str, ...], traffic: Traffic) -> None:
    def decide(route: Route) -> None:
        if route.request.url.startswith((*origins, *OWN)):
            route.continue_()
        else:
            traffic.outside.append(route.request.url)
            route.abort()

    def answered(response: Response) -> None:
        traffic.answered.append((response.status, response.url))

    def failed(request: Request) -> None:
        if request.url.startswith(origins):
            traffic.failed.append(f"{request.url} ({request.failure})")

    context.route("**/*", decide)
    context.on("response", answered)
    context.on("requestfailed", failed)
