"""What libraries say of their instruction sets, in processes that are held to some."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import torch

from imbnas.execution.caps import CAPS
from imbnas.execution.instruction_sets import NotCappedError, check_capped, instruction_sets
from imbnas.execution.provenance import provenance

AVX2 = pytest.mark.skipif(
    not torch.backends.cpu.get_cpu_capability().startswith("AVX"),
    reason="the processor has no AVX2",
)
ASK = """
import json
from imbnas.execution.instruction_sets import NotCappedError, check_capped, instruction_sets
print("before")
said = instruction_sets()._asdict()
try:
    check_capped()
except NotCappedError as error:
    said["fault"] = str(error)
print(json.dumps(said))
"""


def asked(**environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    first, answer = done.stdout.splitlines()  # nothing of what libraries print
    assert first == "before"
    return json.loads(answer)


@AVX2
def test_caps_are_in_force_where_they_are_set() -> None:
    said = asked(**CAPS)
    assert "fault" not in said
    assert (said["aten"], said["onednn_isa"], said["mkl_branch"]) == (
        "AVX2",
        "Intel AVX2",
        "COMPATIBLE",
    )
    assert not {"X86_V4", "AVX512F"} & set(said["numpy_isa"].split())


@AVX2
def test_each_that_is_not_is_named() -> None:
    changed = {
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "AUTO",
        "NPY_DISABLE_CPU_FEATURES": "",
        "OPENBLAS_CORETYPE": "Sandybridge",
        "DNNL_DEFAULT_FPMATH_MODE": "BF16",
    }
    said = asked(**changed)
    told = said["fault"]
    for name, value in changed.items():
        assert f"{name}={value}" in told
    for answer in ("onednn_isa is Intel SSE4.1", "aten is DEFAULT", "mkl_branch is AUTO"):
        assert answer in told
    assert said["openblas_kernels"] is None or "openblas_kernels is Sandybridge" in told
    assert "\n" not in told


def test_this_process_is_asked_once(capfd: pytest.CaptureFixture[str]) -> None:
    instruction_sets.cache_clear()
    first = instruction_sets()
    assert instruction_sets() is first
    assert capfd.readouterr() == ("", "")
    assert first.aten == torch.backends.cpu.get_cpu_capability()


def test_this_process_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MKL_CBWR", "AVX2")
    with pytest.raises(NotCappedError, match="MKL_CBWR=AVX2"):
        check_capped()


def test_a_record_names_libraries_and_processor() -> None:
    here = provenance()
    assert here.tells_instruction_sets
    assert instruction_sets()._asdict().items() <= dict(here).items()
    # The parser of whole runs takes provenance as one object without objects in it.
    assert "{" not in here.model_dump_json()[1:]
    assert None not in (here.scipy, here.safetensors, here.pillow)
    if torch.backends.mkldnn.is_available():
        assert here.onednn
        assert here.onednn in torch.__config__.show()
    if torch.backends.mkl.is_available():
        assert here.mkl
        assert here.mkl in torch.__config__.show()
