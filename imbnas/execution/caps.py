"""What a reproducible run sets for its workers, so that other processors compute the same bits.

It imports no torch: libraries read most of this when they are loaded or first used.
"""

from collections.abc import Iterator, Mapping

_NEWER_THAN_AVX2 = (
    "X86_V4", "AVX512F", "AVX512CD", "AVX512_KNL", "AVX512_KNM", "AVX512_SKX", "AVX512_CLX",
    "AVX512_CNL", "AVX512_ICL", "AVX512_SPR",
)  # fmt: skip
"""NumPy's names of them, of early and late releases; it passes over those that it does not have."""

CAPS = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # AVX2 would be the automatic branch on processors that are not Intel's; this one is for all.
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": " ".join(_NEWER_THAN_AVX2),
    # Otherwise its kernels follow the maker and the generation.
    "OPENBLAS_CORETYPE": "Haswell",
}
"""Environment of a reproducible run's workers."""

_ABSENT = (
    "DNNL_MAX_CPU_ISA", "ONEDNN_CPU_ISA_HINTS", "DNNL_CPU_ISA_HINTS", "ONEDNN_DEFAULT_FPMATH_MODE",
    "DNNL_DEFAULT_FPMATH_MODE", "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE",
    "NPY_ENABLE_CPU_FEATURES",
)  # fmt: skip
"""Variables that choose instructions or precision, too, and that nothing sets unasked."""

_OF_PROCESSOR = "glibc.cpu."
"""Tunables of the C library that choose instructions, in ``GLIBC_TUNABLES``."""


def worker_caps(reproducible: bool) -> dict[str, str]:
    """What a run adds to the environment of its workers: ``CAPS``, or nothing."""
    return CAPS if reproducible else {}


def contradictions(environment: Mapping[str, str]) -> Iterator[str]:
    """What an environment says against ``CAPS``, as ``NAME=VALUE``."""
    for name, value in environment.items():
        tuned = name == "GLIBC_TUNABLES" and _OF_PROCESSOR in value
        if tuned or name in _ABSENT or value != CAPS.get(name, value):
            yield f"{name}={value}"
