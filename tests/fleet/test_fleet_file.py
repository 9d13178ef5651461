"""fleet.toml: what it says of libraries, and one clear sentence for each fault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.faces.fleet.fleet_file import read_fleet
from tests.helpers import campbell

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
redis = "redis://queue.example:6379/3"
retries = 2
pause = "1m"

[defaults]
contact = "me@example.org"
every = "36h"
max-time = "12h"

[library.campbell]
source = "live"

[library.old]
source = "wayback"
from = 2016
path = ["/library.html", "/better-evidence*"]
every = "30d"

[library.k2]
site = "www.k2.example"
source = "k2"
data = "elsewhere/k2"
delay = 2.5
requisites = false
limit = 5
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fleet.toml"


def test_a_library_is_crawled_as_the_file_says(file: Path) -> None:
    file.write_text(WHOLE)
    fleet = read_fleet(file)
    assert (fleet.redis, fleet.retries, fleet.pause) == ("redis://queue.example:6379/3", 2, 60)
    live, old, k2 = fleet.libraries.values()
    common = ["--contact=me@example.org", "--max-time=43200"]
    assert live.options.words() == ["--source=live", *common]
    assert old.options.words() == [
        "--source=wayback", *common, "--from=2016", "--path=/library.html", "--path=/better-evidence*"
    ]  # fmt: skip
    assert k2.options.words() == [
        "--source=k2", "--contact=me@example.org", "--limit=5", "--delay=2.5", "--max-time=43200", "--no-requisites"
    ]  # fmt: skip
    assert [one.every for one in fleet.libraries.values()] == [129_600, 2_592_000, 129_600]
    assert [one.folder.root for one in (live, k2)] == [file.parent / "campbell", file.parent / "elsewhere/k2"]


def test_a_host_is_whom_the_crawl_asks(file: Path) -> None:
    file.write_text(WHOLE)
    hosts = [one.host for one in read_fleet(file).libraries.values()]
    assert hosts == ["campbellcollaboration.org", "web.archive.org", "k2.example"]


LIBRARY = '[library.one]\nsite = "http://127.0.0.1:9/"\n'
FAULTS = {
    "": "it names no library (add a table [library.NAME])",
    "library = 3": "library has to be a table of keys and values",
    "speed = 3\n" + LIBRARY: "there is no key 'speed'; the keys are redis, retries, pause, defaults, library",
    "retries = -1\n" + LIBRARY: "retries: '-1' is not a whole number",
    "pause = 'soon'\n" + LIBRARY: "pause: 'soon' is not a duration (examples: 90s, 30m, 12h, 30d)",
    "redis = 'http://127.0.0.1/'\n" + LIBRARY: "redis: it is not the URL of a Redis server (example: redis://127.0",
    "redis = 'redis://:secret@[/'\n" + LIBRARY: "redis: ",
    "[defaults]\ndata = 'x'\n" + LIBRARY: "there is no key 'data'",
    "[defaults]\nfull = 'yes'\n" + LIBRARY: "library one: full is either true or false",
    LIBRARY + "resume = true": "library one: there is no key 'resume'",
    LIBRARY
    + "contakt = 'x'": "library one: there is no key 'contakt'; the keys are site, data, every, source, contact,",
    LIBRARY + "every = true": "library one: every is a text or a number",
    LIBRARY + "every = 0": "library one: every: '0' is not a time between 0 s and 30 years",
    LIBRARY + "every = 'often'": "library one: every: 'often' is not a duration",
    LIBRARY + "limit = 0": "library one: limit: '0' is not a whole number above 0",
    LIBRARY + "contact = [1]": "library one: contact is a text or a number",
    LIBRARY + "source = 'web'": "library one: source: there is no source 'web': choose one of auto, k2, live, wayback",
    LIBRARY + "source = 'wayback'\nfrom = 'May'": "library one: ",
    "[library.one]": "library one: The source auto needs SITE",
    "[library.one]\nsite = 'ftp://x/'": "library one: 'ftp://x/' is not a URL to start from",
    "[library.one]\nsite = 'x.example'": "library one: Crawling x.example needs --contact MAIL",
    "[library.'../one']\nsite = 'x'": "library ../one: a name has letters, digits, dots, - and _ only",
    LIBRARY + "[library.two]\nsite = 'http://127.0.0.1:8/'\ndata = 'x/../one'": "library two: its data folder",
    "[library": "is not TOML: ",
    "\udcff": "is not TOML: ",
}


@pytest.mark.parametrize("command", ["run", "work", "status"])
def test_a_file_that_is_not_there_is_said(file: Path, command: str) -> None:
    run = campbell("fleet", command, "--fleet", file)
    assert (run.returncode, run.stderr) == (2, f"Error: {file} cannot be read: No such file or directory.\n")


@pytest.mark.parametrize("text", FAULTS)
def test_each_fault_is_one_sentence(file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    run = campbell("fleet", "run", "--fleet", file)
    assert run.returncode == 2
    assert run.stderr.startswith(f"Error: {file}")
    assert FAULTS[text] in run.stderr
    assert run.stderr.count("\n") == 1
    assert run.stderr.endswith(".\n")
    assert "secret" not in run.stderr


@pytest.mark.parametrize("command", ["run", "work", "status"])
def test_without_the_extra_it_is_said_how_to_install_it(
    file: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(LIBRARY)
    for name in [name for name in sys.modules if name.startswith("campbell_scraper.faces.fleet")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dramatiq", None)
    run = campbell("fleet", command, "--fleet", file)
    assert run.returncode == 2
    assert run.stderr.startswith("Error: campbell fleet needs dramatiq and redis: ")
    assert run.stderr.endswith("'campbell-scraper[fleet]'\n")
