"""Which published claims does the run support, contradict, or leave open?"""

from collections.abc import Iterator

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.evidence import Evidence
from imbnas.leaderboards.tables.shared.ranking_evidence import ranking_evidence
from imbnas.leaderboards.tables.shared.strategy_evidence import strategy_evidence
from imbnas.stats import all_hold
from imbnas.suites.claims import Claim, RankingsClaim

COLUMNS = (
    "claim", "source", "statement", "kind", "part", "rests_on", "effect", "unit", "low", "high",
    "margin", "smallest_effect", "row_answer", "answer", "n_rows", "n_replicates", "n_missing",
    "population", "n_architectures", "protocol", "fidelity",
)  # fmt: skip


def claims(results: Results) -> pd.DataFrame:
    """One row for each row of another table that a claim of the suite rests on.

    - ``effect``: noise ceiling − tau for rankings; strategy − the other one for strategies, in the
      metric's unit; a ratio of multiply-accumulates for costs.
    - ``low``, ``high``: its 95% interval after Bonferroni's correction for the claim's rows, so
      that all of them hold together. Costs are counted: the extremes over replicates.
    - ``smallest_effect``: the smallest one that this run, with the spread it has, could be
      expected to tell from 0 (80% power, same correction).
    - ``row_answer``: *supported*, *contradicted* or *cannot tell*, of the row alone; ``answer``,
      of the claim: supported where every row supports it, contradicted where one does. Claims are
      not corrected for one another.
    """
    rows = [
        row for name, claim in results.resolved.suite.claims.items()
        for row in _rows(results, name, claim)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(results: Results, name: str, claim: Claim) -> Iterator[dict[str, object]]:
    evidence = list(_evidence(results, claim))
    answer = all_hold([each.row_answer for each in evidence])
    for each in evidence:
        yield {
            **results.scope,
            "claim": name,
            "source": claim.source,
            "statement": claim.statement,
            "kind": claim.kind,
            **vars(each),
            "answer": answer,
            "n_rows": len(evidence),
        }


def _evidence(results: Results, claim: Claim) -> Iterator[Evidence]:
    if isinstance(claim, RankingsClaim):
        return ranking_evidence(results, claim)
    return strategy_evidence(results, claim)
