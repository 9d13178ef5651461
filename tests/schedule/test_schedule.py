"""Schedules: units that systemd accepts, a cron line that needs nothing, no two runs at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import CrawlStart
from campbell_scraper.errors import UsageError
from campbell_scraper.faces.timers import Schedule, cron_line, service, timer
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view.store import Store
from tests.helpers import PROGRAM, campbell, rows


def planned(data: Path, **more: object) -> Schedule:
    arguments = ("crawl", "http://127.0.0.1:9/", "--source", "k2")
    return Schedule(**{"data": data, "arguments": arguments, "name": "campbell-test", **more})  # type: ignore[arg-type]  # options by name


@pytest.mark.parametrize("system", [True, False])
def test_systemd_accepts_the_units(tmp_path: Path, system: bool) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    data = tmp_path / 'a "strange" $folder 100%'
    data.mkdir()
    schedule = planned(data, on_calendar="Mon *-*-* 03:00" if system else None)
    (tmp_path / "campbell-test.service").write_text(service(schedule, system=system))
    (tmp_path / "campbell-test.timer").write_text(timer(schedule))
    run = subprocess.run(
        ["systemd-analyze", "verify", *([] if system else ["--user"]), "campbell-test.service", "campbell-test.timer"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (run.returncode, [line for line in run.stderr.splitlines() if "campbell-test" in line]) == (0, [])


HOSTILE = {
    "--contact": "me; touch /tmp/x # $(id) `id` ${HOME} %h 'a' \"b\"@example.org",
    "--path": "--fresh /library; & $USER %n \\x20 'q' \"*",
    "--wayback-url": "http://127.0.0.1:9/%25$(id)",
}


def scheduled(tmp_path: Path, manager: str, *words: str) -> str:
    """Return what ``campbell schedule`` prints for a folder."""
    run = campbell("schedule", "http://127.0.0.1:9/", manager, "--data", tmp_path / "d", *words)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("manager", ["--system", "--user"])
def test_systemd_accepts_units_with_hostile_values(tmp_path: Path, manager: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    hostile = [word for pair in HOSTILE.items() for word in pair]
    (tmp_path / "d").mkdir()
    words = [*hostile, "--source", "wayback", "--delay", "2.5", "--name", "campbell-test"]
    printed = scheduled(tmp_path, manager, *words)
    _, unit, timer_unit = re.split(r"^# .*/campbell-test\.(?:service|timer)\n", printed, flags=re.MULTILINE)
    (tmp_path / "campbell-test.service").write_text(unit)
    (tmp_path / "campbell-test.timer").write_text(timer_unit)
    run = subprocess.run(
        ["systemd-analyze", "verify", *(["--user"] if manager == "--user" else []), "campbell-test.service"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (run.returncode, [line for line in run.stderr.splitlines() if "campbell-test" in line]) == (0, [])
    (start,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert "%%h" in start
    assert "$${HOME}" in start
    assert "%" not in start.replace("%%", ""), "systemd would put something in its place"


def test_the_shell_of_cron_gives_every_option_as_it_was_given(tmp_path: Path) -> None:
    program = tmp_path / "printed"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "d" / "reports").mkdir(parents=True)
    hostile = {name: value.replace("\\", "/") for name, value in HOSTILE.items()}
    given = {
        **hostile, "--limit": "7", "--delay": "2.5", "--concurrency": "2", "--max-requests": "900",
        "--max-bytes": "20M", "--max-time": "12h", "--full-every": "90.5s", "--from": "2016-05", "--to": "2019",
        "--nearest": "2018",
    }  # fmt: skip
    words = [word for pair in given.items() for word in pair]
    line = scheduled(
        tmp_path, "--cron", "--source", "wayback", "--random-delay", "0", "--no-requisites", "--full", *words
    )
    run = bare(line.strip().replace(PROGRAM, str(program)), tmp_path / "d")
    assert run.returncode == 0, run.stderr
    printed = (tmp_path / "d" / "reports" / "schedule.log").read_text().splitlines()
    as_read = given | {"--max-bytes": "20000000", "--max-time": "43200"}
    as_read["--full-every"] = "90.5"
    assert printed[:3] == ["crawl", "http://127.0.0.1:9/", "--source=wayback"]
    assert set(printed[3:-2]) == {f"{name}={value}" for name, value in as_read.items()} | {"--no-requisites", "--full"}
    assert printed[-2:] == ["--data", str(tmp_path / "d")]


def test_nothing_is_passed_on_that_was_not_given(tmp_path: Path) -> None:
    line = scheduled(tmp_path, "--cron", "--source", "k2")
    assert f"{PROGRAM} crawl http://127.0.0.1:9/ --source=k2 --data {tmp_path / 'd'} >>" in line


def earlier(data: Path, source: str, site: str) -> None:
    """Leave a library with a run of that source and site."""
    info = {"crawl-source": source, "crawl-site": site}
    data.mkdir()
    library = "127.0.0.1:9" if "127" in site else "campbellcollaboration.org"
    with Store.open(data / "campbell.db", library=library) as store, store.transaction():
        store.take(CrawlStart(crawl_id="c", started_at="2026-01-01T00:00:00.000000Z", software="s", info=info))


def test_a_schedule_goes_on_with_the_library_of_the_folder_as_a_crawl_does(tmp_path: Path) -> None:
    earlier(tmp_path / "d", "k2", "http://127.0.0.1:9/")
    run = campbell("schedule", "--cron", "--data", tmp_path / "d")
    assert run.returncode == 0, run.stderr
    assert f"{PROGRAM} crawl --data {tmp_path / 'd'} >>" in run.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["https://k2.example.org/", "--contact", "me@example.org"], "holds the library 127.0.0.1:9"),
        (["--source", "live", "--contact", "me@example.org"], "was crawled into"),
        (["http://127.0.0.1:8/"], "holds the library 127.0.0.1:9"),
    ],
)
def test_what_each_run_would_be_refused_for_is_refused_at_once(tmp_path: Path, words: list[str], says: str) -> None:
    earlier(tmp_path / "d", "k2", "http://127.0.0.1:9/")
    run = campbell("schedule", *words, "--cron", "--data", tmp_path / "d")
    assert run.returncode == 2, run.stdout
    assert says in run.stderr


def test_a_schedule_of_the_live_site_needs_a_contact_without_being_told_a_site(tmp_path: Path) -> None:
    run = campbell("schedule", "--data", tmp_path / "d")
    assert run.returncode == 2
    assert "www.campbellcollaboration.org needs --contact" in run.stderr


def test_a_schedule_that_tells_nobody_is_warned_of(tmp_path: Path) -> None:
    words = ("schedule", "http://127.0.0.1:9/", "--data", tmp_path / "d")
    silent, told = campbell(*words), campbell(*words, "--ping", "http://127.0.0.1:9/check")
    assert "Nobody is told when a run fails" in silent.stderr
    assert "Nobody is told" not in silent.stdout, "it is no part of a unit"
    assert "Nobody is told" not in told.stderr


def test_units_name_the_journal_they_write_to(tmp_path: Path) -> None:
    assert "journalctl --user -u campbell-test\n" in service(planned(tmp_path), system=False)
    assert "journalctl -u campbell-test\n" in service(planned(tmp_path), system=True)


def test_crawl_takes_what_a_schedule_passes_on(tmp_path: Path) -> None:
    """The words of a line are those of the command: a budget of one request is spent by it."""
    with SampleSite(library=generated(1, seed=1)) as site:
        words = ["--source", "k2", "--cron", "--random-delay", "0", "--max-requests", "3", "--max-time", "90s"]
        line = campbell("schedule", site.url, *words, "--data", tmp_path / "d").stdout
        (tmp_path / "d" / "reports").mkdir(parents=True)
        assert bare(line.strip(), tmp_path / "d").returncode == 6
        assert len(site.requests) <= 4


@pytest.mark.parametrize(
    "words",
    [
        ["--from", "yesterday", "--source", "wayback"],
        ["--contact", "me@example.org\u2028x"],
        ["--path", "/library\\x", "--cron"],
        ["--on-calendar", "daily\\"],
    ],
)
def test_what_cannot_be_scheduled_is_refused_at_once(tmp_path: Path, words: list[str]) -> None:
    run = campbell("schedule", "http://127.0.0.1:9/", "--source", "k2", "--data", tmp_path / "d", *words)
    assert run.returncode == 2, run.stdout
    assert "Traceback" not in run.stderr


def test_units_catch_up_spread_and_harden(tmp_path: Path) -> None:
    assert "Persistent=true" in timer(planned(tmp_path))
    assert "RandomizedDelaySec=60min" in timer(planned(tmp_path))
    unit = service(planned(tmp_path), system=True)
    assert {"Type=oneshot", "NoNewPrivileges=yes", "ProtectSystem=strict", "SystemCallFilter=@system-service"} <= set(
        unit.splitlines()
    )


def test_a_secret_address_is_not_in_the_unit(tmp_path: Path) -> None:
    schedule = planned(tmp_path, environment=(("CAMPBELL_NOTIFY", "mailto://me:secret@example.org"),))
    assert "me:secret" not in service(schedule, system=False, environment_file=tmp_path / "x.env")


def test_line_breaks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        planned(tmp_path, arguments=("crawl", "http://a/\nExecStartPre=/bin/true"))


def bare(line: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run a crontab line as cron does: five fields off, \\% unescaped, by /bin/sh without environment."""
    command = re.sub(r"^(\S+ ){5}", "", line).replace("\\%", "%")
    return subprocess.run(
        ["env", "-i", "/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=120, cwd="/"
    )


def test_the_cron_line_crawls_in_a_bare_environment_and_waits_for_the_next_time(tmp_path: Path) -> None:
    data = tmp_path / "data 100%"
    (data / "reports").mkdir(parents=True)
    with SampleSite(library=generated(3, seed=1)) as site:
        arguments = ("crawl", site.url, "--source", "k2", "--delay", "0")
        line = cron_line(planned(data, arguments=arguments, delay_minutes=0, every="daily"))
        run = bare(line, data)
        log = data / "reports" / "schedule.log"
        assert run.returncode == 0, run.stderr + (log.read_text() if log.is_file() else "")
        assert (data / "campbell.db").is_file()
        asked = len(site.requests)
        assert bare(line, data).returncode == 0
        assert len(site.requests) == asked
        # A day passes, perhaps with the machine switched off.
        yesterday = time.time() - 90_000
        os.utime(data / ".last-scheduled", (yesterday, yesterday))
        archive = sorted((data / "collections/campbell/archive").glob("*.warc.gz"))
        log.write_bytes(b"x" * 5_000_001)
        assert bare(line, data).returncode == 0, log.read_text()
        assert len(site.requests) > asked
    assert log.with_name("schedule.log.1").stat().st_size == 5_000_001
    assert all(path.is_file() for path in archive)


def test_the_first_run_of_a_schedule_for_a_crawled_folder_goes_on_with_it(tmp_path: Path) -> None:
    data = tmp_path / "library"
    with SampleSite(library=generated(2, seed=1)) as site:
        crawled = campbell("crawl", site.url, "--delay", "0", "--no-requisites", "--data", data)
        assert crawled.returncode == 0, crawled.stderr
        words = ("--cron", "--random-delay", "0", "--delay", "0", "--no-requisites")
        line = campbell("schedule", *words, "--data", data).stdout
        run = bare(line.strip(), data)
    assert run.returncode == 0, (data / "reports" / "schedule.log").read_text("utf-8")
    found = rows(data, "select source, site, status from crawls order by started_at")
    assert found == [("k2", f"{site.url.rstrip('/')}/", "finished")] * 2


def test_of_two_runs_at_once_one_exits_4(tmp_path: Path) -> None:
    with SampleSite(library=generated(5, seed=1)) as site:
        command = [PROGRAM, "crawl", site.url, "--delay", "0.2", "--data", str(tmp_path / "d")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as first:
            while not (tmp_path / "d" / ".campbell.lock.json").is_file():
                assert first.poll() is None
                time.sleep(0.05)
            second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert second.returncode == 4
            first.terminate()
            first.wait(60)


def test_without_a_user_manager_nothing_is_left_behind(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DBUS_"))}
    environment |= {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    systemctl = shutil.which("systemctl")
    asking = [systemctl or "false", "--user", "status"]
    if subprocess.run(asking, capture_output=True, check=False, env=environment).returncode == 0:
        pytest.skip("there is a user manager")
    words = ["schedule", "http://127.0.0.1:9/", "--source", "k2", "--user", "--install", "--data", str(tmp_path / "d")]
    run = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert run.returncode == 2, run.stdout + run.stderr
    assert not [path for path in (tmp_path / "config").rglob("*") if path.is_file()]


def test_a_crontab_that_is_refused_leaves_no_addresses_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = tmp_path / "bin" / "crontab"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\ntest $1 = -l && echo no crontab for you >&2\necho no room >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    run = subprocess.run(
        [PROGRAM, "schedule", "http://127.0.0.1:9/", "--source", "k2", "--cron", "--install", "--ping",
         "http://127.0.0.1:9/secret", "--data", str(tmp_path / "library")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == 2
    assert "The crontab was not changed: no room" in run.stdout + run.stderr
    assert not list((tmp_path / "config").rglob("*.env"))
