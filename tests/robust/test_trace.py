"""``campbell trace``: every value back to the capture that says it, its bytes, its words."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from campbell_scraper.archive.read.locate import raw_record_at
from campbell_scraper.archive.read.payload import RecordPayload
from campbell_scraper.errors import DamagedError, UsageError
from campbell_scraper.faces.report.trace import trace_value
from campbell_scraper.folder import DataFolder
from tests.helpers import SEED, campbell

from .conftest import Uninterrupted
from .runs import rows

pytestmark = pytest.mark.xdist_group("robust")


def trace(data: Path, target: str) -> dict[str, str]:
    return dict(trace_value(DataFolder(data), target))


@pytest.mark.parametrize(
    ("field", "value", "printed"),
    [
        ("title", None, "Parent-infant psychotherapy"),
        ("authors", "Jane Barlow; Cathy Bennett; Nick Midgley; Soili Larkin; Yinghui Wei", "Jane Barlow"),
        ("published_date", "2015-03-02", "2015"),
        ("doi", "10.4073/csr.2015.6", "10.4073/csr.2015.6"),
        ("additional_info.Authors", None, "Jane Barlow"),
        ("headline", None, None),
        ("summaries.en.headline", None, None),
        ("summaries.en.sections.What studies are included?", None, "studies"),
    ],
)
def test_a_field_is_traced_to_its_words(
    usual: Uninterrupted, field: str, value: str | None, printed: str | None
) -> None:
    said = trace(usual.data, f"{SEED}.{field}")
    assert said["review"] == SEED
    assert value is None or said[field] == value
    assert (printed or " ".join(said[field].split()[:2])) in said["read from"]
    assert said["said by"].startswith("item")
    assert "(checked)" in said["payload digest"]


def test_a_corrected_value_is_traced_to_the_person_and_what_the_page_says_to_its_words(
    usual: Uninterrupted, tmp_path: Path
) -> None:
    shutil.copytree(usual.data, tmp_path / "library")
    lines = f"review_id,field,old,new,reason,who\n{SEED},doi,10.4073/csr.2015.6,10.1000/right,a slip,J. Doe\n"
    (tmp_path / "library/corrections.csv").write_text(lines, "utf-8")
    assert campbell("rebuild", "--data", tmp_path / "library").returncode == 0
    before, said = trace(usual.data, f"{SEED}.doi"), trace(tmp_path / "library", f"{SEED}.doi")
    told = {"doi": "10.1000/right", "corrected by": "J. Doe; a slip", "the page says": "10.4073/csr.2015.6"}
    assert said == before | told
    assert "10.4073/csr.2015.6" in said["read from"]


def test_the_place_is_that_of_the_record_with_the_words(usual: Uninterrupted) -> None:
    said = trace(usual.data, f"{SEED}.authors")
    offset = int(said["offset"].split()[0])
    record = raw_record_at(usual.data / said["WARC file"], offset)
    assert record.get("warc-target-uri") == said["url"]
    payload = RecordPayload.of(record)
    assert said["payload digest"].startswith(f"sha256:{hashlib.sha256(payload.entity()).hexdigest()} ")
    assert b"Jane Barlow" in payload()


def test_a_fact_is_traced_to_its_sentence(usual: Uninterrupted) -> None:
    ((review_id, fact, value, quote),) = rows(
        usual.database,
        "select review_id, fact, value, quote from evidence_facts where fact = 'studies_included' "
        f"and review_id = '{SEED}' limit 1",
    )
    said = trace(usual.data, f"{review_id}.{fact}")
    assert said[fact] == value
    link, _, fragment = said["replay"].partition("#:~:text=")
    begins, _, ends = fragment.partition(",")
    assert quote.startswith(unquote(begins))
    assert quote.endswith(unquote(ends))
    assert link.endswith(said["url"])


def test_a_field_that_only_a_listing_says_is_traced_to_the_listing(usual: Uninterrupted) -> None:
    found = rows(
        usual.database,
        "select review_id, representation from _representations where representation like 'listing:%' and review_id "
        "not in (select review_id from _representations where representation = 'item') limit 1",
    )
    if not found:
        pytest.skip("every listed review of the sample has a page of its own")
    said = trace(usual.data, f"{found[0][0]}.title")
    assert said["said by"].startswith("listing:")


def test_a_review_alone_and_by_the_end_of_its_name(usual: Uninterrupted) -> None:
    said = trace(usual.data, SEED.rsplit("/", 1)[1])
    assert said["review"] == SEED
    assert "read from" not in said
    assert "#" not in said["replay"]


def test_every_value_of_every_review_can_be_traced(usual: Uninterrupted) -> None:
    for review_id, record in rows(usual.database, "select review_id, record from review_versions"):
        for field in ("title", "doi", "authors", "published_date", "full_review_url"):
            said = trace(usual.data, f"{review_id}.{field}")
            if json.loads(record)[field] in (None, []):
                assert said[field] == "(the page does not say)"
            elif field in {"title", "authors"}:
                assert "read from" in said, (review_id, field)


@pytest.mark.parametrize("target", ["no-such-review", f"{SEED}.no_such_field", ".", "", "%.title", "_"])
def test_what_is_not_there_is_said_in_one_sentence(usual: Uninterrupted, target: str) -> None:
    with pytest.raises(UsageError):
        trace(usual.data, target)


def test_what_is_excluded_is_not_shown(usual: Uninterrupted, tmp_path: Path) -> None:
    data = Path(shutil.copytree(usual.data, tmp_path / "library"))
    (data / "exclusions.csv").write_text(f"review_id,reason\n{SEED},asked by an author\n", "utf-8")
    run = campbell("trace", "--data", data, f"{SEED}.authors")
    assert run.returncode == 2
    assert "asked by an author" in run.stderr
    assert "Barlow" not in run.stdout + run.stderr


def test_bytes_that_changed_are_found(usual: Uninterrupted, tmp_path: Path) -> None:
    data = Path(shutil.copytree(usual.data, tmp_path / "library"))
    said = trace(data, SEED)
    place = int(said["offset"].split()[0])
    warc = data / said["WARC file"]
    changed = bytearray(warc.read_bytes())
    changed[place + 600] ^= 0xFF
    warc.write_bytes(changed)
    with pytest.raises(DamagedError, match="cannot be read"):
        trace(data, SEED)
