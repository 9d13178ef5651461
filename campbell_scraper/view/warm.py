"""What every process that reads pages needs, loaded when this module is imported.

The process that workers are forked from imports it once (``workers.Workers``): page objects, rules, the names of
languages and the model that tells them apart are then in memory that all workers share, and none waits for them.
"""

from __future__ import annotations

from campbell_scraper.reading.facts import fact_engine as facts
from campbell_scraper.reading.summary import identify
from campbell_scraper.reading.values.normalising import language

from .log import extraction

__all__ = ["extraction", "facts"]

language("English")
identify("Cette revue examine les effets des programmes qui ont pour but de prévenir la violence parmi les jeunes.")
