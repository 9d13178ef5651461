"""SQL of visitors reads this library and nothing else, in bounded time and memory, whatever it calls."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.guarded import guarded
from tests.faces.conftest import Served, serve, served

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

__all__ = ["serve", "served"]
HARMLESS: Any = [None, 1, "a", b"a"]
MANY = (sqlite3.OperationalError, sqlite3.DatabaseError, MemoryError, OverflowError, ValueError)


def asked(served: Served, sql: str) -> tuple[int, float, str]:
    begun = time.monotonic()
    path = "/campbell.json?" + urlencode({"sql": sql, "_shape": "array"})
    answer = served.loop.run_until_complete(served.datasette.client.get(path))
    return answer.status_code, time.monotonic() - begun, answer.text


@pytest.mark.parametrize(
    "sql",
    [
        "select hex(fts3_tokenizer('simple')) address",
        "select fts3_tokenizer('simple', x'4141414141414141') a",
        "select count(*) from fts3tokenize where input='x1'",
        "select load_extension('x')",
        "select file from pragma_database_list",
        "select * from pragma_compile_options",
        "select * from _pending",
        "select zeroblob(900000000) a, zeroblob(900000001) b",
    ],
)
def test_what_is_not_the_librarys_is_refused(served: Served, sql: str) -> None:
    status, _, text = asked(served, sql)
    assert status == 400, text
    assert asked(served, "select count(*) n from reviews")[0] == 200


def test_no_function_of_sqlite_harms_the_process(folder: DataFolder) -> None:
    """All of them, with each number of arguments; a crash would end the tests."""
    with closing(open_readonly(folder.database)) as connection:
        names = sorted({row[0] for row in connection.execute("SELECT name FROM pragma_function_list")})
        assert len(names) > 100
        with guarded(connection, 60):
            called = 0
            for name in names:
                for number in range(5):
                    for value in HARMLESS:
                        marks = ", ".join("?" * number)
                        try:
                            connection.execute(f'SELECT "{name}"({marks})', (value,) * number).fetchall()
                            called += 1
                        except MANY:
                            continue
            assert called > 300
            assert connection.execute("SELECT count(*) FROM reviews").fetchone()[0]


@pytest.mark.parametrize(
    "sql",
    [
        "select length(hex(hex(hex(hex(hex(hex(hex(hex(hex(text)))))))))) from sections",
        "with e(t) as (select printf('%.*c', 4000, 'e')) select replace(replace(t, 'e', t), 'e', t) from e",
        "select length(printf('%9000000d', 1)) || " + " || ".join(["printf('%9000000d', 1)"] * 9),
        "select " + ", ".join(f"printf('%19000{at:03}d', 1)" for at in range(60)),
        "select group_concat(printf('%1000000d', a.rowid)) from sections a, sections b",
        "select instr(printf('%.*c', 9000000, 'a'), printf('%.*c', 4500000, 'a') || 'b')",
        "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
        "select printf('%1000000d', value) from json_each('[' || replace(printf('%.999c', '1'), '1', '1,') || '1]')",
    ],
    ids=["hex", "replace", "printf", "many values", "group_concat", "instr", "recursion", "many rows"],
)
def test_a_query_ends_in_its_time(serve: Any, folder: DataFolder, sql: str) -> None:
    served = serve(folder)
    served.datasette._settings["sql_time_limit_ms"] = 1000
    served.datasette.sql_time_limit_ms = 1000
    asked(served, "select 1")  # the processes start
    before = peak()
    status, seconds, text = asked(served, sql)
    assert status == 400, text[:300]
    assert seconds < 4
    assert peak() - before < 64 * 1024
    assert asked(served, "select count(*) n from reviews")[0] == 200


def peak() -> int:
    """Return the most memory that this process has had, in KiB."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def test_three_long_queries_hold_up_no_other_page(serve: Any, folder: DataFolder) -> None:
    served = serve(folder)
    long = "select instr(printf('%.*c', 9000000, 'a'), printf('%.*c', 4500000, 'a') || 'b') "
    pages = ("/", "/campbell/reviews", "/-/search?q=studies")
    for path in pages:
        served.get(path)

    async def together() -> float:
        get = served.datasette.client.get
        queries = [get("/campbell.json?" + urlencode({"sql": long + name})) for name in ("a", "b", "c")]
        running = asyncio.gather(*queries)
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        for path in pages:
            assert (await get(path)).status_code == 200
        took = time.monotonic() - begun
        await running
        return took

    assert served.loop.run_until_complete(together()) < 3
