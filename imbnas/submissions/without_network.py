"""Starts a command without network, where the system lets users do that."""

import shutil
import subprocess
from dataclasses import dataclass

_OPTIONS = ("--user", "--map-current-user", "--net", "--")
_SECONDS = 30


@dataclass(frozen=True)
class Launcher:
    """How a command is started.

    Attributes:
        command: to put before it; empty where it keeps the network.
        told: one line for the user.
    """

    command: tuple[str, ...]
    told: str


def without_network() -> Launcher:
    """Find out how to start a command in a network of its own, which leads nowhere."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return Launcher((), "code of the submission has the network: there is no unshare here")
    command = (unshare, *_OPTIONS)
    try:
        tried = subprocess.run(
            [*command, "true"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Launcher((), f"code of the submission has the network: {unshare}: {error}")
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or ["it fails"])[0][:200]
        return Launcher((), f"code of the submission has the network: {reason}")
    return Launcher(command, "code of the submission runs without network (unshare --net)")
