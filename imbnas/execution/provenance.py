"""Versions and environment that a record names."""

import platform
import re
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch

from imbnas.execution.instruction_sets import instruction_sets
from imbnas.units.records import Provenance
from imbnas.version import __version__

_PACKAGES = ("torch", "torchvision", "timm", "numpy", "scipy", "safetensors", "pillow")


def provenance() -> Provenance:
    """Describe this process now."""
    return Provenance(
        imbnas=__version__,
        python=platform.python_version(),
        **_versions(),
        git_revision=_git_revision(),
        threads=torch.get_num_threads(),
        platform=platform.platform(),
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
        onednn=_built_with(r"MKL-DNN v(\S+)"),
        mkl=_built_with(r"Math Kernel Library Version (\S+)"),
        libc=_libc(),
        processor=_processor(),
        **instruction_sets()._asdict(),
    )


@cache
def device_name(device_type: str) -> str:
    """Model name of the processor or accelerator."""
    if device_type == "cuda":
        return torch.cuda.get_device_name()
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


@cache
def _versions() -> dict[str, str]:
    return {package: version(package) for package in _PACKAGES}


@cache
def _built_with(pattern: str) -> str | None:
    """Version of a library within torch."""
    found = re.search(pattern, torch.__config__.show())
    return found[1] if found else None


@cache
def _libc() -> str | None:
    return " ".join(filter(None, platform.libc_ver())) or None


@cache
def _processor() -> str | None:
    """Maker, family, model and stepping, as in ``AuthenticAMD 25/17/1``."""
    maker, *numbers = (
        _cpuinfo().get(key) for key in ("vendor_id", "cpu family", "model", "stepping")
    )
    return f"{maker} {'/'.join(map(str, numbers))}" if maker and all(numbers) else None


@cache
def _cpuinfo() -> dict[str, str]:
    """What Linux says of the first processor."""
    path = Path("/proc/cpuinfo")
    first = path.read_text().partition("\n\n")[0] if path.exists() else ""
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


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
