"""The NAS best-practice checklist, filled in from a resolved suite and its records.

Lindauer & Hutter, "Best Practices for Scientific Research on Neural Architecture Search", JMLR
21(243), 2020. Its questions are paraphrased here; 2.7a is added to them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from imbnas.leaderboards.provenance import origins
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.class_orders import ORDERS_NEEDED
from imbnas.suites.schema import AdaptationPart, BaselinesPart, TransferPart
from imbnas.units.metrics import TrainMetrics

COLUMNS = (
    "item", "question", "answer", "evidence", "population", "n_architectures", "n_replicates",
    "protocol", "fidelity",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What can be said of one item.

    ``answer`` is ``yes``, ``no``, ``partly``, ``not applicable``, or ``open`` where only the
    authors of a publication know; ``evidence`` says from what it follows.
    """

    answer: str
    evidence: str


NO_RECORD = Answer("open", "no record yet")


def checklist(results: Results) -> pd.DataFrame:
    """One row per item of the checklist; answers follow from the suite and its records alone."""
    searches = bool(results.parts(AdaptationPart))
    rows = []
    for item, question, answer in ITEMS:
        if item in OF_SEARCH and not searches:
            found = Answer("not applicable", "the suite compares no search method")
        else:
            found = answer if isinstance(answer, Answer) else answer(results)
        rows.append({"item": item, "question": question, **vars(found), **results.scope})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _space_code(results: Results) -> Answer:
    resolved = results.resolved
    return Answer("yes", f"space {resolved.suite.space} version {resolved.space_version} of imbnas")


def _evaluation_settings(results: Results) -> Answer:
    numbers = results.resolved.replicate_numbers
    return Answer(
        "yes",
        "suite.json holds recipe and schemes; every seed derives from architecture, condition, "
        f"scheme and replicate number {numbers[0]} to {numbers[-1]}",
    )


def _method_code(results: Results) -> Answer:
    plugins = results.resolved.plugins
    if not plugins:
        return Answer("yes", "every strategy and searcher is part of imbnas")
    named = ", ".join(f"{plugin.name} (sha256 {plugin.sha256[:12]}…)" for plugin in plugins)
    return Answer("partly", f"the run directory keeps a copy of each plug-in; publish it: {named}")


def _method_settings(results: Results) -> Answer:
    searcher = results.resolved.searcher
    options = ", ".join(f"{name} {value}" for name, value in searcher.options)
    return Answer("yes", f"suite.json: searcher {searcher.name} ({options}), strategies, recipes")


def _confounders(results: Results) -> Answer:
    found = origins(results)
    if not results.records:
        return NO_RECORD
    varied = found.differences()
    if varied:
        return Answer("no", "records differ in " + ", ".join(varied) + "; see provenance.json")
    alike = "one device model, one version of each library"
    if found.without_instruction_sets:
        return Answer(
            "partly",
            f"{alike}; {found.without_instruction_sets} of {len(results.records)} records do not "
            "name the instruction sets that they were computed with",
        )
    capped = (
        ", which are those of all processors with AVX2" if results.resolved.reproducible else ""
    )
    return Answer("yes", f"{alike}, one choice of instruction sets{capped}; see provenance.json")


def _ablations(results: Results) -> Answer:
    parts = results.parts(AdaptationPart)
    strategies = sorted({label for _, part in parts for label in part.choices})
    named = ", ".join(strategies)
    if "p0" in strategies and len(strategies) > 1:
        return Answer("yes", f"{named}; p0 leaves the adaptation out")
    return Answer("no", f"only {named}; add strategy p0 to leave the adaptation out")


def _same_evaluation(results: Results) -> Answer:
    return Answer(
        "yes",
        f"protocol {results.resolved.protocol}; found architectures are trained from scratch "
        "by one recipe",
    )


def _random_search(results: Results) -> Answer:
    if results.resolved.searcher.name == "random":
        return Answer("yes", "searcher random")
    return Answer(
        "partly",
        f"searcher {results.resolved.searcher.name}; rows for plain parameter and MAC counts stand "
        "in; a fidelity with searcher random compares it",
    )


