"""PostgreSQL refuses to run as root: how root starts it as `nobody`."""

import os
import pwd
import shutil
import stat
from pathlib import Path

_USER = "nobody"


def give_away(folder: Path) -> None:
    """Let the unprivileged user own this folder, if we are root."""
    if os.geteuid() == 0:
        account = pwd.getpwnam(_USER)
        os.chown(folder, account.pw_uid, account.pw_gid)


def drop_root(*needed: Path) -> list[str]:
    """The words before a command that make root start it as `nobody`; none for other users.

    Where a folder above the needed ones is closed to others (as /root is), the process keeps the
    one capability of passing through. PostgreSQL asks access(2), which honours a capability of an
    ordinary user only under no_setuid_fixup.
    """
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam(_USER)
    command = [
        shutil.which("setpriv") or "setpriv",
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--pdeathsig=QUIT",  # a change of user clears the one set by our own start
    ]
    if not all(map(_open_to_others, needed)):
        command.append("--securebits=+no_setuid_fixup")
        command += [f"--{caps}-caps=-all,+dac_override" for caps in ("inh", "ambient")]
    return command


def _open_to_others(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
