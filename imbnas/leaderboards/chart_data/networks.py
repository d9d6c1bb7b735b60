"""Trained networks of the table ``baselines``, each under one name."""

import pandas as pd

GROUPS = ("many", "medium", "few")
SEARCHED, BASELINE, PRETRAINED = "searched", "baseline", "pretrained baseline"
NARROW = 4
"""MACs that differ by a smaller factor stand on a linear axis."""
_SEARCHED = "searched by "
_NUMBERS = {
    "macs": "macs", "accuracy": "accuracy_mean", "sd": "accuracy_sd",
    **{group: group for group in GROUPS},
}  # fmt: skip
"""Column → that of the table."""


def networks(table: pd.DataFrame) -> pd.DataFrame:
    """One row per network and training, searched ones first, otherwise in the table's order.

    Columns: ``training``, ``label``, ``network`` (the table's model), ``kind``, ``macs``, and in
    percent ``accuracy``, its ``sd``, ``many``, ``medium``, ``few``. A searched network's label is
    its strategy. Rows that several parts share appear once; where a later part has other numbers
    for the same name and training, its name follows in brackets.

    Args:
        table: ``baselines``.
    """
    sources, pretrained = table["source"].astype(str), table["pretrained"].astype(bool)
    searched, strategies = sources.str.startswith(_SEARCHED), sources.str.removeprefix(_SEARCHED)
    kinds = pd.Series(BASELINE, index=table.index).mask(pretrained, PRETRAINED)
    rows = pd.DataFrame(
        {
            "part": table["part"],
            "training": table["condition"] + " " + table["scheme"],
            "label": table["model"].astype(str).mask(searched, strategies),
            "network": table["model"].astype(str),
            "kind": kinds.mask(searched, SEARCHED),
            **{name: table[column].astype(float) for name, column in _NUMBERS.items()},
        }
    )
    ordered = pd.concat([rows[searched], rows[~searched]])
    single = ordered.drop_duplicates(
        [name for name in ordered.columns if name not in ("part", "network")]
    )
    return _distinguished(single).drop(columns="part").reset_index(drop=True)


def grouped(table: pd.DataFrame) -> pd.DataFrame:
    """Long form of ``networks``: training, label, kind, group, accuracy in percent.

    Trainings whose classes all fall into one group are left out.
    """
    names = ["training", "label", "kind"]
    wide = networks(table)[[*names, *GROUPS]]
    long = wide.melt(names, var_name="group", value_name="accuracy").dropna(subset=["accuracy"])
    several = long.groupby("training")["group"].transform("nunique") > 1
    return long[several]


def located(table: pd.DataFrame) -> pd.DataFrame:
    """The networks that have MACs and an accuracy; a missing SD is 0."""
    rows = networks(table)
    known = rows[rows["macs"].notna() & rows["accuracy"].notna()]
    return known.assign(sd=known["sd"].fillna(0.0))


def _distinguished(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.groupby(["training", "label"])["part"].transform("first")
    # Parts of several pairs are named "PART SOURCE -> TARGET", and the target is the training's.
    origins = [
        part.removesuffix(f" -> {training.split()[0]}")
        for part, training in zip(rows["part"], rows["training"], strict=True)
    ]
    longer = rows["label"] + " [" + pd.Series(origins, index=rows.index, dtype=str) + "]"
    return rows.assign(label=rows["label"].where(rows["part"].eq(first), longer))
