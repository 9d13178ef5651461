"""Views: what a face asks for in one row."""

# ruff: noqa: S608 - names of tables and columns are the schema's own, values are bound

from __future__ import annotations

from dataclasses import dataclass

from campbell_scraper.folder import REPLAY_BASE

from .review_tables import ReviewRow
from .table_model import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view, described like a table."""

    name: str
    description: str
    columns: tuple[Column, ...]
    sql: str
    """The SELECT."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)


_FACT = """CASE WHEN EXISTS (SELECT 1 FROM confirmed_facts c WHERE c.review_id = r.review_id AND c.fact = '{fact}')
    THEN (SELECT c.{column} FROM confirmed_facts c WHERE c.review_id = r.review_id AND c.fact = '{fact}')
    ELSE (SELECT f.{column} FROM evidence_facts f JOIN summaries s USING (summary_id)
     WHERE f.review_id = r.review_id AND f.fact = '{fact}'
     ORDER BY s.language <> 'en', s.position, f.position LIMIT 1) END"""
_OVERVIEW = f"""
WITH facts AS (
  SELECT r.review_id,
    {_FACT.format(column="number", fact="studies_included")} AS studies_included,
    {_FACT.format(column="number", fact="participants")} AS participants,
    {_FACT.format(column="value", fact="search_date")} AS search_date
  FROM reviews r
)
SELECT r.review_id, r.title,
  (SELECT group_concat(name, '; ') FROM (SELECT a.name FROM review_authors ra JOIN authors a USING (author_id)
     WHERE ra.review_id = r.review_id ORDER BY ra.position)) AS authors,
  (SELECT json_group_array(name) FROM (SELECT name FROM review_groups g
     WHERE g.review_id = r.review_id ORDER BY g.position)) AS groups,
  (SELECT json_group_array(name) FROM (SELECT name FROM review_document_types t
     WHERE t.review_id = r.review_id ORDER BY t.position)) AS types,
  (SELECT json_group_array(language) FROM (SELECT language FROM summaries s
     WHERE s.review_id = r.review_id GROUP BY language ORDER BY min(s.position))) AS languages,
  r.stage, r.status, r.published_date, r.doi, r.headline, r.brief,
  facts.studies_included, facts.participants, facts.search_date,
  CASE WHEN length(facts.search_date) >= 7 AND length(r.published_date) >= 7 THEN
    (substr(r.published_date, 1, 4) - substr(facts.search_date, 1, 4)) * 12
    + substr(r.published_date, 6, 2) - substr(facts.search_date, 6, 2) END AS search_lag_months,
  r.url, r.full_review_url,
  (SELECT coalesce((SELECT value FROM meta WHERE key = 'replay_base'), '{REPLAY_BASE}')
     || substr(replace(replace(replace(c.captured_at, '-', ''), ':', ''), 'T', ''), 1, 14) || '/' || c.url
     FROM captures c WHERE c.capture_id = r.capture_id) AS replay_url,
  r.work_id, r.matched_by, r.first_seen, r.last_seen, r.last_changed, r.version, r.capture_id
FROM reviews r JOIN facts USING (review_id)"""
_WORKS = """
SELECT {columns} FROM (
  SELECT *, row_number() OVER (PARTITION BY work_id ORDER BY
    language IS NULL DESC, status = 'current' DESC, substr(last_seen, 1, 10) DESC,
    CASE stage WHEN 'update' THEN 0 WHEN 'review' THEN 1 WHEN 'protocol' THEN 3 WHEN 'title' THEN 4 ELSE 2 END,
    published_date DESC, first_seen DESC, review_id) AS place
  FROM reviews) WHERE place = 1"""
_OWN = {column.name: column for column in ReviewRow.table.columns}
# fmt: off

_ADDED = {column.name: column for column in (
    Column("authors", "TEXT", "Names in order, separated by a semicolon and a space", "review_authors",
      "Higginson, Angela; Benier, Kathryn"),
    Column("groups", "TEXT", "JSON array of coordinating groups", "review_groups", '["Crime and Justice"]'),
    Column("types", "TEXT", "JSON array of document types", "review_document_types", '["Review"]'),
    Column("languages", "TEXT", "JSON array of the summaries' languages, BCP 47", "summaries", '["en","nb"]'),
    Column("studies_included", "INTEGER", "Number of studies included, as the summary says or a person confirmed",
      "evidence_facts, confirmed_facts", "8"),
    Column("participants", "INTEGER", "Number of participants, as the summary says or a person confirmed",
      "evidence_facts, confirmed_facts", "1154"),
    Column("search_date", "TEXT", "Date of the last search, ISO 8601", "evidence_facts, confirmed_facts", "2014-01"),
    Column("search_lag_months", "INTEGER", "Months from search to publication; NULL unless both are known to the month",
      "search_date, published_date", "14"),
    Column("replay_url", "TEXT", "Where `campbell replay` shows the page as captured", "captures",
      f"{REPLAY_BASE}20260314090005/https://www.campbellcollaboration.org/review/youth-gangs/"),
)}
_ORDER = (
    "review_id", "title", "authors", "groups", "types", "languages", "stage", "status", "published_date", "doi",
    "headline", "brief", "studies_included", "participants", "search_date", "search_lag_months", "url",
    "full_review_url", "replay_url", "work_id", "matched_by", "first_seen", "last_seen", "last_changed", "version",
    "capture_id",
)
# fmt: on
REVIEW_OVERVIEW = View(
    name="review_overview",
    description="One page address of a review, with authors, groups, types, languages and main facts in the same row.",
    columns=tuple(_ADDED.get(name) or _OWN[name] for name in _ORDER),
    sql=_OVERVIEW,
)
WORKS = View(
    name="works",
    description="The newest page of each work, the English one before its translations.",
    columns=ReviewRow.table.columns,
    sql=_WORKS.format(columns=", ".join(ReviewRow.table.names)),
)
VIEWS = (REVIEW_OVERVIEW, WORKS)
