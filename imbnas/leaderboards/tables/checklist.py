"""The NAS best-practice checklist, filled in from a resolved suite and its records.

Lindauer & Hutter, "Best Practices for Scientific Research on Neural Architecture Search", JMLR
21(243), 2020. Its questions are put here in short words of our own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from imbnas.leaderboards.provenance import origins
from imbnas.leaderboards.results import Results
from imbnas.suites.schema import AdaptationPart

COLUMNS = (
    "item", "question", "answer", "evidence", "population", "n_architectures", "n_replicates",
    "protocol", "fidelity",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What can be said of one item.

    ``answer`` is ``yes``, ``no``, ``partly``, ``not applicable``, or ``open`` where only the
    authors of a publication can tell; ``evidence`` says from what it follows.
    """

    answer: str
    evidence: str


NO_SEARCH = Answer("not applicable", "the suite compares no search method")


def checklist(results: Results) -> pd.DataFrame:
    """One row an item of the checklist; answers follow from the suite and its records alone."""
    rows = []
    for item, question, fill_in in ITEMS:
        found = fill_in(results)
        rows.append(
            {
                "item": item,
                "question": question,
                "answer": found.answer,
                "evidence": found.evidence,
                **results.scope,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _adaptations(results: Results) -> list[AdaptationPart]:
    parts = [part for _, part in results.parts("adaptation")]
    return [part for part in parts if isinstance(part, AdaptationPart)]


def _strategies(results: Results) -> list[str]:
    return sorted({name for part in _adaptations(results) for name in part.choices})


def _training_code(results: Results) -> Answer:
    del results
    return Answer("yes", "imbnas trains everything; provenance.json names version and revision")


def _space_code(results: Results) -> Answer:
    resolved = results.resolved
    return Answer("yes", f"space {resolved.suite.space} version {resolved.space_version} of imbnas")


def _evaluation_settings(results: Results) -> Answer:
    return Answer(
        "yes",
        "suite.json holds recipe and schemes; every seed derives from architecture, condition, "
        f"scheme and replicate number 0 to {results.resolved.replicates - 1}",
    )


def _method_code(results: Results) -> Answer:
    if not _adaptations(results):
        return NO_SEARCH
    plugins = results.resolved.plugins
    if not plugins:
        return Answer("yes", "every strategy and searcher is part of imbnas")
    named = ", ".join(f"{plugin.name} (sha256 {plugin.sha256[:12]}…)" for plugin in plugins)
    return Answer("partly", f"the run directory keeps a copy of each plug-in; publish it: {named}")


def _method_settings(results: Results) -> Answer:
    if not _adaptations(results):
        return NO_SEARCH
    searcher = results.resolved.searcher
    options = ", ".join(f"{name} {value}" for name, value in searcher.options)
    return Answer("yes", f"suite.json: searcher {searcher.name} ({options}), strategies, recipes")


def _same_benchmark(results: Results) -> Answer:
    if not _adaptations(results):
        return NO_SEARCH
    return Answer(
        "yes", "one suite: same manifests of images, space, training code and recipe for all"
    )


def _confounders(results: Results) -> Answer:
    found = origins(results)
    if not results.records:
        return Answer("open", "no record yet")
    varied = [name for name, versions in found.software.items() if len(versions) > 1]
    if len(found.devices) > 1:
        varied.append("device")
    if len(found.threads) > 1:
        varied.append("threads")
    if varied:
        return Answer("no", "records differ in " + ", ".join(varied) + "; see provenance.json")
    return Answer("yes", "one device model, one version of each library; see provenance.json")


def _ablations(results: Results) -> Answer:
    strategies = _strategies(results)
    if not strategies:
        return NO_SEARCH
    if "p0" in strategies and len(strategies) > 1:
        return Answer("yes", f"{', '.join(strategies)}; p0 leaves the adaptation out")
    return Answer(
        "no", f"only {', '.join(strategies)}; add strategy p0 to leave the adaptation out"
    )


def _same_evaluation(results: Results) -> Answer:
    if not _adaptations(results):
        return NO_SEARCH
    return Answer(
        "yes",
        f"protocol {results.resolved.protocol}; found architectures are trained from scratch "
        "by one recipe",
    )


def _over_time(results: Results) -> Answer:
    if not _adaptations(results):
        return NO_SEARCH
    return Answer("no", "the table adaptation gives final cost and quality, not their course")


def _random_search(results: Results) -> Answer:
    if not _adaptations(results):
        return NO_SEARCH
    if results.resolved.searcher.name == "random":
        return Answer("yes", "searcher random")
    return Answer(
        "partly",
        f"searcher {results.resolved.searcher.name}; rows for plain parameter and MAC counts stand "
        "in; a fidelity with searcher random compares it",
    )


def _repetitions(results: Results) -> Answer:
    replicates = results.resolved.replicates
    found = Answer("yes", f"{replicates} replicates with other subsets and other seeds")
    return (
        found if replicates >= 3 else Answer("partly", f"{replicates} replicate(s); use 3 or more")
    )


def _tabular(results: Results) -> Answer:
    del results
    return Answer("no", "every network is trained; no tabular benchmark has long-tailed data")


def _tuning(results: Results) -> Answer:
    del results
    return Answer("open", "nothing is tuned within a run; say how its recipe was chosen")


def _end_to_end(results: Results) -> Answer:
    if not results.records:
        return Answer("open", "no record yet")
    kinds = sorted({record.unit.kind for record in results.records.values()})
    return Answer("yes", f"table cost has wall-clock seconds of all {', '.join(kinds)} units")


def _all_details(results: Results) -> Answer:
    del results
    return Answer("yes", "suite.json and provenance.json")


ITEMS: tuple[tuple[str, str, Callable[[Results], Answer]], ...] = (
    ("1.1", "Is the code that trains the final architectures released?", _training_code),
    ("1.2", "Is the code of the search space released?", _space_code),
    (
        "1.3",
        "Are hyperparameters and seeds of the final evaluation released?",
        _evaluation_settings,
    ),
    ("1.4", "Is the code of the NAS methods released?", _method_code),
    ("1.5", "Are hyperparameters and seeds of the NAS methods released?", _method_settings),
    ("2.1", "Do all methods share dataset, split, space, training code?", _same_benchmark),
    ("2.2", "Are confounders (hardware, library versions) controlled?", _confounders),
    ("2.3", "Are there ablation studies?", _ablations),
    ("2.4", "Do all methods share one evaluation protocol?", _same_evaluation),
    ("2.5", "Is performance over time compared?", _over_time),
    ("2.6", "Is there a comparison to random search?", _random_search),
    ("2.7", "Are there several runs, with their seeds reported?", _repetitions),
    ("2.8", "Are tabular or surrogate benchmarks used for depth?", _tabular),
    ("3.1", "Is it reported how hyperparameters were tuned, and at what cost?", _tuning),
    ("3.2", "Is the time of the whole method, end to end, reported?", _end_to_end),
    ("3.3", "Are all details of the experimental setup reported?", _all_details),
)