def _repetitions(results: Results) -> Answer:
    replicates = results.resolved.replicates
    if replicates < 3:
        return Answer("partly", f"{replicates} replicate(s); use 3 or more")
    return Answer("yes", f"{replicates} replicates with other subsets and other seeds")


def _sources_of_chance(results: Results) -> Answer:
    """Those that intervals hold, and those that only a repetition of the suite shows."""
    held = ["architectures", "subsets and training, which vary together"]
    left: list[str] = []
    if results.parts(AdaptationPart):
        held.append("a supernet's own training")
    trainings = {t for _, part in results.parts(TransferPart) for t in part.trainings}
    trainings |= {t for _, part in results.parts(BaselinesPart) for t in part.trainings}
    conditions = [results.facts(training).condition for training in trainings]
    if len({condition.dataset for condition in conditions}) > 1:
        trained = (record.metrics for record in results.records.values())
        known = [m.correct_bits is not None for m in trained if isinstance(m, TrainMetrics)]
        (held if known and all(known) else left).append("the sampling of test images")
    orders = len({condition.order for condition in conditions if condition.ratio != 1})
    if 0 < orders < ORDERS_NEEDED:
        left.append(
            f"class orders ({orders} of {ORDERS_NEEDED} that a claim about imbalance needs)"
        )
    left.append("rounding (repeat the run with --first-replicate and on another processor)")
    return Answer("partly", f"intervals hold {', '.join(held)}; not {', '.join(left)}")


def _end_to_end(results: Results) -> Answer:
    if not results.records:
        return NO_RECORD
    kinds = sorted({record.unit.kind for record in results.records.values()})
    return Answer("yes", f"table cost has wall-clock seconds of all {', '.join(kinds)} units")


ITEMS: tuple[tuple[str, str, Answer | Callable[[Results], Answer]], ...] = (
    (
        "1.1",
        "Is the code that trains the final architectures released?",
        Answer("yes", "imbnas trains everything; provenance.json names version and revision"),
    ),
    ("1.2", "Is the code of the search space released?", _space_code),
    (
        "1.3",
        "Are hyperparameters and seeds of the final evaluation released?",
        _evaluation_settings,
    ),
    ("1.4", "Is the code of the NAS methods released?", _method_code),
    ("1.5", "Are hyperparameters and seeds of the NAS methods released?", _method_settings),
    (
        "2.1",
        "Do all methods share dataset, split, space, training code?",
        Answer(
            "yes", "one suite: same manifests of images, space, training code and recipe for all"
        ),
    ),
    ("2.2", "Are confounders (hardware, library versions) controlled?", _confounders),
    ("2.3", "Are there ablation studies?", _ablations),
    ("2.4", "Do all methods share one evaluation protocol?", _same_evaluation),
    (
        "2.5",
        "Is performance over time compared?",
        Answer("no", "the table adaptation gives final cost and quality, not their course"),
    ),
    ("2.6", "Is there a comparison to random search?", _random_search),
    ("2.7", "Are there several runs, with their seeds reported?", _repetitions),
    ("2.7a", "Do intervals hold every source of chance?", _sources_of_chance),
    (
        "2.8",
        "Are tabular or surrogate benchmarks used for depth?",
        Answer("no", "every network is trained; no tabular benchmark has long-tailed data"),
    ),
    (
        "3.1",
        "Is it reported how hyperparameters were tuned, and at what cost?",
        Answer("open", "nothing is tuned within a run; say how its recipe was chosen"),
    ),
    ("3.2", "Is the time of the whole method, end to end, reported?", _end_to_end),
    (
        "3.3",
        "Are all details of the experimental setup reported?",
        Answer("yes", "suite.json and provenance.json"),
    ),
)
"""Number, question, and its answer or what finds it."""
OF_SEARCH = {"1.4", "1.5", "2.1", "2.3", "2.4", "2.5", "2.6"}
"""Items that ask about search methods."""
