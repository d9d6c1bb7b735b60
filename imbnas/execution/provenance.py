"""Versions and environment that a record names."""

import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch

import imbnas
from imbnas.units.records import Provenance


def provenance() -> Provenance:
    """Describe this process now."""
    return Provenance(
        imbnas=imbnas.__version__,
        python=platform.python_version(),
        torch=version("torch"),
        torchvision=version("torchvision"),
        timm=version("timm"),
        numpy=version("numpy"),
        git_revision=_git_revision(),
        threads=torch.get_num_threads(),
        platform=platform.platform(),
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@cache
def device_name(device_type: str) -> str:
    """Model name of the processor or accelerator."""
    if device_type == "cuda":
        return torch.cuda.get_device_name()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@cache
def _git_revision() -> str | None:
    """Revision of the checkout that imbnas runs from; ``None`` for an installed package."""
    package = Path(__file__).resolve().parents[1]
    if not (package.parent / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(package), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
