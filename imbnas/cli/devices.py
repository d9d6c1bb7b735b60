"""Which device a command runs networks on, by how many processes, and whether it can compile."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imbnas.units.unit import DeviceType, Precision


def device_type(choice: str) -> "DeviceType":
    """Turn ``--device`` into a device that is there; ``auto`` prefers CUDA.

    Raises:
        InputError: ``cuda`` was asked for and torch finds none.
    """
    from imbnas.errors import InputError

    if choice == "cpu":
        return "cpu"
    import torch

    available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise InputError("--device cuda: torch finds no CUDA device here; use --device cpu")
    return "cuda" if available else "cpu"


def check_system() -> None:
    """Make sure that workers can be started on this system.

    Raises:
        InputError: they cannot.
    """
    from imbnas.errors import InputError

    if not hasattr(os, "fork"):
        raise InputError(
            "run and plan start processes by fork, as Linux and macOS do; on Windows give them "
            "inside WSL; tables, look-ups and the other commands work here"
        )


def default_workers(device: "DeviceType") -> int:
    """Worker processes where no number is given: one per core, or one per GPU."""
    if device == "cpu":
        return cores()
    import torch

    return max(torch.cuda.device_count(), 1)


def cores() -> int:
    """Processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def check_compiler() -> None:
    """Look for the C++ compiler that ``torch.compile`` calls.

    Raises:
        InputError: there is none.
    """
    import shutil  # every command is imported for --help

    from imbnas.errors import InputError

    name = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(name) is None:
        raise InputError(
            f"--compile: torch.compile needs a C++ compiler, and there is no {name!r} here; "
            "install it, set CXX to another, or leave --compile out"
        )


def check_graphs(device: "DeviceType") -> None:
    """Look whether ``--cuda-graphs`` goes with the device.

    Raises:
        InputError: it does not.
    """
    from imbnas.errors import InputError

    if device != "cuda":
        raise InputError(
            f"--cuda-graphs needs --device cuda, and this run is on the {device}; leave it out"
        )


def check_reproducible(device: "DeviceType", precision: "Precision", compiled: bool) -> None:
    """Look whether ``--reproducible`` goes with the other options and with the shell.

    Raises:
        InputError: it does not.
    """
    from imbnas.errors import InputError
    from imbnas.execution.caps import contradictions

    if device != "cpu":
        raise InputError("--reproducible computes on the CPU; give --device cpu")
    if precision != "float32" or compiled:
        raise InputError("--reproducible computes in float32; leave --precision and --compile out")
    for fault in contradictions(os.environ):
        raise InputError(
            f"--reproducible: {fault} in this shell contradicts it; unset {fault.partition('=')[0]}"
        )


def check_processor() -> None:
    """Look whether this machine can run what ``--reproducible`` asks for.

    Raises:
        InputError: it cannot.
    """
    import torch

    from imbnas.errors import InputError

    found = torch.backends.cpu.get_cpu_capability()
    if not found.startswith(("AVX2", "AVX512")):
        raise InputError(
            f"--reproducible needs an x86-64 processor with AVX2, and PyTorch finds {found} here; "
            "leave it out"
        )
    missing = [
        name
        for name, library in (("MKL", torch.backends.mkl), ("oneDNN", torch.backends.mkldnn))
        if not library.is_available()
    ]
    if missing:
        raise InputError(
            f"--reproducible needs PyTorch with {' and '.join(missing)}; install its build for "
            "x86-64 Linux, or leave it out"
        )
