"""The built-in schemes, with the paper each comes from."""

from dataclasses import dataclass
from typing import Any

from imbnas.units.schemes import SchemeSpec

CAO_2019 = "Cao et al. 2019, arXiv 1906.07413"


@dataclass(frozen=True)
class CatalogEntry:
    """A scheme and one line about it."""

    spec: SchemeSpec
    summary: str


def _scheme(name: str, summary: str, version: str = "1", **fields: Any) -> CatalogEntry:
    return CatalogEntry(SchemeSpec(name=name, version=version, **fields), summary)


CATALOG: tuple[CatalogEntry, ...] = (
    _scheme("ce", "cross entropy, no correction", loss="ce"),
    _scheme(
        "cb-drw",
        f"cross entropy, effective-number weights from 80% of the training on ({CAO_2019})",
        loss="cb-ce",
        loss_options=(("beta", 0.9999),),
        deferred_from=0.8,
    ),
)
