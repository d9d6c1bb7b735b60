"""Immutable models with one canonical text, so that equal content has equal identity."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """Base of all stored models: immutable, hashable, unknown keys refused, NaN refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def is_none(value: object) -> bool:
    """For ``Field(exclude_if=is_none)``: omitted when ``None``, so that older identities stay."""
    return value is None


def is_one(value: object) -> bool:
    """As ``is_none``, for numbers whose default is 1."""
    return value == 1


def is_zero(value: object) -> bool:
    """As ``is_none``, for numbers whose default is 0."""
    return value == 0


def is_false(value: object) -> bool:
    """As ``is_none``, for switches whose default is off."""
    return value is False


def canonical_json(value: Any) -> str:
    """Serialise to the one JSON text with sorted keys and no spaces.

    Args:
        value: a pydantic model or plain JSON data.

    Raises:
        ValueError: the value holds NaN or an infinity.
    """
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def content_sha256(value: Any) -> str:
    """Hex sha256 of ``canonical_json(value)``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
