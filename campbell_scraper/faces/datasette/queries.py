"""Questions people ask of the library, as canned queries: each in a sentence, with a field for each parameter."""

# ruff: noqa: S608 - the only thing put into these queries is a constant of ours

from __future__ import annotations

from typing import Any

_NEWEST = "review_id IN (SELECT review_id FROM works)"
_NAMED = "SELECT {0}, upper(substr({0}, 1, 1)) || replace(substr({0}, 2), '_', ' ') FROM {1} GROUP BY 1 ORDER BY 2"
_GROUP = {
    "label": "Coordinating group",
    "empty": "all",
    "options": "SELECT DISTINCT name FROM review_groups ORDER BY 1",
}
_YEAR = {
    "label": "Year",
    "empty": "all",
    "options": "SELECT DISTINCT substr(published_date, 1, 4) FROM reviews JOIN review_groups USING (review_id) "
    "WHERE published_date IS NOT NULL ORDER BY 1 DESC",
}
_LANGUAGE = {"label": "Language", "options": "SELECT language FROM summaries GROUP BY 1 ORDER BY count(*) DESC, 1"}
_MONTH = {
    "label": "Month",
    "empty": "this month",
    "options": "SELECT substr(valid_from, 1, 7) FROM review_versions GROUP BY 1 ORDER BY 1 DESC",
}
_MAP = {
    "label": "Map",
    "empty": "none",
    "options": "SELECT url, coalesce(title, url) FROM pages WHERE url IN (SELECT url FROM map_references) ORDER BY 2",
}
_CODES = "SELECT code, name FROM map_codes WHERE url = :map AND axis = '{}' AND is_leaf ORDER BY position"

