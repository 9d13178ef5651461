"""pywb in a process of its own that keeps replayed pages inside the archive: run by ``replay_site.start``.

pywb sends its policy with some pages and not with others (``if_``, ``id_``), and answers to any host name. Here every
answer has one policy, and only the given names are answered to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

POLICY: Final = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self'; form-action 'self'; "
    "frame-src 'self' data: blob:; frame-ancestors 'self'; object-src 'self'"
)
"""Archived pages run their scripts, which may ask this server and nobody else. Frames made of ``data:`` inherit it."""
_HEADERS: Final = (
    ("Content-Security-Policy", POLICY),
    ("X-DNS-Prefetch-Control", "off"),
    ("Referrer-Policy", "same-origin"),
)
_CONNECTIONS: Final = "Connection-Allowlist"
"""Header that forbids what a policy cannot (speculation rules, WebRTC, preconnect, leaving the site in the same tab),
in browsers that know it."""
_SHARING: Final = "access-control-"
"""Headers of archived answers (pywb passes them with ``id_``) that would let pages of other sites read these."""
_OURS: Final = frozenset(name.lower() for name in (*dict(_HEADERS), _CONNECTIONS))
_Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def confined(application: _Application, names: Iterable[str], linked: str) -> _Application:
    """Return a WSGI application that answers to these names only, with one policy on every answer.

    Pages of other sites cannot read the answers. Its own pages may lead to the origin ``linked`` too; "" for none.
    """
    own = frozenset(name.lower() for name in names)
    others = f' "{linked}/*"' if linked else ""
    headers_of_all = [*_HEADERS, (_CONNECTIONS, f"(response-origin{others}); redirects=allow")]

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        name = str(environ.get("HTTP_HOST", "")).lower()
        bare, colon, port = name.rpartition(":")

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [pair for pair in headers if not pair[0].lower().startswith((*_OURS, _SHARING))]
            return start_response(status, [*kept, *headers_of_all], *rest)

        if (bare if colon and port.isdigit() else name) not in own:
            start("421 Misdirected Request", [("Content-Type", "text/plain")])
            return [b"This server does not answer to that name: see campbell replay --host.\n"]
        return application(environ, start)

    return answer


def main() -> None:
    """Serve the folder this process was started in.

    ``CAMPBELL_REPLAY_NAMES`` holds the names it answers to, ``CAMPBELL_REPLAY_LINKED`` the origin its pages may open.
    """
    from pywb.apps.cli import WaybackCli  # type: ignore[import-untyped] # noqa: PLC0415 - optional

    class ConfinedCli(WaybackCli):  # type: ignore[misc] # has no types
        def load(self) -> _Application:
            return confined(
                super().load(), os.environ["CAMPBELL_REPLAY_NAMES"].split(), os.environ["CAMPBELL_REPLAY_LINKED"]
            )

    ConfinedCli(args=sys.argv[1:], desc="replay").run()


if __name__ == "__main__":
    main()
