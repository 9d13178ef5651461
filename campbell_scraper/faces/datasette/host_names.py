"""The host names that a server on this machine answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def own_names(added: Iterable[str] = ()) -> Callable[[bytes], bool]:
    """Return a function that tells whether a Host header, with or without port, is one of a server's own names.

    Those are loopback's and ``added``. Otherwise a page of another site could make its own name resolve to this machine
    (DNS rebinding), and read all that the server shows.
    """
    names = LOOPBACK | {name.lower() for name in added}

    def is_own(host: bytes) -> bool:
        name = host.decode("latin-1").lower()
        bare, colon, port = name.rpartition(":")
        return (bare if colon and port.isdigit() else name) in names

    return is_own
