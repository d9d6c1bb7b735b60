"""Trainings of a run as event files, which TensorBoard shows and Weights & Biases takes over."""

import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from imbnas.errors import InputError
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.trainings import finished_trainings, training_key
from imbnas.table.loading import find_source, open_records
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit

_NAME = 80
"""Characters of a folder's name; genotypes are longer than some file systems allow."""


class Events(NamedTuple):
    """What was written.

    Attributes:
        folders: one for each training.
        results: what it was made from.
    """

    folders: tuple[Path, ...]
    results: Results


def export_events(source: str | Path, out: Path) -> Events:
    """Write a folder of event files for each finished training.

    Each holds, in percent, ``validation/accuracy`` after the epochs of the learning curve and
    ``test/accuracy``, ``test/harmonic_mean`` and ``test/calibration_error`` after the last one,
    the mean loss of the last epoch as ``train/loss``, and what the training is of as
    hyper-parameters.

    Args:
        source: run directory, or folder or title of a published board.
        out: folder that does not exist yet; it appears when it is complete.

    Raises:
        InputError: there are no records, the folder exists, or TensorBoard is not installed.
        OSError: a file cannot be read or written.
    """
    board = tensorboard()
    if out.exists() or out.is_symlink():
        raise InputError(f"--out {out}: it exists; give a folder that does not exist yet")
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    results, _ = open_records(find_source(source))
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as draft:
        whole = Path(draft) / out.name
        names = [_write(board, whole, results, *each) for each in finished_trainings(results)]
        whole.rename(out)
    return Events(tuple(out / name for name in names), results)


def tensorboard() -> Any:
    """What writes event files.

    Raises:
        InputError: it is not installed.
    """
    try:
        import_module("tensorboard")
    except ImportError:
        raise InputError(
            "--format tensorboard: the package tensorboard is missing; "
            "pip install 'imbnas[tensorboard]'"
        ) from None
    return import_module("torch.utils.tensorboard")


def _write(
    board: Any, out: Path, results: Results, record: Record, unit: TrainUnit, metrics: TrainMetrics
) -> Path:
    """Write one training; returns its folder below ``out``."""
    told: dict[str, Any] = training_key(results, unit)
    name = Path(
        _plain(f"{told['condition']} {told['scheme']}"),
        f"{_plain(str(told['architecture']))}-r{told['replicate']}-{unit.identity[:8]}",
    )
    told |= {"params": metrics.params, "macs": metrics.macs, "epochs": unit.recipe.epochs}
    when = datetime.fromisoformat(record.provenance.utc).timestamp()
    scalars = [*_scalars(unit, metrics)]
    last = {tag: value for tag, value, _ in scalars}
    with board.SummaryWriter(str(out / name)) as writer:
        for summary in import_module("torch.utils.tensorboard.summary").hparams(told, last):
            writer.file_writer.add_summary(summary, walltime=when)
        for tag, value, epoch in scalars:
            writer.add_scalar(tag, value, epoch, walltime=when)
    return name


def _scalars(unit: TrainUnit, metrics: TrainMetrics) -> Iterator[tuple[str, float, int]]:
    """Tag, value and number of epochs done."""
    for point in metrics.curve or ():
        if (accuracy := point.mean_accuracy()) is not None:
            yield "validation/accuracy", 100 * accuracy, point.epoch
    shares = {
        "test/accuracy": metrics.mean_accuracy(),
        "test/harmonic_mean": metrics.harmonic_mean(),
        "test/calibration_error": metrics.expected_calibration_error(),
    }
    for tag, share in shares.items():
        if share is not None:
            yield tag, 100 * share, unit.recipe.epochs
    yield "train/loss", metrics.train_loss, unit.recipe.epochs


def _plain(text: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^\w.,=()@+-]+", "_", text).strip("_")[:_NAME]
