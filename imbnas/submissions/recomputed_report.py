"""The report of ``verify --recompute --json``, as far as boards repeat what it says."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.submissions.shown_text import Line
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import Sha256
from imbnas.validation import fault_of

_MOST_BYTES = 2**26
_Count = Annotated[int, Field(strict=True, ge=0)]


class _Drawn(FrozenModel):
    drawn: Annotated[int, Field(strict=True, ge=1)]
    pool: _Count
    left_out: _Count
    fault: None

    @model_validator(mode="after")
    def _possible(self) -> "_Drawn":
        if self.drawn > self.pool:
            raise ValueError(f"drawn: more than the {self.pool} units that were drawn from")
        return self


class _Report(FrozenModel):
    sha256: Sha256
    verified: Literal[True]
    version: Line
    utc: datetime
    recomputed: _Drawn


def verified_by(path: Path, sha256: str) -> str:
    """What a report says was computed again, for people: ``5 of 96 units by imbnas 0.1, DAY``.

    Args:
        path: of the report.
        sha256: of the submission's file.

    Raises:
        InputError: it is none, tells of another file, or of one that did not pass.
    """
    try:
        content = json.loads(read_regular(path, _MOST_BYTES, follow=True))
        kept = {name: content[name] for name in _Report.model_fields if name in content}
        drawn = kept.get("recomputed")
        if isinstance(drawn, dict):
            names = _Drawn.model_fields.keys() & drawn.keys()
            kept["recomputed"] = {name: drawn[name] for name in names}
        report = _Report.model_validate(kept)
    except OSError as error:
        raise InputError(f"--recomputed {path}: {error.strerror or error}; give a file") from None
    except (ValueError, TypeError, RecursionError) as error:
        fault = fault_of(error) if isinstance(error, ValueError) else "not one object"
        raise InputError(
            f"--recomputed {path}: {fault}; give what imbnas-bench verify FILE --recompute N "
            "--json has printed of a submission that passed"
        ) from None
    if report.sha256 != sha256:
        raise InputError(
            f"--recomputed {path}: it is of the file {report.sha256[:12]}, and this one is "
            f"{sha256[:12]}; verify this one"
        )
    units = report.recomputed
    of = units.pool + units.left_out
    share = f"{units.drawn} of {of} units ({units.drawn / of:.1%})"
    return f"{share} by imbnas {report.version}, {report.utc.date().isoformat()}"
