"""Does a random part of a run come out the same when it is computed again?

    python benchmark/repeats/recompute.py draw RUN --share 2 --seed 1 --out AGAIN
    imbnas-bench run --suite … --no-reuse --out AGAIN/run        # else as RUN was made
    python benchmark/repeats/recompute.py compare RUN AGAIN

``draw`` copies a run directory without the records that it draws, so that the same command computes
these and nothing else; a board becomes a run directory by ``imbnas-bench merge BOARD --out RUN``.
Without ``--no-reuse`` they would be taken over from a board that has them, which ``compare``
refuses. On a processor of the same kind every record should be equal, seconds and provenance aside.
On another one, or with ``ONEDNN_MAX_CPU_ISA=AVX2``, sums round otherwise: ``compare`` then prints
by how much, beside the noise of replicates.

Trainings are compared by balanced accuracy in percentage points (mean recall on the test split) and
by the test images that one of both classifies correctly; searches and rankers by their scores.
"""

import json
import math
import random
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from tabulate import tabulate

from imbnas.errors import InputError
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError
from imbnas.submissions.comparison import noise_between_replicates
from imbnas.submissions.means import accuracy
from imbnas.units.correct_bits import unpack
from imbnas.units.metrics import RankMetrics, SearchMetrics, TrainMetrics
from imbnas.units.records import Record

DRAWN = "drawn.json"
LEFT_OUT = ("claims", "checkpoints", "logs", "tables", "pictures")
"""Folders of a run directory that its units do not need."""
Pair = tuple[Record, Record]


class Refused(click.ClickException):
    """One line for whoever gave what cannot be compared."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Compute a random part of a run again."""


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--share", type=click.FloatRange(0, 100, min_open=True), default=2.0, help="Percent.")
@click.option("--seed", type=int, required=True, help="Of the draw.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
def draw(run: Path, share: float, seed: int, out: Path) -> None:
    """Copy RUN into OUT/run without SHARE percent of its records, and list these in OUT."""
    records = read(run)
    if out.exists():
        raise Refused(f"{out}: is there already; give a new folder")
    number = math.ceil(len(records) * share / 100)
    drawn = sorted(random.Random(seed).sample(sorted(records), number))
    shutil.copytree(run, out / "run", ignore=shutil.ignore_patterns(*LEFT_OUT))
    for identity in drawn:
        (path,) = (out / "run/records").glob(f"*/*/{identity}.json")
        path.unlink()
    (out / DRAWN).write_text(json.dumps({"seed": seed, "units": drawn}, indent=2) + "\n")
    click.echo(f"{number} of {len(records)} records drawn; run the suite into {out / 'run'}")


@main.command("compare")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("again", type=click.Path(path_type=Path))
def compare_command(run: Path, again: Path) -> None:
    """Compare what was drawn, in RUN and as AGAIN has computed it."""
    try:
        drawn = json.loads((again / DRAWN).read_text())["units"]
    except OSError as error:
        raise Refused(f"{again / DRAWN}: {error.strerror}; give the folder of `draw`") from None
    before, after = read(run), read(again / "run")
    missing = [unit for unit in drawn if unit not in after]
    if missing:
        raise Refused(
            f"{again / 'run'}: {len(missing)} of {len(drawn)} drawn units are not there yet; run "
            "the suite there to its end"
        )
    copies = sum(before[unit] == after[unit] for unit in drawn)
    if copies:
        raise Refused(
            f"{again / 'run'}: {copies} of {len(drawn)} drawn units were taken over, not computed; "
            "draw again, and run the suite with --no-reuse"
        )
    for record in (before[drawn[0]], after[drawn[0]]):
        click.echo(circumstances(record))
    pairs = [(before[unit], after[unit]) for unit in drawn]
    click.echo(tabulate(rows(pairs), headers="keys", tablefmt="github"))
    noise = noise_between_replicates(before.values())
    if noise is not None:
        click.echo(f"\nNoise of replicates: {noise:.3f} points (SD).")


def read(run: Path) -> dict[str, Record]:
    """Records of a run directory by identity."""
    try:
        found = {record.identity: record for record in RunDirectory(run).records()}
    except (InputError, DamagedRecordError, OSError) as error:
        raise Refused(f"{run}: {error}") from None
    if not found:
        raise Refused(f"{run}: no records; give a run directory, or make one of a board by `merge`")
    return found


def circumstances(record: Record) -> str:
    """Where and when a record was made."""
    made = record.provenance
    return f"{made.utc}: {made.processor}, oneDNN: {made.onednn_isa}, torch {made.torch}"


def rows(pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    """What came out, by kind of unit."""
    kinds: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        kinds[pair[0].unit.kind].append(pair)
    found = []
    for kind, alike in sorted(kinds.items()):
        equal = sum(before.metrics == after.metrics for before, after in alike)
        row: dict[str, Any] = {"kind": kind, "units": len(alike), "equal": equal}
        if kind == "train":
            row |= drift(alike)
        elif kind in ("search", "rank"):
            row["largest difference of scores"] = max(map(score_difference, alike))
        found.append(row)
    return found


def drift(pairs: list[Pair]) -> dict[str, float]:
    """Differences of trainings, in percentage points and in percent of test images."""
    points = [100 * (accuracy(after) - accuracy(before)) for before, after in pairs]
    return {
        "mean difference": round(fmean(points), 3),
        "root mean square": round(math.sqrt(fmean(point**2 for point in points)), 3),
        "largest": round(max(map(abs, points)), 3),
        "images that differ, %": round(fmean(map(changed, pairs)), 3),
    }


def changed(pair: Pair) -> float:
    """Test images that only one of two trainings classifies correctly, in percent."""
    one, other = (
        unpack(record.metrics.correct_bits or "", sum(record.metrics.class_total))
        for record in pair
        if isinstance(record.metrics, TrainMetrics)
    )
    return 100 * float((one != other).mean())


def score_difference(pair: Pair) -> float:
    """The largest difference of an architecture that both have given a score; 0 where none has."""
    one, other = (
        dict(record.metrics.scores)
        for record in pair
        if isinstance(record.metrics, SearchMetrics | RankMetrics)
    )
    both = ((score, other.get(name)) for name, score in one.items())
    return max((abs(a - b) for a, b in both if a is not None and b is not None), default=0.0)


if __name__ == "__main__":
    main()
