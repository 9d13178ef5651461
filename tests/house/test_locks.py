"""What is installed comes by hash, the tools that build it included."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ROOT

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")


def versions(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_host_is_named(name: str) -> None:
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    assert all(re.fullmatch(r"[\w.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", line) for line in text.splitlines())


def test_pip_installs_by_hash_and_lets_no_build_fetch_tools_of_its_own() -> None:
    installs = re.findall(r"(?:pip install|\$\$install)\b(?=[^\"\n]* -)[^\n&]*", MAKEFILE)
    assert len(installs) == 4
    for one in installs:
        assert "--require-hashes" in one or "--no-deps --no-build-isolation --editable ." in one
        assert "--only-binary :all:" in one or "--no-build-isolation" in one


def test_the_tools_that_build_are_those_of_the_other_locks() -> None:
    assert versions("requirements-build.lock").items() <= versions("requirements.lock").items()
    assert versions("requirements-build.lock").items() <= versions("requirements-dev.lock").items()


def test_npm_brings_what_the_repository_names_by_hash() -> None:
    assert not re.search(r"npm (?:i|install|add)\b", MAKEFILE)
    assert re.search(
        r"npm pack [^\n]*replaywebpage@[^\n]*\n[^\n]*SHA512[^\n]* sha512sum --check[^\n]*\n\ttar ", MAKEFILE
    )
    lock = json.loads((ROOT / "tests/interop/package-lock.json").read_text("utf-8"))
    _, *packages = lock["packages"].values()
    assert len(packages) > 100
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)
