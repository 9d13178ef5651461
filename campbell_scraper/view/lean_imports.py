"""Imports without the optional libraries that an import would load, which take most of its time."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let the block import as if there were no module of that name, unless it is loaded already."""
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # so that Python finds none
    try:
        yield
    finally:
        if hidden:
            del sys.modules[name]
