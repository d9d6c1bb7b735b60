"""Results of units that another run computed otherwise: ``conflicts/KIND.IDENTITY.SHA256.json``."""

import hashlib
import re

from imbnas.runs.store.files import publish_once
from imbnas.runs.store.layout import RunLayout
from imbnas.units.records import Record
from imbnas.units.sealing import seal
from imbnas.units.unit import UNIT_KINDS

_NAME = re.compile(rf"({'|'.join(UNIT_KINDS)})\.([0-9a-f]{{64}})\.[0-9a-f]{{12}}\.json")


class Conflicts(RunLayout):
    """Keeps second results; tables are made of the first ones alone."""

    def keep_conflict(self, record: Record) -> None:
        """Keep another result of a unit that has one."""
        content = seal(record)
        short = hashlib.sha256(content).hexdigest()[:12]
        name = f"{record.unit.kind}.{record.identity}.{short}.json"
        publish_once(self.conflicts / name, content, self.temporary)

    def conflicting(self) -> list[str]:
        """Identities of the units with several results, sorted."""
        found = (_NAME.fullmatch(path.name) for path in self.conflicts.glob("*.json"))
        return sorted({match[2] for match in found if match})

    def conflict_note(self) -> str | None:
        """One line that says so; ``None`` where there is none."""
        units = len(self.conflicting())
        if not units:
            return None
        return (
            f"{units} units have another result in a run that was merged: {self.conflicts}; tables "
            "are made of the first ones"
        )
