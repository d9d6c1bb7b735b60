"""The datasheet of a table (Gebru et al., arXiv:1803.09010), every number from its records."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from imbnas.leaderboards.provenance import Origins, origins
from imbnas.leaderboards.results import Results
from imbnas.table.columns import COLUMNS
from imbnas.table.rows import Table
from imbnas.units.recalls import mean, recalls

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("imbnas.table", "assets"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  # nosec B701 # Markdown; cells go through _cell
    keep_trailing_newline=True,
)


@dataclass(frozen=True)
class TrainingFacts:
    """What was trained on one condition with one scheme in one role.

    Attributes:
        role: what the trainings are part of.
        condition: what they were trained on.
        scheme: what with.
        architectures: distinct ones.
        replicates: distinct numbers.
        finished: trainings with a result.
        failed: trainings without.
        lowest: smallest mean recall of a training, in percent; ``None`` without a finished one.
        highest: largest.
        seconds: of all together.
    """

    role: str
    condition: str
    scheme: str
    architectures: int
    replicates: int
    finished: int
    failed: int
    lowest: float | None
    highest: float | None
    seconds: float


def datasheet(table: Table, results: Results, file: Path) -> str:
    """Markdown: columns and datasheet of an exported table.

    Args:
        table: what was written.
        results: what it was made from.
        file: where it was written; its name is mentioned.
    """
    frame = table.frame
    errors = frame.loc[frame["failed"].astype(bool), "error"].value_counts()
    return _ENVIRONMENT.get_template("datasheet.md.j2").render(
        table=table,
        file=file.name,
        resolved=results.resolved,
        trainings=list(_trainings(frame)),
        columns=COLUMNS,
        conditions=_conditions(results, frame),
        rows=len(frame),
        finished=int((~frame["failed"].astype(bool)).sum()),
        errors=sorted(errors.items()),
        hours=float(frame["seconds"].dropna().sum()) / 3600,
        origins=_lines(origins(results)),
        damaged=len(results.damaged),
        cell=_cell,
        numbers=_numbers,
    )


def _trainings(frame: pd.DataFrame) -> Iterator[TrainingFacts]:
    for (role, condition, scheme), part in frame.groupby(
        ["role", "condition", "scheme"], sort=False
    ):
        done = part[~part["failed"].astype(bool)]
        counts = zip(done["class_correct"], done["class_total"], strict=True)
        means = (mean(recalls(right, total)) for right, total in counts)
        percent = [100 * each for each in means if each is not None]
        yield TrainingFacts(
            role=str(role),
            condition=str(condition),
            scheme=str(scheme),
            architectures=part["architecture"].nunique(),
            replicates=part["replicate"].nunique(),
            finished=len(done),
            failed=len(part) - len(done),
            lowest=min(percent, default=None),
            highest=max(percent, default=None),
            seconds=float(done["seconds"].sum()),
        )


def _conditions(results: Results, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The suite's conditions of which there are rows."""
    totals = frame.dropna(subset=["class_total"]).groupby("condition")["class_total"].first()
    subsets = frame.groupby("condition")["manifest_sha256"].nunique()
    return [
        {
            "name": name,
            "train": facts.class_counts,
            "test": totals.get(name),
            "groups": facts.groups,
            "subsets": int(subsets[name]),
            "dataset_sha256": facts.replicates[0].dataset_digest,
        }
        for name, facts in sorted(results.resolved.conditions.items())
        if name in subsets
    ]


def _lines(found: Origins) -> list[tuple[str, str]]:
    software = [(name, ", ".join(versions)) for name, versions in found.software.items()]
    return [
        *software,
        ("git revision", ", ".join(found.git_revisions) or "none: an installed package"),
        ("device", ", ".join(found.devices)),
        ("platform", ", ".join(found.platforms)),
        ("threads per training", ", ".join(map(str, found.threads))),
        ("first record (UTC)", str(found.first_utc)),
        ("last record (UTC)", str(found.last_utc)),
    ]


def _cell(value: object) -> str:
    """Text that ends no cell and no paragraph, whatever a plug-in or a path is called."""
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")


def _numbers(values: tuple[int, ...] | None) -> str:
    """Whole numbers; runs of equal ones as ``10 times 80``."""
    if not values:
        return "none"
    if len(values) > 1 and len(set(values)) == 1:
        return f"{len(values)} times {values[0]}"
    return " ".join(map(str, values))
