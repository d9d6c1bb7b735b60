"""Tables tell which images those whom they compare have in common."""

from pathlib import Path

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.sharing import seen_images
from imbnas.suites.schema import Training

from ...factories import resolve, varied


def test_a_source_that_has_seen_its_target_says_so(finished_run: Path) -> None:
    table = pd.read_csv(finished_run / "tables" / "adaptation.csv")
    # A long tail is a part of its balanced condition.
    assert table["shared_images"].eq(1).all()


def test_halves_and_suites_that_counted_nothing(tiny_suite: Path) -> None:
    ends = {
        "source": Training(condition="digits@1x:half-1"),
        "target": Training(condition="digits@10x:half-2", scheme="cb-drw"),
    }
    suite = resolve(tiny_suite, parts={"adaptation": ends})
    results = Results(suite, {})
    assert seen_images(results, ends["source"], ends["target"]) == 0
    older = Results(varied(suite, common_images=()), {})
    assert seen_images(older, ends["source"], ends["target"]) is None
