"""What plots show: few hues, and quantiles where every work's point would hide them."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from campbell_scraper.faces.datasette.pages import plots
from campbell_scraper.items import EvidenceFact
from tests.made_library import record, summary

from .conftest import FIRST, Maker

if TYPE_CHECKING:
    from campbell_scraper.items import ReviewRecord


def published(slug: str, group: str, months: int = 0) -> ReviewRecord:
    """Return a review published in December 2012, so many months after its search."""
    search = EvidenceFact(fact="search_date", value=f"2012-{12 - months:02}", precision="month", section=None,
                          quote="x", quote_start=0, quote_end=1)  # fmt: skip
    return record(
        slug, published_date="2012-12-01", groups=[group], summaries=[replace(summary(text="x"), facts=[search])]
    )


def test_no_plot_has_more_than_eight_hues_and_one_for_the_rest(maker: Maker, serve: Any) -> None:
    frequent = [published(f"{name}-{number}", name) for name in "ABCDEFGH" for number in range(2)]
    maker.crawl(FIRST, "2026-03-14", [*frequent, *(published(name, name) for name in ("Rare", "Scarce"))])
    maker.store.close()
    served = serve(maker.folder)
    rows = served.sql(plots.PLOTS["groups_by_year"].sql.replace("{only}", ""))
    assert [(row["name"], row["works"]) for row in rows] == [*((name, 2) for name in "ABCDEFGH"), ("Other", 2)]
    pytest.importorskip("vl_convert")
    svg = etree.fromstring(served.get("/-/plots/groups_by_year.svg").content)
    bars = {one.get("fill") for one in svg.iter("{*}path") if "Works: 2" in (one.get("aria-label") or "")}
    assert len(bars) == len(plots.HUES) + 1 == 9


def test_the_time_from_search_to_publication_is_shown_as_median_and_quartiles(maker: Maker, serve: Any) -> None:
    lags = [1, 2, 2, 5, 9, 11]
    maker.crawl(FIRST, "2026-03-14", [published(f"r{place}", "Education", lag) for place, lag in enumerate(lags)])
    maker.store.close()
    (year,) = serve(maker.folder).sql(plots.PLOTS["search_lag"].sql.replace("{only}", ""))
    quartiles = [year[name] for name in ("lower_quartile", "median", "upper_quartile")]
    assert quartiles == statistics.quantiles(lags, n=4, method="inclusive")
    assert (year["year"], year["works"]) == (2012, 6)
