"""Checksums over the whole of what is stored, so that no changed byte of it is believed.

A sealed text is canonical JSON whose outermost object has one further key, ``"sha256"``: the hash
of the text without that member. It is no field of the models, and so no part of identities. Texts
of older versions have none: they are read, and count as unchecked.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple, NoReturn, TypeVar

from pydantic import BaseModel

from imbnas.units.frozen import FrozenModel, canonical_json

SEAL = "sha256"
Model = TypeVar("Model", bound=FrozenModel)


class AlteredError(ValueError):
    """A text that was changed since it was written, or that nothing here wrote."""


class Unsealed(NamedTuple):
    """A stored text.

    Attributes:
        text: JSON without the checksum.
        checked: whether there was a checksum, which fits.
    """

    text: bytes
    checked: bool


def seal(model: BaseModel) -> bytes:
    """Canonical JSON of a model with the checksum of it."""
    body = canonical_json(model)
    sha256 = hashlib.sha256(body.encode()).hexdigest()
    return canonical_json({**json.loads(body), SEAL: sha256}).encode()


def unseal(text: bytes) -> Unsealed:
    """Check a text and take its checksum off.

    Raises:
        AlteredError: it is not JSON, says something twice, or does not have its checksum.
    """
    content = strict_json(text)
    if not isinstance(content, dict) or SEAL not in content:
        return Unsealed(text, checked=False)
    member = f'"{SEAL}":"{content[SEAL]}",'.encode(errors="replace")
    body = text.replace(member, b"", 1)
    if hashlib.sha256(body).hexdigest() != content[SEAL] or len(body) + len(member) != len(text):
        raise AlteredError("its sha256 does not fit its content")
    return Unsealed(body, checked=True)


def read_sealed(kind: type[Model], text: bytes) -> tuple[Model, bool]:
    """Parse a stored text.

    Args:
        kind: of model.
        text: sealed, or of an older version.

    Returns:
        The model, and whether it had a checksum.

    Raises:
        AlteredError: see ``unseal``.
        ValidationError: it is no such model.
    """
    body, checked = unseal(text)
    return kind.model_validate_json(body), checked


def strict_json(text: bytes) -> Any:
    """Read JSON, of which no part may be silently dropped.

    Raises:
        AlteredError: it is not UTF-8, not JSON, not finite, nested too deeply, or an object has a
            key twice.
    """
    try:
        return json.loads(
            text.decode(), object_pairs_hook=_without_repetition, parse_constant=_refuse_constant
        )
    except AlteredError:
        raise
    except UnicodeDecodeError:
        raise AlteredError("it is not UTF-8 text") from None
    except RecursionError:
        raise AlteredError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise AlteredError(f"not JSON: {error.msg} (line {error.lineno})") from None
    except ValueError:  # Python refuses to read numbers of thousands of digits
        raise AlteredError("a number in it has thousands of digits") from None


def _without_repetition(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise AlteredError(f"key {key[:80]!r} stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise AlteredError(f"it holds {name}, which is no number")
