"""The lowest versions that ``tox -e lowest`` installs are those that the package admits."""

import re
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def test_constraints_are_the_lower_bounds() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    admitted = [*project["dependencies"], *extras["parquet"], *extras["ray"], *extras["slurm"],
                *extras["tensorboard"], *extras["test"]]  # fmt: skip
    bounds = {re.match(r"([\w.-]+)>=([\w.]+)", text).groups() for text in admitted}
    lines = (CHECKOUT / "tests" / "lowest.txt").read_text().splitlines()
    pinned = {tuple(line.split("==")) for line in lines if not line.startswith("#")}
    assert pinned == bounds
