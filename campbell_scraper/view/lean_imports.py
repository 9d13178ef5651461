"""Imports of libraries that would load others, which nothing here needs, and which take most of the time."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(name: str) -> Iterator[None]:
    """Have Python find no module of that name, unless it is loaded already, for what the block imports."""
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # so that Python finds none
    try:
        yield
    finally:
        if hidden:
            del sys.modules[name]
