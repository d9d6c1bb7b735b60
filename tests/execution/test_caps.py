"""What contradicts the caps of a reproducible run."""

import pytest

from imbnas.execution.caps import CAPS, contradictions, worker_caps


def test_only_a_reproducible_run_is_capped() -> None:
    assert worker_caps(False) == {}
    assert worker_caps(True) == CAPS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE"),
        ("ATEN_CPU_CAPABILITY", "default"),
        ("MKL_CBWR", "AVX2"),
        ("MKL_CBWR", ""),
        ("NPY_DISABLE_CPU_FEATURES", "AVX512F"),
        ("OPENBLAS_CORETYPE", "ZEN"),
        ("DNNL_MAX_CPU_ISA", "AVX2"),
        ("ONEDNN_DEFAULT_FPMATH_MODE", "BF16"),
        ("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
        ("GLIBC_TUNABLES", "glibc.malloc.check=1:glibc.cpu.hwcaps=-AVX2"),
    ],
)
def test_what_chooses_other_instructions_is_a_contradiction(name: str, value: str) -> None:
    assert list(contradictions(CAPS | {name: value, "PATH": "/bin"})) == [f"{name}={value}"]


def test_what_chooses_the_same_or_nothing_is_none() -> None:
    assert list(contradictions(CAPS)) == []
    assert list(contradictions({"OMP_NUM_THREADS": "1"})) == []
    assert list(contradictions({"GLIBC_TUNABLES": "glibc.malloc.check=1"})) == []
