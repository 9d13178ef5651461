"""``campbell`` in whose processes some pages kill their reader and others never end, whoever reads them.

Usage: ``python -m tests.security.deadly_pages ARGUMENTS``. Processes that read run this module's first lines too.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress

from campbell_scraper.archive.listen import watched_reading
from campbell_scraper.reading import page_reading
from campbell_scraper.reading.layouts.layouts import LayoutPage
from campbell_scraper.spiders import page_links
from campbell_scraper.view.reader_pool import ReaderPool

DEADLY = "sundials-in-hospital-gardens"
ENDLESS = "knots-for-sailors-on-watch"
SECONDS = 2.0

really_open = page_reading.open_page


def open_page(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> LayoutPage:
    if DEADLY in url:
        os.kill(os.getpid(), signal.SIGSEGV)
    if ENDLESS in url:
        time.sleep(3600)
    return really_open(url, headers, body)


if __name__ in {"__main__", "__mp_main__"}:  # this program and the processes that it starts, not a test that imports it
    page_reading.open_page = page_links.open_page = open_page  # type: ignore[attr-defined]
    watched_reading.SECONDS = SECONDS  # type: ignore[misc]
    ReaderPool.__init__.__kwdefaults__["seconds"] = SECONDS  # type: ignore[index]
    with suppress(ImportError):  # of the extra [dask]
        from campbell_scraper.view.parts import part_making

        part_making.PAGE_SECONDS = SECONDS  # type: ignore[attr-defined]

if __name__ == "__main__":
    from campbell_scraper.faces.cli import main

    main()
