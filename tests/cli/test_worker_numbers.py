"""How many workers a run has where none are asked for."""

from pathlib import Path

import click
import pytest
import torch
from click.testing import CliRunner

from imbnas.cli.devices import cores
from imbnas.cli.options import data_options, plugin_files_option
from imbnas.cli.suite_options import suite_options
from imbnas.runs.request import RunRequest


def request_of(*arguments: object) -> RunRequest:
    """What the options ask for."""
    requests: list[RunRequest] = []

    @click.command
    @suite_options
    @data_options
    @plugin_files_option
    def command(request: RunRequest) -> None:
        requests.append(request)

    CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)
    return requests[0]


@pytest.mark.parametrize("gpus", [1, 3])
def test_one_per_gpu_on_cuda_and_one_per_core_on_the_cpu(
    tiny_suite: Path, monkeypatch: pytest.MonkeyPatch, gpus: int
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    suite = ("--suite", tiny_suite)
    assert request_of(*suite).device_type == "cuda"
    assert request_of(*suite).workers == gpus
    assert request_of(*suite, "--workers", "5").workers == 5
    assert request_of(*suite, "--device", "cpu").workers == cores()
