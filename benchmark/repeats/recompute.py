"""Does a random part of a run come out the same when it is computed again?

    python benchmark/repeats/recompute.py draw RUN --share 2 --seed 1 --out AGAIN
    imbnas-bench run --suite … --out AGAIN/run        # as RUN was made
    python benchmark/repeats/recompute.py compare RUN AGAIN

``draw`` copies a run directory without the records that it draws, so that the same command computes
these and nothing else; a board becomes a run directory by ``imbnas-bench merge BOARD --out RUN``.
On a processor of the same kind every record should be equal, seconds and provenance aside. On
another one, or with ``ONEDNN_MAX_CPU_ISA=AVX2``, sums round otherwise: ``compare`` then prints by
how much, beside the noise of replicates.

Trainings are compared by balanced accuracy in percentage points (mean recall on the test split) and
by the test images that one of both classifies correctly; searches and rankers by their scores.
"""

import base64
import json
import math
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import fmean, variance
from typing import Any, TypeAlias

import click
from tabulate import tabulate

Record: TypeAlias = Mapping[str, Any]
DRAWN = "drawn.json"
LEFT_OUT = ("claims", "checkpoints", "logs", "tables", "pictures")
"""Folders of a run directory that its units do not need."""
_SUBSET = re.compile(r":subset-\d+")


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
    drawn = set(random.Random(seed).sample(sorted(records), math.ceil(len(records) * share / 100)))
    shutil.copytree(run, out / "run", ignore=shutil.ignore_patterns(*LEFT_OUT))
    for path in record_files(out / "run"):
        if path.stem in drawn:
            path.unlink()
    (out / DRAWN).write_text(json.dumps({"seed": seed, "units": sorted(drawn)}, indent=2) + "\n")
    click.echo(f"{len(drawn)} of {len(records)} records drawn; run the suite into {out / 'run'}")


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
    for record in (before[drawn[0]], after[drawn[0]]):
        click.echo(instructions(record))
    pairs = [(before[unit], after[unit]) for unit in drawn]
    click.echo(tabulate(rows(pairs), headers="keys", tablefmt="github"))
    click.echo(f"\nNoise of replicates: {replicate_noise(before.values()):.3f} points (SD).")


def record_files(run: Path) -> Iterator[Path]:
    """Files of a run directory's records, one for each unit, named by its identity."""
    return (run / "records").glob("*/*/*.json")


def read(run: Path) -> dict[str, Record]:
    """Records of a run directory by identity; what failed has no metrics and is left out."""
    records = {path.stem: json.loads(path.read_text()) for path in record_files(run)}
    found = {unit: record for unit, record in records.items() if record.get("metrics")}
    if not found:
        raise Refused(f"{run}: no records; give a run directory, or make one of a board by `merge`")
    return found


def instructions(record: Record) -> str:
    """Where and when a record was made."""
    made = record["provenance"]
    return (
        f"{made['utc']}: {made['processor']}, oneDNN: {made['onednn_isa']}, torch {made['torch']}"
    )


def rows(pairs: Iterable[tuple[Record, Record]]) -> list[dict[str, Any]]:
    """What came out, by kind of unit."""
    kinds = defaultdict(list)
    for before, after in pairs:
        kinds[before["unit"]["kind"]].append((before["metrics"], after["metrics"]))
    found = []
    for kind, metrics in sorted(kinds.items()):
        row = {"kind": kind, "units": len(metrics), "equal": sum(a == b for a, b in metrics)}
        if kind == "train":
            row |= drift(metrics)
        elif kind in ("search", "rank"):
            row["largest difference of scores"] = max(
                map(score_difference, *zip(*metrics, strict=True))
            )
        found.append(row)
    return found


def drift(metrics: list[tuple[Record, Record]]) -> dict[str, float]:
    """Differences of trainings, in percentage points and in percent of test images."""
    points = [accuracy(after) - accuracy(before) for before, after in metrics]
    return {
        "mean difference": round(fmean(points), 3),
        "SD": round(math.sqrt(fmean(point**2 for point in points)), 3),
        "largest": round(max(map(abs, points)), 3),
        "images that differ, %": round(fmean(changed(*pair) for pair in metrics), 2),
    }


def accuracy(metrics: Record) -> float:
    """Mean recall over classes, in percent."""
    counts = zip(metrics["class_correct"], metrics["class_total"], strict=True)
    return 100 * fmean(correct / total for correct, total in counts)


def changed(before: Record, after: Record) -> float:
    """Test images that only one of two trainings classifies correctly, in percent."""
    one, other = (base64.b64decode(each["correct_bits"]) for each in (before, after))
    differing = sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
    return 100 * differing / sum(before["class_total"])


def score_difference(before: Record, after: Record) -> float:
    """The largest difference of an architecture that both have scored."""
    one, other = (dict[str, float](each["scores"]) for each in (before, after))
    return max(abs(other[name] - score) for name, score in one.items() if name in other)


def replicate_noise(records: Iterable[Record]) -> float:
    """Standard deviation between replicates of one training, pooled, in percentage points."""
    groups = defaultdict(list)
    for record in records:
        if record["unit"]["kind"] == "train":
            groups[training(record["unit"])].append(accuracy(record["metrics"]))
    spreads = [variance(values) for values in groups.values() if len(values) > 1]
    return math.sqrt(fmean(spreads)) if spreads else math.nan


def training(unit: Record) -> str:
    """What a unit trains and on which condition, whatever its replicate."""
    condition = _SUBSET.sub("", unit["data"]["condition"])
    return json.dumps([unit["model"], unit["scheme"], condition], sort_keys=True)


if __name__ == "__main__":
    main()
