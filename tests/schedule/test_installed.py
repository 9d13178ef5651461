"""Installed for real: a crontab of Debian's cron, timers of a running systemd; and taken away again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .machine import SHARED, boot, can_boot

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
SECRET = "http://127.0.0.1:9/secret"

CRON = """
set -e
mount -t tmpfs tmpfs /var/spool/cron && mkdir -m 1730 /var/spool/cron/crontabs
echo '17 4 * * * true 100\\%% mine' | crontab -
schedule() { campbell schedule http://127.0.0.1:9/ --source k2 --cron --data "$DATA" "$@"; }
schedule --ping %(secret)s; echo =
test ! -e "$DATA"
schedule --install --ping %(secret)s; echo =
crontab -l; cd $XDG_CONFIG_HOME/campbell_scraper; stat -c %%a *; . ./*.env; echo $CAMPBELL_PING; echo =
schedule --install --every daily; crontab -l; echo =
schedule --remove; crontab -l; ls $XDG_CONFIG_HOME/campbell_scraper; test -d "$DATA/reports"; echo =
schedule --remove || echo "exit $?"
"""


def has_cron() -> bool:
    return shutil.which("crontab") is not None and shutil.which("unshare") is not None


@pytest.mark.slow
@pytest.mark.skipif(not has_cron(), reason="needs crontab and unshare")
def test_a_line_is_put_into_the_crontab_beside_others_replaced_and_taken_out(tmp_path: Path) -> None:
    data = tmp_path / "library 100%"
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "DATA": str(data)}
    environment["PATH"] = f"{BIN}:{os.environ['PATH']}"
    run = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", CRON % {"secret": SECRET}],
        capture_output=True, text=True, check=False, timeout=120, env=environment,
    )  # fmt: skip
    if "mount" in run.stderr:
        pytest.skip("this system lets us mount nothing")
    assert run.returncode == 0, run.stdout + run.stderr
    printed, _, first, second, removed, _ = run.stdout.split("=\n")
    mine, mark = "17 4 * * * true 100\\% mine", "# campbell_scraper: campbell-library-100"
    assert printed.count("\n") == 2
    assert "(mode 0600) holds the addresses to tell: CAMPBELL_PING" in printed
    assert first.splitlines()[0] == mine
    assert first.count(mark) == second.count(mark) == 1
    assert [line.startswith(("17 ", "# ")) for line in second.splitlines()[-3:]] == [True, True, False]
    assert SECRET not in first.replace(f"{SECRET}\n", "", 1), "the line itself is no place for it"
    assert first.splitlines()[-2:] == ["600", SECRET]
    assert mine in second
    assert "-mmin -1395" in second
    assert removed.splitlines()[-1] == mine, "another's line is gone, or the addresses to tell are left"
    assert run.stdout.endswith("exit 2\n")


SITE = """
import pathlib, time
from campbell_scraper.sample import SampleSite, generated
with SampleSite(8000, library=generated(1, seed=1)):
    pathlib.Path("/srv/shared/up").touch()
    time.sleep(600)
"""
SYSTEM = """
PATH=%(bin)s:$PATH PYTHONPATH=%(root)s; export PATH PYTHONPATH
data="%(shared)s/data 100%%" unit=campbell-data-100 stamps=/var/lib/systemd/timers
python %(shared)s/site.py &
for second in $(seq 60); do test -e %(shared)s/up && break; sleep 1; done
mkdir -p ~root/.cache/python-tldextract  # as an earlier use by hand leaves it: the service may not write there
say() { echo "$1=$2"; }
result() { systemctl $1 show $unit.service -p Result --value; }
mkdir -p $stamps; touch -d '3 days ago' $stamps/stamp-$unit.timer
campbell schedule http://127.0.0.1:8000/ --source k2 --system --install --every daily --random-delay 0 \\
  --run-as root --ping %(secret)s --data "$data"; say installed $?
say secrets $(stat -c %%a /etc/systemd/system/$unit.env)
for second in $(seq 60); do test -e "$data/.campbell.lock.json" && break; sleep 1; done
say caught-up $(systemctl show $unit.service -p ActiveState --value)
campbell crawl http://127.0.0.1:8000/ --data "$data"; say by-hand $?
systemctl start --no-block $unit.service; say twice $(pgrep -fc 'campbell crawl http')
for second in $(seq 120); do
  test "$(systemctl show $unit.service -p ActiveState --value)" = activating || break; sleep 1
done
say result $(result)
say journal $(journalctl -u $unit --no-pager | grep -c 'The library in')
campbell schedule --system --remove --data "$data"; say removed $?
say left $(ls /etc/systemd/system | grep -c $unit)

systemctl start user@0.service; XDG_RUNTIME_DIR=/run/user/0 HOME=~root; export XDG_RUNTIME_DIR HOME
campbell schedule http://127.0.0.1:8000/ --source k2 --user --install --random-delay 0 --data "$data"
say user-installed $?
systemctl --user start $unit.service; say user-run $?
say user-result $(result --user)
campbell schedule --user --remove --data "$data"; say user-removed $?
"""


@pytest.mark.soak
@pytest.mark.skipif(not can_boot(), reason="this system gives us no namespaces to boot systemd in, or has none")
@pytest.mark.xdist_group("systemd")
def test_timers_of_a_running_systemd_catch_up_never_overlap_and_their_service_may_do_all_it_must(
    tmp_path: Path,
) -> None:
    (tmp_path / "site.py").write_text(SITE)
    output = boot(tmp_path, SYSTEM % {"bin": BIN, "root": ROOT, "shared": SHARED, "secret": SECRET})
    said = dict(re.findall(r"^([a-z-]+)=(.*)$", output, re.MULTILINE))
    assert said == {
        "installed": "0", "secrets": "600", "caught-up": "activating", "by-hand": "4", "twice": "1",
        "result": "success", "journal": "1", "removed": "0", "left": "0",
        "user-installed": "0", "user-run": "0", "user-result": "success", "user-removed": "0",
    }, output  # fmt: skip
    reports = list((tmp_path / "data 100%" / "reports").glob("*.json"))
    assert len(reports) == 2
    assert list((tmp_path / "data 100%").glob("collections/campbell/archive/*.warc.gz"))
