"""Full text finds words in any language with a stock MATCH, also through Datasette."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.items import Attachment
from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.log.intake import rows_of_capture

from .library import GANGS, GANGS_ID, capture, file_text, reading, review, show, summary

if TYPE_CHECKING:
    from campbell_scraper.view.store import Store

TEXTS = {
    "en": "Café résumés of evidence",
    "zh": "本系统评价总结了有关青少年帮派暴力的证据。",
    "ja": "コロナウイルス感染症についての研究の要約です。",
    "th": "การทบทวนนี้สรุปผลการศึกษาเกี่ยวกับความรุนแรง",
    "lo": "ການທົບທວນນີ້ສະຫຼຸບຫຼັກຖານ",
    "km": "ការពិនិត្យឡើងវិញនេះសង្ខេបភស្តុតាង",
    "my": "ဤသုံးသပ်ချက်သည် အထောက်အထားများကို အကျဉ်းချုပ်သည်",
    "hi": "यह समीक्षा साक्ष्य का सारांश है",
    "ar": "تلخص هذه المراجعة الأدلة",
    "ru": "Обзор обобщает доказательства",
    "nb": "Smågutter på øya",
    "de": "Die Straße von Þorn nach Łódź",
}
WORDS = [("en", "cafe"), ("en", "résumés"), ("zh", "证据"), ("zh", "系统评价"), ("zh", "青少年帮派暴力"), ("zh", "帮"),
         ("ja", "研究"), ("ja", "コロナウイルス"), ("th", "การศึกษา"), ("th", "ความรุนแรง"), ("lo", "ຫຼັກຖານ"),
         ("km", "ភស្តុតាង"), ("my", "အထောက်အထား"), ("hi", "साक्ष्य"), ("ar", "الأدلة"), ("ru", "доказательства"),
         ("nb", "øya"), ("nb", "oya"), ("nb", "smagutter"), ("de", "strasse"), ("de", "Straße"), ("de", "thorn"),
         ("de", "lodz")]  # fmt: skip


@pytest.mark.parametrize(("language", "word"), WORDS)
def test_a_word_is_found_in_its_language(store: Store, language: str, word: str) -> None:
    show(store, 1, review(summaries=[summary(text, code) for code, text in TEXTS.items()]))
    store.finish()
    found = store.connection.execute(
        "SELECT s.language FROM sections_fts f JOIN sections x ON x.rowid = f.rowid "
        "JOIN summaries s USING (summary_id) WHERE sections_fts MATCH ?",
        (f'"{word}"',),
    ).fetchall()
    assert (language,) in found
    assert len(found) < 3
    (review_id,) = store.connection.execute(
        "SELECT review_id FROM reviews WHERE rowid IN (SELECT rowid FROM reviews_fts WHERE reviews_fts MATCH ?)",
        (word,),
    ).fetchone()
    assert review_id == GANGS_ID


def test_full_text_follows_an_edit(store: Store) -> None:
    show(store, 1, review(title="Gangs", summaries=[summary("Earlier words")]))
    store.finish()
    show(store, 2, review(title="Bands", summaries=[summary("Later words")]))
    store.finish()
    count = "SELECT count(*) FROM {0} WHERE {0} MATCH ?"
    for table, old, new in (("reviews_fts", "gangs", "bands"), ("sections_fts", "earlier", "later")):
        assert store.connection.execute(count.format(table), (old,)).fetchone() == (0,)
        assert store.connection.execute(count.format(table), (new,)).fetchone() == (1,)


def test_a_file_is_found_by_its_text_whichever_came_first(store: Store) -> None:
    for number, name in enumerate(("early", "late")):
        url = f"https://files.example/{name}.pdf"
        pdf = capture(url, 1 + number * 4)
        if name == "early":
            store.take(file_text(pdf, 2, "证据 pdf early", None))
        store.take(
            rows_of_capture(capture(GANGS, 2 + number), "review", reading(review(attachments=[Attachment(url=url)])))
        )
        if name == "late":
            store.take(file_text(pdf, 2, "证据 pdf late", None))
        store.finish()
        found = store.connection.execute(
            "SELECT f.url, f.pages FROM files_fts x JOIN files f ON f.rowid = x.rowid WHERE files_fts MATCH '证据'"
        ).fetchall()
        assert found == [(url, 2)]


def test_a_later_failure_does_not_lose_a_files_text(store: Store) -> None:
    url = "https://files.example/a.pdf"
    show(store, 1, review(attachments=[Attachment(url=url)]))
    for day, text, error in ((2, "words", None), (3, None, "HTTP 500")):
        pdf = capture(url, day)
        store.take(file_text(pdf, None, text, error))
    store.finish()
    assert store.connection.execute("SELECT text, error FROM files").fetchall() == [("words", None)]


def test_rowids_of_full_text_survive_vacuum(store: Store) -> None:
    for n in range(30):
        show(store, n + 1, review(f"https://x.example/review/number-{n}/", title=f"Title{n}"))
    store.finish()
    for n in range(0, 30, 2):
        show(store, n + 40, review(f"https://x.example/review/number-{n}/", title=f"Edited{n}"))
    store.finish()
    store.connection.execute("VACUUM")
    found = store.connection.execute(
        "SELECT title FROM reviews WHERE rowid IN (SELECT rowid FROM reviews_fts WHERE reviews_fts MATCH 'edited28')"
    ).fetchall()
    assert found == [("Edited28",)]


def test_grams_of_spaced_scripts_are_their_words_as_people_type_them() -> None:
    assert search.grams("Plain words, schöner, Обзор") == ""
    assert search.grams("Plain words, größer") == "grösser"
    assert search.grams("证据") == "证 证据 据"


def test_datasette_searches_by_itself(store: Store) -> None:
    app = pytest.importorskip("datasette.app")
    show(store, 1, review(title="Youth gangs", summaries=[summary(TEXTS["zh"], "zh")]))
    store.finish()
    tables = {table: {"fts_table": name} for name, (table, _) in search.FTS.items()}
    metadata = {"databases": {"campbell": {"tables": tables}}}

    async def rows(table: str, word: str) -> int:
        served = app.Datasette([str(store.path)], metadata=metadata)
        await served.invoke_startup()
        answer = await served.client.get(f"/campbell/{table}.json?_search={word}&_shape=array")
        assert answer.status_code == 200
        return len(answer.json())

    assert asyncio.run(rows("reviews", "证据")) == 1
    assert asyncio.run(rows("sections", "证据")) == 1
    assert asyncio.run(rows("sections", "absent")) == 0
    assert asyncio.run(rows("files", "证据")) == 0
    assert asyncio.run(rows("review_overview", "")) == 1
