"""Which device a command runs networks on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imbnas.units.work import DeviceType


def device_type(choice: str) -> "DeviceType":
    """Turn ``--device`` into a device that is there; ``auto`` prefers CUDA.

    Raises:
        InputError: ``cuda`` was asked for and torch finds none.
    """
    from imbnas.errors import InputError

    if choice == "cpu":
        return "cpu"
    import torch

    available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise InputError("--device cuda: torch finds no CUDA device here; use --device cpu")
    return "cuda" if available else "cpu"
