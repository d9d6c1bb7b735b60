"""Which instruction sets the libraries of this process compute with, as they say themselves.

The same processor rounds otherwise where a library is held to an older set, and two processors of
one name may have different ones.
"""

import ctypes
import os
import re
import sys
import tempfile
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_info

from imbnas.errors import ImbnasError
from imbnas.execution.caps import CAPS, contradictions

_CAPPED: dict[str, set[str | None]] = {
    "aten": {"AVX2"},
    "onednn_isa": {"Intel AVX2"},
    "mkl_branch": {"COMPATIBLE"},
    "openblas_kernels": {"Haswell", None},  # NumPy may be built with another library
}
"""What a process says in which ``CAPS`` are in force."""


class InstructionSets(NamedTuple):
    """What libraries say, see ``Provenance``; ``None`` where one is absent or silent."""

    aten: str
    onednn_isa: str | None
    mkl_branch: str | None
    numpy_isa: str | None
    openblas_kernels: str | None


class NotCappedError(ImbnasError):
    """A process of a reproducible run does not compute with the instruction sets of all others."""


@cache
def instruction_sets() -> InstructionSets:
    """Ask the libraries, once in a process; some tens of milliseconds."""
    said = _said_by_libraries()
    onednn = re.search(r"^onednn_verbose,.*info,cpu,isa:(.+)$", said, re.MULTILINE)
    mkl = re.search(r"^MKL_VERBOSE .* CNR:(\S+)", said, re.MULTILINE)
    return InstructionSets(
        aten=torch.backends.cpu.get_cpu_capability(),
        onednn_isa=onednn[1].strip() if onednn else None,
        mkl_branch=mkl[1] if mkl else None,
        numpy_isa=" ".join(_numpy_features()) or None,
        openblas_kernels=_openblas_core(),
    )


def check_capped() -> None:
    """Make sure that ``CAPS`` are in force in this process.

    Raises:
        NotCappedError: they are not, or the environment holds what contradicts them.
    """
    found = instruction_sets()
    faults = list(contradictions(os.environ))
    for name, fit in _CAPPED.items():
        if (says := getattr(found, name)) not in fit:
            faults.append(f"{name} is {says}")
    newer = set(_numpy_features()) & set(CAPS["NPY_DISABLE_CPU_FEATURES"].split())
    faults += [f"numpy has {name}" for name in sorted(newer)]
    if faults:
        raise NotCappedError(
            "--reproducible: the instruction sets of this process are not capped as they must be "
            f"({'; '.join(faults)}); it needs an x86-64 processor with AVX2 and PyTorch with MKL "
            "and oneDNN, started by imbnas-bench run"
        )


def _numpy_features() -> list[str]:
    """What NumPy chooses from at run time, beyond what it was compiled for."""
    shown = np.show_config(mode="dicts")
    return list(shown["SIMD Extensions"].get("found", ())) if shown else []


def _openblas_core() -> str | None:
    """The kernels of NumPy's OpenBLAS; ``None`` for another library."""
    cores = {pool["architecture"] for pool in threadpool_info() if "architecture" in pool}
    return ", ".join(sorted(cores)) or None


def _said_by_libraries() -> str:
    """What oneDNN and MKL print of a small task each when they are asked to explain themselves.

    They have no other way to tell it; oneDNN names the instruction set once in a process. They
    print to file descriptor 1, which meanwhile is a file.
    """
    c_library = ctypes.CDLL(None)
    sys.stdout.flush()
    c_library.fflush(None)
    with tempfile.TemporaryFile() as file:
        held = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            if torch.backends.mkldnn.is_available():
                with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
                    torch.zeros(2).to_mkldnn()
            if torch.backends.mkl.is_available():
                with torch.backends.mkl.verbose(torch.backends.mkl.VERBOSE_ON):
                    torch.zeros(2, 2) @ torch.zeros(2, 2)
            c_library.fflush(None)
        finally:
            os.dup2(held, 1)
            os.close(held)
        file.seek(0)
        return file.read().decode(errors="replace")
