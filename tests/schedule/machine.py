"""A machine of its own: systemd as process 1, in namespaces, over a throw-away copy of this machine's root.

``boot(folder, script)`` runs a shell script there as a service. Nothing it does is seen outside, but in ``folder``,
which is :data:`SHARED` there. It has a network of its own, of which only loopback is up.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

NAMESPACES: Final = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--net", "--cgroup"]
SYSTEMD: Final = Path("/lib/systemd/systemd")
SHARED: Final = Path("/srv/shared")
_TARGET: Final = """\
[Unit]
DefaultDependencies=no
Wants=script.service dbus.socket systemd-journald.socket
"""
_SERVICE: Final = """\
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/sh -c 'ip link set lo up; . /srv/shared/script.sh; systemctl exit 0'
StandardOutput=append:/srv/shared/output
StandardError=append:/srv/shared/output
"""
_BOOT: Final = """\
set -e
folder=$1 layers=$1/layers root=$1/layers/root
mkdir -p $layers
mount -t tmpfs tmpfs $layers
mkdir $layers/upper $layers/work $root
mount -t overlay overlay -o lowerdir=/,upperdir=$layers/upper,workdir=$layers/work $root
mount -t proc proc $root/proc
mount -t sysfs sysfs $root/sys
mount -t cgroup2 none $root/sys/fs/cgroup
mount --rbind /dev $root/dev
mount -t tmpfs tmpfs $root/run
mkdir -p $root/srv/shared
mount --bind $folder $root/srv/shared
cp $folder/script.target $folder/script.service $root/etc/systemd/system/
exec chroot $root env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin $2 --system --unit=script.target
"""


@cache
def can_boot() -> bool:
    """Whether this machine lets us have one: systemd, namespaces, an overlay and the unified hierarchy of cgroups."""
    if not SYSTEMD.is_file() or shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    tried = (
        "d=$(mktemp -d); mount -t tmpfs t $d && mkdir $d/u $d/w $d/r && mount -t cgroup2 none $d/u && umount $d/u && "
    )
    tried += "mount -t overlay o -o lowerdir=/etc,upperdir=$d/u,workdir=$d/w $d/r"
    return subprocess.run([*NAMESPACES, "sh", "-c", tried], capture_output=True, check=False).returncode == 0


def boot(folder: Path, script: str, *, seconds: int = 240) -> str:
    """Run a script on such a machine and give what it printed; the machine is gone afterwards."""
    texts = {"script.sh": script, "script.target": _TARGET, "script.service": _SERVICE, "boot.sh": _BOOT}
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    run = subprocess.run(
        [*NAMESPACES, "sh", folder / "boot.sh", folder, SYSTEMD],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    output = folder / "output"
    assert output.is_file(), f"it did not come up: {run.stdout}\n{run.stderr}"
    return output.read_text("utf-8")
