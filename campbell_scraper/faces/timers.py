"""Scheduled crawls: systemd units or a cron line, as text, and their installation.

Overlap is impossible whatever starts a run: systemd starts no oneshot service twice, and the data folder's lock turns
every other second run away with exit code 4. Nothing here or in what is generated ever deletes a WARC file.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

from campbell_scraper.errors import UsageError

EVERY = {"hourly": 60, "daily": 1_440, "weekly": 10_080, "monthly": 43_200}
"""Intervals by name, in minutes."""
MAX_RUN = "2d"
"""systemd ends a run (as Ctrl-C would: it can be resumed) that takes longer."""
LOG_BYTES = 5_000_000
"""Size at which cron's log is rotated; one older log is kept."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}")

_KINDS = ("service", "timer")
_UNWRITABLE = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Unicode categories: control characters, separators of lines and paragraphs, bytes of a path that are not text."""

_HARDENED = """\
NoNewPrivileges=yes
UMask=0027
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""
"""What a user's own manager can enforce too. A system call outside the filter fails, instead of killing the run, since
libraries try what the machine has."""
_HARDENED_SYSTEM = """\
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
RemoveIPC=yes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What is to run, and when."""

    data: Path
    """The data folder, absolute."""
    arguments: tuple[str, ...]
    """Of ``campbell``: ``("crawl", "--source", "live", ...)``, without ``--data``."""
    name: str
    """Of the units, and the mark of the cron line."""
    every: str = "weekly"
    """A key of :data:`EVERY`."""
    on_calendar: str | None = None
    """systemd's calendar expression, instead of ``every``."""
    delay_minutes: int = 60
    """Each run starts up to so much later, at random."""
    run_as: str | None = None
    """User of a system service."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables with the addresses of notifications, which are secrets."""

    def __post_init__(self) -> None:
        """Refuse what could not be written safely into a unit or a crontab.

        Raises:
            UsageError: a name or text holds what neither takes.

        """
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is not a valid name for a unit: letters, digits, - and _ only.")
        lines = (str(self.data), self.on_calendar or "", self.run_as or "")
        words = (*self.arguments, *lines, *(value for _, value in self.environment))
        if any(category(char) in _UNWRITABLE for word in words for char in word):
            raise UsageError("Line breaks and control characters cannot be scheduled.")
        if any(line != line.strip() or line.endswith("\\") for line in lines):
            raise UsageError("Neither folder nor time nor user may begin or end with a space, or end with a backslash.")

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the command, its program absolute."""
        return (str(Path(sys.executable).with_name("campbell")), *self.arguments, "--data", str(self.data))


def service(schedule: Schedule, *, system: bool, environment_file: Path | None = None) -> str:
    """Return the text of the service unit."""
    words = " ".join(_unit_word(word) for word in schedule.command)
    network = "Wants=network-online.target\nAfter=network-online.target\n" if system else ""
    user = f"User={unit_text(schedule.run_as)}\n" if system and schedule.run_as else ""
    secrets = f"EnvironmentFile={unit_text(str(environment_file))}\n" if environment_file else ""
    path = _unit_word(str(schedule.data)).replace("$$", "$")  # in Exec lines alone "$" is doubled
    writable = f"{_HARDENED_SYSTEM}ReadWritePaths={path}\n" if system else ""
    return (
        f"[Unit]\nDescription=Crawl into {unit_text(str(schedule.data))} (campbell_scraper)\n{network}\n"
        f"[Service]\nType=oneshot\n{user}"
        f"WorkingDirectory={unit_text(str(schedule.data))}\n{secrets}ExecStart={words}\n"
        "# 4: another run is at work on the folder, which is no failure of this one.\n"
        "SuccessExitStatus=4\n"
        f"TimeoutStartSec={MAX_RUN}\nTimeoutStopSec=5min\nKillMode=mixed\n"
        "Nice=10\nIOSchedulingClass=idle\nMemoryMax=4G\n"
        f"# The journal keeps and rotates what the run prints: {log_command(schedule.name, system=system)}\n"
        "StandardOutput=journal\nStandardError=journal\n"
        f"{_HARDENED}{writable}"
    )


def log_command(name: str, *, system: bool) -> str:
    """Return the command that shows what the runs printed."""
    return f"journalctl {'' if system else '--user '}-u {name}"


def timer(schedule: Schedule) -> str:
    """Return the text of the timer unit: a run missed while the machine was off is caught up."""
    return (
        f"[Unit]\nDescription=When to crawl into {unit_text(str(schedule.data))} (campbell_scraper)\n\n"
        f"[Timer]\nOnCalendar={unit_text(schedule.on_calendar or schedule.every)}\nPersistent=true\n"
        f"RandomizedDelaySec={schedule.delay_minutes}min\nAccuracySec=1min\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def unit_text(text: str) -> str:
    """Return a text as a unit file holds it."""
    return text.replace("%", "%%")


def _unit_word(word: str) -> str:
    """Quote one word of a command line for systemd (systemd.service(5), "Command lines")."""
    escaped = unit_text(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return escaped if re.fullmatch(r"[\w@%+=:,./$-]+", escaped, re.ASCII) else f'"{escaped}"'


def cron_line(schedule: Schedule) -> str:
    """Return the crontab line: it needs nothing of its environment but /bin/sh and the standard tools.

    It looks every hour whether the last start is long enough ago, so that a run missed while the machine was off is
    caught up within the hour. Its log is rotated at :data:`LOG_BYTES`. Addresses to notify are read from a file: cron
    writes each line it runs into the system's log, and everybody sees it among the processes.

    Raises:
        UsageError: the time is a calendar expression, which cron does not know; or a word has a backslash, which crons
            read in different ways.

    """
    if any("\\" in word for word in schedule.command):
        raise UsageError("Nothing with a backslash can be put into a crontab; use --user or --system for systemd.")
    if schedule.on_calendar is not None:
        raise UsageError("--on-calendar is systemd's; with --cron use --every hourly, daily, weekly or monthly.")
    minutes = EVERY[schedule.every]
    minute = zlib.crc32(str(schedule.data).encode()) % 60
    secrets = f". {shlex.quote(str(secrets_file(schedule.name)))}; " if schedule.environment else ""
    stamp, log = ".last-scheduled", "reports/schedule.log"
    wait = f"sleep $(awk 'BEGIN {{ srand(); print int(rand() * {min(schedule.delay_minutes, 50) * 60}) }}')"
    parts = [
        f"cd {shlex.quote(str(schedule.data))} || exit 2",
        f'test -n "$(find {stamp} -mmin -{max(minutes - 45, 10)} 2>/dev/null)" && exit 0',
        f"touch {stamp}",
        f'test "$(cat {log} 2>/dev/null | wc -c)" -gt {LOG_BYTES} && mv {log} {log}.1',
        wait if schedule.delay_minutes else ":",
        f"{secrets}exec {shlex.join(schedule.command)} >> {log} 2>&1",
    ]
    # In a crontab % ends the command, even within quotes.
    return f"{minute} * * * * {'; '.join(parts)}".replace("%", "\\%")


def print_cron(schedule: Schedule) -> str:
    """Return the crontab line, below a comment about the file it reads, if it reads one."""
    line = cron_line(schedule)
    return f"{_about_secrets(secrets_file(schedule.name), schedule)}{line}\n" if schedule.environment else f"{line}\n"


def print_units(schedule: Schedule, *, system: bool) -> str:
    """Return the texts of both units, each below its path."""
    secrets, units = _units(schedule, system=system)
    parts = [f"# {path}\n{text}" for path, text in units.items()]
    return "\n".join([*parts, _about_secrets(secrets, schedule)] if schedule.environment else parts)


def _units(schedule: Schedule, *, system: bool) -> tuple[Path, dict[Path, str]]:
    """Return the file for the addresses to notify, and the units: path → text."""
    path = unit_folder(system=system) / schedule.name
    secrets = path.with_name(f"{schedule.name}.env")
    texts = (
        service(schedule, system=system, environment_file=secrets if schedule.environment else None),
        timer(schedule),
    )
    return secrets, {path.with_name(f"{path.name}.{kind}"): text for kind, text in zip(_KINDS, texts, strict=True)}


def _about_secrets(path: Path, schedule: Schedule) -> str:
    names = ", ".join(name for name, _ in schedule.environment)
    return f"# {path} (mode 0600) holds the addresses to tell: {names}\n"


def unit_folder(*, system: bool) -> Path:
    """Return the folder of unit files."""
    return Path("/etc/systemd/system") if system else _own_configuration() / "systemd" / "user"


def secrets_file(name: str) -> Path:
    """Return the file with the addresses that a cron line's runs notify."""
    return _own_configuration() / "campbell_scraper" / f"{name}.env"


