"""``imbnas-bench fidelity``: judges recipes by a table of others."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.completion import names_of
from imbnas.cli.options import data_options, json_option, plugin_files_option
from imbnas.cli.output import note, note_damage, print_json
from imbnas.cli.suite_options import how_options
from imbnas.errors import InputError
from imbnas.units.largest import LARGEST_SEED, MOST_NETWORKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from imbnas.leaderboards.results import Results
    from imbnas.runs.request import RunRequest
    from imbnas.suites.schema import SuiteFile
    from imbnas.yardstick.apart import TableAnswer
    from imbnas.yardstick.report import Report


@dataclass(frozen=True)
class Question:
    """What is judged, and by what.

    Attributes:
        suite_name: of a shipped suite, or a file; ``None`` for finished runs alone.
        against: the table of others.
        key: its column of architectures.
        columns: that are compared.
        fidelities: of the suite; empty for all.
        parts: transfer parts; empty for all.
        relative_to: the fidelity that others are compared with; ``None`` for the first.
        cells: how many are drawn from the table; ``None`` for the fidelities' populations.
        seed: of the draw.
        ceiling: tau between two means that costs are given for.
        runs: folder of run directories.
        finished: runs that are taken as they are.
    """

    suite_name: str | None
    against: Path
    key: str
    columns: tuple[str, ...]
    fidelities: tuple[str, ...]
    parts: tuple[str, ...]
    relative_to: str | None
    cells: int | None
    seed: int
    ceiling: float
    runs: Path | None
    finished: tuple[Path, ...]


@click.command("fidelity")
@click.argument(
    "suite_name", metavar="[SUITE]", required=False, shell_complete=names_of("suites", files=True)
)
@click.option("--against", required=True, type=click.Path(path_type=Path), metavar="TABLE.csv",
              help="Numbers for architectures of the suite's space, such as published accuracies "
              "of whole trainings.")  # fmt: skip
@click.option("--key", default="architecture", metavar="COL", help="Its column of architectures, "
              "in any spelling.")  # fmt: skip
@click.option("--column", "columns", multiple=True, metavar="COL", help="Compare with this column; "
              "repeatable.  [default: all of numbers]")  # fmt: skip
@click.option("--fidelity", "fidelities", multiple=True, metavar="F", help="Judge this one; "
              "repeatable.  [default: all of the suite]")  # fmt: skip
@click.option("--part", "parts", multiple=True, metavar="P", help="By the trainings of this "
              "transfer part; repeatable.  [default: all of them]")  # fmt: skip
@click.option("--relative-to", metavar="F", help="Compare others with this one.  "
              "[default: the first]")  # fmt: skip
@click.option("--cells", type=click.IntRange(2, MOST_NETWORKS), metavar="N", help="Train so many "
              "architectures of TABLE that the fidelities' own populations do not have.  [default: "
              "these populations]")  # fmt: skip
@click.option("--seed", default=1, type=click.IntRange(0, LARGEST_SEED), help="Of the draw of "
              "cells; fewer cells are the first of more.")  # fmt: skip
@click.option("--ceiling", default=0.8, type=click.FloatRange(0, 1, min_open=True, max_open=True),
              help="Give the cost of means of replicates that agree at this tau.")  # fmt: skip
@click.option("--runs", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Of run directories.  [default: runs/fidelity/SUITE@VERSION]")  # fmt: skip
@click.option("--run", "finished", multiple=True, type=click.Path(path_type=Path), metavar="RUN",
              help="Judge this run or board as it is, too; repeatable.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.csv",
              help="Write the table there, too.")  # fmt: skip
@click.option("--executor", "executor_name", default="local", metavar="NAME",
              help="Where workers are started.")  # fmt: skip
@click.option("--turns", default=1, type=click.IntRange(1, 1000), metavar="N",
              help="Train an N-th of every fidelity in turn, so that all meet the same load; "
              "local executor.")  # fmt: skip
@click.option("--no-training", is_flag=True, help="Judge what is done, and do nothing more.")
@click.option("--retry-failed", is_flag=True, help="Try units again that failed before.")
@how_options
@data_options
@plugin_files_option
@json_option
def command(
    out: Path | None,
    as_json: bool,
    executor_name: str,
    turns: int,
    no_training: bool,
    retry_failed: bool,
    **given: Any,
) -> int:
    """Train what fidelities of SUITE ask for; print what each costs and what it tells.

    For each fidelity and training: processor seconds, tau between two replicates and the noise
    ceiling that follows, and tau with every column of TABLE.csv. The same command goes on where it
    was stopped. Without SUITE, finished runs are judged (--run).
    """
    from imbnas.leaderboards.results import Results
    from imbnas.runs.store.opening import open_run
    from imbnas.yardstick.measured import measured
    from imbnas.yardstick.report import Report, check_relative_to

    question = Question(**{name: given.pop(name) for name in Question.__dataclass_fields__})
    if out is not None and not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    finished = [Results.read(open_run(path)) for path in question.finished]
    requests = list(_requests(question, given))
    labels = _labels([*requests, *(results.resolved for results in finished)], question)
    relative_to = check_relative_to(question.relative_to, labels)
    answer = _ask(question, requests, finished, given["plugins"])
    runs = list(_on_cells(question, requests, answer))
    status = 0 if no_training else _train_all(runs, turns, executor_name, retry_failed)
    begun = [(run.fidelity, run.directory) for run in runs if run.directory.exists()]
    judged = [(label, Results.read(directory)) for label, directory in begun]
    judged += zip(labels[len(requests) :], finished, strict=True)
    for label in labels:
        if label not in dict(judged):
            note(f"{label}: not begun")
    if not judged:
        raise InputError("--no-training: nothing is done; leave it out")
    trained = tuple(each for label, results in judged for each in measured(results, label))
    report = Report(answer.table, trained, relative_to, ceiling=question.ceiling)
    frame = report.frame()
    _show(question, report, frame, as_json)
    for line in (*answer.table.notes, *answer.notes, *report.notes()):
        note(line)
    if out is not None:
        _write(frame, out)
    damaged = (line for _, results in judged for line in results.damaged)
    return max(status, note_damage(damaged))


def _requests(question: Question, given: dict[str, Any]) -> "Iterator[RunRequest]":
    """One request for each fidelity, with the suite's own population."""
    from imbnas.cli.suite_options import run_request
    from imbnas.suites.load import choose_fidelity, load_suite
    from imbnas.yardstick.fidelity_suite import fidelity_suite

    if question.suite_name is None:
        if not question.finished:
            raise InputError("give a SUITE, or finished runs with --run")
        if question.cells or question.fidelities:
            raise InputError("--cells and --fidelity are of a SUITE, which is missing; give one")
        return
    suite = load_suite(question.suite_name)
    names = dict.fromkeys(question.fidelities or suite.fidelities)
    for name in names:
        choose_fidelity(suite, name)
        options = {**given, "suite_name": question.suite_name, "fidelity": name, "out": None}
        request = run_request({"parts": (), **options}.get)
        judged = fidelity_suite(suite, name, question.parts, ())
        yield replace(request, suite=judged, parts=None)


