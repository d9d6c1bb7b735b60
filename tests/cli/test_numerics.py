"""What rounds otherwise is another run, and another plan."""

import json
from pathlib import Path

import pytest


@pytest.mark.parametrize("option", [("--precision", "bfloat16"), ("--compile",)])
def test_numerics_are_those_of_the_run(
    bench, tiny_suite: Path, tmp_path: Path, option: tuple[str, ...]
) -> None:
    to = ("--suite", tiny_suite, "--out", tmp_path / "run", "--offline", "--device", "cpu")
    one = ("--max-units", "1", "--workers", "1", "--only", "supernet*")
    done = bench("run", *to, *one, *option)
    assert done.returncode == 3, done.stderr
    (record,) = (tmp_path / "run" / "records" / "supernet").rglob("*.json")
    unit = json.loads(record.read_text())["unit"]
    assert (unit["precision"], unit.get("compiled", False)) == (
        ("bfloat16", False) if option[0] == "--precision" else ("float32", True)
    )
    again = bench("run", *to, *one)
    assert again.returncode == 2
    assert ("precision" if option[0] == "--precision" else "compiled") in again.stderr
    planned = bench("plan", *to, *option, "--json")
    assert json.loads(planned.stdout)["known"] == 1
