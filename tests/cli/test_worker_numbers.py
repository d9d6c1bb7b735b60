"""How many workers a run has where nobody says it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from imbnas.cli.devices import cores
from imbnas.cli.suite_options import SuiteOptions


@pytest.fixture
def options(tiny_suite: Path) -> SuiteOptions:
    return SuiteOptions(
        suite_name=str(tiny_suite),
        fidelity=None,
        parts=(),
        out=None,
        reused=(),
        workers=None,
        device="auto",
        precision="float32",
        compiled=False,
        replicates=None,
        manifests=(),
        data_root=None,
        datasets=(),
        offline=True,
        plugins=(),
    )


@pytest.mark.parametrize("gpus", [1, 3])
def test_one_a_gpu_on_cuda_and_one_a_core_on_the_cpu(
    options: SuiteOptions, monkeypatch: pytest.MonkeyPatch, gpus: int
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert options.request().device_type == "cuda"
    assert options.request().workers == gpus
    assert replace(options, workers=5).request().workers == 5
    assert replace(options, device="cpu").request().workers == cores()
