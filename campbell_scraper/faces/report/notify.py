"""Notifies people: a message through apprise and a ping of a health check, only to the addresses they gave."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from campbell_scraper.errors import CampbellError, Exit, ExtraNeeded, LockHeld, UsageError
from campbell_scraper.faces.export.citations.clean_text import one_line
from campbell_scraper.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

logger = logging.getLogger(__name__)

PING_SECONDS = 10
MAX_MESSAGE = 8_000
"""Characters; services cut or refuse longer ones."""


@dataclass(slots=True)
class Announcement:
    """How a run's start and end are announced, and to which addresses."""

    title: str
    notify: Sequence[str] = ()
    """Apprise URLs (``mailto://…``, ``ntfy://…``, ``json://…``)."""
    ping: str | None = None
    """URL of a health check: asked with ``/start`` and ``/fail`` appended, and plain after a good run."""
    code: int = Exit.GOOD
    """The exit code, set by the caller where no exception tells."""
    message: str = ""
    problems: list[str] = field(default_factory=list)
    """Why messages could not be sent."""

    def started(self) -> None:
        """Say that the run begins."""
        self._ping("/start", "")

    def ended(self) -> None:
        """Say how it ended: a good end only to the health check, a bad one to people too."""
        if self.code == Exit.GOOD:
            self._ping("", self.message)
            return
        text = self.message or f"The run ended with exit code {int(self.code)}."
        self._ping("/fail", text)
        if self.code != Exit.INTERRUPTED:
            self._tell(text)

    def _ping(self, part: str, text: str) -> None:
        if self.ping is None:
            return
        head, mark, query = self.ping.partition("?")
        address = head.rstrip("/") + part + mark + query
        request = urllib.request.Request(address, data=clean(text)[:MAX_MESSAGE].encode(), method="POST")  # noqa: S310 - http(s), see require_addresses
        try:
            with urllib.request.urlopen(request, timeout=PING_SECONDS) as answer:  # noqa: S310
                answer.read(1000)
        except (OSError, ValueError, urllib.error.URLError) as error:
            self._problem(f"the health check could not be reached: {error}")

    def _tell(self, text: str) -> None:
        if not self.notify:
            return
        apprise = _apprise()
        service = apprise.Apprise()
        for url in self.notify:
            service.add(url)
        sent = service.notify(
            title=one_line(self.title), body=clean(text)[:MAX_MESSAGE],
            body_format=apprise.NotifyFormat.TEXT,  # else a mail is HTML with the site's markup live
            notify_type=apprise.NotifyType.FAILURE,
        )  # fmt: skip
        if not sent:
            self._problem("no message was sent: a service refused it")

    def _problem(self, text: str) -> None:
        # The addresses hold passwords and tokens: they are not repeated.
        self.problems.append(text)
        logger.warning("At the end of the run: %s", text)


def require_addresses(notify: Sequence[str], ping: str | None) -> None:
    """Refuse, before a run, addresses that could not be notified after it.

    Raises:
        UsageError: the extra [notify] is missing, or an address is not valid.

    """
    if ping is not None and urlsplit(ping).scheme not in {"http", "https"}:
        raise UsageError("--ping needs an http or https URL (example: https://hc-ping.com/your-uuid).")
    if not notify:
        return
    apprise = _apprise()
    for number, url in enumerate(notify, 1):
        if not apprise.Apprise().add(url):
            raise UsageError(
                f"--notify number {number} is not an address that apprise knows (example: mailto://user:password@host)."
            )


def _apprise() -> Any:
    """Return the module of the extra [notify]."""
    try:
        import apprise  # noqa: PLC0415 - of the extra [notify]
    except ImportError as error:
        raise ExtraNeeded("Messages need apprise", "notify") from error
    return apprise


@contextmanager
def announced(title: str, notify: Sequence[str] = (), ping: str | None = None) -> Iterator[Announcement]:
    """Tell of the block's beginning and end; an error is told and raised again.

    A run that finds another at work says nothing: the other will.

    Raises:
        UsageError: the addresses cannot be used.

    """
    require_addresses(notify, ping)
    announcement = Announcement(title, notify, ping)
    announcement.started()
    try:
        yield announcement
    except LockHeld:
        raise
    except Exception as error:
        announcement.code, announcement.message = Exit.UNEXPECTED, f"Unexpected error: {type(error).__name__}: {error}"
        if isinstance(error, CampbellError):
            announcement.code, announcement.message = error.exit_code, str(error)
        announcement.ended()
        raise
    announcement.ended()