def _own_configuration() -> Path:
    configured = os.environ.get("XDG_CONFIG_HOME")
    return Path(configured) if configured else Path.home() / ".config"


def install_units(schedule: Schedule, *, system: bool) -> list[Path]:
    """Write the units and start the timer; return the files. Nothing is left behind if that fails.

    Raises:
        UsageError: the files cannot be written, or systemd does not take them, or the service's user could not run.

    """
    secrets, units = _units(schedule, system=system)
    _make_ready(schedule, system=system)
    written: list[Path] = []
    try:
        try:
            secrets.parent.mkdir(parents=True, exist_ok=True)
            if schedule.environment:
                written.append(secrets)
                quoted = str.maketrans({"\\": "\\\\", '"': '\\"'})
                _write_secrets(secrets, [f'{name}="{value.translate(quoted)}"' for name, value in schedule.environment])
            else:
                secrets.unlink(missing_ok=True)
            for path, text in units.items():
                written.append(path)
                path.write_text(text, "utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"The units cannot be written to {secrets.parent}: {reason}.") from error
        _systemctl("daemon-reload", system=system)
        _systemctl("enable", "--now", f"{schedule.name}.timer", system=system)
    except UsageError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _make_ready(schedule: Schedule, *, system: bool) -> None:
    """Make the data folder, the service's user its owner, and try as that user what each run will need."""
    try:
        missing = [path for path in (schedule.data, *schedule.data.parents) if not path.exists()]
        schedule.data.mkdir(parents=True, exist_ok=True)
        if not system or schedule.run_as is None or os.geteuid() != 0:
            return
        for path in missing:
            shutil.chown(path, schedule.run_as)
        tried = subprocess.run(  # noqa: S603 - our own words
            ["/bin/sh", "-c", 'test -w "$1" && exec "$2" --version', "sh", str(schedule.data), schedule.command[0]],
            user=schedule.run_as, extra_groups=[], capture_output=True, text=True, check=False, cwd="/", timeout=60,
        )  # fmt: skip
    except (OSError, LookupError) as error:
        raise UsageError(f"{schedule.data} cannot be made ready for {schedule.run_as or 'you'}: {error}.") from error
    if tried.returncode:
        raise UsageError(f"{schedule.run_as} cannot write to {schedule.data} or cannot run {schedule.command[0]}.")


def _write_secrets(path: Path, lines: list[str]) -> None:
    path.unlink(missing_ok=True)  # an older one may be readable for others
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{line}\n" for line in lines))


def remove_units(name: str, *, system: bool) -> list[Path]:
    """Stop the timer and delete the unit files; return those there were. Data stays.

    Raises:
        UsageError: there are none, or they cannot be deleted.

    """
    folder = unit_folder(system=system)
    paths = [folder / f"{name}.{kind}" for kind in (*_KINDS, "env")]
    units = [path for path in paths if path.is_file()]
    if not units:
        raise UsageError(f"There is no unit {name} in {folder}.")
    failed = None
    try:
        _systemctl("disable", "--now", f"{name}.timer", system=system)
    except UsageError as error:
        failed = error
    try:
        for path in units:
            path.unlink()
    except OSError as error:
        raise UsageError(f"The units in {folder} cannot be deleted: {error.strerror or error}.") from error
    if failed is not None:
        raise UsageError(f"The unit files are deleted, but {failed}")
    _systemctl("daemon-reload", system=system)
    return units


def _systemctl(*words: str, system: bool) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise UsageError("There is no systemd here; use --cron.")
    run = subprocess.run(  # noqa: S603 - our own words
        [program, *(() if system else ("--user",)), *words], capture_output=True, text=True, check=False, timeout=60
    )
    if run.returncode:
        reason = " ".join(run.stderr.split()) or f"exit code {run.returncode}"
        raise UsageError(f"systemctl {' '.join(words)} failed: {reason}")


def install_cron(schedule: Schedule) -> str:
    """Put the line into the user's crontab, in place of an older one of that name; return it.

    Raises:
        UsageError: there is no cron, or it does not take the line.

    """
    line = cron_line(schedule)
    others, replaces = _other_lines(schedule.name)
    secrets = secrets_file(schedule.name)
    try:
        (schedule.data / "reports").mkdir(parents=True, exist_ok=True)
        if schedule.environment:
            secrets.parent.mkdir(parents=True, exist_ok=True)
            _write_secrets(secrets, [f"export {name}={shlex.quote(value)}" for name, value in schedule.environment])
        else:
            secrets.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror or error}.") from error
    try:
        _write_crontab([*others, _mark(schedule.name), line])
    except UsageError:
        if not replaces:
            secrets.unlink(missing_ok=True)
        raise
    return line


