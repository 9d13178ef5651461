"""The page "Many libraries": its files and commands are good ones."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import yaml  # type: ignore[import-untyped]  # ships no types

from campbell_scraper.faces.fleet.fleet_file import read_fleet
from tests.docs.blocks import DOCS, blocks, words_of
from tests.docs.test_pages_run import accepted

if TYPE_CHECKING:
    from pathlib import Path

FOUND = blocks((DOCS / "many-libraries.md").read_text("utf-8"))
BLOCKS = {block.language: block.text for block in reversed(FOUND)}
"""The first block of each language."""


def test_its_fleet_is_one(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(BLOCKS["toml"])
    assert list(read_fleet(tmp_path / "fleet.toml").libraries) == ["campbell", "history", "other"]


def test_its_commands_are_accepted() -> None:
    for words in words_of(BLOCKS["sh"]):
        accepted(words)
    assert BLOCKS["text"].count("campbell fleet ") == 2
    for command in BLOCKS["text"].split("&&")[1:]:
        accepted(shlex.split(command))


def test_its_containers_run_what_there_is() -> None:
    services = yaml.safe_load(BLOCKS["yaml"])["services"]
    assert list(services) == ["redis", "work", "run"]
    accepted(shlex.split(services["work"]["command"]))
    *_, loop = shlex.split(services["run"]["command"])
    commands = [part.removeprefix("do ") for part in loop.split("; ") if "campbell" in part]
    assert len(commands) == 2
    for command in commands:
        accepted(shlex.split(command))
    assert {service["environment"]["CAMPBELL_FLEET"] for name, service in services.items() if name != "redis"} == {
        "/fleet/fleet.toml"
    }