def _labels(of: "Sequence[RunRequest | Any]", question: Question) -> list[str]:
    """Names of the fidelities; a run whose fidelity is there already is called by its path."""
    paths = [None] * (len(of) - len(question.finished)) + [str(path) for path in question.finished]
    labels: list[str] = []
    for each, path in zip(of, paths, strict=True):
        labels.append(path if path and each.fidelity in labels else each.fidelity)
    return labels


def _ask(
    question: Question,
    requests: "Sequence[RunRequest]",
    finished: "Sequence[Results]",
    plugins: Any,
) -> "TableAnswer":
    from imbnas.yardstick.apart import TableRequest, ask_table

    suites: list[SuiteFile] = [request.suite for request in requests]
    suites += [results.resolved.suite for results in finished]
    spaces = list(dict.fromkeys(suite.space for suite in suites))
    if len(spaces) > 1:
        raise InputError(f"--run: spaces {' and '.join(spaces)}; judge runs of one space at a time")
    populations = [request.settings.population for request in requests]
    if question.cells and any(p.size and p.seed == question.seed for p in populations):
        raise InputError(
            f"--seed {question.seed}: the suite's own population is drawn with it; give another"
        )
    return ask_table(
        TableRequest(
            question.against,
            spaces[0],
            question.key,
            question.columns,
            plugins,
            question.cells,
            question.seed,
            tuple(dict.fromkeys(populations)),
        )
    )


def _on_cells(
    question: Question, requests: "Sequence[RunRequest]", answer: "TableAnswer"
) -> "Iterator[RunRequest]":
    """The requests on the cells that were drawn, each with a run directory of its own."""
    from imbnas.yardstick.fidelity_run import fidelity_run

    for request in requests:
        suite = request.suite
        root = question.runs or Path("runs/fidelity") / f"{suite.name}@{suite.version}"
        cells = f"{question.cells}-cells-seed-{question.seed}" if answer.drawn else "population"
        yield fidelity_run(request, answer.drawn, root, cells)


def _train_all(
    runs: "Sequence[RunRequest]", turns: int, executor_name: str, retry_failed: bool
) -> int:
    """Do what is missing; returns the exit status."""
    from imbnas.cli.running import conclude, do_missing
    from imbnas.runs.executors.registry import build_executor
    from imbnas.yardstick.fidelity_run import in_turns

    executor, status = build_executor(executor_name, ()), 0
    for run, last in in_turns(list(map(_with_all_replicates, runs)), turns):
        progress = do_missing(run, executor, executor_name, retry_failed and last)
        if last and progress is not None:
            status = max(status, conclude(run.directory, progress))
    return status


def _with_all_replicates(run: "RunRequest") -> "RunRequest":
    """A run that has begun keeps the replicates that it holds."""
    directory, asked = run.directory, run.replicates
    if asked is None or not directory.exists():
        return run
    held = directory.read_suite().replicates
    if held <= asked:
        return run
    note(f"{directory.path} holds {held} replicates, which are all judged")
    return replace(run, replicates=held)


def _show(question: Question, report: "Report", frame: "pd.DataFrame", as_json: bool) -> None:
    from imbnas.cli.fidelity_text import lines
    from imbnas.leaderboards.tables.formats import to_rows

    if as_json:
        print_json(
            {
                "suite": question.suite_name,
                "against": report.table.name,
                "columns": report.table.columns,
                "relative_to": report.relative_to,
                "cells": question.cells,
                "seed": question.seed if question.cells else None,
                "ceiling": report.ceiling,
                "rows": to_rows(frame),
            }
        )
        return
    for line in lines(report, frame):
        click.echo(line)


def _write(frame: "pd.DataFrame", out: Path) -> None:
    from imbnas.leaderboards.tables.formats import to_csv
    from imbnas.runs.store.files import replace_file

    replace_file(out, to_csv(frame).encode(), out.parent)
    note(f"written: {out}")