def remove_cron(name: str) -> None:
    """Remove the line of that name from the user's crontab.

    Raises:
        UsageError: there is no cron, or no such line.

    """
    lines, is_there = _other_lines(name)
    if not is_there:
        raise UsageError(f"The crontab has no line for {name}.")
    _write_crontab(lines)
    secrets_file(name).unlink(missing_ok=True)


def _mark(name: str) -> str:
    return f"# campbell_scraper: {name} (campbell schedule --cron --remove --name {name})"


def _other_lines(name: str) -> tuple[list[str], bool]:
    """Return the crontab without the line of that name, and whether it was there."""
    run = crontab("-l")
    if run.returncode and "no crontab" not in run.stderr:
        raise UsageError(f"The crontab cannot be read: {' '.join(run.stderr.split())}")
    lines = run.stdout.removesuffix("\n").split("\n") if run.returncode == 0 and run.stdout else []
    mark = _mark(name)
    marks = {place for place, line in enumerate(lines) if line == mark}
    return [line for place, line in enumerate(lines) if not marks & {place, place - 1}], bool(marks)


def _write_crontab(lines: list[str]) -> None:
    run = crontab("-", text="".join(f"{line}\n" for line in lines))
    if run.returncode:
        raise UsageError(f"The crontab was not changed: {' '.join(run.stderr.split())}")


def crontab(*words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``crontab``. Raises UsageError if there is no cron."""
    program = shutil.which("crontab")
    if program is None:
        raise UsageError("There is no cron here (no program crontab); use --user or --system for systemd.")
    return subprocess.run(  # noqa: S603 - our own words
        [program, *words], input=text, capture_output=True, text=True, check=False, timeout=60
    )
