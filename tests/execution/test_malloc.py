"""In processes of their own, since what the C library is told stays."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from imbnas.execution.malloc import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory() and keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def passes(count):
    for _ in range(count):
        b"x" * 40_000_000
passes(3)
before = faults()
passes(5)
print(faults() - before)
"""


def page_faults(choice: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, choice], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_memory_once_taken_is_not_taken_anew() -> None:
    assert page_faults("keep") < 100
    assert page_faults("not") > 1000