QUERIES: dict[str, dict[str, Any]] = {
    "by_group_and_year": {
        "title": "Reviews by coordinating group and year",
        "description": "Number of pages by coordinating group, year and stage.",
        "fields": {"group": _GROUP, "year": _YEAR},
        "sql": """SELECT g.name AS "group", substr(r.published_date, 1, 4) AS year, r.stage, count(*) AS pages
FROM reviews r JOIN review_groups g USING (review_id)
WHERE (:group = '' OR g.name LIKE '%' || :group || '%')
  AND (:year = '' OR substr(r.published_date, 1, 4) = :year)
GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC, 3""",
    },
    "by_author": {
        "title": "Reviews by author",
        "description": "All reviews of authors whose name contains these letters, newest first.",
        "fields": {"name": {"label": "Part of the name", "empty": "all authors"}},
        "sql": """SELECT a.name AS author, r.review_id, r.title, r.stage, r.published_date, r.doi, ra.position
FROM authors a JOIN review_authors ra USING (author_id) JOIN reviews r USING (review_id)
WHERE a.name LIKE '%' || :name || '%'
ORDER BY a.family, a.given, r.published_date DESC""",
    },
    "search_to_publication": {
        "title": "From search to publication",
        "description": "Months between the end of the search, as the summary states it, and publication, the longest "
        "first.",
        "sql": """SELECT review_id, title, search_date, published_date, search_lag_months, groups
FROM review_overview WHERE search_lag_months IS NOT NULL
ORDER BY search_lag_months DESC""",
    },
    "overdue_for_update": {
        "title": "Reviews overdue for an update",
        "description": "Current reviews whose search ended long ago, unless the library has a newer page of the work, "
        "a newer review of the same title, or a newer update whose title contains this title.",
        "fields": {"years": {"label": "Years since the search", "empty": "5", "type": "number"}},
        "sql": f"""WITH titles AS (SELECT lower(title) AS title, max(published_date) AS newest FROM reviews
  WHERE stage IN ('review', 'update') AND status = 'current' GROUP BY 1),
updates AS MATERIALIZED (SELECT lower(title) AS title, published_date FROM reviews
  WHERE stage = 'update' AND status = 'current')
SELECT review_id, o.title, stage, search_date, published_date,
  CAST(strftime('%Y', 'now') AS INTEGER) - CAST(substr(search_date, 1, 4) AS INTEGER) AS years_since_search
FROM review_overview o LEFT JOIN titles ON titles.title = lower(o.title)
WHERE stage IN ('review', 'update') AND status = 'current' AND search_date IS NOT NULL AND {_NEWEST}
  AND substr(search_date || '-12-31', 1, 10)
      < date('now', '-' || CAST(coalesce(nullif(:years, ''), '5') AS INTEGER) || ' years')
  AND coalesce(newest <= published_date, 1)
  AND NOT EXISTS (SELECT 1 FROM updates u WHERE u.published_date > o.published_date AND length(o.title) >= 12
    AND instr(u.title, lower(o.title)))
ORDER BY search_date""",
    },
    "largest_evidence_bases": {
        "title": "Largest evidence bases",
        "description": "Reviews by number of included studies, with participants where the summary states them.",
        "sql": f"""SELECT review_id, title, studies_included, participants, published_date, groups
FROM review_overview WHERE studies_included IS NOT NULL AND {_NEWEST}
ORDER BY studies_included DESC, participants DESC""",
    },
    "languages_missing": {
        "title": "Missing languages",
        "description": "Reviews that have a summary in English and none in another language; a text that only points "
        "to a PDF counts as a summary.",
        "fields": {"language": _LANGUAGE | {"empty": "any other than English"}},
        "sql": f"""SELECT review_id, title, languages, published_date FROM review_overview o
WHERE {_NEWEST} AND EXISTS (SELECT 1 FROM summaries s WHERE s.review_id = o.review_id AND s.language = 'en')
  AND NOT EXISTS (SELECT 1 FROM summaries s WHERE s.review_id = o.review_id
    AND CASE WHEN :language = '' THEN s.language <> 'en' ELSE s.language = :language END)
ORDER BY published_date DESC""",
    },
    "changed_in_month": {
        "title": "What changed this month",
        "description": "Every field that the site changed in a month, with its old and new value, and the reviews that "
        "appeared.",
        "fields": {"month": _MONTH},
        "sql": """SELECT c.changed_at, c.review_id, r.title, c.field, c.old, c.new
FROM changes c JOIN reviews r USING (review_id)
WHERE substr(c.changed_at, 1, 7) = coalesce(nullif(:month, ''), strftime('%Y-%m', 'now'))
UNION ALL
SELECT v.valid_from, v.review_id, r.title, 'first seen', NULL, NULL
FROM review_versions v JOIN reviews r USING (review_id)
WHERE v.version = 1 AND substr(v.valid_from, 1, 7) = coalesce(nullif(:month, ''), strftime('%Y-%m', 'now'))
ORDER BY 1 DESC, 2, 4""",
    },
    "quality_of_evidence": {
        "title": "What the quality sections say",
        "description": "The section on the quality of the evidence of every review that has one, the newest first.",
        "sql": """SELECT s.review_id, r.title, m.language, s.heading, s.text, r.published_date
FROM sections s JOIN summaries m USING (summary_id) JOIN reviews r ON r.review_id = s.review_id
WHERE s.kind = 'quality' ORDER BY r.published_date DESC, s.review_id""",
    },
    "one_section": {
        "title": "One section across all reviews",
        "description": "The same section of every review, one below the other.",
        "fields": {
            "kind": {"label": "Section", "empty": "Main results", "options": _NAMED.format("kind", "sections")},
            "language": _LANGUAGE | {"empty": "English"},
        },
        "sql": """SELECT s.review_id, r.title, s.heading, s.text, r.published_date
FROM sections s JOIN summaries m USING (summary_id) JOIN reviews r ON r.review_id = s.review_id
WHERE s.kind = coalesce(nullif(:kind, ''), 'main_results') AND m.language = coalesce(nullif(:language, ''), 'en')
ORDER BY r.published_date DESC, s.review_id, s.position""",
    },
    "facts_with_sentences": {
        "title": "Facts with their sentences",
        "description": "What the summaries state, each with the sentence it was read from.",
        "fields": {"fact": {"label": "Fact", "empty": "all", "options": _NAMED.format("fact", "evidence_facts")}},
        "sql": """SELECT f.review_id, r.title, f.fact, f.value, f.number, f.precision, f.quote
FROM evidence_facts f JOIN reviews r USING (review_id)
WHERE :fact = '' OR f.fact = :fact ORDER BY f.fact, f.number DESC, f.review_id""",
    },
    "facts_to_confirm": {
        "title": "Facts to confirm",
        "description": "Facts that nobody has confirmed in facts.csv yet, or whose page has changed since. 'none': no "
        "number of studies, number of participants or search date was read.",
        "sql": f"""WITH wanted(fact) AS (VALUES ('studies_included'), ('participants'), ('search_date')),
stated AS (SELECT review_id, fact, value, quote FROM (SELECT f.*, row_number() OVER (PARTITION BY f.review_id, f.fact,
      CASE WHEN f.fact IN ('countries', 'study_designs') THEN f.value END
      ORDER BY s.language <> 'en', s.position, f.position) AS place
    FROM evidence_facts f JOIN summaries s USING (summary_id)) WHERE place = 1
  UNION ALL SELECT review_id, fact, NULL, '' FROM reviews r JOIN wanted w
    WHERE NOT EXISTS (SELECT 1 FROM evidence_facts f WHERE f.review_id = r.review_id AND f.fact = w.fact))
SELECT r.review_id, f.fact, coalesce(f.value, 'none') AS value, '' AS who, '' AS "when", f.quote
FROM stated f JOIN reviews r USING (review_id)
WHERE r.status = 'current' AND r.{_NEWEST}
  AND EXISTS (SELECT 1 FROM summaries s WHERE s.review_id = r.review_id AND s.language = 'en')
  AND NOT EXISTS (SELECT 1 FROM confirmed_facts c WHERE c.review_id = r.review_id AND c.fact = f.fact
    AND (c.value IS f.value OR c.confirmed_at >= substr(r.last_changed, 1, length(c.confirmed_at))))
ORDER BY r.review_id, f.fact, f.value""",
    },
    "map_cell": {
        "title": "References in a cell of a gap map",
        "description": "The references of an evidence and gap map in one cell, row or column of its grid.",
        "fields": {
            "map": _MAP,
            "row": {"label": "Row", "empty": "all", "options": _CODES.format("row")},
            "column": {"label": "Column", "empty": "all", "options": _CODES.format("column")},
        },
        "sql": """SELECT DISTINCT r.title, r.authors, r.year, r.doi, r.link, r.position
FROM map_references r JOIN map_cells c USING (url, position)
WHERE r.url = :map AND (:row = '' OR c.row_code = :row + 0) AND (:column = '' OR c.column_code = :column + 0)
ORDER BY r.year DESC, r.title""",
    },
    "full_text": {
        "title": "Full text, section by section",
        "description": 'Sections that contain all these words or "phrases" in any language, English words in any form, '
        "the best match first; OR and -word as on the page of reviews. Of words in more than 5,000 sections, 5,000 are "
        "ranked.",
        "fields": {"words": {"label": "Words", "empty": "none"}},
        "sql": """SELECT s.review_id, r.title, s.heading, excerpt(s.text, :words) AS found
FROM (SELECT * FROM (SELECT rowid AS place, bm25(sections_fts, 3, 1, 1) AS score FROM sections_fts
    WHERE sections_fts MATCH fts_query(:words) LIMIT 5000)
  ORDER BY score LIMIT 200)
JOIN sections s ON s.rowid = place JOIN reviews r ON r.review_id = s.review_id
ORDER BY score, place""",
    },
}
"""Name → title, description and SQL, as Datasette's metadata has them, and the fields of the form: parameter → label,
meaning of an empty field, and for a closed list the SQL that selects its values and their names."""
