"""Imports without the optional libraries that an import would load, which take most of its time."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let the block import as if there were no modules of these names, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # where Python finds None, it finds no module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
