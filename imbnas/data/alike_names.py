"""Names that look alike: different ones only in case, blanks around or Unicode normal form."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable


def folded(name: str) -> str:
    """What names that look alike have in common."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def alike(names: Iterable[str]) -> list[list[str]]:
    """Those of some names that look like another one of them, put together."""
    together: dict[str, list[str]] = defaultdict(list)
    for name in names:
        together[folded(name)].append(name)
    return [each for each in together.values() if len(each) > 1]
