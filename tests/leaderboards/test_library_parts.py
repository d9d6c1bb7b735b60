"""Results of a run whose parts train different networks or conditions."""

import pandas as pd

from imbnas.leaderboards.library import _population


def test_a_training_of_another_part_is_no_answer() -> None:
    common = {"population": "nats-tss: 1", "architecture": "a", "params": 10, "macs": 20}
    rows = [
        {**common, "mean x ce": 50.0, "sd x ce": 1.0, "n x ce": 3},
        {**common, "mean y ce": None, "sd y ce": None, "n y ce": 0},
    ]
    found = dict(_population({"architectures": pd.DataFrame(rows)}))
    assert {key[2]: held.n_replicates for key, held in found.items()} == {"x": 3, "y": 0}
    assert found["nats-tss", "a", "x", "ce"].mean == 50.0
