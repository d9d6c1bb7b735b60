"""Where tables come from: ``provenance.json`` beside them."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from imbnas.leaderboards.results import Results
from imbnas.units.frozen import content_sha256
from imbnas.units.records import INSTRUCTION_SETS, Provenance

_TIMED = ("cost.csv", "cost.md")
_PACKAGES = ("imbnas", "python", "torch", "torchvision", "timm", "numpy")
_LATER_PACKAGES = ("scipy", "safetensors", "pillow", "onednn", "mkl", "libc")
"""What older records do not name."""


@dataclass(frozen=True)
class Origins:
    """What the records say of when, where and by what they were made; sorted, each once.

    Attributes:
        software: package → versions.
        git_revisions: of checkouts of imbnas; empty for an installed package.
        devices: model names of processors or accelerators.
        platforms: operating systems.
        threads: torch threads of a unit.
        processors: maker, family, model and stepping.
        instruction_sets: each of ``INSTRUCTION_SETS`` → what libraries computed with.
        without_instruction_sets: how many records do not name theirs.
        first_utc: when the first unit ended, ISO 8601; ``None`` without a record.
        last_utc: when the last unit ended.
    """

    software: dict[str, tuple[str, ...]]
    git_revisions: tuple[str, ...]
    devices: tuple[str, ...]
    platforms: tuple[str, ...]
    threads: tuple[int, ...]
    processors: tuple[str, ...]
    instruction_sets: dict[str, tuple[str, ...]]
    without_instruction_sets: int
    first_utc: str | None
    last_utc: str | None

    def differences(self) -> dict[str, tuple[str, ...]]:
        """What differs between records and can change their roundings or their seconds.

        Returns:
            Name → values, where there are several.
        """
        found = {
            **self.software,
            "device": self.devices,
            "processor": self.processors,
            "threads": tuple(map(str, self.threads)),
            **self.instruction_sets,
        }
        return {name: values for name, values in found.items() if len(values) > 1}

    def warning(self) -> str | None:
        """One line on the differences; ``None`` where all records were made alike."""
        differing = self.differences()
        if not differing:
            return None
        named = "; ".join(f"{name}: {' | '.join(each)}" for name, each in differing.items())
        return f"records of this run were made under differing circumstances: {named}"


def origins(results: Results) -> Origins:
    """Gather the origins of all records."""
    records = results.records.values()
    seen = [record.provenance for record in records]
    telling = [provenance for provenance in seen if provenance.tells_instruction_sets]
    times = [provenance.utc for provenance in seen]
    return Origins(
        software={
            **{name: _said(seen, name) for name in _PACKAGES},
            **{name: _said(telling, name) for name in _LATER_PACKAGES if telling},
        },
        git_revisions=tuple(sorted({p.git_revision for p in seen if p.git_revision})),
        devices=tuple(sorted({record.cost.device for record in records})),
        platforms=_said(seen, "platform"),
        threads=tuple(sorted({p.threads for p in seen})),
        processors=_said(telling, "processor"),
        instruction_sets={name: _said(telling, name) for name in INSTRUCTION_SETS if telling},
        without_instruction_sets=len(seen) - len(telling),
        first_utc=min(times, default=None),
        last_utc=max(times, default=None),
    )


def _said(described: Iterable[Provenance], name: str) -> tuple[str, ...]:
    """What they say of a thing, sorted, each once; ``none`` where one does not have it."""
    return tuple(sorted({getattr(each, name) or "none" for each in described}))


def provenance(results: Results, tables: dict[str, str]) -> dict[str, object]:
    """Content of ``provenance.json``.

    Everything but ``circumstances`` is the same for every run of the suite on a CPU, whatever its
    workers, host and time zone.

    Args:
        results: the suite and its records.
        tables: file name → content of the tables; their sha256 are listed, but for those that
            hold wall-clock figures.
    """
    resolved = results.resolved
    # It names the suite, whatever a version of imbnas tells of its images.
    suite = resolved.model_copy(update={"evaluation_images": {}})
    finished = Counter(record.unit.kind for record in results.records.values())
    return {
        "schema_version": 1,
        "suite": resolved.heading,
        "summary": resolved.suite.summary,
        "suite_sha256": content_sha256(suite),
        **results.scope,
        "device_type": resolved.device_type,
        "precision": resolved.precision,
        **({"compiled": True} if resolved.compiled else {}),
        **({"cuda_graphs": True} if resolved.cuda_graphs else {}),
        **({"reproducible": True} if resolved.reproducible else {}),
        "conditions": {
            name: {
                "class_counts": list(facts.class_counts),
                "dataset_sha256": facts.replicates[0].dataset_digest,
                "manifests_sha256": [ref.manifest_sha256 for ref in facts.replicates],
            }
            for name, facts in sorted(resolved.conditions.items())
        },
        "plugins": [plugin.model_dump() for plugin in resolved.plugins],
        **({"submissions": _submissions(results)} if results.submissions else {}),
        "records": dict(sorted(finished.items())),
        **({"records_without_checksum": results.unchecked} if results.unchecked else {}),
        "records_sha256": _sha256("\n".join(sorted(results.records))),
        "tables_sha256": {
            name: _sha256(text) for name, text in sorted(tables.items()) if name not in _TIMED
        },
        "circumstances": asdict(origins(results)),
        "not_byte_stable": ["circumstances", *_TIMED],
    }


def _submissions(results: Results) -> list[dict[str, object]]:
    taken = results.submissions
    return [{"sha256": each.logged.sha256, "withdrawn": each.withdrawn} for each in taken]


def provenance_text(results: Results, tables: dict[str, str]) -> str:
    """``provenance.json`` as text."""
    return json.dumps(provenance(results, tables), indent=2, ensure_ascii=False) + "\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
