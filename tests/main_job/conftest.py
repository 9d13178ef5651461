"""Names that tests of other rooms know from here."""

from __future__ import annotations

from tests.helpers import SEED, Crawled, campbell

__all__ = ["SEED", "Crawled", "campbell"]
