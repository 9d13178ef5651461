"""``tests/slow.txt`` names tests that there are, and tests that share what is dear run in one process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = [line for line in (ROOT / "tests/slow.txt").read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("test", sorted({line.partition("[")[0] for line in NAMED}))
def test_a_slow_test_is_one(test: str) -> None:
    file, name = test.split("::")
    assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)


def test_xdist_learns_which_tests_belong_together(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("only with --dist loadgroup, as make test has it")
    assert request.node.nodeid.endswith("@tests/house/test_slow.py"), "else each process makes every file's fixtures"
