"""Under the caps of a reproducible run every processor with AVX2 computes these bits, it is hoped.

The stored ones are of the processor that they name. A failure on another maker's names the group
of operations that differs there; write it down in docs/running.md.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imbnas.execution.caps import CAPS
from imbnas.runs.worker_environment import SINGLE_THREADED

from .roundings import versions_apart

TESTS = Path(__file__).resolve().parents[1]
STORED = json.loads((TESTS / "stored" / "roundings.json").read_text())


def roundings(**environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, TESTS / "execution" / "roundings.py"],
        env=os.environ | SINGLE_THREADED | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    here = roundings(**CAPS)
    if here["instruction_sets"] != STORED["instruction_sets"]:
        pytest.skip(f"the caps give {here['instruction_sets']} here")
    if apart := versions_apart(STORED["versions"]):
        pytest.skip(f"other versions than those of the stored bits: {apart}")
    return here


@pytest.mark.parametrize("group", STORED["sha256"])
def test_a_capped_process_computes_the_stored_bits(found: dict[str, Any], group: str) -> None:
    assert found["sha256"][group] == STORED["sha256"][group], (
        f"{group} differs between {STORED['processor']}, where the stored bits are from, and "
        f"{found['processor']}"
    )


def test_every_group_is_stored(found: dict[str, Any]) -> None:
    assert list(found["sha256"]) == list(STORED["sha256"])
